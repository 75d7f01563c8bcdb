"""Crops: the window of a photograph that keeps what people look at.

    photograph -> density of fixations -> best window -> crop

    window    the window of a size that keeps most of a density
    crop      a photograph's density and its crop

``psysal.crop`` is all of it in one call; the command ``psysal crop`` is for many photographs.
"""

from psysal.crops.crop import Crop, CropSize
from psysal.crops.window import Window, best_window, largest_window

__all__ = ["Crop", "CropSize", "Window", "best_window", "largest_window"]
