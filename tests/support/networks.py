"""Small networks, written as ONNX files, whose maps can be computed by hand."""

import json

import numpy as np
import onnx
from scipy import ndimage

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
IMAGE, MAP = "float[n, 3, rows, cols] image", "float[n, 1, r, c] map"
BOX = "map = Conv <pads = [2, 2, 2, 2]> (image, kernel)"
MEAN = "map = ReduceMean <axes = [1]> (image)"


def network(
    path, body=MEAN, image=IMAGE, out=MAP, *, weights=None, opset=17, ir=8, domain="", **metadata
):
    """Write a network of nodes in ONNX's own text; ``metadata`` is that for psysal."""
    also = f', "{domain}" : 1' if domain else ""
    text = f'<ir_version: {ir}, opset_import: ["" : {opset}{also}]> net ({image}) => ({out})'
    model = onnx.parser.parse_model(f"{text} {{ {body} }}")
    for name, values in (weights or {}).items():
        model.graph.initializer.append(onnx.numpy_helper.from_array(values, name))
    props = {f"psysal.{key}": json.dumps(value) for key, value in metadata.items()}
    onnx.helper.set_model_props(model, props)
    path.write_bytes(model.SerializeToString())
    return path


def center_surround(path, image=IMAGE, out=MAP, **metadata):
    """Luminance less its mean over 5 x 5 pixels, black beyond the border."""
    kernel = -np.full((5, 5), 1 / 25, np.float32)
    kernel[2, 2] += 1
    body = BOX
    if ", 3]" in image:  # channels last
        body = "first = Transpose <perm = [0, 3, 1, 2]> (image) " + BOX.replace("image", "first")
    weights = {"kernel": LUMA[None, :, None, None] * kernel}
    return network(path, body, image, out, weights=weights, **metadata)


def center_surround_by_hand(rgb):
    """The same by SciPy, of values (rows, cols, 3)."""
    light = rgb @ LUMA.astype(float)
    return light - ndimage.uniform_filter(light, 5, mode="constant")
