"""Front ends: layers of any network on one grid, whichever runtime computes them."""

import pickle
import sys

import cv2
import numpy as np
import pytest
from support.damage import damaged, outcome
from support.networks import LUMA, network

from psysal.models.front_ends import Both, Network, decode_front_end, list_layers
from psysal.models.onnx_graph import read_graph
from psysal.vision.features import Psychophysical, grid_shape
from psysal.vision.resize import resize

onnx = pytest.importorskip("onnx")

HALVES = """half = AveragePool <kernel_shape = [2, 2], strides = [2, 2]> (image)
    dark = Neg (half) map = ReduceMean <axes = [1]> (dark)"""
RUNTIMES = ["onnxruntime", "cv2"]


@pytest.fixture(params=RUNTIMES)
def runtime(request, monkeypatch):
    """Each of the programs that run a network."""
    if request.param == "cv2":
        monkeypatch.setitem(sys.modules, "onnxruntime", None)
    else:
        pytest.importorskip("onnxruntime")
    return request.param


@pytest.fixture
def net(tmp_path):
    return network(tmp_path / "net.onnx", HALVES, channel_order="rgb")


def halves(pixels, size):
    """What HALVES gives for a picture, by OpenCV."""
    small = cv2.resize(pixels.astype(np.float32) / 255, size, interpolation=cv2.INTER_LINEAR)
    return cv2.resize(small, (size[0] // 2, size[1] // 2), interpolation=cv2.INTER_AREA)


# --- layers ------------------------------------------------------------------


def test_a_layer_is_computed_and_enlarged_to_the_grid(runtime, net, photograph):
    front_end = Network(net, ["half", "dark"], size=128)
    assert front_end.names[2:4] == ("half, 3", "dark, 1")
    found = front_end(photograph)
    half = halves(photograph, (128, 96)).transpose(2, 0, 1)
    expected = resize(np.concatenate([half, -half]), grid_shape(*photograph.shape[:2]), "linear")
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_both_runtimes_agree_on_the_shipped_network(photograph, monkeypatch):
    pytest.importorskip("onnxruntime")
    front_end = Network("deep", ["l1", "l2", "l3", "l4", "l5"], size=256)
    one = front_end(photograph)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    other = Network("deep", front_end.layers, size=256)(photograph)
    assert one.std() > 0.5
    np.testing.assert_allclose(other, one, atol=1e-4)


def test_channels_layout_and_codes_are_those_of_the_metadata(tmp_path, photograph):
    bgr = network(tmp_path / "bgr.onnx", HALVES, channel_order="bgr", mean=[0.5] * 3, std=[2] * 3)
    half = (halves(photograph, (64, 64)) - 0.5) / 2
    found = Network(bgr, ["half"], size=64).outputs(photograph[:55, :55])[0]
    half = (halves(photograph[:55, :55], (64, 64)) - 0.5) / 2
    np.testing.assert_allclose(found, half.transpose(2, 0, 1)[::-1], atol=1e-5)
    codes = network(
        tmp_path / "codes.onnx",
        "real = Cast <to = 1> (image) map = ReduceMean <axes = [3]> (real)",
        "uint8[1, 64, 96, 3] image", "float[1, 64, 96, 1] map", channel_order="rgb",
    )  # fmt: skip
    found = Network(codes, ["real"]).outputs(photograph)[0]
    small = cv2.resize(photograph.astype(np.float32), (96, 64), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(found, np.rint(small), atol=1)
    grey = network(
        tmp_path / "grey.onnx", "twice = Add (image, image) map = Identity (twice)",
        "float[1, 1, rows, cols] image",
    )  # fmt: skip
    found = Network(grey, ["twice"], size=64).outputs(photograph[:55, :55])[0]
    small = cv2.resize(photograph[:55, :55].astype(np.float32) / 255, (64, 64))
    np.testing.assert_allclose(found[0], 2 * small @ LUMA, atol=1e-3)


def test_small_thin_and_grey_pictures_have_columns(runtime):
    front_end = Network("deep", ["l4"], size=64)
    for shape in ((8, 8), (8, 300), (40, 9), (50, 60, 3)):
        found = front_end(np.full(shape, 90, np.uint8))
        assert found.shape == (112, *grid_shape(*shape[:2]))


def test_a_copy_in_another_process_sees_the_same(net, photograph):
    front_end = Network(net, ["half"])
    again = pickle.loads(pickle.dumps(front_end))
    assert again == front_end
    np.testing.assert_array_equal(again(photograph), front_end(photograph))


def test_two_front_ends_are_one_after_the_other(net, photograph):
    color = Psychophysical((), energy=False, rarity=False, symmetry=False)
    both = Both(color, Network(net, ["half"]))
    assert both.names == (*color.names, "half, 1", "half, 2", "half, 3")
    found = both(photograph)
    np.testing.assert_array_equal(found[:9], color(photograph))
    np.testing.assert_array_equal(found[9:], both.second(photograph))
    assert decode_front_end(both.describe(), net.parent) == both


def test_a_network_that_moved_with_its_readout_is_found(net, tmp_path):
    description = Network(net, ["half"]).describe()
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    net.rename(folder / net.name)
    assert decode_front_end(description, folder).layers == ("half",)
    with pytest.raises(ValueError, match=r"net\.onnx: a network .* was expected, found nothing"):
        decode_front_end(description, tmp_path)


def test_layers_are_listed_with_their_shapes(runtime):
    layers = {layer.name: (layer.operator, shape) for layer, shape in list_layers("deep")}
    assert layers["l3"] == ("Add", (80, 8, 8))
    assert layers["l5"] == ("Add", (192, 4, 4))
    assert layers["stem.sum"] == ("Conv", (32, 64, 64))


# --- files -------------------------------------------------------------------


def test_a_graph_is_read_as_onnx_reads_it(net):
    model = onnx.load(net)
    graph = read_graph(net.read_bytes())
    assert [layer.operator for layer in graph.layers] == [n.op_type for n in model.graph.node]
    assert graph.outputs == [output.name for output in model.graph.output]
    assert graph.metadata == {prop.key: prop.value for prop in model.metadata_props}
    assert graph.inputs == [("image", ["n", 3, "rows", "cols"], "tensor(float)")]


def test_the_shipped_network_is_small_and_tells_where_it_comes_from():
    file = Network("deep", ["l5"])._file
    assert file.path.stat().st_size <= 5_000_000
    assert "Apache License 2.0" in onnx.load(file.path).graph.doc_string
    licence = file.path.with_name("deep.LICENSE").read_text()
    assert "Apache License" in licence
    assert "ML Illustrated" in licence


def test_damaged_files_are_refused_by_name(net, tmp_path):
    path = tmp_path / "damaged.onnx"
    for what, content in damaged(net.read_bytes(), flips=60):
        path.write_bytes(content)
        _, refusal = outcome(lambda: Network(path, ["half"]).names)
        assert refusal is None or refusal.startswith(f"{path}: "), what


# --- what cannot be read -----------------------------------------------------

TOP = "top = GlobalAveragePool (image) flat = Flatten (top) map = ReduceMean <axes = [1]> (image)"
NANS = "zero = Sub (image, image) nans = Div (zero, zero) map = ReduceMean <axes = [1]> (nans)"
FIXED = "float[1, 3, 32, 32] image"
PAIRS = "float[2, 3, rows, cols] image"


@pytest.mark.parametrize(
    ("body", "image", "layers", "said"),
    [
        (
            HALVES,
            None,
            ["halve"],
            "layers must be of the network, got 'halve'; the nearest .* half",
        ),
        (HALVES, None, [], "layers must be some, got none; psysal models --layers lists them"),
        (TOP, None, ["flat"], r"layers must be \(1, channels, rows, cols\), got flat of shape"),
        (TOP, None, ["top"], "got top, which is of one pixel; take a layer before it"),
        (NANS, None, ["nans"], "layers must be finite, got NaN or infinite values in nans; check"),
        (HALVES, PAIRS, ["half"], r"must take 1 image or any number, got 2"),
        (HALVES, FIXED, ["half"], None),
        (HALVES, "float[1, 3, rows, cols] image", ["half"], None),
    ],
)
def test_layers_that_cannot_be_read_are_refused(tmp_path, photograph, body, image, layers, said):
    path = tmp_path / "net.onnx"
    network(path, body, *([image] if image else []), channel_order="rgb")
    planes, refusal = outcome(lambda: Network(path, layers, size=64)(photograph))
    if said is None:
        assert refusal is None
        assert planes.shape == (3, *grid_shape(*photograph.shape[:2]))
    else:
        with pytest.raises(ValueError, match=f"{said}"):
            Network(path, layers, size=64)(photograph)


def test_a_picture_too_small_for_the_network_is_refused(tmp_path, photograph):
    pytest.importorskip("onnxruntime")  # OpenCV 5.0 does not survive it
    body = (
        "wide = AveragePool <kernel_shape = [80, 80]> (image) map = ReduceMean <axes = [1]> (wide)"
    )
    path = network(tmp_path / "net.onnx", body, channel_order="rgb")
    with pytest.raises(ValueError, match=r"the network failed on an input .*; give a size that it"):
        Network(path, ["wide"], size=64)(photograph)


def test_weights_in_another_file_are_asked_for(tmp_path):
    path = tmp_path / "net.onnx"
    kernel = np.ones((3, 3, 5, 5), np.float32)
    body = "inner = Conv (image, kernel) map = ReduceMean <axes = [1]> (inner)"
    network(path, body, weights={"kernel": kernel}, channel_order="rgb")
    onnx.save(onnx.load(path), path, save_as_external_data=True, size_threshold=0)
    with pytest.raises(ValueError, match="found weights that are in another file; save it as one"):
        Network(path, ["inner"])


def test_another_network_than_that_of_the_training_is_refused(net):
    digest = Network(net, ["half"]).digest
    network(net, HALVES, channel_order="bgr")
    with pytest.raises(ValueError, match=r"net\.onnx: is another network than the readout was tra"):
        Network(net, ["half"], digest=digest)
