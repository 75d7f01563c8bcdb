"""Experiments: data sets, models and options of an evaluation in one TOML file.

Place in the pipeline: file <-> [experiment] -> data sets, models -> comparison::

    sets = ["osie", {path = "mine", ppd = 32}, {path = "small/osie", name = "osie-small"}]
    models = ["murray2011", "maps:maps/deepgaze"]
    metrics = ["auc", "nss"]
    trained_on = {deepgaze = ["mit1003"]}

The other keys are the options of the command that runs it, such as ``profile`` or ``reference``.
Paths are relative to the folder of the file; a set that is not there is looked for by its name
in the folder that PSYSAL_DATA names.
"""

import json
import os
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from psysal.checks import known_keys
from psysal.gaze.datasets import Dataset, dataset
from psysal.gaze.layout import check_set_names
from psysal.viewing import check_ppd

__all__ = ["Experiment", "SetEntry", "read_experiment", "read_sets"]

KEYS = ("sets", "models", "trained_on")


@dataclass(frozen=True)
class SetEntry:
    """Data set of an experiment.

    Parameters
    ----------
    path : str
        Folder, or its name in PSYSAL_DATA.
    name : str, optional
        Name in the table, by default that of the folder.
    ppd : float, optional
        Pixels per degree of visual angle, by default those that the set states.

    Raises
    ------
    ValueError
        A value of another type.
    """

    path: str
    name: str | None = None
    ppd: float | None = None

    def __post_init__(self) -> None:
        for key in ("path", "name"):
            if not isinstance(value := getattr(self, key), str | None) or value == "":
                raise ValueError(f"{key} of a set must be a string, got {value!r}")
        if self.name and Path(self.name).name != self.name:
            raise ValueError(f"name of a set must be that of a folder, got {self.name!r}")
        check_ppd(self.ppd)


@dataclass(frozen=True)
class Experiment:
    """Data sets, models and options of an evaluation.

    Parameters
    ----------
    sets : sequence of SetEntry
        Data sets, in the order of the table.
    models : sequence of str
        Models, as :func:`psysal.evaluate` takes their names; empty for the default.
    trained_on : mapping of str to sequence of str
        Names of the sets that networks were trained on, by the name of the network in the table.
    options : mapping of str to object
        Other options, as TOML can hold them.
    """

    sets: Sequence[SetEntry]
    models: Sequence[str] = ()
    trained_on: Mapping[str, Sequence[str]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    def encode(self, folder: Path) -> bytes:
        """Content of a file.

        Parameters
        ----------
        folder : path
            Folder of the file, to which paths are written relative.

        Returns
        -------
        bytes
            TOML, as :func:`read_experiment` reads it.
        """
        content: dict[str, Any] = {
            "sets": [
                _relative(entry.path, folder)
                if entry.name is None and entry.ppd is None
                else {"path": _relative(entry.path, folder), "name": entry.name, "ppd": entry.ppd}
                for entry in self.sets
            ],
            "models": [_relative_model(model, folder) for model in self.models],
            **self.options,
            "trained_on": {name: list(sets) for name, sets in self.trained_on.items()},
        }
        lines = [
            f"{key} = {_toml(value)}\n" for key, value in content.items() if value or value == 0
        ]
        return "".join(lines).encode()


def read_experiment(path: str | os.PathLike[str], options: Collection[str] = ()) -> Experiment:
    """Experiment of a file.

    Parameters
    ----------
    path : path
        TOML.
    options : collection of str
        Keys beside ``sets``, ``models`` and ``trained_on`` that the file may have.

    Returns
    -------
    Experiment
        With paths as they are from here.

    Raises
    ------
    OSError
        The file cannot be opened.
    ValueError
        It is no TOML, has an unknown key or a value of another type; the message names it.
    """
    path = Path(path)
    try:
        values = tomllib.loads(path.read_bytes().decode())
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{path}: TOML was expected, found something else ({error}); correct it"
        ) from None
    known_keys(path, values, [*KEYS, *options])
    sets, models = values.pop("sets", None), values.pop("models", [])
    trained_on = values.pop("trained_on", {})
    if not isinstance(sets, list) or not sets:
        raise ValueError(f'{path}: sets was expected, such as sets = ["osie"], got {sets!r}')
    if not isinstance(models, list) or not all(isinstance(model, str) for model in models):
        raise ValueError(f"{path}: models must be a list of names, got {models!r}")
    if not isinstance(trained_on, dict):
        raise ValueError(f"{path}: trained_on must be a table of lists, got {trained_on!r}")
    for network, names in trained_on.items():
        check_set_names(f"{path}: trained_on of {network}", names)
    return Experiment(
        [_entry(path, part) for part in sets],
        [_model(model, path.parent) for model in models],
        trained_on,
        values,
    )


def read_sets(
    entries: Sequence[SetEntry],
    trained_on: Mapping[str, Sequence[str]],
    *,
    on_warning: Callable[[str], None],
) -> list[Dataset]:
    """Data sets of an experiment.

    Parameters
    ----------
    entries : sequence of SetEntry
        Sets to read.
    trained_on : mapping of str to sequence of str
        Declarations beside those of the sets.
    on_warning : callable
        As :func:`psysal.gaze.dataset` takes it.

    Returns
    -------
    list of Dataset

    Raises
    ------
    ValueError
        A set cannot be read, or two have one name.
    """
    places: dict[str, str] = {}
    sets = []
    for entry in entries:
        data = dataset(entry.path, on_warning=on_warning)
        name = entry.name or data.name
        if name in places:
            raise ValueError(
                f"every set must have a name of its own, got {name} twice ({places[name]} and "
                f"{entry.path}); rename a folder, or give one another name in an experiment file: "
                f'sets = [..., {{path = {_toml(entry.path)}, name = "{name}-2"}}]'
            )
        places[name] = entry.path
        declared = {**data.trained_on, **trained_on}
        sets.append(replace(data, name=name, ppd=entry.ppd or data.ppd, trained_on=declared))
    return sets


def _entry(path: Path, part: Any) -> SetEntry:
    """Set of a file: a path, or a table of one and its name or pixels per degree."""
    values = part if isinstance(part, dict) else {"path": part}
    known_keys(f"{path}: sets", values, ["path", "name", "ppd"])
    try:
        entry = SetEntry(**{"path": None, **values})
        if entry.path is None:
            raise ValueError(f"path of a set was expected, got {values!r}")
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from None
    place = path.parent / entry.path
    return replace(entry, path=str(place)) if place.is_dir() else entry


def _model(name: str, folder: Path) -> str:
    """Model of a file, whose path is relative to its folder."""
    kind, colon, place = name.partition(":")
    return f"{kind}:{folder / place}" if colon else name


def _relative_model(name: str, folder: Path) -> str:
    kind, colon, place = name.partition(":")
    return f"{kind}:{Path(os.path.relpath(place, folder)).as_posix()}" if colon else name


def _relative(path: str, folder: Path) -> str:
    """Path of a set from a folder; a name in PSYSAL_DATA as it is."""
    return Path(os.path.relpath(path, folder)).as_posix() if Path(path).is_dir() else path


def _toml(value: Any) -> str:
    """Value in TOML."""
    if isinstance(value, Mapping):
        pairs = ((key, part) for key, part in value.items() if part is not None)
        return f"{{{', '.join(f'{_toml(key)} = {_toml(part)}' for key, part in pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("\x7f", "\\u007f")
