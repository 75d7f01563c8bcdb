"""``psysal models``: every model by name, and the kinds of models in files.

Place: registry of models -> tables on standard output.
"""

from typing import Annotated

import typer

from psysal.cli.console import say
from psysal.cli.tables import AsJson, print_json, print_table

SECTIONS = {
    "saliency": "Models of saliency",
    "baseline": "Baselines, which do not depend on the image",
    "percept": "Models of perceived brightness and color, for psysal perceive",
    "reference": "References, fitted to fixations, for psysal evaluate",
    "file": "Models in files",
}
"""Title of the table of each kind of model."""
WIDTHS = {"name": 13, "map": 31, "paper": 26, "cost": 4}
LONG_NAMES = WIDTHS | {"name": 22, "map": 26, "paper": 22}


def models(
    layers: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="List the layers of a network in ONNX instead, or of deep."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List all models: name, method, paper, needs and cost.

    A model is chosen by --model NAME, in Python by model="NAME".
    """
    if layers is not None:
        _list_layers(layers, as_json)
        return
    from psysal.models.registry import FILE_MODELS, MODELS, ModelInfo

    infos = list(MODELS.values())
    for kind, info in FILE_MODELS.items():
        name = f"{kind}:{'FOLDER' if kind == 'maps' else 'FILE'}"
        infos.append(ModelInfo(name, info.home, "file", info.summary, needs=info.needs))
    if as_json:
        keys = ("name", "kind", "summary", "paper", "doi", "needs", "cost")
        print_json({key: getattr(info, key) for key in keys} for info in infos)
        return
    for kind, title in SECTIONS.items():
        rows = [
            (
                info.name,
                info.summary + (info.needs and f"; needs {info.needs}"),
                info.paper,
                "" if info.cost is None else f"{info.cost:g}",
            )
            for info in infos
            if info.kind == kind
        ]
        print_table(title, LONG_NAMES if kind == "reference" else WIDTHS, rows)
    print("cost: time for a photograph on one thread, relative to murray2011")


def _list_layers(path: str, as_json: bool) -> None:
    """Table of the layers that a readout can be trained on."""
    from psysal.models.front_ends import list_layers

    try:
        rows = [
            {"name": layer.name, "operator": layer.operator, "channels": c, "rows": r, "cols": k}
            for layer, (c, r, k) in list_layers(path)
        ]
    except (ValueError, OSError) as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None
    if as_json:
        print_json(rows)
        return
    title = f"Layers of {path}, of a picture of 128 pixels or of its own size"
    widths = {"name": 40, "operator": 16, "channels": 8, "rows": 5, "cols": 5}
    print_table(title, widths, [tuple(map(str, row.values())) for row in rows])
