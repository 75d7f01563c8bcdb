"""The command line: ``psysal demo``, ``map``, ``perceive``, ``stimulus``, ``evaluate``, ``train``,
``video``.

Paths of what was written, or the image itself, go to standard output; progress and
messages to standard error.  Exit status 0: all done; 1: some images failed, each
with a sentence; 2: the command makes no sense.
"""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console

from psysal import __version__
from psysal.image import MAX_PIXELS

if TYPE_CHECKING:
    from psysal.evaluation.compare import Comparison
    from psysal.human import Dataset
    from psysal.run.batch import Figure, Item, Settings

__all__ = ["app", "main"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Psychophysical visual saliency: photographs to saliency maps and to what is seen "
    "of them, without a GPU.",
)
screen = Console(stderr=True, highlight=False, soft_wrap=True)
Form = Literal["png", "png8", "tiff", "npy"]
Photograph = Literal["coffee", "astronaut", "chelsea", "rocket"]


def _say(text: str, style: str = "") -> None:
    screen.print(text, style=style, markup=False)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"psysal {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    pass


Ppd = Annotated[
    float | None,
    typer.Option(help="Pixels per degree of visual angle. Default: the published tuning."),
]


Images = Annotated[
    list[str],
    typer.Argument(metavar="IMAGE...", help="Files, globs, folders, or - for standard input."),
]
Output = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="DIR",
        help="Folder for what is made, or - for standard output. Default: saliency or "
        "perceived, and standard output for what comes from standard input.",
    ),
]
Stages = Annotated[bool, typer.Option("--stages", help="Also a figure of every stage.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files already there.")]
MaxPixels = Annotated[int, typer.Option(min=64, help="Refuse larger images.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Default: every processor.")]


@app.command("map")
def map_command(
    images: Images,
    output: Output = None,
    form: Annotated[
        Form, typer.Option("--format", help="16-bit PNG, 8-bit PNG, float TIFF or NumPy.")
    ] = "png",
    model: Annotated[
        str,
        typer.Option(
            help="Model by name, learned:FILE for a trained readout, or onnx:FILE for a network."
        ),
    ] = "murray2011",
    ppd: Ppd = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also a heat map on the photograph.")
    ] = False,
    stages: Stages = False,
    overwrite: Overwrite = False,
    max_pixels: MaxPixels = MAX_PIXELS,
    threads: Threads = None,
) -> None:  # fmt: skip
    """Write the saliency map of every image.

    A map fills the full scale of its file. The smallest image is 8 x 8 pixels.

    Model, version, ppd and the raw range are stored with it.
    """
    from psysal import image
    from psysal.api import MODELS
    from psysal.run import batch

    chosen = _model(model, ppd, MODELS)
    figures = _stages(chosen) if stages else {}
    if overlay:
        figures["overlay"] = lambda pixels, values, about: image.encode(
            image.overlay(pixels, values), "png8", about=about
        )
    items, folder = _places(images, output, "saliency", bool(figures))
    settings = batch.Settings(
        model=chosen,
        model_name=model,
        ppd=ppd,
        folder=folder,
        form=form,
        figures=figures,
        overwrite=overwrite,
        max_pixels=max_pixels,
        threads=threads,
    )
    raise typer.Exit(_run(items, settings, "mapping"))


@app.command("perceive")
def perceive_command(
    images: Images,
    output: Output = None,
    form: Annotated[
        Literal["png", "npy"],
        typer.Option("--format", help="8-bit PNG, clipped to what a screen shows, or NumPy."),
    ] = "png",
    model: Annotated[
        str, typer.Option(help="otazu2010 for color, otazu2008 for luminance alone.")
    ] = "otazu2010",
    ppd: Ppd = None,
    difference: Annotated[
        bool, typer.Option("--difference", help="Also a figure of what is seen minus shown.")
    ] = False,
    stages: Stages = False,
    overwrite: Overwrite = False,
    max_pixels: MaxPixels = MAX_PIXELS,
    threads: Threads = None,
) -> None:
    """Write every image as it looks: with the brightness and color its surround induces.

    Black is 0 and white is full scale, as in the image. The smallest image is 8 x 8 pixels.
    """
    from psysal.api import PERCEPTION
    from psysal.run import batch

    chosen = _model(model, ppd, PERCEPTION)
    figures = _stages(chosen) if stages else {}
    if difference:
        plots = _plots("--difference")
        figures["difference"] = lambda pixels, seen, about: plots.png(
            plots.difference(pixels, seen), about=about
        )
    items, folder = _places(images, output, "perceived", bool(figures))
    settings = batch.Settings(
        model=chosen,
        model_name=model,
        ppd=ppd,
        folder=folder,
        finish=lambda seen: seen,
        values="the image as it looks, black 0 and white full scale"
        + ("; clipped" if form == "png" else ""),
        form="png8" if form == "png" else form,
        figures=figures,
        overwrite=overwrite,
        max_pixels=max_pixels,
        threads=threads,
    )
    raise typer.Exit(_run(items, settings, "perceiving"))


