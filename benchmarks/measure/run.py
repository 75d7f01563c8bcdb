"""Measure psysal: the models, stages, peers, its start-up and its memory.

    python benchmarks/measure/run.py [-o figures.json] [--only GROUP] [--quick]
    python benchmarks/measure/run.py --docs             # renews docs/benchmarks.md and README.md
    python benchmarks/measure/run.py --against COMMIT   # this tree and that commit, in turns

A time is given in milliseconds, in units (copies of a 1024 x 1024 float32 plane), and as a ratio
to a peer of the same run: the 2011 model of 1024 x 1024 pixels by OpenCV's calls.  One thread
unless said.  With -o, the file is written anew after every figure.  A benchmark that fails is
reported, the others go on, and the exit status is 1.  ``--contrib`` names a Python that has
opencv-contrib-python, for cv2.saliency.
"""

import argparse
import json
import sys
import tempfile
from functools import cache, partial
from pathlib import Path
from unittest import mock

import alternate
import numpy as np
import peers
import process
import skimage.data
from PIL import Image
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from timing import best, machine, timed, unit

import psysal
from psysal import files
from psysal.models.registry import get_model, model_names
from psysal.threads import SERIAL
from psysal.vision import color, contrast, kernels, wavelet
from psysal.vision.channel import channel_maps
from psysal.vision.workspace import Workspace

sys.path.append(str(Path(__file__).parents[1] / "make"))
from marks import replace_tables

ROOT = Path(__file__).parents[2]
PEER = "peer: OpenCV calls"
PROGRAM_SECONDS = {
    "achanta2009": 0.35, "guo2010": 0.5, "harel2006": 1.5, "hou2007": 0.05, "hou2012": 0.13,
    "itti1998": 0.3, "li2013": 0.8, "schauerte2012": 0.08, "seo2009": 2.5, "torralba2006": 0.1,
    "zhang2008": 14, "zhang2013": 0.01,
}  # fmt: skip
"""Times of the authors' programs for a photograph of 400 x 600, on another machine.

By Octave 7.3, ``zhang2013`` in C++; where a range was recorded, the least.
"""
PHOTOGRAPH = np.tile(skimage.data.astronaut(), (2, 2, 1))
MODEL = psysal.Murray2011()
LEVELS = wavelet.level_count(1024, 1024)


def resized(rows, cols):
    return np.array(Image.fromarray(PHOTOGRAPH).resize((cols, rows), Image.Resampling.LANCZOS))


def mapped(model, image, *, seconds=2, **options):
    """Time of mapping an image, one thread unless said."""
    return timed(lambda: model(image, **{"threads": 1, **options}), seconds)


def in_units(seconds):
    """A time that was measured once, as :func:`timing.timed` has it."""
    return {"figure": seconds / unit(), "in": "units", "ms": 1e3 * seconds}


def figure(value, unit_name):
    return {"figure": value, "in": unit_name}


def end_to_end(options):
    sizes = [(1024, 1024), (600, 800), (511, 681), (480, 640), (500, 4000), (16, 16)]
    for rows, cols in sizes + ([] if options.quick else [(4096, 4096)]):
        yield f"map {cols} x {rows}", partial(mapped, MODEL, resized(rows, cols), seconds=4)
    measure = partial(mapped, MODEL, PHOTOGRAPH)
    yield "map 1024 x 1024, 2 threads", partial(measure, seconds=4, threads=2)
    grey = np.ascontiguousarray(PHOTOGRAPH[:, :, 1])
    yield "map 1024 x 1024, grey", partial(mapped, MODEL, grey)
    yield "map 1024 x 1024, float64", partial(measure, dtype="float64")
    values = (PHOTOGRAPH / 255).astype(np.float32)
    yield "map 1024 x 1024, of a float image", partial(mapped, MODEL, values)
    for name, model in (
        ("by Haar wavelets", psysal.Murray2011(wavelet="haar")),
        ("with grouping", psysal.Murray2013()),
        ("perceived color", psysal.Otazu2010()),
        ("perceived brightness", psysal.Otazu2008()),
    ):
        for threads in (1, 2):
            label = f"{name}, 1024 x 1024" + (", 2 threads" if threads == 2 else "")
            yield label, partial(mapped, model, PHOTOGRAPH, seconds=4, threads=threads)


