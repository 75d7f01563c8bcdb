"""Faces, found by a detector in a file: a plane of the psychophysical front end.

    image -> picture of at most 800 pixels -> [detector] -> boxes, scores -> plane on a grid

Place in the pipeline: photograph -> [faces] -> features of a readout.
Enters: checked pixels, and a file that ``cv2.FaceDetectorYN`` takes.  None comes with psysal, and
none is downloaded.  Leaves: a plane of Gaussians.

References
----------
Cerf, Frady & Koch (2009), doi:10.1167/9.12.10 (faces draw fixations, whatever the task);
Wu, Peng & Yu (2023), doi:10.1007/s11633-023-1423-y (YuNet).
"""

import hashlib
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np

from psysal._typing import Array

__all__ = ["LONGER_SIDE", "FaceDetector"]

LONGER_SIDE = 800
"""Longer side of the picture that is looked at, in pixels, at most."""
SCORE = 0.6  # least score of a face
SPREAD = 0.5  # standard deviation of a face's Gaussian, of its width and height
LEAST_SPREAD = 0.5  # cells of the grid
PROBE = (64, 64)


class FaceDetector:
    """Detector of faces in an ONNX file, run by OpenCV; a callable from a picture to a plane.

    Threads may share it; they take turns. A process that gets a copy opens its own.

    Parameters
    ----------
    path : str or path
        File as ``cv2.FaceDetectorYN`` takes it, such as YuNet's
        ``face_detection_yunet_2023mar.onnx`` of OpenCV's model zoo.

    Attributes
    ----------
    digest : str
        SHA-256 of the file.

    Raises
    ------
    ValueError
        The file is missing, or no face detector.
    OSError
        The file cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        import cv2

        self.path = Path(path)
        if not self.path.is_file():
            other = "a folder" if self.path.exists() else "nothing"
            raise ValueError(
                f"{path}: a face detector (.onnx) was expected, found {other}; check the path"
            )
        data = self.path.read_bytes()
        self.digest = hashlib.sha256(data).hexdigest()
        self._lock = threading.Lock()
        code, nothing = np.frombuffer(data, np.uint8), np.empty(0, np.uint8)
        logs = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        try:
            self._detector: Any = cv2.FaceDetectorYN.create("onnx", code, nothing, PROBE, SCORE)
            self.boxes(np.zeros((*PROBE, 3), np.uint8))
        except cv2.error:
            raise ValueError(
                f"{path}: a face detector of cv2.FaceDetectorYN was expected, found another file; "
                "give face_detection_yunet_2023mar.onnx of OpenCV's model zoo"
            ) from None
        finally:
            cv2.utils.logging.setLogLevel(logs)

    def __reduce__(self) -> tuple[Any, ...]:
        return FaceDetector, (self.path,)

    def boxes(self, codes: Array) -> Array:
        """Faces of a picture.

        Parameters
        ----------
        codes : ndarray, (rows, cols, 3), uint8
            RGB.

        Returns
        -------
        ndarray, (faces, 5)
            Left, top, width and height in pixels, and the score, from 0 to 1.
        """
        with self._lock:
            self._detector.setInputSize(codes.shape[1::-1])
            _, found = self._detector.detect(np.ascontiguousarray(codes[:, :, ::-1]))
        return np.empty((0, 5)) if found is None else found[:, [0, 1, 2, 3, -1]].astype(float)

    def __call__(self, picture: Array, shape: tuple[int, int]) -> Array:
        """Plane of the faces of a picture.

        Parameters
        ----------
        picture : ndarray, (rows, cols) or (rows, cols, 3)
            In [0, 1].
        shape : (int, int)
            Rows and columns of the plane.

        Returns
        -------
        ndarray, ``shape``, float32
            Over every face a Gaussian of half its width and height, as high as its score; the
            highest where several overlap, and 0 where there is none.
        """
        codes = np.rint(picture * 255).astype(np.uint8)
        if codes.ndim == 2:
            codes = np.repeat(codes[:, :, None], 3, axis=2)
        cell = np.divide(codes.shape[:2], shape)[::-1]  # width and height in pixels
        plane = np.zeros(shape)
        for *box, score in self.boxes(codes):
            corner, extent = np.reshape(box, (2, 2)) / cell
            middle, spread = corner + extent / 2, np.maximum(SPREAD * extent, LEAST_SPREAD)
            across, down = (
                np.exp(-0.5 * ((np.arange(n) + 0.5 - center) / width) ** 2)
                for n, center, width in zip(shape[::-1], middle, spread, strict=True)
            )
            np.maximum(plane, score * np.outer(down, across), out=plane)
        return plane.astype(np.float32)