@app.command()
def stimulus(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A display by name; --list shows all.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="A .png, or a .npy of float values."),
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="Say what there is; with -o, a contact sheet of all.")
    ] = False,
    ppd: Annotated[float, typer.Option(help="Pixels per degree of visual angle.")] = 32,
    contrast: Annotated[
        float | None, typer.Option(help="Of the target of a search display, up to 1.")
    ] = None,
    set_size: Annotated[int | None, typer.Option(help="Items of a search display.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the places of a search display.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Write an illusion or a search display as an image.

    Its masks, and all its other parameters, are in Python: psysal.stimuli.
    """
    from psysal import image
    from psysal.stimuli import DISPLAYS

    if listed == (name is not None):
        raise typer.BadParameter("give the name of one display, or --list", param_hint="NAME")
    if name is not None and name not in DISPLAYS:
        raise typer.BadParameter(
            f"there is no display {name!r}; there are {', '.join(DISPLAYS)}", param_hint="NAME"
        )
    if output is not None and output.suffix not in (".png", ".npy"):
        raise typer.BadParameter(
            f"the file must end in .png or .npy, got {output}", param_hint="-o"
        )
    if name is None:
        if output is None:
            _table_of_displays()
            raise typer.Exit
        plots = _plots("--list")
        data = plots.png(plots.contact_sheet())
    else:
        given = {"contrast": contrast, "set_size": set_size, "seed": seed}
        given = {key: value for key, value in given.items() if value is not None}
        try:
            display = DISPLAYS[name](ppd=ppd, **given)
        except TypeError:
            raise typer.BadParameter(
                f"{name} has no {' and no '.join(given)}; search displays have"
            ) from None
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
        output = output or Path(f"{name}.png")
        about = {"stimulus": name, "ppd": ppd, **given, "report": display.report}
        data = image.encode(
            display.image, {".png": "png8", ".npy": "npy"}[output.suffix], about=about
        )
    try:
        image.save(output, data, overwrite=overwrite)
    except OSError as error:
        _say(str(error), style="red")
        raise typer.Exit(1) from None
    print(output)


@app.command()
def evaluate(
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="A folder of photographs and fixations, or its name in the folder PSYSAL_DATA.",
        ),
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Model by name, center_bias, human_ceiling, maps:FOLDER for maps of others, "
            "learned:FILE for a trained readout, onnx:FILE for a network, or all for every name "
            "that was not trained on the set; again for more. Default: murray2011.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            help="Folder for the report. Default: evaluation-DATASET.",
        ),
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option(help="Names with commas between. Default: AUC, shuffled AUC and NSS."),
    ] = None,
    profile: Annotated[
        Literal["exact", "mit"],
        typer.Option(help="Exact metrics, or the conventions of the MIT benchmark."),
    ] = "exact",
    reference: Annotated[
        str | None,
        typer.Option(help="Model that the others are compared with. Default: the first."),
    ] = None,
    resize: Annotated[
        Literal["linear", "cubic"] | None,
        typer.Option(help="Resize the maps of a FOLDER; without, another size is an error."),
    ] = None,
    ppd: Annotated[
        float | None,
        typer.Option(help="Pixels per degree, for a set that does not tell them."),
    ] = None,
    without_first: Annotated[
        bool, typer.Option("--without-first", help="Drop first fixations, if they were forced.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, not Markdown.")] = False,
    threads: Threads = None,
) -> None:
    """Compare models on where people looked: a table with intervals, and a report.

    Writes report.html, table.csv, .json and .md, and scores.csv of every image.

    If it is interrupted, the same command goes on where it stopped.
    """
    from psysal import image
    from psysal.evaluation.compare import summary
    from psysal.human import dataset as read
    from psysal.run import evaluation

    try:
        found = read(dataset)
    except (ValueError, ImportError, OSError) as error:
        _say(str(error), style="red")
        raise typer.Exit(1) from None
    try:
        compared = _comparison(found, model, metrics, profile, resize, ppd, without_first)
        reference = reference or next(iter(compared.models))
        if reference not in compared.models:
            raise ValueError(
                f"reference must be one of {', '.join(compared.models)}, got {reference!r}"
            )
        folder = output or Path(f"evaluation-{compared.dataset.name}")
        journal = evaluation.journal(folder)
        for remark in evaluation.remarks(compared.about()):
            _say(remark, style="yellow")
        with _progress("evaluating", len(compared.images)) as advance:
            scores = compared.scores(journal=journal, threads=threads, progress=advance)
        with _progress("drawing", 2 * evaluation.EXAMPLES * len(compared.models)) as advance:
            files = evaluation.files(
                compared, scores, summary(scores, reference), reference, advance
            )
        for name, content in files.items():
            image.save(folder / name, content, overwrite=True)
    except (ValueError, ImportError) as error:
        raise typer.BadParameter(str(error)) from None
    except OSError as error:
        _say(str(error), style="red")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        _say(f"interrupted; the same command goes on from {journal}", style="yellow")
        raise typer.Exit(1) from None
    print(files["table.json" if as_json else "table.md"].decode(), end="")
    _say(f"the report is {folder / 'report.html'}")
    raise typer.Exit(_left_out(scores))


@app.command()
def train(
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="A folder of photographs and fixations, or its name in the folder PSYSAL_DATA.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The trained readout, JSON.")
    ] = Path("readout.json"),
    readout: Annotated[
        Literal["small", "linear"], typer.Option(help="With hidden units, or linear.")
    ] = "small",
    loss: Annotated[str, typer.Option(help="A divergence, such as kl or bhattacharyya.")] = "kl",
    windows: Annotated[
        str, typer.Option(help="Pairs of centre and surround with commas between, or none.")
    ] = "13/26",
    energy: Annotated[
        bool, typer.Option(help="Root mean squares of planes among the features.")
    ] = True,
    color: Annotated[bool, typer.Option(help="Opponent colors among the features.")] = True,
    sigma: Annotated[
        float | None,
        typer.Option(
            help="Degrees of the Gaussian that turns fixations into the target. Default: 0, "
            "fixations themselves, for kl, else 1."
        ),
    ] = None,
    folds: Annotated[int, typer.Option(help="Of photographs, for the scores.")] = 5,
    seed: Annotated[int, typer.Option(help="Of weights and of the order of photographs.")] = 0,
    early_stopping: Annotated[
        bool, typer.Option("--early-stopping", help="Hold a tenth out that says when to stop.")
    ] = False,
    ppd: Annotated[
        float | None,
        typer.Option(help="Pixels per degree, for a set that does not tell them."),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder for features and the state of fits; kept. Default: one beside the "
            "output, removed at the end.",
        ),
    ] = None,
    overwrite: Overwrite = False,
    threads: Threads = None,
) -> None:
    """Train a readout on where people looked, and say how well it does on unseen photographs.

    If it is interrupted, the same command goes on where it stopped.
    """
    import shutil
    from dataclasses import replace

    from psysal import image
    from psysal.evaluation.compare import summary
    from psysal.human import dataset as read
    from psysal.learning.train import train
    from psysal.run import report
    from psysal.vision.features import Features

    if output.exists() and not overwrite:
        _say(f"{output}: is already there and was kept; --overwrite replaces it", style="red")
        raise typer.Exit(1)
    folder = work or output.with_name(output.name + ".work")
    try:
        found = read(dataset)
        found = found if ppd is None else replace(found, ppd=ppd)
        features = Features(_windows(windows), energy, color)
        with _steps() as progress:
            result = train(
                found,
                folder,
                features=features,
                readout=readout,
                loss=loss,
                sigma=sigma,
                folds=folds,
                seed=seed,
                early=early_stopping,
                threads=threads,
                progress=progress,
            )
        image.save(output, result.trained.encode(), overwrite=overwrite)
    except (ValueError, ImportError, OSError) as error:
        _say(str(error), style="red")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        _say(f"interrupted; the same command goes on from {folder}", style="yellow")
        raise typer.Exit(1) from None
    if work is None:
        shutil.rmtree(folder)
    for title, scores in (("on the grid", result.scores), ("at full resolution", result.full)):
        print(f"{title}, photographs not seen in training:\n\n{report.markdown(summary(scores))}\n")
    print(output)


def _windows(text: str) -> tuple[tuple[int, int], ...]:
    if text == "none":
        return ()
    try:
        pairs = [tuple(int(n) for n in pair.split("/")) for pair in text.split(",")]
        return tuple((center, surround) for center, surround in pairs)
    except ValueError:
        raise ValueError(
            f"windows must be pairs such as 5/10,13/26, or none, got {text!r}"
        ) from None


@contextmanager
def _steps() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for every step, moved by being told its name, how much is done, and of how much."""
    with _bars() as progress:
        bars: dict[str, Any] = {}

        def move(step: str, done: int, total: int) -> None:
            if step not in bars:
                bars[step] = progress.add_task(step, total=total)
            progress.update(bars[step], completed=done)

        yield move


def _comparison(
    dataset: "Dataset",
    names: list[str] | None,
    metrics: str | None,
    profile: str,
    resize: str | None,
    ppd: float | None,
    without_first: bool,
) -> "Comparison":
    from dataclasses import replace

    from psysal.api import MODELS, PEOPLE, comparison, model_named
    from psysal.evaluation.compare import knows
    from psysal.models.maps import MapFolder

    if without_first:
        dataset = replace(dataset, fixations=dataset.fixations.without_first())
    if names == ["all"]:
        fair = [name for name in MODELS if not knows(model_named(name), dataset)]
        names = [*fair, *PEOPLE]
    names = names or ["murray2011"]
    models = [
        MapFolder(name.removeprefix("maps:"), resize) if name.startswith("maps:") else name
        for name in names
    ]
    asked = None if metrics is None else [name.strip() for name in metrics.split(",")]
    return comparison(models, dataset, metrics=asked, profile=profile, ppd=ppd)


def _left_out(scores: Any) -> int:
    """Say which images were left out and why; the exit status."""
    problems = scores[scores["problem"] != ""].drop_duplicates(["model", "image"])
    for name, part in problems.groupby("model", sort=False):
        total = scores[scores["model"] == name]["image"].nunique()
        _say(
            f"{name}: {len(part)} of {total} images were left out; the first: "
            f"{part['problem'].iloc[0]}",
            style="red",
        )
    return int(len(problems) > 0)


def _table_of_displays() -> None:
    from rich.table import Table

    from psysal.stimuli import DISPLAYS

    table = Table("name", "degrees", "people report", box=None, pad_edge=False)
    for name, make in DISPLAYS.items():
        display = make()
        height, width = display.visual_size
        table.add_row(name, f"{width:g} x {height:g}", display.report)
    Console(highlight=False).print(table)


def _model(name: str, ppd: float | None, models: Any) -> Any:
    from psysal.api import model_named

    try:
        return model_named(name, ppd, models)
    except (ValueError, ImportError) as error:
        raise typer.BadParameter(str(error)) from None


def _plots(option: str) -> Any:
    """The module that draws, or a usage error where matplotlib is absent."""
    from psysal.run import plots

    try:
        plots.need_matplotlib()
    except ImportError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
    return plots


def _stages(model: Any) -> "dict[str, Figure]":
    if not hasattr(model, "stages"):
        raise typer.BadParameter(
            f"{type(model).__name__} has no stages to draw; leave --stages out",
            param_hint="--stages",
        )
    plots = _plots("--stages")
    return {"stages": lambda pixels, _, about: plots.png(plots.stages(model, pixels), about=about)}


def _places(
    images: list[str], output: str | None, default: str, more: bool
) -> "tuple[list[Item], Path | None]":
    """What there is to do, and the folder for it; None is standard output."""
    from psysal.run import batch

    items = batch.find(images)
    if not items:
        raise typer.BadParameter(f"no images in {', '.join(images)}", param_hint="IMAGE")
    if output is None:
        output = "-" if images == [batch.STDIN] else default
    if output == "-" and (len(items) > 1 or more):
        raise typer.BadParameter(
            "standard output takes one image and nothing else; name a folder", param_hint="-o"
        )
    return items, None if output == "-" else Path(output)


def _run(items: "list[Item]", settings: "Settings", doing: str) -> int:
    from psysal.run import batch

    failed = 0
    with _progress(doing, len(items)) as advance:
        for done, outcome in enumerate(batch.map_all(items, settings, _say), start=1):
            for path in outcome.written:
                print(path, flush=True)
            if outcome.error:
                failed += 1
                _say(outcome.error, style="red")
            advance(done)
    if failed and len(items) > 1:
        _say(f"{failed} of {len(items)} images failed; the others are done", style="red")
    return 1 if failed else 0


@contextmanager
def _progress(doing: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, moved by being told how many are done."""
    with _bars(disable=total is not None and total < 2) as progress:
        bar = progress.add_task(doing, total=total)
        yield lambda done: progress.update(bar, completed=done)


def _bars(**options: Any) -> Any:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=screen,
        redirect_stdout=sys.stdout.isatty(),  # else paths would go where the bar goes
        **options,
    )


@app.command()
def demo(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for the pictures.")
    ] = Path("psysal-demo"),
    photograph: Annotated[
        Photograph, typer.Option(help="One of scikit-image's photographs.")
    ] = "coffee",
    ppd: Ppd = None,
) -> None:
    """Map a photograph that comes with scikit-image, and say where the map is."""
    import time

    import numpy as np
    import skimage.data

    from psysal import image
    from psysal.api import model_named, normalized
    from psysal.run import batch

    try:
        model = model_named("murray2011", ppd)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    pixels = getattr(skimage.data, photograph)()
    model(pixels)  # compiles on the first run
    start = time.perf_counter()
    raw = model(pixels)
    took = time.perf_counter() - start
    shown = normalized(raw, "range")
    made = batch.about("murray2011", ppd, raw, batch.RANGE)
    beside = np.concatenate([pixels, np.full_like(pixels[:, :12], 255), image.heat(shown)], axis=1)
    pictures = {
        "": image.encode(shown, "png", about=made),
        "_overlay": image.encode(image.overlay(pixels, shown), "png8", about=made),
        "_beside": image.encode(beside, "png8", about=made),
    }
    try:
        output.mkdir(parents=True, exist_ok=True)
        for suffix, data in pictures.items():
            image.save(output / f"{photograph}{suffix}.png", data, overwrite=True)
    except OSError as error:
        _say(str(error), style="red")
        raise typer.Exit(1) from None
    rows, cols = shown.shape
    _say(f"{photograph}, {cols} x {rows} pixels, mapped in {1000 * took:.0f} ms:")
    _say(f"  the map             {output / photograph}.png")
    _say(f"  on the photograph   {output / photograph}_overlay.png")
    _say(f"  side by side        {output / photograph}_beside.png")


@app.command("video")
def video_command(
    source: Annotated[
        str, typer.Argument(metavar="FILE|CAMERA", help="A video, or the number of a camera.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="An .mp4 or .avi.")
    ] = Path("saliency.mp4"),
    model: Annotated[str, typer.Option(help="As for psysal map.")] = "murray2011",
    ppd: Ppd = None,
    only_map: Annotated[
        bool, typer.Option("--map", help="The maps in grey, and not as heat on the frames.")
    ] = False,
    every: Annotated[
        int, typer.Option(min=1, help="Map every Nth frame; those between keep its map.")
    ] = 1,
    smooth: Annotated[
        float | None, typer.Option(help="Average maps over time: time constant in seconds.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="Stop there.")] = None,
    frames: Annotated[int | None, typer.Option(min=1, help="Stop after so many.")] = None,
    overwrite: Overwrite = False,
    threads: Threads = None,
) -> None:
    """Write a video, or what a camera sees, with its saliency; audio is not copied.

    Every map fills its scale, as in psysal map. Ctrl-C ends a camera and keeps what it saw.
    """
    import os
    import time

    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")  # psysal says in a sentence what fails
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

    from psysal.api import MODELS
    from psysal.run import video

    chosen = _model(model, ppd, MODELS)
    place = int(source) if source.isdecimal() else source
    start = time.perf_counter()
    try:
        film = video.Film(place, seconds=seconds, frames=frames)
        if not film.live:
            _say("audio is not copied")
        with _progress("mapping", film.total) as advance:
            made = video.record(
                film,
                output,
                model=chosen,
                every=every,
                smooth=smooth,
                only_map=only_map,
                overwrite=overwrite,
                threads=threads,
                progress=advance,
            )
    except (ValueError, OSError) as error:
        _say(str(error), style="red")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        _say("interrupted; nothing was written", style="yellow")
        raise typer.Exit(1) from None
    rate = made.frames / (time.perf_counter() - start)
    for remark in made.remarks:
        _say(remark, style="yellow")
    rows, cols = made.size
    _say(f"{made.frames} frames of {cols} x {rows} pixels, {rate:.1f} frames/s")
    print(output)


def main() -> None:
    """Entry point of ``psysal``."""
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    app()
