"""Pictures that OpenCV decodes, without what it logs of damaged ones.

Place in the pipeline: bytes of a file -> [opencv] -> samples.
"""

import threading

import numpy as np

from psysal._typing import Array

__all__ = ["decode"]

_decoding = threading.Lock()


def decode(data: bytes) -> Array:
    """Samples of a picture, as OpenCV orders them.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    ndarray, (rows, cols, 3)
        Blue, green, red.

    Raises
    ------
    ValueError
        It cannot be decoded.
    """
    import cv2

    with _decoding:  # the level of its log is process-wide
        log = cv2.utils.logging
        level = log.setLogLevel(log.LOG_LEVEL_SILENT)
        try:
            pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        finally:
            log.setLogLevel(level)
    if pixels is None or pixels.ndim != 3:
        raise ValueError("it cannot be decoded")
    return pixels
