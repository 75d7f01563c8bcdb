"""Pictures of a report: photographs with maps and fixations, as data URIs.

Place in the pipeline: photographs, maps, fixations -> [pictures] -> JPEG in the page.
"""

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from psysal import image, overlay
from psysal._typing import Array
from psysal.evaluation.profiles import LOWER_IS_BETTER
from psysal.image import normalize

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Gallery"]

SIZE = 320  # pixels of the longer side of a picture


@dataclass(frozen=True)
class Gallery:
    """Pictures of the images on which models are best, worst, or differ most.

    Attributes
    ----------
    pictures : callable
        Name of an image -> pixels of the photograph.
    maps : callable
        Names of a model and an image -> map (rows, cols); a ValueError means that there
        is none, and its sentence is shown. Each pair is asked for once.
    positions : callable
        Name of an image -> fixations on it, x and y in pixels, (n, 2).
    progress : callable
        Called with the number of pictures that are done.
    """

    pictures: Callable[[str], Array]
    maps: Callable[[str, str], Array]
    positions: Callable[[str], Array]
    progress: Callable[[int], None]
    _made: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict, init=False)

    def picture(self, image: str, model: str = "") -> tuple[str, str]:
        """A photograph with its fixations and the map of a model, if one is named.

        Parameters
        ----------
        image : str
            Name of the image.
        model : str
            Name of the model.

        Returns
        -------
        (str, str)
            Data URI of a JPEG; and the reason why there is no map, or "".
        """
        if (model, image) not in self._made:
            saliency, problem = None, ""
            try:
                saliency = self.maps(model, image) if model else None
            except ValueError as error:
                problem = str(error)
            uri = _picture_uri(self.pictures(image), saliency, self.positions(image))
            self._made[model, image] = uri, problem
            self.progress(len(self._made))
        return self._made[model, image]

    def best_and_worst(
        self, scores: "pd.DataFrame", model: str, metric: str, count: int
    ) -> list[tuple[str, list[dict[str, Any]]]]:
        """Best and worst images of a model.

        Parameters
        ----------
        scores : DataFrame
            Scores of single images.
        model, metric : str
            Name of the model, and of the metric that ranks images.
        count : int
            Largest number of each.

        Returns
        -------
        list of (str, list of dict)
            "Best" and "Worst" with the ``row`` of the scores, ``uri`` and ``problem`` of every
            picture; empty if all scores are equal.
        """
        ranked = scores[(scores.model == model) & (scores.metric == metric) & scores.value.notna()]
        ranked = ranked.sort_values("value", ascending=metric in LOWER_IS_BETTER, kind="stable")
        if len(ranked) > 1 and ranked.value.nunique() == 1:
            return []
        groups = {
            "Best": ranked.iloc[:count],
            "Worst": ranked.iloc[max(count, len(ranked) - count) :][::-1],
        }
        return [
            (name, [self._entry(row, model) for row in rows.itertuples()])
            for name, rows in groups.items()
            if len(rows)
        ]

    def differing(
        self, scores: "pd.DataFrame", pair: tuple[str, str], metric: str, count: int
    ) -> list[tuple[str, list[dict[str, Any]]]]:
        """Images on which two models differ most, beside the photograph the maps of both.

        Parameters
        ----------
        scores : DataFrame
            Scores of single images.
        pair : (str, str)
            Names of the models.
        metric : str
            Metric whose values are compared.
        count : int
            Largest number of images on which either is better.

        Returns
        -------
        list of (str, list of dict)
            Name of the better model, and of every image its name ``image``, the picture
            ``uri``, and ``sides``: name, ``value``, ``uri`` and ``problem`` of both models.
        """
        values = scores[scores.metric == metric].pivot(
            index="image", columns="model", values="value"
        )
        if not set(pair) <= set(values):
            return []
        values = values.loc[list(dict.fromkeys(scores.image)), list(pair)]
        lead = values[pair[0]] - values[pair[1]]
        lead = (-lead if metric in LOWER_IS_BETTER else lead)[np.isfinite(lead)]
        groups = []
        for model, signed in zip(pair, (lead, -lead), strict=True):
            most = signed[signed > 0].sort_values(ascending=False, kind="stable").index[:count]
            entries = [
                {
                    "image": name,
                    "uri": self.picture(name)[0],
                    "sides": [
                        {"model": side, "value": values[side][name]}
                        | dict(zip(("uri", "problem"), self.picture(name, side), strict=True))
                        for side in pair
                    ],
                }
                for name in most
            ]
            if entries:
                groups.append((model, entries))
        return groups

    def _entry(self, row: Any, model: str) -> dict[str, Any]:
        uri, problem = self.picture(row.image, model)
        return {"row": row, "uri": uri, "problem": problem}


def _picture_uri(pixels: Array, saliency: Array | None, positions: Array) -> str:
    """A small photograph with its map and fixations, as the data URI of a JPEG."""
    import cv2
    from PIL import Image

    rows, cols = pixels.shape[:2]
    scale = SIZE / max(rows, cols)
    size = max(1, round(cols * scale)), max(1, round(rows * scale))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    small = np.rint(small * (255 / image.full_scale(pixels))).astype(np.uint8)
    if saliency is not None:
        heat = cv2.resize(np.asarray(saliency, np.float32), size, interpolation=cv2.INTER_AREA)
        small = overlay.overlay(small, normalize(heat))
    elif small.ndim == 2:
        small = np.repeat(small[:, :, None], 3, axis=2)
    dark, light = (_dot_coverage(positions * scale, size, radius) for radius in (2.6, 1.7))
    small = np.rint(small * (1 - dark) + 255 * light).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(small).save(buffer, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _dot_coverage(centers: Array, size: tuple[int, int], radius: float) -> Array:
    """Share of every pixel that dots cover, (rows, cols, 1) in [0, 1]."""
    import cv2

    fine = 6
    large = np.zeros((size[1] * fine, size[0] * fine), np.uint8)
    for x, y in (centers * fine).astype(int).tolist():
        cv2.circle(large, (x, y), round(radius * fine), 255, -1)
    return cv2.resize(large, size, interpolation=cv2.INTER_AREA)[:, :, None] / 255
