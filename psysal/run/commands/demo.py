"""``psysal demo``: a photograph that is already there, mapped and timed.

Place: scikit-image's photograph -> [model] -> three pictures in a folder.
"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from psysal.run.screen import Ppd, say

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

    from psysal import image
    from psysal.api import model_named, normalized
    from psysal.run.job import Recipe, about

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
    made = about(Recipe(model, "murray2011", ppd), raw)
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
        say(str(error), style="red")
        raise typer.Exit(1) from None
    rows, cols = shown.shape
    say(f"{photograph}, {cols} x {rows} pixels, mapped in {1000 * took:.0f} ms:")
    say(f"  the map             {output / photograph}.png")
    say(f"  on the photograph   {output / photograph}_overlay.png")
    say(f"  side by side        {output / photograph}_beside.png")
