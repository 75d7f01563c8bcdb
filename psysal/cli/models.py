"""``psysal models``: every model by name, and the kinds of models in files.

Place: registry of models -> tables on standard output.
"""

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


def models(as_json: AsJson = False) -> None:
    """List all models: name, method, paper, needs and cost.

    A model is chosen by --model NAME, in Python by model="NAME".
    """
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
