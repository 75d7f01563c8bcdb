"""Archives: cost of ``psysal map`` beside the model, and of a hundred thousand images.

    python benchmarks/measure/batch.py rates FOLDER [-o FILE] [--docs]
    python benchmarks/measure/batch.py many [--rows 100000] [--model NAME] [-o FILE] [--docs]

``rates``: images per second of the photographs of a folder: by the model alone, by a plain
loop (read, map, normalize, encode, save), both of one thread, and by ``psysal map`` to
files and stores.  A command's "steady" rate is that between its first and its last image,
without start-up and what follows (an HDF5 file is packed at the end); the processor time of
the process itself is the engine's, as its workers do all else.  Rounds take turns, the fastest
counts.

``many``: tiny images, so that the engine has the most to do: seconds until the first map is
there, the rate, the memory of the process and of its workers, sampled; then the finished
command again, that has nothing left to do.  ``--docs`` puts both into docs/archives.md.

The process itself shares the processors it may use with its workers: ``taskset -c 2,3`` gives
both workers and it two.  Linux alone, as /proc tells.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from textwrap import wrap
from threading import Thread

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from timing import unit  # pins threads before numpy is imported

import numpy as np  # isort: skip

import psysal
from psysal import files, image, mapfile
from psysal.plots import base

sys.path.append(str(Path(__file__).parents[1] / "make"))
from marks import replace_tables

MODEL = psysal.Murray2011()
ROUNDS = 2
DECODED = 50  # photographs in memory at a time
SAMPLE = 0.25  # seconds
SETTLED = 5  # seconds after which memory stays as it is
COPIES = 100  # of each tiny image, under other names
COMMAND = [sys.executable, "-c", "from psysal.cli.main import main; main()", "map"]
PAGE = Path(__file__).parents[2] / "docs" / "archives.md"
PRICE = 0.04  # $ of a core for an hour
TICK = os.sysconf("SC_CLK_TCK")


def processor_seconds(pid):
    """Processor time of a process without its children; also of one that has just ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident(pid):
    """MB in memory, now and at most; None of one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    sizes = dict(line.split(":\t") for line in lines if line.startswith(("VmRSS", "VmHWM")))
    if not sizes:
        return None
    return tuple(int(sizes[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))


def children(pid):
    """Process ids of the children of a process."""
    try:
        return [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        return []


def command(*arguments):
    """``psysal map`` as a process whose standard output is to be read."""
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def ended(process):
    """Wait for the end of a process, which must not have failed."""
    if process.wait():
        raise SystemExit(f"{' '.join(process.args)}: failed ({process.returncode})")


# --- rates -------------------------------------------------------------------


def bare_model(paths, folder):
    """Rate of mapping alone."""
    MODEL(image.read(paths[0]), threads=1)
    spent = 0.0
    for i in range(0, len(paths), DECODED):
        photographs = [image.read(path) for path in paths[i : i + DECODED]]
        start = time.perf_counter()
        for pixels in photographs:
            MODEL(pixels, threads=1)
        spent += time.perf_counter() - start
    return {"steady": len(paths) / spent}


def bare_loop(paths, folder):
    """Rate of a script without workers, run database and manifest."""
    folder.mkdir()
    start = time.perf_counter()
    for path in paths:
        raw = MODEL(image.read(path), threads=1)
        files.save(folder / f"{path.stem}.png", mapfile.encode(image.normalize(raw)))
    return {"steady": len(paths) / (time.perf_counter() - start)}


def mapped(*options, suffix=""):
    """A measure of ``psysal map`` with these options."""

    def measure(paths, folder):
        start = time.perf_counter()
        process = command(paths[0].parent, "-o", f"{folder}{suffix}", *options)
        times, spent = [], []
        for line in process.stdout:
            if line.endswith(".json\n"):  # beside a NumPy file
                continue
            times.append(time.perf_counter())
            spent.append(processor_seconds(process.pid))
        ended(process)
        whole = time.perf_counter() - start
        if len(times) != len(paths):
            raise SystemExit(f"{len(paths)} images were expected, {len(times)} were mapped")
        return {
            "steady": (len(times) - 1) / (times[-1] - times[0]),
            "whole": len(times) / whole,
            "start-up": times[0] - start,
            "engine": 1e3 * (spent[-1] - spent[0]) / (len(times) - 1),
        }

    return measure


def rates(paths):
    """{measure: {"steady": images/s, "whole": images/s, "start-up": s, "engine": ms an image}}"""
    counts = [n for n in (1, 2, 4) if n <= max(2, len(os.sched_getaffinity(0)))]
    measures = {
        "model alone": bare_model,
        "plain loop": bare_loop,
        **{f"map --jobs {n}": mapped("--jobs", n) for n in counts},
        "map --jobs 2 --format npy": mapped("--jobs", 2, "--format", "npy"),
        "map --jobs 2 -o X.zarr": mapped("--jobs", 2, suffix=".zarr"),
        "map --jobs 2 -o X.h5": mapped("--jobs", 2, suffix=".h5"),
    }
    rounds = {name: [] for name in measures}
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("measuring", total=ROUNDS * len(measures))
        for _ in range(ROUNDS):
            for name, measure in measures.items():
                progress.update(bar, description=name)
                with tempfile.TemporaryDirectory() as folder:
                    rounds[name].append(measure(paths, Path(folder, "maps")))
                progress.advance(bar)
    best = {"steady": max, "whole": max, "start-up": min, "engine": min}
    return {
        name: {key: best[key](each[key] for each in own) for key in own[0]}
        for name, own in rounds.items()
    }


def ratios(rates):
    """Ratios of the rates."""
    steady = {name: each["steady"] for name, each in rates.items()}
    engine = rates["map --jobs 1"]["engine"] / 1e3
    return {
        "2 workers over 1": steady["map --jobs 2"] / steady["map --jobs 1"],
        "1 worker over the plain loop, added time": steady["plain loop"] / steady["map --jobs 1"]
        - 1,
        "engine over the model": engine * steady["model alone"],
        "engine over the plain loop": engine * steady["plain loop"],
    }


def rates_table(rates):
    table = Table(
        "images", "steady, /s", "whole, /s", "first, s", "engine, ms",
        title=f"unit: {1e3 * unit():.3f} ms",
    )  # fmt: skip
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    forms = {"steady": ".1f", "whole": ".1f", "start-up": ".2f", "engine": ".2f"}
    for name, each in rates.items():
        table.add_row(
            name, *(f"{each[key]:{f}}" if key in each else "" for key, f in forms.items())
        )
    for name, figure in ratios(rates).items():
        table.add_row(name, f"{figure:.2f}" if "over 1" in name else f"{figure:+.1%}")
    return table


def rates_lines(rates):
    """The tables of docs/archives.md: rates, and the cost of a million images."""
    head = [
        "| | images/s | images/s, with start-up | engine, ms an image |",
        "|---|---:|---:|---:|",
    ]
    cells = [
        (name, [each.get(key) for key in ("steady", "whole", "engine")])
        for name, each in rates.items()
    ]
    lines = [
        f"| {name} | " + " | ".join("" if n is None else f"{n:.1f}" for n in three) + " |"
        for name, three in cells
    ]
    ratio = ratios(rates)
    text = (
        f"Two workers do {ratio['2 workers over 1']:.2f} times as many as one. The engine itself - "
        "finding, the run database, handing over, progress - takes "
        f"{ratio['engine over the model']:.1%} of the time of the bare model."
    )
    hours = 1e6 / (rates["map --jobs 2"]["steady"] / 2) / 3600
    cost = (
        f"At this rate a million images are {hours:.0f} core hours: {hours / 16:.1f} hours on 16 "
        f"such cores, {60 * hours / 160:.0f} minutes on 160. At {PRICE} $ an hour, about what a "
        f"rented core costs, they are {PRICE * hours:.2f} $, beside what storing and moving 70 GB "
        "of photographs and 740 GB of 16-bit maps costs; 8-bit maps are a sixth of it."
    )
    return {"rates": [*head, *lines, "", *wrap(text, 100)], "cost": wrap(cost, 100)}


# --- many --------------------------------------------------------------------


def archive(folder, rows):
    """A manifest of so many tiny images, with a path and 16 x 16 pixels each."""
    random = np.random.default_rng(0)
    with Path(folder, "list.csv").open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["image"])
        for row in range(rows):
            group, name = divmod(row, COPIES)
            path = Path(folder, f"{group % 100:02d}", f"{group:05d}", f"{name:02d}.png")
            if name == 0:
                path.parent.mkdir(parents=True)
                first = path
                path.write_bytes(mapfile.encode(random.random((16, 16)), "png8"))
            else:
                os.link(first, path)
            lines.writerow([path.relative_to(folder)])
    return Path(folder, "list.csv")


def run(*arguments):
    """Seconds, and samples of (seconds, images done, MB of the process, MB of its workers)."""
    start = time.perf_counter()
    process = command(*arguments)
    times, samples, peak = [], [], 0.0

    def count():
        for _ in process.stdout:
            times.append(time.perf_counter() - start)

    reader = Thread(target=count)
    reader.start()
    while process.poll() is None:
        if own := resident(process.pid):
            peak = own[1]
            others = sum(mb[0] for child in children(process.pid) if (mb := resident(child)))
            samples.append((time.perf_counter() - start, len(times), own[0], others))
        time.sleep(SAMPLE)
    seconds = time.perf_counter() - start
    reader.join()
    ended(process)
    return seconds, times, samples, peak


def many(rows, model):
    """Figures, and the samples of the first run."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        names = archive(folder, rows)
        archive_seconds = time.perf_counter() - start
        tiny = next(Path(folder).glob("*/*/*.png"))
        ended(command(tiny, "-o", Path(folder, "compiled"), "--model", model))
        arguments = names, "-o", Path(folder, "maps"), "--jobs", 2, "--model", model
        seconds, times, samples, peak = run(*arguments)
        again, none, _, peak_again = run(*arguments)
    if len(times) != rows or none:
        raise SystemExit(f"{rows} images were expected, {len(times)} and {len(none)} were mapped")
    busy = [own for at, done, own, _ in samples if at > SETTLED and done < rows]
    figures = {
        "archive made, s": archive_seconds,
        "first map, s": times[0],
        "all, s": seconds,
        "images/s, steady": (rows - 1) / (times[-1] - times[0]),
        "memory, MB at most": peak,
        f"memory grows after {SETTLED} s, MB": max(busy) - min(busy),
        "workers' memory, MB at most": max(others for *_, others in samples),
        "again, s": again,
        "again, MB at most": peak_again,
    }
    return figures, samples


