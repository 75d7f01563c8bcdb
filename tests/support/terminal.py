"""The command line: in this process, in one of its own, and on a terminal as a person sees it."""

import os
import pty
import re
import subprocess
import sys
from contextlib import suppress

from typer.testing import CliRunner

from psysal.cli.commands import app

PSYSAL = [sys.executable, "-c", "from psysal.cli.main import main; main()"]


def psysal_(*words, stdin=None, columns=500):
    """Status, standard output, and standard error on one line, of a command in this process."""
    done = CliRunner().invoke(
        app, list(map(str, words)), stdin, {"COLUMNS": str(columns)}, catch_exceptions=False
    )
    return done.exit_code, done.stdout, " ".join(done.stderr.replace("│", " ").split())


def on_terminal(words):
    """Status, standard output, and all that the terminal showed, on one line."""
    terminal, end = pty.openpty()
    process = subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, stderr=end, text=True)
    os.close(end)
    shown = b""
    with suppress(OSError):  # which ends it on Linux
        while data := os.read(terminal, 10_000):
            shown += data
    os.close(terminal)
    out = process.communicate(timeout=120)[0]
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", " ", shown.decode())
    return process.returncode, out, " ".join(text.split())
