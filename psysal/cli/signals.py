"""Ctrl-C and SIGTERM on the command line: the end of the work, in a sentence.

Place: set before the commands are imported, for the command line alone: the library leaves the
signal handlers of a program as they are.

    loading (ends at once) -> working (KeyboardInterrupt) -> done (ignored)
"""

import os
import signal
import sys
import time
from _thread import interrupt_main
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Timer, main_thread
from typing import Any

__all__ = ["exit_status", "handle_signals", "received", "stoppable"]

REPEAT_S = 2.0
"""Time in which a second signal is the same again, as launchers hand it on."""
RAISED_AGAIN_S = 0.05


class _Handler:
    """Handler of both signals, and what the command is at."""

    def __init__(self) -> None:
        self.phase = "loading"
        self.number = 0
        """The signal that ended the work."""
        self.deaf_until_s = 0.0

    def __call__(self, number: int, frame: object) -> None:
        if self.phase == "loading":
            with suppress(OSError):
                os.write(2, b"interrupted; nothing was written\n")
            os._exit(exit_status(number))
        if self.phase == "working" and time.monotonic() > self.deaf_until_s:
            self.deaf_until_s = time.monotonic() + REPEAT_S
            self.number = number
            raise KeyboardInterrupt

    def raise_again(self, lost: Any) -> None:
        """Hook of exceptions that Python drops, as those raised while an object is deleted."""
        if isinstance(lost.exc_value, KeyboardInterrupt):
            self.deaf_until_s = 0.0
            Timer(RAISED_AGAIN_S, _raise_in_main, (self.number,)).start()
        else:
            sys.__unraisablehook__(lost)


def _raise_in_main(number: int) -> None:
    if hasattr(signal, "pthread_kill"):  # which wakes it, too
        signal.pthread_kill(main_thread().ident or 0, number)
    else:
        interrupt_main(signal.Signals(number))


_handler = _Handler()


def handle_signals() -> None:
    """Handle SIGINT and SIGTERM from now on, but one that the caller had the process ignore."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _handler)
    sys.unraisablehook = _handler.raise_again


@contextmanager
def stoppable(on_stop: Callable[[], None]) -> Iterator[None]:
    """Work that a signal ends; it removes what it had half written.

    Parameters
    ----------
    on_stop : callable
        Called then, to say what was kept; ``SystemExit`` follows, with :func:`exit_status`.
    """
    _handler.phase = "working"
    try:
        yield
    except KeyboardInterrupt:
        _handler.phase = "done"
        on_stop()
        sys.exit(exit_status(received() or signal.SIGINT))
    finally:
        _handler.phase = "done"


def received() -> int:
    """Number of the signal that ended the work.

    Returns
    -------
    int
        0 without one.
    """
    return _handler.number


def exit_status(number: int) -> int:
    """Exit status of a command that a signal ended, as shells count it.

    Parameters
    ----------
    number : int
        Number of the signal.

    Returns
    -------
    int

    Examples
    --------
    >>> exit_status(signal.SIGINT), exit_status(signal.SIGTERM)
    (130, 143)
    """
    return 128 + number
