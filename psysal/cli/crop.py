"""``psysal crop``: crops of photographs that keep what people look at.

Place: files -> [options -> batch] -> files, as of ``psysal map``.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from psysal.cli.console import (
    Cluster,
    Column,
    Jobs,
    MaxPixels,
    ModelName,
    Overwrite,
    Threads,
    choose,
)
from psysal.cli.map import run_batch
from psysal.image import MAX_PIXELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from psysal.crops import CropSize

__all__ = ["crop_command", "parse_aspects"]

SIZE = re.compile(r"(\d+) *x *(\d+)", re.IGNORECASE)
ASPECT = re.compile(r"(\d+(?:\.\d+)?) *[:/] *(\d+(?:\.\d+)?)")


def crop_command(
    images: Annotated[
        list[str],
        typer.Argument(
            metavar="IMAGE...",
            help="Files, globs, folders, addresses (s3://, https://), .csv or .parquet lists of "
            "these, or - for standard input.",
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            help="Folder or address for the crops, or - for standard output. Default: crops, and "
            "standard output for what comes from standard input.",
        ),
    ] = None,
    size: Annotated[
        list[str],
        typer.Option(
            metavar="WIDTHxHEIGHT",
            help="Size of a crop in pixels, as 400x300; several for as many crops.",
        ),
    ] = [],  # noqa: B006
    aspect: Annotated[
        list[str],
        typer.Option(
            metavar="WIDTH:HEIGHT",
            help="Aspect of a crop that is not reduced, as 16:9; several for as many crops.",
        ),
    ] = [],  # noqa: B006
    no_resize: Annotated[
        bool,
        typer.Option(
            "--no-resize",
            help="Cut so many pixels as they are. Default: the largest window of the shape, "
            "reduced to the size.",
        ),
    ] = False,
    focal_point: Annotated[
        bool,
        typer.Option(
            "--focal-point",
            help="Also a JSON of the place that is looked at most, and of every crop's box and "
            "confidence.",
        ),
    ] = False,
    form: Annotated[
        Literal["keep", "jpg", "webp", "png"],
        typer.Option("--format", help="keep leaves JPEG and WebP, and makes PNG of all else."),
    ] = "keep",
    model: ModelName = "deep",
    jobs: Jobs = None,
    cluster: Cluster = None,
    column: Column = "image",
    manifest: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What became of every image, .jsonl or .parquet. Default: manifest.jsonl in the "
            "folder.",
        ),
    ] = None,
    overwrite: Overwrite = False,
    max_pixels: MaxPixels = MAX_PIXELS,
    threads: Threads = None,
) -> None:  # fmt: skip
    """Cut photographs to the window that keeps most of what people look at.

    Nothing is enlarged. Color profile, transparency and Exif are kept, without its thumbnail.

    The same command again does only what is missing, failed, or was made otherwise.
    """
    from psysal.archive.crop_settings import CropSettings
    from psysal.archive.task import output_at

    sizes = (*_sizes(size, not no_resize), *parse_aspects(aspect))
    where = output_at(output or "crops")
    if where.store:
        raise typer.BadParameter(
            f"a folder or an address was expected, got {output}, which holds maps; name a folder",
            param_hint="-o",
        )
    if not (sizes or focal_point):
        raise typer.BadParameter(
            "say what to cut: --size 400x300, --aspect 16:9, or --focal-point for its JSON alone"
        )
    chosen = choose(model, None)
    run_batch(
        images,
        output,
        where,
        lambda: CropSettings(chosen, model, sizes, form, focal_point, max_pixels),
        "cropping",
        jobs=jobs,
        cluster=cluster,
        column=column,
        manifest=manifest,
        overwrite=overwrite,
        threads=threads,
    )


def _sizes(texts: list[str], resize: bool) -> "list[CropSize]":
    """Sizes of the option ``--size``."""
    from psysal.crops import CropSize

    return _pairs(
        "size", SIZE, "a size must be WIDTHxHEIGHT, as 400x300", texts,
        lambda width, height: CropSize(int(width), int(height), resize=resize),
    )  # fmt: skip


def parse_aspects(texts: list[str]) -> "list[CropSize]":
    """Aspects of the option ``--aspect``."""
    from psysal.crops import CropSize

    return _pairs(
        "aspect", ASPECT, "an aspect must be WIDTH:HEIGHT, as 16:9", texts,
        lambda width, height: CropSize(float(width), float(height), is_aspect=True),
    )  # fmt: skip


def _pairs(
    option: str,
    pattern: re.Pattern[str],
    must: str,
    texts: list[str],
    made: "Callable[[str, str], CropSize]",
) -> "list[CropSize]":
    """Sizes or aspects, each of two numbers; errors name the option."""
    pairs = []
    for text in texts:
        found = pattern.fullmatch(text.strip())
        try:
            if not found:
                raise ValueError(f"{must}, got {text}")
            pairs.append(made(found[1], found[2]))
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint=f"--{option}") from None
    return pairs
