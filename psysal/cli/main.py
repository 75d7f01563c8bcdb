"""Entry point of ``psysal``: signals and standard streams first, then the commands.

It imports nothing that takes time, so that Ctrl-C is heard while the commands are imported.
"""

import os
import signal
import sys

from psysal.cli.signals import exit_status, handle_signals, received

__all__ = ["main"]


def main() -> None:
    """Run the command that the words of the command line name, and exit."""
    handle_signals()
    for number in (0, 1, 2):  # closed: else the next file to be opened would take its place
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    import logging

    from psysal.cli.commands import app
    from psysal.cli.completion import VARIABLE, complete

    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    if VARIABLE in os.environ:
        complete()
    status: int | str | None = 0
    try:
        app()
    except SystemExit as end:
        status = end.code
    except OSError as error:  # of what is printed after the work
        status = _unwritten(error)
    except MemoryError as error:
        from psysal.cli.console import say

        say(str(error) or "memory is full; close other programs", style="red")
        status = 1
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # Python flushes again
            status = _unwritten(error) if stream is sys.stdout else status
    if received() and status == exit_status(received()):
        os._exit(exit_status(received()))  # what threads still compute is of no use
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(status)


def _unwritten(error: OSError) -> int:
    """Say that standard output takes no more, unless its reader has just enough; exit status."""
    from psysal.cli.console import say

    if not isinstance(error, BrokenPipeError):
        say(f"standard output: could not be written ({error.strerror})", style="red")
    return 1
