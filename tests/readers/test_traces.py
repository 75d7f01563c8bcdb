"""Floats so small that their ratios leave single precision: black to every model."""

import io

import numpy as np
import pytest

from psysal import image
from psysal.models.registry import get_model, model_names

PHOTOGRAPH = np.random.default_rng(0).random((48, 64, 3))
TRACES = {
    np.float32: (1e-45, 1e-38, 3e-38, 1e-30, 1e-20),
    np.float64: (5e-324, 1e-308, 1e-45, 1e-38, 3e-38, 1e-30, 1e-20),
}


def pictures(trace, kind):
    photograph = PHOTOGRAPH.astype(kind)
    pixel, channel = photograph.copy(), photograph.copy()
    pixel[10, 10] = trace
    channel[10, 10] = trace, 0, 0
    return pixel, channel, np.full_like(photograph, trace), photograph * kind(trace)


@pytest.mark.parametrize("name", model_names("saliency", "baseline", "percept"))
def test_finite_pixels_give_a_finite_map(name):
    model = get_model(name, percept=name.startswith("otazu"))
    mapped = set()
    for kind, traces in TRACES.items():
        for trace in traces:
            for picture in pictures(trace, kind):
                if (same := image.check_image(picture).tobytes()) not in mapped:
                    mapped.add(same)
                    assert np.isfinite(model(picture, dtype=kind)).all(), (kind, trace)


def test_traces_are_black_from_arrays_files_and_pil_images():
    from PIL import Image

    tifffile = pytest.importorskip("tifffile")
    grey = PHOTOGRAPH[:, :, 0].astype(np.float32)
    grey[5], grey[6] = 3e-38, 1e-30
    right = grey.copy()
    right[5] = 0
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, grey)
    for picture in (grey, Image.fromarray(grey)):
        assert np.array_equal(image.check_image(picture), right)
    buffer.seek(0)
    assert np.array_equal(image.read(buffer), right)


def test_floats_without_traces_are_not_copied():
    photograph = PHOTOGRAPH.copy()
    photograph[0] = 0
    assert image.check_image(photograph) is photograph
