"""``psysal completion``: words completed by Tab, and the names that options take.

Place: beside the commands; a shell asks for words by running ``psysal`` with the environment
variable :data:`VARIABLE`.
"""

import os
from collections.abc import Iterable
from typing import Annotated, Literal

import typer

__all__ = [
    "VARIABLE",
    "compared",
    "complete",
    "completion",
    "datasets",
    "displays",
    "maps",
    "metrics",
    "percepts",
]

VARIABLE = "_PSYSAL_COMPLETE"
"""Environment variable of a shell that asks for words."""


def complete() -> None:
    """Let Typer answer a shell that asks for words."""
    from typer.completion import completion_init

    completion_init()


def completion(
    shell: Annotated[
        Literal["bash", "zsh", "fish", "powershell"], typer.Argument(help="Shell that is used.")
    ],
) -> None:
    """Write the lines by which a shell completes commands, options and names with Tab.

    bash, zsh: put the first line below into ~/.bashrc or ~/.zshrc, with the name of the shell.
    """
    from typer.completion import get_completion_script

    print(get_completion_script(prog_name="psysal", complete_var=VARIABLE, shell=shell))


def maps(incomplete: str) -> list[str]:
    """Models of single images."""
    return _models(incomplete, "saliency", "baseline")


def percepts(incomplete: str) -> list[str]:
    """Models of what is seen."""
    return _models(incomplete, "percept")


def compared(incomplete: str) -> list[str]:
    """Models that fixations can be compared with."""
    return _models(incomplete, "saliency", "baseline", "reference")


def _models(incomplete: str, *kinds: str) -> list[str]:
    from psysal.models.registry import model_names

    return _after_comma(incomplete, model_names(*kinds))


def metrics(incomplete: str) -> list[str]:
    """Metrics of any profile."""
    from psysal.evaluation.profiles import PROFILES

    names = sorted({name for by_name in PROFILES.values() for name in by_name})
    return _after_comma(incomplete, names)


def displays(incomplete: str) -> list[str]:
    """Illusions and search displays."""
    from psysal.stimuli import DISPLAYS

    return _after_comma(incomplete, DISPLAYS)


def datasets(incomplete: str) -> list[str]:
    """Folders in PSYSAL_DATA."""
    root = os.environ.get("PSYSAL_DATA", "")
    entries = os.scandir(root) if os.path.isdir(root) else ()
    return _after_comma(incomplete, sorted(entry.name for entry in entries if entry.is_dir()))


def _after_comma(incomplete: str, names: Iterable[str]) -> list[str]:
    """Names that go on from what is typed after the last comma."""
    before, comma, start = incomplete.rpartition(",")
    return [before + comma + name for name in names if name.startswith(start)]
