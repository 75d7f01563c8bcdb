"""Commands whose standard error is a terminal, as a person sees them."""

import os
import pty
import re
import subprocess
from contextlib import suppress


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
