"""Rules of the next fixation: winner takes all, or draws from a density.

    map, fixations so far -> inhibition of return -> [rule] -> next fixation

Place in the pipeline: models -> map -> [rules] -> scanpath -> scores.  There are three rules:

- "winner": the highest place of the map that is not inhibited.  A disk around every fixation is
  inhibited for good.  Of equal places the nearest to the last fixation wins, then the upper left.
- "density": a draw from the map as a density over pixels, where the neighborhood of every
  earlier fixation, at distances d_j, is less likely, by the product of 1 - exp(-2 d_j**2 / r**2).
- "saccades": the same times the ratio of :class:`psysal.scanpaths.saccades.Saccades` for the
  amplitude and turn that lead there, so that the eyes move as people's do.

Radii are in degrees of visual angle.  Itti, Koch & Niebur's disk is a sixth of the shorter side
of the image; their neurons recover from inhibition and prefer what is near, these winners do not.
Le Meur & Liu take the best of a few draws, and inhibition fades; here a draw is exact and
inhibition stays.

A draw is made by rejection: places are drawn from p and kept with the probability that the
other factors leave them, for all viewers together.  No sum over the map is needed but the first.

References
----------
Itti, Koch & Niebur (1998), doi:10.1109/34.730558; Itti & Koch (2000),
doi:10.1016/S0042-6989(99)00163-7; Le Meur & Liu (2015), doi:10.1016/j.visres.2014.12.026; Klein
(2000), doi:10.1016/S1364-6613(00)01452-2.
"""

from collections.abc import Mapping
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike

from psysal._typing import Array
from psysal.checks import one_of, whole_number
from psysal.evaluation.density import map_to_density
from psysal.mapfile import check_map
from psysal.scanpaths.path import Scanpath
from psysal.scanpaths.saccades import Saccades, people_saccades, turn
from psysal.viewing import REFERENCE_PPD, Viewing, check_ppd

__all__ = ["RULES", "next_density", "simulate_scanpath"]

RULES: Mapping[str, float] = {"winner": 2.0, "density": 1.0, "saccades": 0.0}
"""Rules and their default radius of inhibition of return, in degrees.

People return to what they saw more often than any inhibition lets them: the larger the radius, the
less likely are their next fixations (docs/howto/scanpaths.md).  A winner cannot do without, and
counts of people's saccades have their returns in them.
"""
ROUNDS = 200  # of draws, after which a viewer's density is computed
LEFT = 1e-3  # share of the density that earlier fixations must leave


def simulate_scanpath(
    saliency: ArrayLike,
    *,
    rule: str = "winner",
    fixations: int = 10,
    viewers: int | None = None,
    start: str | tuple[float, float] | None = "center",
    inhibition: float | None = None,
    ppd: float | Viewing | None = None,
    seed: int = 0,
) -> Scanpath:
    """Scanpath on a map, or those of many viewers.

    Parameters
    ----------
    saliency : array_like, (rows, cols)
        Finite, in any unit. The sampled rules take it as the density that
        :func:`psysal.evaluation.density.map_to_density` makes of it; a constant one is uniform.
    rule : "winner", "density" or "saccades"
        See the module.
    fixations : int
        Number of fixations, without the start.
    viewers : int, optional
        Number of viewers, of the sampled rules; by default one, whose scanpath has one axis.
    start : "center", (float, float) or None
        x, y in pixels where the eyes are at first. It is inhibited as a fixation is, and the
        first saccade begins there. None is nowhere: the map alone has the first fixation.
    inhibition : float, optional
        Radius of inhibition of return in degrees, by default as :data:`RULES` has it: of the disk
        of "winner"; in the sampled rules a place at this distance keeps 86 % of its probability.
        0 is none, which "winner" cannot have.
    ppd : float or Viewing, optional
        Pixels per degree of visual angle; None is 32.
    seed : int
        Random seed of the sampled rules.

    Returns
    -------
    Scanpath
        Of "winner" the centers of pixels; of the others anywhere in the pixels that are drawn.

    Raises
    ------
    ValueError
        A map that is none; an option out of range; "winner" on a map without a maximum; more
        fixations than there are places.

    Examples
    --------
    >>> saliency = np.zeros((48, 64))
    >>> saliency[8, 8], saliency[8, 9], saliency[40, 60] = 3, 2, 1
    >>> path = simulate_scanpath(saliency, fixations=2, ppd=4)
    >>> path.x.tolist(), path.y.tolist()
    ([8.5, 60.5], [8.5, 40.5])
    >>> simulate_scanpath(saliency, rule="density", fixations=3, viewers=1000, ppd=2).x.shape
    (1000, 3)
    """
    one_of("rule", rule, RULES)
    count, seed = whole_number("fixations", fixations), whole_number("seed", seed, 0)
    values = check_map("saliency", saliency)
    number = check_ppd(ppd) or REFERENCE_PPD
    begin = _start(start, values.shape)
    radius = _radius(rule, inhibition) * number
    if rule == "winner":
        if viewers is not None:
            raise ValueError(
                'viewers must be left out with rule="winner", whose scanpath is the same for all, '
                f'got {viewers!r}; take rule="density" or "saccades"'
            )
        positions = _winners(values, count, begin, radius)
    else:
        saccades = people_saccades() if rule == "saccades" else None
        drawing = _Drawing(map_to_density(values), radius, number, saccades)
        crowd = 1 if viewers is None else whole_number("viewers", viewers)
        positions = drawing.scanpaths(count, crowd, begin, np.random.default_rng(seed))
        if viewers is None:
            positions = positions[0]
    shape = (values.shape[0], values.shape[1])
    return Scanpath(positions[..., 0], positions[..., 1], shape, begin, number)


