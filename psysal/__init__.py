"""Psychophysical visual saliency.

    image -> opponent channels -> wavelet planes -> centre-surround contrast
          -> contrast sensitivity -> inverse transform -> saliency map

``psysal.saliency(image)`` is the map of a photograph, ``psysal.Murray2011`` the
model behind it with its parameters, its stages and its contributions;
``psysal.perceive(image)`` is the image as it looks, by the same stages, and
``psysal.stimuli`` draws the illusions and search displays to try both on.  The modules
of ``psysal.vision`` are the stages, in the order light meets them.
"""

from importlib import import_module
from importlib.metadata import version as _version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psysal.api import evaluate, perceive, saliency
    from psysal.models.achanta2008 import Achanta2008
    from psysal.models.baselines import Center, Chance, Uniform
    from psysal.models.bruce2009 import Bruce2009
    from psysal.models.harel2006 import Harel2006
    from psysal.models.hou2007 import Hou2007
    from psysal.models.hou2012 import Hou2012
    from psysal.models.itti1998 import Itti1998
    from psysal.models.learned import Learned
    from psysal.models.maps import MapFolder
    from psysal.models.murray2011 import Contributions, Murray2011, Stages
    from psysal.models.murray2013 import Murray2013
    from psysal.models.onnx import OnnxModel
    from psysal.models.otazu import Otazu2008, Otazu2010, PerceptStages
    from psysal.viewing import Viewing
    from psysal.vision.csf import ECSF

__version__ = _version("psysal")
__all__ = [
    "ECSF",
    "Achanta2008",
    "Bruce2009",
    "Center",
    "Chance",
    "Contributions",
    "Harel2006",
    "Hou2007",
    "Hou2012",
    "Itti1998",
    "Learned",
    "MapFolder",
    "Murray2011",
    "Murray2013",
    "OnnxModel",
    "Otazu2008",
    "Otazu2010",
    "PerceptStages",
    "Stages",
    "Uniform",
    "Viewing",
    "evaluate",
    "perceive",
    "saliency",
]

_homes = {
    "ECSF": "psysal.vision.csf",
    "Achanta2008": "psysal.models.achanta2008",
    "Bruce2009": "psysal.models.bruce2009",
    "Center": "psysal.models.baselines",
    "Chance": "psysal.models.baselines",
    "Contributions": "psysal.models.murray2011",
    "Harel2006": "psysal.models.harel2006",
    "Hou2007": "psysal.models.hou2007",
    "Hou2012": "psysal.models.hou2012",
    "Itti1998": "psysal.models.itti1998",
    "Learned": "psysal.models.learned",
    "MapFolder": "psysal.models.maps",
    "Murray2011": "psysal.models.murray2011",
    "Murray2013": "psysal.models.murray2013",
    "OnnxModel": "psysal.models.onnx",
    "Otazu2008": "psysal.models.otazu",
    "Otazu2010": "psysal.models.otazu",
    "PerceptStages": "psysal.models.otazu",
    "Stages": "psysal.models.murray2011",
    "Uniform": "psysal.models.baselines",
    "Viewing": "psysal.viewing",
    "evaluate": "psysal.api",
    "perceive": "psysal.api",
    "saliency": "psysal.api",
}


def __getattr__(name: str) -> Any:
    if name not in _homes:
        raise AttributeError(f"module 'psysal' has no attribute {name!r}")
    return getattr(import_module(_homes[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_homes])
