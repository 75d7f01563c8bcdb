"""A page about photographs: what is looked at, in pictures and in numbers.

Place in the pipeline: photographs -> map, scanpath, crops -> [photographs] -> one HTML file.  It
needs no other file and no network, so that it can be sent or hung up; pictures are JPEG in it.

jinja2 and matplotlib are needed (``pip install "psysal[evaluate]"``).
"""

import base64
import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from psysal import __version__, files, plots
from psysal._typing import Array
from psysal.checks import whole_number
from psysal.crops.crop import Crop, CropSize, cut, fixation_density, focal_point
from psysal.crops.window import best_window
from psysal.image import full_scale, normalize, shrink
from psysal.models.base import identity
from psysal.models.densities import density_of, gives_of
from psysal.models.registry import MODELS, get_model
from psysal.optional import require
from psysal.overlay import heat, overlay
from psysal.plots.base import blank
from psysal.reports.templates import environment
from psysal.scanpaths import Scanpath, simulate_scanpath
from psysal.viewing import Viewing, check_ppd

__all__ = ["ASPECTS", "MOST_PHOTOGRAPHS", "MapNumbers", "PhotographPage", "scanpath_png"]

ASPECTS = ((1, 1), (16, 9), (9, 16))
"""Aspects of the crops of a page, by default."""
MOST_PHOTOGRAPHS = 100
"""Photographs of a page, which has about a megabyte for each."""
LONGER_SIDE = 900  # pixels of a picture
CROP_SIDE = 480
QUALITY = 85
ASSUMED_DEGREES = 30
"""Visual angle of a photograph's longer side, where pixels per degree are not given."""
TOP_SHARE = 0.1
"""Share of the area whose highest values are summed."""
SIDES = 480, 1600  # pixels of the longer side of a figure, at least and at most
DPI = 110  # of psysal.plots.png


@dataclass(frozen=True)
class MapNumbers:
    """Numbers of a map.

    Parameters
    ----------
    density : ndarray, (rows, cols)
        The map, summing to 1.

    Attributes
    ----------
    peak : (float, float) or None
        x, y of the highest pixel, from the top left; None if the map is even.
    top : float
        Share of the map in the tenth of the area where it is highest: .1 if it is even, 1 if
        nothing is elsewhere.
    entropy : float
        Entropy in bits.
    spread : float
        Share of the area of an even map of this entropy: 1 if it is even.
    middle : float
        Share of the map in the middle quarter of the area, which is half as wide and high.

    Examples
    --------
    >>> numbers = MapNumbers(np.full((20, 40), 1 / 800))
    >>> round(numbers.top, 6), round(numbers.spread, 6), round(numbers.middle, 6)
    (0.1, 1.0, 0.25)
    """

    density: Array = field(repr=False)

    @property
    def peak(self) -> tuple[float, float] | None:
        if np.ptp(self.density) == 0:
            return None
        x, y = focal_point(self.density)
        return x * self.density.shape[1], y * self.density.shape[0]

    @property
    def top(self) -> float:
        values = np.sort(self.density, axis=None)[::-1]
        count = TOP_SHARE * values.size
        whole = int(count)
        return float(values[:whole].sum() + (count - whole) * values[whole])

    @property
    def entropy(self) -> float:
        seen = self.density[self.density > 0]
        return float(-(seen * np.log2(seen)).sum())

    @property
    def spread(self) -> float:
        return float(2**self.entropy / self.density.size)

    @property
    def middle(self) -> float:
        rows, cols = self.density.shape
        down, across = (
            (np.minimum(i + 1, 0.75 * n) - np.maximum(i, 0.25 * n)).clip(0)
            for n, i in ((rows, np.arange(rows)), (cols, np.arange(cols)))
        )
        return float(down @ self.density @ across)


