"""Scanpaths: where the eyes go next on a map.

    map -> rule (winner | density | saccades), inhibition of return -> scanpath

    path       a scanpath, of one viewer or of many
    saccades   amplitudes and turns of people's saccades
    rules      the next fixation, given the map and those before

``psysal.scanpath`` is all of it in one call; :mod:`psysal.evaluation.scanpaths` has the scores.
"""

from psysal.scanpaths.path import Scanpath
from psysal.scanpaths.rules import RULES, next_density, simulate_scanpath
from psysal.scanpaths.saccades import Saccades, learn_saccades, people_saccades

__all__ = [
    "RULES",
    "Saccades",
    "Scanpath",
    "learn_saccades",
    "next_density",
    "people_saccades",
    "simulate_scanpath",
]
