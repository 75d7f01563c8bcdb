"""Fingerprints tell photographs apart, and not their copies."""

import cv2
import numpy as np
import pytest
import skimage.data

from psysal.fingerprint import SAME, bit_distances, fingerprint

PICTURES = [skimage.data.astronaut(), skimage.data.coffee(), skimage.data.cat()]


@pytest.mark.parametrize(
    "copy",
    [
        lambda p: cv2.resize(p, (300, 250), interpolation=cv2.INTER_CUBIC),
        lambda p: cv2.resize(p, None, fx=2, fy=2),
        lambda p: cv2.imdecode(cv2.imencode(".jpg", p, [cv2.IMWRITE_JPEG_QUALITY, 50])[1], 1),
        lambda p: p.astype(np.float64) / 255,
        lambda p: p.mean(axis=2).astype(np.uint8),
    ],
    ids=["reduced", "enlarged", "compressed", "float", "grey"],
)
def test_a_copy_is_known_and_another_photograph_is_not(copy):
    distances = bit_distances(
        [fingerprint(p) for p in PICTURES], [fingerprint(copy(p)) for p in PICTURES]
    )
    assert (distances.diagonal() <= SAME).all()
    assert (distances[~np.eye(len(PICTURES), dtype=bool)] > 2 * SAME).all()


def test_a_mirrored_photograph_is_another():
    for picture in PICTURES:
        assert bit_distances([fingerprint(picture)], [fingerprint(picture[:, ::-1])]) > SAME


def test_numbers_of_fingerprints_may_be_any():
    assert bit_distances([], ["00" * 16]).shape == (0, 1)