def baselines(_):
    """The classical and the learned models."""
    for name in (name for name in model_names("saliency") if "murray" not in name):
        yield f"{name}, 1024 x 1024", partial(mapped, get_model(name), PHOTOGRAPH)

    def by_opencv():
        with mock.patch.dict(sys.modules, onnxruntime=None):
            return mapped(psysal.Learned("deep"), PHOTOGRAPH)

    yield "deep by cv2.dnn, 1024 x 1024", by_opencv


def programs(_):
    """Classical models at 400 x 600, where the times of the authors' programs are known."""
    image = skimage.data.coffee()
    for name, seconds in PROGRAM_SECONDS.items():

        def measure(name=name, seconds=seconds):
            found = mapped(get_model(name), image)
            return {**found, "ratio": 1e3 * seconds / found["ms"]}

        yield f"{name}, 600 x 400, beside its program", measure


def stages(_):
    """Stages over all three channels of 1024 x 1024, as the model runs them."""
    workspace, windows = Workspace(), contrast.MURRAY2011_WINDOWS
    planes = np.empty((3, 1024, 1024), np.float32)
    maps = np.empty_like(planes)
    flat, scale = [plane.reshape(-1) for plane in maps], np.ones(3)
    out = np.empty_like(flat[0])

    def opponent():
        color.start_opponent(PHOTOGRAPH, planes, SERIAL)

    def pyramids():
        for plane in planes:
            workspace.rewind(0)
            wavelet.pyramid(plane, LEVELS, workspace=workspace, pool=SERIAL)

    def channels():
        channel_maps(
            planes,
            MODEL.sensitivities,
            windows,
            LEVELS,
            out=maps,
            workspace=workspace,
            pool=SERIAL,
        )

    def combine():
        kernels.combine(*flat, scale, out, 0, out.size)

    approximations = cache(partial(timed, pyramids))

    def details():
        whole, before = timed(channels), approximations()
        return {**whole, **{key: whole[key] - before[key] for key in ("figure", "ms")}}

    yield "stage: color", partial(timed, opponent)
    yield "stage: wavelet approximations", approximations
    yield "stage: details, contrast, inverse", details
    yield "stage: combining channels", partial(timed, combine)


def other_programs(options):
    """The same map from NumPy and SciPy, and from OpenCV; and OpenCV's own saliency."""

    def numpy_scipy():
        return in_units(best(lambda: peers.numpy_scipy(PHOTOGRAPH), 0, 2))

    def opencv():
        saliency, expected = peers.opencv(PHOTOGRAPH), MODEL(PHOTOGRAPH)
        assert np.abs(saliency - expected).max() < 1e-2 * expected.max()
        return timed(lambda: peers.opencv(PHOTOGRAPH), 0)

    def fine_grained():
        with tempfile.NamedTemporaryFile(suffix=".npy") as file:
            np.save(file.name, PHOTOGRAPH)
            return figure(peers.fine_grained(options.contrib, file.name), "units")

    if not options.quick:
        yield "peer: NumPy and SciPy", numpy_scipy
    yield PEER, opencv
    if options.contrib:
        yield "peer: cv2.saliency FineGrained", fine_grained


def whole_processes(options):
    yield "import psysal", lambda: figure(process.import_seconds(), "s")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "photo.png")
        Image.fromarray(resized(480, 640)).save(path)
        seconds = cache(partial(process.first_map_seconds, path))
        yield "first map ever, 640 x 480, compiling", lambda: figure(seconds()[0], "s")
        yield "first map of a later process, 640 x 480", lambda: figure(seconds()[1], "s")
    if not options.quick:
        for threads in (1, 2):
            label = f"peak memory at 12 megapixels, {threads} thread(s)"
            yield label, lambda t=threads: figure(process.memory_planes(t), "planes")


GROUPS = {
    "end-to-end": end_to_end,
    "baselines": baselines,
    "programs": programs,
    "stages": stages,
    "peers": other_programs,
    "processes": whole_processes,
}


