"""``psysal stimulus``: an illusion or a search display as an image, or a list of all.

Place in the pipeline: name -> [stimulus] -> file.
"""

import re
from pathlib import Path
from typing import Annotated

import typer

from psysal.cli import completion
from psysal.cli.console import Overwrite, plots_for, say, with_options
from psysal.cli.signals import stoppable
from psysal.cli.tables import print_table


def stimulus(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            autocompletion=completion.displays,
            help="Name of a display; --list shows all.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="File to write, .png, or .npy with float values."
        ),
    ] = None,
    listed: Annotated[
        bool,
        typer.Option("--list", help="List all displays; with -o, draw a contact sheet of them."),
    ] = False,
    ppd: Annotated[float, typer.Option(help="Pixels per degree of visual angle.")] = 32,
    contrast: Annotated[
        float | None,
        typer.Option(help="Contrast of the target of a search display, above 0 and up to 1."),
    ] = None,
    set_size: Annotated[
        int | None, typer.Option(help="Number of items of a search display.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Random seed of the item positions of a search display."),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Write an illusion or a search display as an image.

    Masks of its targets and all other parameters are available in Python: psysal.stimuli.
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
        options = {"contrast": contrast, "set_size": set_size, "seed": seed}
        options = {key: value for key, value in options.items() if value is not None}
        try:
            display = DISPLAYS[name](ppd=ppd, **options)
        except TypeError:
            raise typer.BadParameter(
                f"{name} has no {' and no '.join(options)}; displays named search_... have"
            ) from None
        except ValueError as error:
            raise typer.BadParameter(
                re.sub(r"_(\w+ \()", r" \1", with_options(str(error)))
            ) from None
        output = output or Path(f"{name}.png")
        metadata = {"stimulus": name, "ppd": ppd, **options, "report": display.report}
        form = "png8" if output.suffix == ".png" else "npy"
        data = mapfile.encode(display.image, form, metadata=metadata)
    try:
        with stoppable(lambda: say("interrupted; nothing was written", style="red")):
            files.save(output, data, overwrite=overwrite)
    except OSError as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None
    print(output)


def _table_of_displays() -> None:
    from psysal.stimuli import DISPLAYS

    widths = {"name": 31, "degrees": 7, "people report": 38}
    for title, is_search in (("Illusions", False), ("Search displays", True)):
        displays = {n: draw() for n, draw in DISPLAYS.items() if (n[:7] == "search_") == is_search}
        print_table(
            title,
            widths,
            [
                (name, "{1:g} x {0:g}".format(*display.visual_size), display.report)
                for name, display in displays.items()
            ],
        )