class PhotographPage:
    """Page about photographs, which are added one by one.

    Parameters
    ----------
    model : str or callable
        As :func:`psysal.saliency` takes it.
    aspects : sequence of (float, float)
        Width and height of the crops.
    fixations : int
        Number of fixations of the scanpath.
    ppd : float or Viewing, optional
        Pixels per degree of visual angle. By default a model has its published tuning, and
        the scanpath is that of a photograph whose longer side is 30 degrees wide.
    threads : int, optional
        Default: every processor.

    Raises
    ------
    ValueError
        There is no such model, or it has no tuning in degrees; an option out of range.
    ImportError
        jinja2 or matplotlib is not installed.
    """

    def __init__(
        self,
        *,
        model: str | Callable[..., Array] = "deep",
        aspects: Sequence[tuple[float, float]] = ASPECTS,
        fixations: int = 6,
        ppd: float | Viewing | None = None,
        threads: int | None = None,
    ) -> None:
        for package in ("jinja2", "matplotlib"):
            require(package)
        self.name = model if isinstance(model, str) else type(model).__name__
        self.model: Callable[..., Array] = model if callable(model) else get_model(model, ppd)
        self.sizes = [CropSize(w, h, is_aspect=True) for w, h in aspects]
        self.fixations = whole_number("fixations", fixations)
        self.ppd = check_ppd(ppd)
        self.threads = threads
        self.entries: list[dict[str, Any]] = []

    def add(self, name: str, pixels: Array) -> None:
        """Add a photograph.

        Parameters
        ----------
        name : str
            Its name on the page.
        pixels : ndarray, (rows, cols) or (rows, cols, 3)
            As :func:`psysal.image.check_image` gives them.

        Raises
        ------
        ValueError
            The page is full; the model cannot map the photograph, or a crop is narrower than
            a pixel.
        """
        if len(self.entries) >= MOST_PHOTOGRAPHS:
            raise ValueError(
                f"a page holds at most {MOST_PHOTOGRAPHS} photographs, got more; name fewer"
            )
        rows, cols = shape = pixels.shape[:2]
        windows = [size.window(shape) for size in self.sizes]
        raw = self.model(pixels, dtype="float64", threads=self.threads)
        gives = gives_of(self.model)
        density = normalize(raw) if gives == "map" else density_of(raw, gives)
        shown = normalize(density)
        density = density / density.sum() if density.any() else np.full(shape, 1 / raw.size)
        degree = self.ppd or max(shape) / ASSUMED_DEGREES
        try:
            path = simulate_scanpath(raw, fixations=self.fixations, ppd=degree)
        except ValueError:  # of an even map, or of one with too few places
            path = None
        small = fixation_density(pixels, self.model, threads=self.threads)
        crops = []
        for size, window_shape in zip(self.sizes, windows, strict=True):
            window = best_window(small, shape, window_shape)
            crop = Crop(cut(pixels, window, size), window[:4], window.kept, focal_point(small))
            crops.append((size.label, crop, _uri(crop.image, CROP_SIDE)))
        drawn = _on_screen(pixels, LONGER_SIDE)
        small_map = shrink(shown, LONGER_SIDE).clip(0, 1)
        self.entries.append(
            {
                "name": name,
                "rows": rows,
                "cols": cols,
                "photograph": _uri(drawn),
                "map": _uri(heat(small_map)),
                "overlay": _uri(overlay(drawn, small_map)),
                "scanpath": path and _jpeg_of_png(scanpath_png(pixels, path)),
                "fixations": [] if path is None else [*zip(path.x, path.y, strict=True)],
                "numbers": MapNumbers(density),
                "crops": crops,
            }
        )

    def html(self, title: str = "") -> str:
        """The page.

        Parameters
        ----------
        title : str
            Title; by default it says how many photographs there are.

        Returns
        -------
        str
            HTML that needs no other file.

        Raises
        ------
        ValueError
            There are no photographs.
        """
        if not self.entries:
            raise ValueError("a page needs a photograph, got none; add one")
        return str(
            environment()
            .get_template("photographs.html")
            .render(
                title=title,
                entries=self.entries,
                name=self.name,
                info=MODELS.get(self.name),
                identity=identity(self.model),
                gives=gives_of(self.model),
                ppd=self.ppd,
                degrees=ASSUMED_DEGREES,
                version=__version__,
            )
        )

    def save(
        self, path: str | os.PathLike[str], *, title: str = "", overwrite: bool = False
    ) -> None:
        """Write the page, whole or not at all.

        Parameters
        ----------
        path : path
            File, in a folder that is there.
        title : str
            As :meth:`html` takes it.
        overwrite : bool
            Replace a file that is there.

        Raises
        ------
        ValueError
            There are no photographs.
        FileExistsError
            The file is there and ``overwrite`` is not set.
        OSError
            It cannot be written.
        """
        files.save(Path(path), self.html(title).encode(), overwrite=overwrite)


def scanpath_png(pixels: Array, path: Scanpath) -> bytes:
    """PNG of a scanpath on its photograph, without margins.

    Parameters
    ----------
    pixels : ndarray, (rows, cols) or (rows, cols, 3)
        As :func:`psysal.image.check_image` gives them.
    path : Scanpath
        On this photograph.

    Returns
    -------
    bytes
        Its longer side has 480 to 1600 pixels.
    """
    rows, cols = pixels.shape[:2]
    scale = min(max(max(rows, cols), SIDES[0]), SIDES[1]) / max(rows, cols) / DPI
    figure = blank(figsize=(cols * scale, rows * scale))
    plots.scanpath(pixels, path, ax=figure.add_axes((0, 0, 1, 1)))
    data: bytes = plots.png(figure)
    return data


def _on_screen(pixels: Array, longest: int) -> Array:
    """Reduced picture, uint8."""
    small = shrink(pixels, longest)
    return np.rint(small * (255 / full_scale(pixels))).clip(0, 255).astype(np.uint8)


def _uri(pixels: Array, longest: int = LONGER_SIDE) -> str:
    """Data URI of a JPEG."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(_on_screen(pixels, longest)).save(buffer, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _jpeg_of_png(data: bytes) -> str:
    from PIL import Image

    return _uri(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
