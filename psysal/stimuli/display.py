"""A display: an image, its targets, and what people report of them.

Place in the pipeline: every function of :mod:`psysal.stimuli` gives one; a test of a model
of perceived lightness, color or saliency takes one: the image goes into the model, the
masks say where to read its answer, ``dimension`` and the order of the masks say which
sign that answer must have.
"""

from dataclasses import dataclass

import numpy as np

from psysal._typing import Array
from psysal.checks import one_of
from psysal.viewing import check_ppd

__all__ = ["DIMENSIONS", "Display"]

DIMENSIONS = ("lightness", "red-green", "yellow-blue", "saliency")
"""Perceived dimension of a display; "more" is lighter, redder, yellower, more salient."""


@dataclass(frozen=True, eq=False)
class Display:
    """A display and what people report of it.  Its arrays are read-only.

    Attributes
    ----------
    name : str
        Name of the function that drew it.
    image : ndarray, (rows, cols) or (rows, cols, 3)
        float64, sRGB-encoded values in [0, 1].
    target_masks : tuple of ndarray, (rows, cols), bool
        An illusion has two: the region that people see as *more* along ``dimension``,
        then the one that they see as *less*; the image is the same under both. A search
        display has one, its target.
    ppd : float
        Pixels per degree of visual angle.
    report : str
        Report of people, a sentence.
    dimension : str
        One of :data:`DIMENSIONS`.
    source : str
        Authors, year, and doi if there is one.

    Raises
    ------
    ValueError
        A value outside its range, or a mask that does not belong to the image.

    Examples
    --------
    >>> dot = np.zeros((32, 64), bool)
    >>> dot[16, 32] = True
    >>> display = Display(
    ...     name="dot", image=dot.astype(float), target_masks=(dot,), ppd=32,
    ...     report="The dot pops out.", dimension="saliency", source="invented")
    >>> display.visual_size
    (1.0, 2.0)
    """

    name: str
    image: Array
    target_masks: tuple[Array, ...]
    ppd: float
    report: str
    dimension: str
    source: str

    def __post_init__(self) -> None:
        ppd = check_ppd(self.ppd)
        if ppd is None:
            raise ValueError("ppd must be given, got None; a display has a size in degrees")
        one_of("dimension", self.dimension, DIMENSIONS)
        image = np.array(self.image, np.float64)
        if image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,)) or image.size == 0:
            raise ValueError(
                f"image must be (rows, cols) or (rows, cols, 3), got shape {image.shape}"
            )
        if not ((image >= 0) & (image <= 1)).all():
            raise ValueError("image must be finite and lie in [0, 1]; values are sRGB-encoded")
        if not self.target_masks:
            raise ValueError("target_masks must hold at least one mask, got none")
        masks = tuple(np.array(mask) for mask in self.target_masks)
        for k, mask in enumerate(masks):
            if mask.dtype != bool or mask.shape != image.shape[:2]:
                raise ValueError(
                    f"target_mask {k} of {self.name!r} must be bool {image.shape[:2]} like the "
                    f"image, got {mask.dtype} {mask.shape}"
                )
            if not mask.any():
                raise ValueError(
                    f"target_mask {k} of {self.name!r} has no pixels at ppd ({ppd:g}) in "
                    f"{image.shape[0]} x {image.shape[1]}; enlarge the target or raise ppd"
                )
        for array in (image, *masks):
            array.setflags(write=False)
        object.__setattr__(self, "image", image)
        object.__setattr__(self, "target_masks", masks)
        object.__setattr__(self, "ppd", ppd)

    @property
    def visual_size(self) -> tuple[float, float]:
        """Height and width in degrees."""
        rows, cols = self.image.shape[:2]
        return rows / self.ppd, cols / self.ppd
