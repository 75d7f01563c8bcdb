"""``psysal stimulus``: an illusion or a search display as an image, or a list of all.

Place: name -> [display] -> file.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from psysal.cli.console import Overwrite, plots_for, say

__all__ = ["stimulus"]


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
    from psysal import files, mapfile
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
        plots = plots_for("--list")
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
        data = mapfile.encode(
            display.image, {".png": "png8", ".npy": "npy"}[output.suffix], metadata=about
        )
    try:
        files.save(output, data, overwrite=overwrite)
    except OSError as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None
    print(output)


def _table_of_displays() -> None:
    from rich.table import Table

    from psysal.stimuli import DISPLAYS

    table = Table("name", "degrees", "people report", box=None, pad_edge=False)
    for name, make in DISPLAYS.items():
        display = make()
        height, width = display.visual_size
        table.add_row(name, f"{width:g} x {height:g}", display.report)
    Console(highlight=False).print(table)
