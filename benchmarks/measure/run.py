"""Measure psysal: the model, its stages, its peers, its start-up and its memory.

    python benchmarks/run.py [-o figures.json] [--contrib PYTHON] [--quick] [--readme]

Times are in units: copies of a 1024 x 1024 float32 plane, one thread unless said.
``--contrib`` names a Python that has opencv-contrib-python, for cv2.saliency.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import peers
import process
import skimage.data
from PIL import Image
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from timing import best, unit, units  # pins threads before numpy is imported

import psysal
from psysal.api import get_model
from psysal.threads import SERIAL
from psysal.vision import color, contrast, kernels, wavelet
from psysal.vision.channel import channel_maps
from psysal.vision.workspace import Workspace

PHOTOGRAPH = np.tile(skimage.data.astronaut(), (2, 2, 1))
MODEL = psysal.Murray2011()
LEVELS = wavelet.level_count(1024, 1024)


def resized(rows, cols):
    return np.array(Image.fromarray(PHOTOGRAPH).resize((cols, rows), Image.Resampling.LANCZOS))


def end_to_end(quick):
    sizes = [(1024, 1024), (511, 681), (480, 640)] + ([] if quick else [(4096, 4096)])
    for rows, cols in sizes:
        image = resized(rows, cols)
        yield f"map {cols} x {rows}", "units", units(lambda i=image: MODEL(i, threads=1), 4)
    yield "map 1024 x 1024, 2 threads", "units", units(lambda: MODEL(PHOTOGRAPH, threads=2), 4)
    grey = np.ascontiguousarray(PHOTOGRAPH[:, :, 1])
    yield "map 1024 x 1024, grey", "units", units(lambda: MODEL(grey, threads=1))
    yield (
        "map 1024 x 1024, float64",
        "units",
        units(lambda: MODEL(PHOTOGRAPH, dtype="float64", threads=1)),
    )
    for name, model in (
        ("by Haar wavelets", psysal.Murray2011(wavelet="haar")),
        ("with grouping", psysal.Murray2013()),
        ("perceived color", psysal.Otazu2010()),
        ("perceived brightness", psysal.Otazu2008()),
    ):
        for threads in (1, 2):
            label = f"{name}, 1024 x 1024" + (", 2 threads" if threads == 2 else "")
            yield label, "units", units(lambda m=model, t=threads: m(PHOTOGRAPH, threads=t), 4)


def baselines():
    """The classical models and the learned one, one thread."""
    names = ("itti1998", "harel2006", "hou2007", "achanta2008", "bruce2009", "hou2012", "learned")
    for name in names:
        model = get_model(name)
        yield f"{name}, 1024 x 1024", "units", units(lambda m=model: m(PHOTOGRAPH, threads=1), 2)


def stages():
    """Each of all three channels of 1024 x 1024, as the model runs them."""
    workspace, windows = Workspace(), contrast.MURRAY2011_WINDOWS
    planes = np.empty((3, 1024, 1024), np.float32)
    maps = np.empty_like(planes)
    yield "stage: color", "units", units(lambda: color.start_opponent(PHOTOGRAPH, planes, SERIAL))

    def pyramids():
        for plane in planes:
            workspace.rewind(0)
            wavelet.pyramid(plane, LEVELS, workspace=workspace, pool=SERIAL)

    def all_else():
        channel_maps(
            planes, MODEL.sensitivities, windows, LEVELS, out=maps, workspace=workspace, pool=SERIAL
        )

    flat, scale = [plane.reshape(-1) for plane in maps], np.ones(3)
    out = np.empty_like(flat[0])
    before = units(pyramids)
    yield "stage: wavelet approximations", "units", before
    yield "stage: details, contrast, inverse", "units", units(all_else) - before
    yield (
        "stage: combining channels",
        "units",
        units(lambda: kernels.combine(*flat, scale, out, 0, out.size)),
    )


def others(contrib, quick):
    if not quick:
        yield (
            "peer: NumPy and SciPy",
            "units",
            best(lambda: peers.numpy_scipy(PHOTOGRAPH), 0, 2) / unit(),
        )
    found, expected = peers.opencv(PHOTOGRAPH), MODEL(PHOTOGRAPH)
    assert np.abs(found - expected).max() < 1e-2 * expected.max()
    yield "peer: OpenCV calls", "units", units(lambda: peers.opencv(PHOTOGRAPH), 0)
    if contrib:
        with tempfile.NamedTemporaryFile(suffix=".npy") as file:
            np.save(file.name, PHOTOGRAPH)
            yield "peer: cv2.saliency FineGrained", "units", peers.fine_grained(contrib, file.name)


def whole_processes(quick):
    yield "import psysal", "s", process.import_seconds()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "photo.png")
        Image.fromarray(resized(480, 640)).save(path)
        first, later = process.first_map_seconds(path)
    yield "first map ever, 640 x 480, compiling", "s", first
    yield "first map of a later process, 640 x 480", "s", later
    if not quick:
        for threads in (1, 2):
            planes = process.memory_planes(threads)
            yield f"peak memory at 12 megapixels, {threads} thread(s)", "planes", planes


def shown(figure):
    return f"{figure:.2g}" if figure < 10 else f"{figure:.0f}"


def renew_readme(figures):
    """Put the table between the README's two benchmark marks."""
    path = Path(__file__).parents[1] / "README.md"
    lines = ["| benchmark | figure | |", "|---|---:|---|"]
    lines += [f"| {name} | {shown(f['figure'])} | {f['in']} |" for name, f in figures.items()]
    mark = "<!-- benchmarks -->"
    before, _, after = path.read_text().split(mark)
    path.write_text(mark.join([before, "\n\n" + "\n".join(lines) + "\n\n", after]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-o", "--output", help="write the figures as JSON")
    parser.add_argument("--contrib", metavar="PYTHON", help="a Python with opencv-contrib-python")
    parser.add_argument("--quick", action="store_true", help="leave out what takes long")
    parser.add_argument("--readme", action="store_true", help="renew the table in the README")
    options = parser.parse_args()
    screen = Console()
    table = Table("benchmark", "figure", "", title=f"unit: {1e3 * unit():.3f} ms")
    table.columns[1].justify = "right"
    figures = {}
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("measuring", total=None)
        for group in (
            end_to_end(options.quick),
            baselines(),
            stages(),
            others(options.contrib, options.quick),
            whole_processes(options.quick),
        ):
            for name, kind, figure in group:
                figures[name] = {"figure": figure, "in": kind}
                table.add_row(name, shown(figure), kind)
                progress.update(task, description=name)
    screen.print(table)
    if options.readme:
        renew_readme(figures)
    if options.output:
        Path(options.output).write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
