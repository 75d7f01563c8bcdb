"""Amplitudes and turns of saccades: how people move their eyes, apart from where to.

    fixations -> [learn_saccades] -> counts of amplitude and turn -> weights of a next fixation

Place in the pipeline: below the rules.  Amplitudes are in degrees of visual angle.  The turn of
a saccade is the angle between its direction and that of the saccade before, from 0 (straight
on) to 180 degrees (back).  Counts of people's saccades stand beside those of chance: the same
fixations of each image, dealt out anew among its viewers and their orders.  The ratio of the two
is how much likelier people are to make a saccade than viewers who look at the same places in
any order, so that it multiplies a density of places without counting it twice.

The counts that come with psysal are of OSIE (Xu et al. 2014; 700 photographs, 15 people).  Le Meur
& Liu use the density of people's saccades itself, by amplitude and direction on the screen,
smoothed by a kernel; here it is relative to chance, by amplitude and turn, in bins.

References
----------
Le Meur & Liu (2015), doi:10.1016/j.visres.2014.12.026; Xu, Jiang, Wang, Kankanhalli & Zhao (2014),
doi:10.1167/14.1.28.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files

import numpy as np

from psysal._typing import Array
from psysal.gaze.fixations import Fixations
from psysal.viewing import Viewing

__all__ = ["Saccades", "learn_saccades", "people_saccades"]

STEP = 0.5
"""Width of a bin of amplitudes in degrees."""
AMPLITUDES = 41
"""Number of these; the last has no end."""
TURNS = 12
"""Number of bins of the turn, of 15 degrees each."""


@dataclass(frozen=True, eq=False)
class Saccades:
    """Counts of saccades by amplitude and turn, of people and of chance.

    Attributes
    ----------
    people : ndarray of int, (amplitudes, turns)
        Number of people's saccades: amplitudes in bins of half a degree from 0, the last without
        an end; turns in equal bins from 0 to 180 degrees.
    chance : ndarray of int, (amplitudes, turns)
        Number between the same fixations in random order.

    Examples
    --------
    People make short saccades more often than places alone would have it:

    >>> saccades = people_saccades()
    >>> saccades.ratio(np.array([1.2, 15.0])).round(1)
    array([1.8, 0.5])
    """

    people: Array = field(repr=False)
    chance: Array = field(repr=False)

    @cached_property
    def _ratios(self) -> tuple[Array, Array]:
        """Ratios by amplitude and turn, and by amplitude alone; one saccade is added to each."""
        share = [(counts + 1) / (counts + 1).sum() for counts in (self.people, self.chance)]
        alone = [each.sum(axis=1) for each in share]
        return share[0] / share[1], alone[0] / alone[1]

    @property
    def largest(self) -> float:
        """Largest of all ratios."""
        return float(max(ratios.max() for ratios in self._ratios))

    def ratio(self, amplitude: Array, turn: Array | None = None) -> Array:
        """Probability of saccades, relative to chance.

        Parameters
        ----------
        amplitude : ndarray
            Degrees of visual angle, from 0.
        turn : ndarray, of the same shape, optional
            Degrees from 0 to 180; without, all turns together, as of a first saccade.

        Returns
        -------
        ndarray, of the same shape
            Positive; 1 is as likely as by chance.
        """
        joint, alone = self._ratios
        row = np.minimum(amplitude / STEP, len(alone) - 1).astype(np.intp)
        if turn is None:
            return alone[row]
        turns = joint.shape[1]
        return joint[row, np.minimum(turn * (turns / 180), turns - 1).astype(np.intp)]


def learn_saccades(fixations: Fixations, ppd: float | Viewing, *, seed: int = 0) -> Saccades:
    """Counts of the saccades of a data set.

    Parameters
    ----------
    fixations : Fixations
        Scanpaths; the first saccade of each has no turn and is not counted.
    ppd : float or Viewing
        Pixels per degree of visual angle.
    seed : int
        Seed of the orders of chance.

    Returns
    -------
    Saccades

    Raises
    ------
    ValueError
        No scanpath has three fixations, or ``ppd`` is no positive number.

    Examples
    --------
    >>> there_and_back = Fixations(["cat"] * 3, [1] * 3, [0, 1, 2], [0, 64, 0], [9, 9, 9])
    >>> counts = learn_saccades(there_and_back, ppd=32).people
    >>> np.argwhere(counts).tolist()  # 2 degrees, turned by 180
    [[4, 11]]
    """
    number = (ppd if isinstance(ppd, Viewing) else Viewing(ppd=ppd)).ppd
    _, image = np.unique(fixations.image, return_inverse=True)
    _, subject = np.unique(fixations.subject, return_inverse=True)
    order = np.lexsort([fixations.order, subject, image])
    image, path = image[order], (image * (subject.max(initial=0) + 1) + subject)[order]
    positions = np.stack([fixations.x, fixations.y], axis=1)[order] / number
    within = (path[2:] == path[:-2]).nonzero()[0]
    if not within.size:
        raise ValueError(
            "fixations must have a scanpath of three at least, got none; give those of more time"
        )
    shuffled = np.lexsort([np.random.default_rng(seed).random(len(image)), image])
    people, chance = (_count(each, within) for each in (positions, positions[shuffled]))
    return Saccades(people, chance)


def _count(positions: Array, within: Array) -> Array:
    """Saccades by amplitude and turn, from positions at ``within`` + 1 to the next."""
    before, move = (positions[within + k + 1] - positions[within + k] for k in (0, 1))
    amplitude, angle = np.hypot(*move.T), turn(before.T, move.T)
    bins = [np.append(np.arange(AMPLITUDES) * STEP, np.inf), np.linspace(0, 180, TURNS + 1)]
    counts, _, _ = np.histogram2d(amplitude, angle, bins=bins)
    return counts.astype(int)


def turn(before: Sequence[Array], move: Sequence[Array]) -> Array:
    """Angle between directions x, y, from 0 to 180 degrees; 0 where one has no length."""
    across = before[0] * move[1] - before[1] * move[0]
    return np.degrees(np.abs(np.arctan2(across, before[0] * move[0] + before[1] * move[1])))


@cache
def people_saccades() -> Saccades:
    """Counts that come with psysal: 700 photographs of OSIE, 15 people.

    Returns
    -------
    Saccades

    Examples
    --------
    >>> people_saccades().people.sum() == people_saccades().chance.sum()
    np.True_
    """
    table = json.loads(files("psysal.scanpaths").joinpath("saccades.json").read_text("utf-8"))
    return Saccades(np.array(table["people"]), np.array(table["chance"]))