def next_density(
    saliency: ArrayLike,
    x: ArrayLike,
    y: ArrayLike,
    *,
    rule: str = "saccades",
    inhibition: float | None = None,
    ppd: float | Viewing | None = None,
    saccades: Saccades | None = None,
) -> Array:
    """Density of the next fixation, given those before, from which the sampled rules draw.

    Parameters
    ----------
    saliency, inhibition, ppd
        As :func:`simulate_scanpath` takes them.
    x, y : array_like, (earlier fixations,)
        Pixels, the start first, from none on.
    rule : "density" or "saccades"
        "winner" has no density.
    saccades : Saccades, optional
        Amplitudes and turns of the rule "saccades"; by default those that come with psysal.

    Returns
    -------
    ndarray, (rows, cols), float64
        Sums to 1.

    Raises
    ------
    ValueError
        As :func:`simulate_scanpath`.

    Examples
    --------
    >>> next_density([[1.0, 1.0, 2.0]], [0.5], [0.5], rule="density", ppd=1).round(2)
    array([[0. , 0.3, 0.7]])
    """
    one_of("rule", rule, [each for each in RULES if each != "winner"])
    number = check_ppd(ppd) or REFERENCE_PPD
    known = saccades or people_saccades()
    radius = _radius(rule, inhibition) * number
    density = map_to_density(saliency)
    columns = np.asarray(x, float), np.asarray(y, float)
    if (
        columns[0].ndim != 1
        or columns[0].shape != columns[1].shape
        or not np.isfinite(columns).all()
    ):
        raise ValueError(
            "x and y must be finite and equally long, one number each for an earlier fixation, got "
            f"shapes {columns[0].shape} and {columns[1].shape}"
        )
    path = np.stack(columns, axis=-1)
    return _Drawing(density, radius, number, known if rule == "saccades" else None).after(path)


def _radius(rule: str, inhibition: float | None) -> float:
    """Radius of inhibition in degrees, checked."""
    if inhibition is None:
        return RULES[rule]
    number = not isinstance(inhibition, bool) and isinstance(inhibition, Real)
    if not number or not (0 <= inhibition < np.inf):
        raise ValueError(
            f"inhibition must be a radius in degrees from 0 on, got {inhibition!r}; leave it out "
            "for the default"
        )
    if rule == "winner" and not inhibition:
        raise ValueError(
            'inhibition must be positive with rule="winner", which would never move on, got 0; '
            "leave it out for the default"
        )
    return float(inhibition)


def _start(start: object, shape: tuple[int, ...]) -> tuple[float, float] | None:
    """Position of the start, checked."""
    rows, cols = shape
    if start is None:
        return None
    if isinstance(start, str) and start == "center":
        return cols / 2, rows / 2
    try:
        x, y = (float(value) for value in start)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise ValueError(f'start must be "center", x and y, or None, got {start!r}') from None
    if not (0 <= x < cols and 0 <= y < rows):
        raise ValueError(
            f"start must lie on the image of {cols} x {rows} pixels, got ({x:g}, {y:g}); "
            "x is to the right, y down, from the top left"
        )
    return x, y