def result(measure):
    """A figure, or the message of what went wrong."""
    try:
        return measure()
    except Exception as error:
        return {"failure": f"{type(error).__name__}: {error}", "in": ""}


def rounded(number):
    return f"{number:.2g}" if number < 10 else f"{number:.0f}"


def rows(figures):
    """Name, milliseconds, figure with its unit, and how many times faster than the peer."""
    peer = figures.get(PEER, {}).get("ms")
    for name, entry in figures.items():
        if "failure" in entry:
            yield name, "failed", "", ""
            continue
        ms, times = entry.get("ms"), entry.get("ratio")
        if peer and ms and not times and not name.startswith("stage"):
            times = peer / ms
        cells = (rounded(ms) if ms else "", f"{rounded(entry['figure'])} {entry['in']}")
        yield name, *cells, f"{rounded(times)}" if times else ""


def markdown(figures):
    lines = [f"Measured on: {machine()}.", "", "| benchmark | ms | | times as fast as the peer |"]
    return [
        *lines,
        "|---|---:|---:|---:|",
        *("| " + " | ".join(row) + " |" for row in rows(figures)),
    ]


README_ROWS = {
    "map 1024 x 1024": "`murray2011`, 1024 x 1024, one thread",
    "map 640 x 480": "`murray2011`, 640 x 480",
    "with grouping, 1024 x 1024": "`murray2013`, 1024 x 1024",
    "learned, 1024 x 1024": "`learned`, 1024 x 1024",
    "deep, 1024 x 1024": "`deep`, 1024 x 1024",
    PEER: "the equations of 2011 by OpenCV's calls",
}


def readme(figures):
    """The few figures that README shows."""
    lines = ["| | ms | OpenCV's calls take |", "|---|---:|---:|"]
    found = {name: (ms, times) for name, ms, _, times in rows(figures)}
    for name, title in README_ROWS.items():
        ms, times = found[name]
        longer = "" if name == PEER else f"{times} times as long"
        lines.append(f"| {title} | {ms} | {longer} |")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-o", "--output", help="write the figures as JSON")
    parser.add_argument(
        "--only", action="append", choices=GROUPS, metavar="GROUP",
        help=f"a group alone, again for more: {', '.join(GROUPS)}",
    )  # fmt: skip
    parser.add_argument("--contrib", metavar="PYTHON", help="a Python with opencv-contrib-python")
    parser.add_argument("--quick", action="store_true", help="leave out what takes long")
    parser.add_argument("--docs", action="store_true", help="renew the tables of the documents")
    parser.add_argument("--against", metavar="COMMIT", help="measure in turns with this commit")
    parser.add_argument("-n", "--rounds", type=int, default=3, help="of --against")
    options = parser.parse_args()
    if options.docs and (options.only or options.quick):
        parser.error("--docs takes all figures; leave --only and --quick out")
    if options.against:
        groups = options.only or ["end-to-end", "baselines", "stages"]
        return alternate.against(ROOT, options.against, groups, options.rounds)
    figures, messages = {}, Console(stderr=True)
    with Progress(console=messages, transient=True) as progress:
        task = progress.add_task("measuring", total=None)
        for group in options.only or GROUPS:
            for name, measure in GROUPS[group](options):
                progress.update(task, description=name)
                figures[name] = result(measure)
                if options.output:
                    data = json.dumps(figures, indent=1) + "\n"
                    files.save(options.output, data.encode(), overwrite=True)
    title = f"{machine()}; unit {1e3 * unit():.3f} ms"
    table = Table("benchmark", "ms", "", "times as fast as the peer", title=title)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows(figures):
        table.add_row(*row)
    Console().print(table)
    failures = {name: f["failure"] for name, f in figures.items() if "failure" in f}
    for name, failure in failures.items():
        messages.print(f"{name}: failed ({failure})", style="red", markup=False)
    if failures:
        return 1
    if options.docs:
        replace_tables(ROOT / "docs" / "benchmarks.md", {"benchmarks": markdown(figures)})
        replace_tables(ROOT / "README.md", {"speed": readme(figures)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
