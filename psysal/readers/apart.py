"""Decoders that print what they find damaged, in a process of their own without a terminal.

Place in the pipeline: bytes of a file -> [apart] -> samples.  A process is started for each
picture, so this is for kinds that are rare or slow to decode.  What a library written in C prints
cannot be caught in this one, whose streams other threads use; of some it is all that tells of
damage.
"""

import io
import subprocess
import sys

import numpy as np

from psysal._typing import Array

__all__ = ["decode_apart"]

_PROGRAM = """
import io, os, sys
sys.path[:] = sys.argv[2:]
answer = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)
import numpy
names = {"file": io.BytesIO(sys.stdin.buffer.read())}
try:
    exec(sys.argv[1], names)
except Exception as error:
    answer.write(f"{type(error).__name__}: {error}".encode())
    answer.close()
    sys.exit(1)
whole = io.BytesIO()
numpy.save(whole, names["samples"])
answer.write(whole.getbuffer())
"""


def decode_apart(code: str, data: bytes) -> Array:
    """Samples that a few lines of Python make of the bytes of a file.

    Parameters
    ----------
    code : str
        Has the file as ``file``, open for reading, and sets ``samples``.
    data : bytes

    Returns
    -------
    ndarray

    Raises
    ------
    ValueError
        The decoder fails, says anything, or ends the process.

    Examples
    --------
    >>> decode_apart("samples = list(file.read())", b"AB")
    array([65, 66])
    >>> decode_apart("samples = print('bad code at row 3')", b"AB")
    Traceback (most recent call last):
    ValueError: bad code at row 3
    """
    done = subprocess.run(
        [sys.executable, "-I", "-W", "ignore", "-c", _PROGRAM, code, *sys.path],
        input=data,
        capture_output=True,
    )
    said = done.stdout if done.returncode else done.stderr
    if done.returncode or said:
        lines = said.decode(errors="replace").splitlines()
        raise ValueError(lines[0] if lines else f"its decoder ended with status {done.returncode}")
    return np.load(io.BytesIO(done.stdout), allow_pickle=False)
