"""Reading of ordinary pictures: time of this tree against another, and their bits.

    python benchmarks/measure/reading.py OTHER_TREE

Both trees read the same files in turns, each in a process of its own; the ratio is that of the
best processor times, and its median over the rounds is printed.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import skimage.data

ROUNDS = 7
READ = """
import hashlib, json, sys, time
from psysal import image
answers = {}
for path in sys.argv[1:]:
    pixels, best = image.read(path), 1e9
    for _ in range(25):
        start = time.process_time()
        image.read(path)
        best = min(best, time.process_time() - start)
    answers[path] = [best, hashlib.sha256(pixels.tobytes()).hexdigest()]
print(json.dumps(answers))
"""


def pictures(folder: Path) -> list[Path]:
    """JPEG of 1024 x 768, PNG of 640 x 480 and others, made of a photograph."""
    photograph = cv2.cvtColor(skimage.data.astronaut(), cv2.COLOR_RGB2BGR)
    large, small = cv2.resize(photograph, (1024, 768)), cv2.resize(photograph, (640, 480))
    files = {
        "color 1024 x 768.jpg": large,
        "grey 1024 x 768.jpg": large[:, :, 1],
        "color 640 x 480.png": small,
        "grey 640 x 480.png": small[:, :, 1],
        "deep 640 x 480.png": small.astype(np.uint16) * 257,
        "color 640 x 480.tif": small,
        "color 640 x 480.webp": small,
    }
    for name, pixels in files.items():
        cv2.imwrite(str(folder / name), pixels)
    return [folder / name for name in files]


def measured(tree: Path, paths: list[Path]) -> dict[str, tuple[float, str]]:
    """Best time and checksum of every file, read by the psysal of a tree."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, "-c", READ, *map(str, paths)]
    return json.loads(subprocess.run(command, env=environment, stdout=-1, check=True).stdout)


def main() -> None:
    here, other = Path(__file__).parents[2], Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        paths = pictures(Path(folder))
        rounds = [(measured(other, paths), measured(here, paths)) for _ in range(ROUNDS)]
    for path in map(str, paths):
        ratio = statistics.median(new[path][0] / old[path][0] for old, new in rounds)
        before = min(old[path][0] for old, _ in rounds)
        same = "same bits" if rounds[0][0][path][1] == rounds[0][1][path][1] else "OTHER BITS"
        print(f"{Path(path).name:24} {before * 1e3:7.2f} ms before, now x {ratio:.3f}, {same}")


if __name__ == "__main__":
    main()
