"""Crops of one photograph as files: the same task as a map's, with other contents.

    bytes -> photograph -> density of fixations -> windows -> crops, and their numbers as JSON

Place: beside :mod:`psysal.archive.task`, whose runs, workers and manifest it shares.  The model
maps a photograph once for all of its crops.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from psysal import __version__, image
from psysal._typing import Array
from psysal.archive.folders import suffix
from psysal.archive.manifest import OF_CROPS
from psysal.archive.task import MapTask
from psysal.checks import one_of
from psysal.crops.crop import CropSize, cut, fixation_density, focal_point
from psysal.crops.photograph import FORMATS, encode_crop, read_photograph
from psysal.crops.window import best_window
from psysal.models.base import identity

__all__ = ["CropSettings"]

KEPT = {".webp": "webp"} | dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"), "jpg")
"""Format of the crops of photographs by their suffix; of all others it is PNG."""


@dataclass(frozen=True)
class CropSettings:
    """All that the bytes of crops depend on, but the photograph.

    Parameters
    ----------
    model : callable
        Pixels -> map or density.
    name : str
        Name of the model.
    sizes : tuple of CropSize
        Sizes and aspects of the crops, of which each makes a file.
    form : "keep", "jpg", "webp" or "png"
        Format; "keep" leaves JPEG and WebP what they are, and makes PNG of all else.
    focal_point : bool
        Whether there is a JSON of the focal point, and the box and confidence of every crop.
    max_pixels : int
        Larger images are refused.

    Raises
    ------
    ValueError
        Nothing is asked for, one size twice, or another format.
    """

    noun: ClassVar[str] = "crop"

    model: Callable[..., Array]
    name: str
    sizes: tuple[CropSize, ...]
    form: str = "keep"
    focal_point: bool = False
    max_pixels: int = image.MAX_PIXELS

    def __post_init__(self) -> None:
        one_of("form", self.form, ("keep", *FORMATS))
        if not (self.sizes or self.focal_point):
            raise ValueError("a size, an aspect or focal_point=True was expected, got none of them")
        names = [size.suffix for size in self.sizes]
        if len(set(names)) < len(names):
            raise ValueError(
                "sizes must be different ones, got "
                f"{', '.join(size.label for size in self.sizes)}; name each once"
            )

    @property
    def is_single(self) -> bool:
        """True if standard output holds all that is made of a photograph."""
        return len(self.sizes) + self.focal_point == 1

    def text(self, store: str | None = None) -> str:
        """Settings as JSON; equal settings give equal text.

        Parameters
        ----------
        store : str, optional
            Kind of a store, which holds no crops.

        Returns
        -------
        str

        Raises
        ------
        ValueError
            There is a store.
        """
        if store:
            raise ValueError("a folder or an address was expected for crops, got a store of maps")
        parameters = {
            "model": identity(self.model),
            "sizes": [asdict(size) for size in self.sizes],
            "format": self.form,
            "focal_point": self.focal_point,
        }
        return json.dumps({"model": self.name, "version": __version__, "parameters": parameters})

    def _form(self, name: str) -> str:
        return KEPT.get(suffix(name), "png") if self.form == "keep" else self.form

    def ends(self, name: str) -> list[str]:
        """Ends of the names of the files of a photograph.

        Parameters
        ----------
        name : str
            Name of the photograph.

        Returns
        -------
        list of str
        """
        form = self._form(name)
        ends = [f"{size.suffix}.{form}" for size in self.sizes]
        return ends + ["_focal-point.json"] * self.focal_point

    def contents(
        self, task: MapTask, data: bytes, on_warning: Callable[[str], None]
    ) -> tuple[list[bytes], list[dict[str, Any]]]:
        """Contents of the files of a photograph, in their order, and numbers of its crops.

        Parameters
        ----------
        task : MapTask
            The photograph and the threads.
        data : bytes
            File of the photograph.
        on_warning : callable
            Called with a sentence on what the crops have not kept.

        Returns
        -------
        (list of bytes, list of dict)
            Size, window and confidence of every crop, as the manifest has them; the size of the
            photograph, if there are none.
        """
        label = task.source.label
        photograph = read_photograph(label, data, max_pixels=self.max_pixels)
        rows, cols = photograph.pixels.shape[:2]
        windows = [size.window((rows, cols)) for size in self.sizes]
        density = fixation_density(photograph.pixels, self.model, threads=task.threads)
        remarks = list(photograph.remarks)
        contents: list[bytes] = []
        crops: list[dict[str, Any]] = []
        columns: list[dict[str, Any]] = []
        for size, shape, end in zip(self.sizes, windows, self.ends(task.source.name), strict=False):
            window = best_window(density, (rows, cols), shape)
            crop = cut(photograph.samples, window, size)
            content, more = encode_crop(crop, self._form(task.source.name), photograph)
            remarks += more
            contents.append(content)
            box, confidence = window[:4], round(window.kept, 4)
            of_crop = dict(zip(OF_CROPS, (*box, confidence), strict=True))
            columns.append({"rows": crop.shape[0], "cols": crop.shape[1]} | of_crop)
            crops.append(
                {
                    "file": (task.source.stem + end).rpartition("/")[2],
                    "width": crop.shape[1],
                    "height": crop.shape[0],
                    "box": box,
                    "confidence": confidence,
                }
            )
        if self.focal_point:
            x, y = focal_point(density)
            about = {
                "image": label,
                "width": cols,
                "height": rows,
                "model": self.name,
                "version": __version__,
                "focal_point": {"x": round(x, 4), "y": round(y, 4)},
                "crops": crops,
            }
            contents.append(json.dumps(about, indent=1).encode())
        if remarks:
            on_warning(f"{label}: {'; '.join(dict.fromkeys(remarks))}")
        return contents, columns or [{"rows": rows, "cols": cols}]
