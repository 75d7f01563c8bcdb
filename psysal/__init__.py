"""Psychophysical visual saliency.

    image -> opponent channels -> wavelet planes -> center-surround contrast
          -> contrast sensitivity -> inverse transform -> saliency map

``psysal.saliency(image)`` is the map of a photograph, ``psysal.Murray2011`` the
model behind it with its parameters, its stages and its contributions;
``psysal.perceive(image)`` is the image as it looks, by the same stages, and
``psysal.stimuli`` draws illusions and search displays to try both on.  The modules
of ``psysal.vision`` are the stages, in the order of early vision.
"""

import re as _re
from importlib import import_module as _import_module
from pathlib import Path as _Path
from typing import Any as _Any

_stub = _Path(__file__).with_suffix(".pyi").read_text("utf-8")
_MODULES = {name: module for module, name in _re.findall(r"from (\S+) import (\w+) as", _stub)}
__all__ = sorted(_MODULES)

_RENAMED = {
    "Chance": "Noise",
    "MapFolder": "PrecomputedMaps",
    "Stages": "SaliencyStages",
    "human": "gaze",
}


def __getattr__(name: str) -> _Any:
    """Public name, imported when it is first used."""
    if name == "__version__":  # of metadata that takes as long to find as Python to start
        from importlib.metadata import version

        globals()[name] = version("psysal")
        return globals()[name]
    if name not in _MODULES:
        hint = f"; it is {_RENAMED[name]!r} now" if name in _RENAMED else ""
        raise AttributeError(f"module 'psysal' has no attribute {name!r}{hint}")
    value = getattr(_import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