def memory_chart(figures, samples):
    """Memory against images done."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import StrMethodFormatter

    _, done, own, others = np.array(samples).T
    figure = Figure(figsize=(10.9, 5.2), facecolor=base.PAPER, layout="constrained")
    axes = figure.add_subplot(facecolor=base.PAPER)
    lines = (others, base.SKY, "two workers, together"), (own, base.BLUE, "the process itself")
    for values, color, label in lines:
        axes.plot(done, values, color=color, lw=3, solid_capstyle="round")
        middle = values[len(values) // 2]
        axes.annotate(
            f"{label}: {middle:.0f} MB", (done[-1] / 2, middle), (0, 9),
            textcoords="offset points", ha="center", va="bottom", fontsize=14, color=base.INK,
        )  # fmt: skip
    axes.set_xlim(0, done[-1])
    axes.set_ylim(0, 1.25 * max(others))
    axes.set_xlabel("images done", fontsize=14, color=base.INK)
    axes.set_ylabel("memory, MB", fontsize=14, color=base.INK)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.tick_params(labelsize=13, colors=base.GREY, length=0)
    axes.grid(axis="y", color=base.GREY, alpha=0.2)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_title(
        f"Memory does not grow with the archive: {done[-1]:,.0f} images of 16 x 16 pixels",
        fontsize=17, color=base.INK, loc="left", pad=14,
    )  # fmt: skip
    return figure


def many_lines(figures, rows):
    """Paragraph of docs/archives.md about many images."""
    text = (
        f"With two workers, a list of {rows:,} images of 16 x 16 pixels has its first map after "
        f"{figures['first map, s']:.1f} s and goes on at {figures['images/s, steady']:.0f} a "
        f"second. The process itself holds {figures['memory, MB at most']:.0f} MB, and "
        f"{figures[f'memory grows after {SETTLED} s, MB']:.1f} MB more at the end than after "
        f"{SETTLED} s. The finished command again, which looks at every image and map, takes "
        f"{figures['again, s']:.1f} s (`python benchmarks/measure/batch.py many`)."
    )
    return {"many": wrap(text, 100)}


def many_table(figures, rows):
    table = Table(f"{rows:,} images", "", title=f"unit: {1e3 * unit():.3f} ms")
    table.columns[1].justify = "right"
    for name, figure in figures.items():
        table.add_row(name, f"{figure:.0f}" if figure > 99 else f"{figure:.2f}")
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    kinds = parser.add_subparsers(dest="kind", required=True)
    rate = kinds.add_parser("rates")
    rate.add_argument("folder", type=Path)
    rate.add_argument("--docs", action="store_true", help="put the tables into docs/archives.md")
    much = kinds.add_parser("many")
    much.add_argument("--rows", type=int, default=100_000)
    much.add_argument("--model", default="murray2011")
    much.add_argument("--docs", action="store_true", help="draw docs/archives.png")
    for kind in (rate, much):
        kind.add_argument("-o", "--output", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    if options.kind == "rates":
        paths = [path for path in sorted(options.folder.iterdir()) if path.suffix in image.SUFFIXES]
        figures = rates(paths)
        Console().print(rates_table(figures))
        if options.docs:
            replace_tables(PAGE, rates_lines(figures))
        figures["ratios"] = ratios(figures)
    else:
        figures, samples = many(options.rows, options.model)
        Console().print(many_table(figures, options.rows))
        if options.docs:
            PAGE.with_suffix(".png").write_bytes(base.png(memory_chart(figures, samples)))
            replace_tables(PAGE, many_lines(figures, options.rows))
    if options.output:
        options.output.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
