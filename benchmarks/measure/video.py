"""Frames a second of video: maps alone, and the overlay written to an .mp4; whole and reduced.

    python benchmarks/measure/video.py [-n FRAMES] [-o figures.json]
    python benchmarks/measure/video.py --lost VIDEO_OR_FOLDER...   # by reducing frames

The video is a photograph that drifts, written anew for every size; reading it is part of the
time.  Of three runs the fastest counts.  Give the process as many processors as threads.  What is
lost is the correlation of maps of reduced frames with whole ones, of videos or of every fourth
photograph of folders, which are of one size.
"""

import argparse
import json
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np
import skimage.data
from rich.console import Console
from rich.table import Table
from timing import unit  # pins threads before OpenCV is imported

import cv2  # isort: skip

from psysal import video

SIZES = {(640, 480): (1, 2), (1280, 720): (1, 2), (1920, 1080): (1, 2), (3840, 2160): (2, 4)}
"""Columns and rows, and by how much frames are reduced."""
THREADS = (1, 2)


def drifting(path, size, count):
    """A video of a photograph that moves by two pixels a frame."""
    cols, rows = size
    large = cv2.resize(skimage.data.coffee()[:, :, ::-1], (cols + 2 * count, rows))
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30, size)
    for number in range(count):
        writer.write(large[:, 2 * number : 2 * number + cols].copy())
    writer.release()


def maps(path, **options):
    for _ in video.maps(path, **options):
        pass


def overlay(path, **options):
    source = video.VideoSource(path)
    video.write_video(source, path.with_name("out.mp4"), overwrite=True, **options)


CALLS = {"maps": maps, "overlay to mp4": overlay}


def film(folder, path):
    """A lossless video of every fourth photograph in a folder."""
    pictures = [cv2.imread(str(each)) for each in sorted(folder.rglob("*.jpg"))[::4]]
    rows, cols = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), 25, (cols, rows))
    for picture in pictures:
        writer.write(picture)
    writer.release()


def print_lost(path):
    whole = [saliency.ravel() for _, saliency, _ in video.maps(path)]
    for reduce in (2, 4):
        reduced = (saliency.ravel() for _, saliency, _ in video.maps(path, reduce=reduce))
        found = [np.corrcoef(*pair)[0, 1] for pair in zip(whole, reduced, strict=True)]
        print(f"{path.name}, reduced {reduce}: mean {np.mean(found):.4f}, ", end="")
        print(f"least {min(found):.4f} of {len(found)} frames")


def rate(call, path, count, **options):
    def once():
        start = time.perf_counter()
        call(path, **options)
        return count / (time.perf_counter() - start)

    return max(once() for _ in range(3))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-n", "--frames", type=int, default=120)
    parser.add_argument("-o", "--output", help="write the figures as JSON")
    parser.add_argument("--lost", type=Path, nargs="+", help="compare maps instead")
    options = parser.parse_args()
    if options.lost:
        with tempfile.TemporaryDirectory() as folder:
            for path in options.lost:
                if path.is_dir():
                    film(path, Path(folder, f"{path.name}.avi"))
                    path = Path(folder, f"{path.name}.avi")
                print_lost(path)
        return
    table = Table("video", "threads", "frames/s", title=f"unit: {1e3 * unit():.3f} ms")
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "film.mp4")
        for (cols, rows), reduces in SIZES.items():
            drifting(path, (cols, rows), options.frames)
            for (name, call), reduce, threads in product(CALLS.items(), reduces, THREADS):
                label = f"{name}, {cols} x {rows}, reduced {reduce}"
                found = rate(call, path, options.frames, threads=threads, reduce=reduce)
                figures[f"{label}, {threads} thread(s)"] = found
                table.add_row(label, str(threads), f"{found:.1f}")
    Console().print(table)
    if options.output:
        Path(options.output).write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
