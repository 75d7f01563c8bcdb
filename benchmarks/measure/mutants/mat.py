"""MATLAB files of fixations and of fixation maps, small, and their reading."""

import io

import numpy as np
from scipy.io import savemat

from psysal.gaze import read_maps, read_mat


def seeds():
    """Bytes of files, by name."""
    scanpath = {"fix_x": [1.0, 2.5], "fix_y": [3, 4], "fix_duration": [200, 300]}
    subjects = np.array([scanpath, scanpath], dtype=object)
    records = [{"img": f"{name}.jpg", "subjects": subjects} for name in "ab"]
    marks = np.zeros((6, 9), np.uint8)
    marks[2, 3] = 1
    cells = np.empty(2, object)
    cells[:] = marks, marks.astype(bool)
    contents = {
        "fixations.mat": {"fixations": records},
        "maps.mat": {"maps": cells},
        "others.mat": {"x": np.arange(3) * 1j, "s": "text", "c": np.array([1, "a"], object)},
    }
    files = {}
    for name, content in contents.items():
        for pressed in (False, True):
            buffer = io.BytesIO()
            savemat(buffer, content, do_compression=pressed)
            files[f"{'packed-' * pressed}{name}"] = buffer.getvalue()
    return files


def read(path):
    """Fixations of the file, as a struct array and as maps."""
    reads = 0
    for function in (read_mat, read_maps):
        try:
            function(path)
            reads += 1
        except (ValueError, OSError) as error:
            refusal = error
    if not reads and "others" not in path.name:
        raise refusal
