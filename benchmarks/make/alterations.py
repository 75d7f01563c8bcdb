"""Alterations of photographs, to search for the originals by: seven, seeded.

Each is a function of a photograph (rows, cols, 3) uint8 and a random generator.  Clutter is made
of pictures that come with scikit-image.
"""

import cv2
import numpy as np
import skimage.data

TEXTURES = ("brick", "grass", "gravel")
PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")
CANVAS = (600, 800)
TILE = (150, 200)


def cropped(photo, rng):
    """A window of half to four fifths of the sides."""
    rows, cols = (int(n * rng.uniform(0.5, 0.8)) for n in photo.shape[:2])
    return window(photo, rows, cols, rng)


def flipped(photo, rng):
    """Left and right change places."""
    return photo[:, ::-1]


def rotated(photo, rng):
    """By 10 to 30 degrees either way, and the largest window without corners cut out."""
    rows, cols = photo.shape[:2]
    angle = rng.uniform(10, 30) * rng.choice([-1, 1])
    turn = cv2.getRotationMatrix2D((cols / 2, rows / 2), angle, 1)
    turned = cv2.warpAffine(photo, turn, (cols, rows), flags=cv2.INTER_LINEAR)
    cos, sin = np.cos(np.deg2rad(abs(angle))), np.sin(np.deg2rad(abs(angle)))
    scale = min(cols / (cols * cos + rows * sin), rows / (cols * sin + rows * cos))
    top, left = (int(n * (1 - scale) / 2) + 1 for n in (rows, cols))
    return turned[top : rows - top, left : cols - left]


def recompressed(photo, rng):
    """Half as large, and a JPEG of quality 5 to 19."""
    small = cv2.resize(photo, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    quality = int(rng.integers(5, 20))
    return cv2.imdecode(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)


def recolored(photo, rng):
    """Hues turned by 60 to 300 degrees, and a gamma of 0.4 to 2.5."""
    hsv = cv2.cvtColor(photo, cv2.COLOR_RGB2HSV)
    hsv[:, :, 0] = (hsv[:, :, 0] + rng.integers(30, 150)) % 180  # OpenCV's are in 2 degrees
    turned = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) / 255
    return np.rint(255 * turned ** rng.uniform(0.4, 2.5)).astype(np.uint8)


def on_texture(photo, rng):
    """Shrunken, somewhere on brick, grass or gravel of some tint."""
    texture = getattr(skimage.data, rng.choice(TEXTURES))()
    texture = window(cv2.resize(texture, (800, 800)), *CANVAS, rng)
    tinted = np.rint(texture[:, :, None] * rng.uniform(0.5, 1, 3)).astype(np.uint8)
    return pasted(photo, tinted, rng)


def among_photographs(photo, rng):
    """Shrunken, somewhere on sixteen cuttings of other photographs."""
    clutter = np.empty((*CANVAS, 3), np.uint8)
    for top in range(0, CANVAS[0], TILE[0]):
        for left in range(0, CANVAS[1], TILE[1]):
            other = getattr(skimage.data, rng.choice(PHOTOGRAPHS))()
            rows = int(rng.integers(100, min(other.shape[0], other.shape[1] * 3 // 4)))
            cut = window(other, rows, rows * 4 // 3, rng)
            tile = cv2.resize(cut, TILE[::-1], interpolation=cv2.INTER_AREA)
            clutter[top : top + TILE[0], left : left + TILE[1]] = tile
    return pasted(photo, clutter, rng)


def window(picture, rows, cols, rng):
    """Part of a picture of so many rows and columns, from anywhere."""
    top = rng.integers(picture.shape[0] - rows + 1)
    left = rng.integers(picture.shape[1] - cols + 1)
    return picture[top : top + rows, left : left + cols]


def pasted(photo, clutter, rng):
    """The photograph, 0.35 to 0.5 of the width, somewhere on the clutter."""
    scale = rng.uniform(0.35, 0.5) * clutter.shape[1] / photo.shape[1]
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    window(clutter, *small.shape[:2], rng)[:] = small
    return clutter


ALTERATIONS = {
    "cropped": cropped,
    "flipped": flipped,
    "rotated": rotated,
    "recompressed": recompressed,
    "recolored": recolored,
    "on texture": on_texture,
    "among photographs": among_photographs,
}
