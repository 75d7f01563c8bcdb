"""``psysal demo``: a photograph that is already there, mapped and timed.

Place: scikit-image's photograph -> [model] -> three pictures in a folder.
"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from psysal.cli.console import Ppd, say

__all__ = ["demo"]

Photograph = Literal["coffee", "astronaut", "chelsea", "rocket"]


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

    from psysal import files, mapfile, overlay
    from psysal.archive.task import Recipe, map_metadata
    from psysal.image import normalize
    from psysal.models.registry import get_model

    try:
        model = get_model("murray2011", ppd)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    pixels = getattr(skimage.data, photograph)()
    model(pixels)  # compiles on the first run
    start = time.perf_counter()
    raw = model(pixels)
    took = time.perf_counter() - start
    shown = normalize(raw, "range")
    made = map_metadata(Recipe(model, "murray2011", ppd), raw)
    beside = np.concatenate([pixels, np.full_like(pixels[:, :12], 255), overlay.heat(shown)], axis=1)
    pictures = {
        "": mapfile.encode(shown, "png", metadata=made),
        "_overlay": mapfile.encode(overlay.overlay(pixels, shown), "png8", metadata=made),
        "_beside": mapfile.encode(beside, "png8", metadata=made),
    }
    try:
        output.mkdir(parents=True, exist_ok=True)
        for suffix, data in pictures.items():
            files.save(output / f"{photograph}{suffix}.png", data, overwrite=True)
    except OSError as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None
    rows, cols = shown.shape
    say(f"{photograph}, {cols} x {rows} pixels, mapped in {1000 * took:.0f} ms:")
    say(f"  the map             {output / photograph}.png")
    say(f"  on the photograph   {output / photograph}_overlay.png")
    say(f"  side by side        {output / photograph}_beside.png")
