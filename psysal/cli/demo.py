"""``psysal demo``: a photograph that is already there, mapped and timed.

Place: scikit-image's photograph -> [model] -> three pictures in a folder.
"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from psysal.cli.console import Ppd, choose, say
from psysal.cli.signals import stoppable

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
    from psysal.archive.task import MapSettings, map_metadata
    from psysal.image import normalize

    model = choose("murray2011", ppd)
    pixels = getattr(skimage.data, photograph)()
    model(pixels)  # compiles on the first run
    start = time.perf_counter()
    raw = model(pixels)
    seconds = time.perf_counter() - start
    saliency = normalize(raw)
    gap = np.full_like(pixels[:, :12], 255)
    beside = np.concatenate([pixels, gap, overlay.heat(saliency)], axis=1)
    metadata = map_metadata(MapSettings(model, "murray2011", ppd), raw)
    pictures = {
        "": mapfile.encode(saliency, "png", metadata=metadata),
        "_overlay": mapfile.encode(overlay.overlay(pixels, saliency), "png8", metadata=metadata),
        "_beside": mapfile.encode(beside, "png8", metadata=metadata),
    }
    try:
        with stoppable(lambda: say("interrupted", style="red")):
            files.make_folder(output)
            for suffix, data in pictures.items():
                files.save(output / f"{photograph}{suffix}.png", data, overwrite=True)
    except OSError as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None
    rows, cols = saliency.shape
    say(f"{photograph}, {cols} x {rows} pixels, mapped in {1000 * seconds:.0f} ms:")
    say(f"  the map             {output / photograph}.png")
    say(f"  on the photograph   {output / photograph}_overlay.png")
    say(f"  side by side        {output / photograph}_beside.png")