def _winners(
    saliency: Array, count: int, start: tuple[float, float] | None, radius: float
) -> Array:
    """Positions (count, 2) of winners, each of which inhibits a disk."""
    left, lowest = saliency.copy(), saliency.min()
    rows, cols = left.shape
    y, x = np.ogrid[:rows, :cols]

    def inhibit(position: tuple[float, float]) -> None:
        across, down = position
        left[np.hypot(x + 0.5 - across, y + 0.5 - down) <= radius] = lowest

    path: list[tuple[float, float]] = []
    if start is not None and saliency.max() > lowest:
        inhibit(start)
    for _ in range(count):
        peak = left.max()
        if peak == lowest:
            raise ValueError(_no_winner(len(path), count, bool(saliency.max() == lowest)))
        row, col = np.nonzero(left == peak)
        last = path[-1] if path else start
        nearest = 0
        if last is not None:
            nearest = int(np.hypot(col + 0.5 - last[0], row + 0.5 - last[1]).argmin())
        path.append((float(col[nearest] + 0.5), float(row[nearest] + 0.5)))
        inhibit(path[-1])
    return np.array(path)


def _no_winner(found: int, count: int, constant: bool) -> str:
    if constant:
        return (
            "saliency must have a maximum, got a constant map; choose another model, or "
            'rule="density", which draws from it evenly'
        )
    return (
        f"fixations ({count}) are more than there are places to look at, which are {found}; "
        "lower fixations or inhibition, or give the ppd of a small image"
    )


class _Drawing:
    """Draws from a density, weighted by the fixations before."""

    def __init__(
        self, density: Array, radius: float, ppd: float, saccades: Saccades | None
    ) -> None:
        self.density, self.ppd, self.saccades = density, ppd, saccades
        self.narrow = 2 / radius**2 if radius else 0.0

    def kept(self, x: Array, y: Array, path: Array) -> Array:
        """Share of their probability that inhibition leaves to places after paths (n, k, 2)."""
        left = np.ones(x.shape)
        for k in range(path.shape[1] if self.narrow else 0):
            away = (x - path[:, k, 0]) ** 2 + (y - path[:, k, 1]) ** 2
            left *= -np.expm1(-self.narrow * away)
        return left

    def ratio(self, x: Array, y: Array, path: Array) -> Array | float:
        """Weights of the saccades to places after paths (..., k, 2)."""
        fixations = path.shape[-2]
        if self.saccades is None or not fixations:
            return 1.0
        move = x - path[..., -1, 0], y - path[..., -1, 1]
        amplitude = np.hypot(*move) / self.ppd
        if fixations == 1:
            return self.saccades.ratio(amplitude)
        before = path[..., -1, :] - path[..., -2, :]
        return self.saccades.ratio(amplitude, turn((before[..., 0], before[..., 1]), move))

    def after(self, path: Array) -> Array:
        """Density (rows, cols) of the fixation that follows a path (n, 2)."""
        rows, cols = self.density.shape
        x, y = np.arange(cols) + 0.5, np.arange(rows)[:, None] + 0.5
        left = self.density.copy()
        for across, down in path if self.narrow else ():
            near_row = np.exp(-self.narrow * (y - down) ** 2)
            near_col = np.exp(-self.narrow * (x - across) ** 2)
            left *= 1 - near_row * near_col
        if left.sum() < LEFT:
            raise ValueError(
                f"fixations must have places left to look at, got none after {len(path)} of them, "
                "the start included; lower fixations or inhibition"
            )
        left *= self.ratio(x, y, path)
        return left / left.sum()

    def scanpaths(
        self, count: int, viewers: int, start: tuple[float, float] | None, rng: np.random.Generator
    ) -> Array:
        """Positions (viewers, count, 2)."""
        given = 0 if start is None else 1
        path = np.empty((viewers, given + count, 2))
        if start is not None:
            path[:, 0] = start
        cumulated = np.cumsum(self.density)
        bound = 1.0 if self.saccades is None else self.saccades.largest
        for k in range(given, given + count):
            waiting = np.arange(viewers)
            for _ in range(ROUNDS):
                places = self._centers(cumulated, rng.random(len(waiting)))
                x, y, before = *places.T, path[waiting, :k]
                weight = self.kept(x, y, before) * self.ratio(x, y, before)
                taken = rng.random(len(waiting)) * bound < weight
                path[waiting[taken], k] = places[taken]
                waiting = waiting[~taken]
                if not waiting.size:
                    break
            for viewer in waiting:
                density = self.after(path[viewer, :k])
                path[viewer, k] = self._centers(np.cumsum(density), rng.random(1))[0]
        path[:, given:] += rng.random((viewers, count, 2)) - 0.5
        return path[:, given:]

    def _centers(self, cumulated: Array, shares: Array) -> Array:
        """Centers (n, 2) of the pixels at shares of a cumulated density."""
        index = np.searchsorted(cumulated, shares * cumulated[-1], side="right")
        row, col = np.divmod(index, self.density.shape[1])
        return np.stack([col, row], axis=-1) + 0.5
