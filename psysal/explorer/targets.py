"""The two targets of an illusion: their colors, and a profile through both.

Place in the pipeline: picture, view -> [targets] -> replies.
Values are those of a screen, 0 to 255, of the picture and of the picture as it is perceived.
"""

from typing import Any

import numpy as np

from psysal.explorer.pictures import Picture
from psysal.explorer.view import View
from psysal.plots.perception import WEIGHTS, line_through

__all__ = ["target_colors", "target_profile"]


def target_colors(picture: Picture, view: View) -> list[dict[str, Any]]:
    """Place in the middle of each target, and its mean color in the picture and as perceived.

    Parameters
    ----------
    picture : Picture
        An illusion, or any other picture.
    view : View
        View of a model of perception.

    Returns
    -------
    list of dict
        "x", "y" and "colors", R, G and B of both; empty for another picture.
    """
    import cv2

    targets = []
    for mask in picture.targets:
        depth = cv2.distanceTransform(mask.astype("uint8"), cv2.DIST_L2, 3)
        y, x = divmod(int(depth.argmax()), mask.shape[1])
        planes = (view.planes[name].values for name in ("photograph", "map"))
        colors = [[round(float(c)) for c in plane[mask].mean(axis=0)] for plane in planes]
        targets.append({"x": x + 0.5, "y": y + 0.5, "colors": colors})
    return targets


def target_profile(picture: Picture, view: View) -> dict[str, Any]:
    """Profile of an illusion and of its percept along a line through both targets.

    Parameters
    ----------
    picture : Picture
        An illusion.
    view : View
        View of a model of perception.

    Returns
    -------
    dict of str to object
        "shown" and "seen", values along the line in the dimension of the display; "zones",
        letter, start and end of every crossing of a target; "limits" of the values, without
        overshoots of the percept outside of the targets; and labels of the axes.
    """
    along, at = line_through(picture.targets)
    cut = (at, slice(None)) if along else (slice(None), at)
    shown, seen = (
        view.planes[name].values[cut] @ WEIGHTS[picture.dimension] for name in ("photograph", "map")
    )
    zones, spanned = [], [shown]
    for letter, mask in zip("AB", picture.targets, strict=True):
        inside = mask[cut]
        edges = np.flatnonzero(np.diff(inside, prepend=False, append=False)).reshape(-1, 2)
        zones += [[letter, *map(int, ends)] for ends in edges]
        spanned.append(seen[inside])
    low, high = (float(end(np.concatenate(spanned))) for end in (np.min, np.max))
    room = 0.1 * ((high - low) or 1)
    return {
        "shown": shown,
        "seen": seen,
        "zones": zones,
        "limits": [low - room, high + 2 * room],
        "x": f"{'x' if along else 'y'} in pixels, where {'y' if along else 'x'} is {at}",
        "y": f"{picture.dimension}, of 255",
    }
