"""Frames a second of video: maps alone, and the overlay written to an .mp4; whole and reduced.

    python benchmarks/measure/video.py [-n FRAMES] [-o figures.json]

The video is a photograph that drifts, written anew for every size; reading it is part of the
time.  Of three runs the fastest counts.  Give the process as many processors as threads.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import skimage.data
from rich.console import Console
from rich.table import Table
from timing import unit  # pins threads before OpenCV is imported

import cv2  # isort: skip

from psysal import video

SIZES = ((640, 480), (1280, 720), (1920, 1080))
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


CALLS = (
    ("maps", maps, 1),
    ("maps at half the size", maps, 2),
    ("overlay to mp4", overlay, 1),
    ("overlay to mp4 at half the size", overlay, 2),
)


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
    options = parser.parse_args()
    table = Table("video", "threads", "frames/s", title=f"unit: {1e3 * unit():.3f} ms")
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "film.mp4")
        for cols, rows in SIZES:
            drifting(path, (cols, rows), options.frames)
            for name, call, reduce in CALLS:
                for threads in THREADS:
                    frames_per_second = rate(
                        call, path, options.frames, threads=threads, reduce=reduce
                    )
                    figures[f"{name}, {cols} x {rows}, {threads} thread(s)"] = frames_per_second
                    table.add_row(
                        f"{name}, {cols} x {rows}", str(threads), f"{frames_per_second:.1f}"
                    )
    Console().print(table)
    if options.output:
        Path(options.output).write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
