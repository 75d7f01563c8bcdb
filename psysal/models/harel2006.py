"""Graph-based visual saliency by Harel, Koch & Perona (NIPS 2006).

    image -> features at three scales -> activation -> concentration -> map

The nodes of a small map are the states of a Markov chain.  Transitions favor nearby nodes
with a different feature value; the stationary distribution is high where the feature is unusual
(activation M -> A).  The transitions of a second chain favor nearby active nodes, which
concentrates scattered activation.

Both chains are reversible, so that their stationary distributions are known without iterating.
With the nearness F, the first has the symmetric weights ``|M_i - M_j| F_ij``, and its distribution
is the sum of the weights at each node; the second goes from i to j with ``A_j F_ij``, and its
distribution is ``A_i (F A)_i``.

Enters: an image.  Leaves: the mean of the maps of intensity, color and orientation, their
longer side 32 nodes, enlarged.

The dissimilarity is ``|M_i - M_j|``, as in the authors' program; the paper's first choice is the
logarithm of the ratio, and reports that both work well.  Where this differs from the program:
features are those of :mod:`psysal.models.itti1998`, at its scales 2 to 4, which are coarser
(the program's colors are those of cones); the second chain is that of the paper (later versions
of the program raise the activation to the power 1.5 instead); the map neither fades at its border
nor is blurred.

References
----------
Harel, Koch & Perona (2006), "Graph-based visual saliency", NIPS 19, pages 545-552.
"""

from dataclasses import dataclass

import numpy as np

from psysal._typing import Array
from psysal.models.base import SmallModel
from psysal.models.itti1998 import CENTERS, FAINT, features
from psysal.vision.resize import resize

__all__ = ["Harel2006", "activation", "concentration", "nearness"]


@dataclass(frozen=True)
class Harel2006(SmallModel):
    """GBVS; a callable from an image to its raw map.

    Parameters
    ----------
    size : int
        Pixels of the longer side at scale 2, the finest scale of the features.
    width : int
        Nodes along the longer side of the map.
    activation, concentration : float
        Standard deviation of nearness in the two chains, as a share of the map's mean side.

    Notes
    -----
    The defaults are those of the authors' program.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(0).normal(128, 3, (96, 128, 3)).astype(np.uint8)
    >>> image[40:52, 80:92] = 200, 60, 60
    >>> raw = Harel2006()(image)
    >>> bool(raw[46, 86] > 0.9 * raw.max())
    True
    """

    size: int = 160
    width: int = 32
    activation: float = 0.15
    concentration: float = 0.06

    def _small_map(self, picture: Array) -> Array:
        rows, cols = picture.shape[:2]
        scale = min(1, self.width / max(rows, cols))
        shape = max(1, round(rows * scale)), max(1, round(cols * scale))
        side = sum(shape) / 2
        near = np.kron(*(nearness(n, self.activation * side) for n in shape))
        down, across = (nearness(n, self.concentration * side) for n in shape)
        total = np.zeros((7, *shape))
        for planes in features(picture)[: len(CENTERS)]:
            for k, plane in enumerate(resize(planes, shape, "linear")):
                if np.ptp(plane) > FAINT:
                    active = activation(plane.ravel().astype(float), near).reshape(shape)
                    total[k] += concentration(active, down, across)
        intensity, red_green, blue_yellow, *orientations = total
        return (intensity + (red_green + blue_yellow) / 2 + sum(orientations) / 4) / 3


def nearness(count: int, sigma: float) -> Array:
    """Nearness F of the nodes along one side: a Gaussian of their distance.

    Parameters
    ----------
    count : int
        Nodes along the side.
    sigma : float
        Standard deviation in nodes.

    Returns
    -------
    ndarray, (count, count)
    """
    place = np.arange(count)
    return np.exp(-(np.subtract.outer(place, place) ** 2) / (2 * sigma**2))


def activation(feature: Array, near: Array) -> Array:
    """Stationary distribution of the dissimilarity chain.

    Parameters
    ----------
    feature : ndarray, (nodes,)
        Feature M at every node.
    near : ndarray, (nodes, nodes)
        Nearness F of every two nodes.

    Returns
    -------
    ndarray, (nodes,)
        Activation A; sums to 1.
    """
    weights = abs(np.subtract.outer(feature, feature))
    weights *= near
    distribution = weights.sum(axis=1)
    return distribution / distribution.sum()


def concentration(active: Array, down: Array, across: Array) -> Array:
    """Stationary distribution of the chain that favors active nodes.

    Parameters
    ----------
    active : ndarray, (rows, cols)
        Activation A.
    down, across : ndarray, (rows, rows) and (cols, cols)
        Nearness along the columns and along the rows; F is their product.

    Returns
    -------
    ndarray, (rows, cols)
        Concentrated activation; sums to 1.
    """
    distribution = active * (down @ active @ across)
    return distribution / distribution.sum()
