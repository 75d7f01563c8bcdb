"""Networks in ONNX, in sentences: their maps are computed by hand, or there are none."""

import json
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import psysal
from psysal import OnnxModel
from psysal.cli.commands import app
from psysal.models.onnx import IMAGENET
from psysal.vision.color import LUMA
from psysal.vision.resize import resize

pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")

from support.networks import IMAGE, MEAN, center_surround, center_surround_by_hand, network  # noqa: E402

GREY = "float[n, 1, rows, cols] image"
COPY = "map = Identity (image)"
RED = "zero = Constant <value_ints = [0]> () map = Gather <axis = 1> (image, zero)"


@pytest.fixture
def net(tmp_path):
    """Path to write a network to."""
    return tmp_path / "net.onnx"


# --- values ------------------------------------------------------------------


def test_a_network_gives_the_map_that_scipy_computes(net, photograph):
    wanted = center_surround_by_hand(photograph / 255)
    model = OnnxModel(center_surround(net), channel_order="rgb")
    found = model(photograph)
    assert (found.dtype, found.shape) == (np.float32, photograph.shape[:2])
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert model(photograph, dtype="float64").dtype == np.float64
    deep = photograph.astype(np.uint16) * 257
    np.testing.assert_allclose(model(deep), wanted, atol=1e-5)
    np.testing.assert_allclose(model(photograph / 255), wanted, atol=1e-5)
    ranged = psysal.saliency(photograph, model=model)
    assert (ranged.min(), ranged.max()) == (0, 1)


@pytest.mark.parametrize(
    ("image", "layout"),
    [
        ("float[n, rows, cols, 3] image", "nhwc"),
        ("float[1, rows, cols, 3] image", "nhwc"),
        ("float[1, 3, rows, cols] image", "nchw"),
        ("float[1, 3, 75, 110] image", "nchw"),
    ],
)
def test_the_layout_is_that_of_the_shape(net, photograph, image, layout):
    model = OnnxModel(center_surround(net, image), channel_order="rgb")
    assert model.layout == layout
    assert model.size == ((75, 110) if "75" in image else None)
    wanted = center_surround_by_hand(photograph / 255)
    np.testing.assert_allclose(model(photograph), wanted, atol=1e-5)


def test_red_is_red_whatever_the_orders_of_the_image_and_of_the_network(net):
    patch = np.zeros((16, 20, 3), np.uint8)
    patch[4:9, 5:11] = 255, 0, 0
    red = patch[:, :, 0] / 255
    network(net, RED)
    rgb, bgr = OnnxModel(net, channel_order="rgb"), OnnxModel(net, channel_order="bgr")
    np.testing.assert_array_equal(rgb(patch), red)
    np.testing.assert_array_equal(rgb(patch[:, :, ::-1], channel_order="bgr"), red)
    np.testing.assert_array_equal(bgr(patch), 0)  # its first channel is blue
    np.testing.assert_array_equal(bgr(patch[:, :, ::-1], channel_order="bgr"), 0)
    tuned = replace(rgb, mean=(0.5, 0, 0)), replace(bgr, mean=(0.5, 0, 0))
    np.testing.assert_array_equal(tuned[0](patch), red - 0.5)
    np.testing.assert_array_equal(tuned[1](patch), 0)  # the mean is of red


def test_mean_std_and_scale_are_as_a_hand_applies_them(net, photograph):
    network(net, MEAN)
    mean, std = (np.array(IMAGENET[name]) for name in ("mean", "std"))
    usual = ((photograph / 255 - mean) / std).mean(axis=2)
    found = OnnxModel(net, channel_order="rgb", **IMAGENET)(photograph)
    np.testing.assert_allclose(found, usual, atol=1e-5)
    caffe = photograph.astype(float) - np.array([123.68, 116.779, 103.939])
    model = OnnxModel(
        net, channel_order="bgr", scale=255, mean=np.array([123.68, 116.779, 103.939]) / 255
    )
    np.testing.assert_allclose(model(photograph), caffe.mean(axis=2), rtol=1e-5, atol=1e-4)


def test_grey_networks_see_luminance_and_networks_of_color_see_grey_three_times(net, photograph):
    grey = OnnxModel(network(net, COPY, GREY))
    light = photograph @ np.array(LUMA) / 255
    np.testing.assert_allclose(grey(photograph), light, atol=1e-6)
    np.testing.assert_allclose(grey(photograph[:, :, 1]), photograph[:, :, 1] / 255, atol=1e-6)
    shifted = OnnxModel(net, mean=[0.5], std=[0.25])
    np.testing.assert_allclose(shifted(photograph), (light - 0.5) / 0.25, atol=1e-5)
    color = OnnxModel(network(net, MEAN), channel_order="bgr")
    np.testing.assert_allclose(color(photograph[:, :, 1]), photograph[:, :, 1] / 255, atol=1e-6)


def test_pictures_are_resized_to_the_network_and_maps_back(net, photograph):
    fixed = OnnxModel(center_surround(net, "float[1, 3, 40, 50] image"), channel_order="rgb")
    chosen = OnnxModel(
        center_surround(net.with_name("any.onnx")), channel_order="rgb", size=(40, 50)
    )
    small = resize(photograph.transpose(2, 0, 1) / 255, (40, 50), "linear").transpose(1, 2, 0)
    wanted = resize(center_surround_by_hand(small)[None], photograph.shape[:2], "linear")[0]
    for model in (fixed, chosen):
        assert model.size == (40, 50)
        np.testing.assert_allclose(model(photograph), wanted, atol=1e-5)
    assert fixed(np.zeros((8, 200, 3), np.uint8)).shape == (8, 200)


def test_resizing_is_the_one_of_pillow_that_networks_are_trained_with(net, photograph):
    shown = OnnxModel(network(net, COPY, "float[1, 1, 25, 22] image"))
    grey = photograph[:, :, 0]
    wanted = np.asarray(Image.fromarray(grey / np.float32(255)).resize((22, 25), Image.BILINEAR))
    found = shown(grey)
    back = resize(wanted[None], grey.shape, "linear")[0]
    np.testing.assert_allclose(found[6:-6, 10:-10], back[6:-6, 10:-10], atol=1e-5)


@pytest.mark.parametrize(
    ("body", "out"),
    [
        (MEAN, "float[n, 1, r, c] map"),
        ("map = ReduceMean <axes = [1], keepdims = 0> (image)", "float[n, r, c] map"),
        ("map = ReduceMean <axes = [0, 1], keepdims = 0> (image)", "float[r, c] map"),
        ("m = ReduceMean <axes = [1]> (image) map = Transpose <perm = [0, 2, 3, 1]> (m)",
         "float[n, r, c, 1] map"),
        (MEAN, "float16[n, 1, r, c] map"),
    ],
)  # fmt: skip
def test_maps_come_in_four_shapes(net, photograph, body, out):
    image = IMAGE.replace("float", "float16") if "16" in out else IMAGE
    found = OnnxModel(network(net, body, image, out), channel_order="rgb")(photograph)
    tolerance = 2e-3 if "16" in out else 1e-6
    np.testing.assert_allclose(found, photograph.mean(axis=2) / 255, atol=tolerance)
    assert found.dtype == np.float32


def test_an_output_is_turned_into_a_map_as_is_asked(net, rng):
    image = rng.random((12, 15)).astype(np.float32)
    network(net, COPY, GREY)
    given = {"scale": 8, "mean": [0.5]}
    raw = 8.0 * (image - 0.5)
    for activation, wanted in {
        None: raw,
        "sigmoid": 1 / (1 + np.exp(-raw)),
        "exp": np.exp(raw),
        "softmax": np.exp(raw) / np.exp(raw).sum(),
    }.items():
        found = OnnxModel(net, activation=activation, **given)(image)
        np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=1e-6)


def test_a_map_of_softmax_sums_to_one_at_the_size_of_the_image(net, photograph):
    model = OnnxModel(
        center_surround(net), channel_order="rgb", size=(20, 30), activation="softmax"
    )
    assert model(photograph).sum(dtype=float) == pytest.approx(1, abs=1e-6)
    assert model(photograph).min() > 0


def test_log_densities_may_rule_places_out_but_nan_is_no_map(net):
    image = np.array([[0, 1]] * 8, np.uint8).repeat(8, axis=1) * 255
    network(net, "map = Log (image)", GREY)
    np.testing.assert_array_equal(OnnxModel(net, activation="exp")(image), image / 255)
    np.testing.assert_allclose(OnnxModel(net, activation="softmax")(image), image / 255 / 64)
    wrong = r"net\.onnx: the output map must be finite, got NaN or infinite values; check scale"
    with pytest.raises(ValueError, match=wrong):
        OnnxModel(net)(image)
    for body, options in {
        "map = Div (image, image)": {},
        "map = Exp (image)": {"activation": "exp", "scale": 10},
        "map = Reciprocal (image)": {"activation": "softmax"},
    }.items():
        model = OnnxModel(network(net, body, GREY), **options)
        with pytest.raises(ValueError, match=wrong):
            model(image)


def test_codes_go_to_networks_of_uint8_as_they_are(net, photograph):
    body = "f = Cast <to = 1> (image) map = ReduceMean <axes = [3]> (f)"
    network(net, body, "uint8[n, rows, cols, 3] image", "float[n, r, c, 1] map")
    model = OnnxModel(net, channel_order="rgb")
    assert model.scale == 255
    np.testing.assert_allclose(model(photograph), photograph.mean(axis=2), rtol=1e-6)
    np.testing.assert_allclose(model(photograph / 255), photograph.mean(axis=2), rtol=1e-6)
    for wrong in ({"scale": 1}, IMAGENET):
        with pytest.raises(ValueError, match=r"image is uint8 and takes codes, 0 to 255, got sca"):
            OnnxModel(net, channel_order="rgb", **wrong)


# --- many images -------------------------------------------------------------


@pytest.mark.parametrize(
    "image", [IMAGE, "float[1, 3, rows, cols] image", "float[n, 3, 40, 50] image"]
)
def test_batches_give_the_maps_of_single_images(net, photograph, rng, image):
    model = OnnxModel(center_surround(net, image), channel_order="rgb")
    shapes = [(30, 40), (30, 40), (30, 40), (25, 40), (30, 40)]
    images = [rng.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in shapes]
    for size in (1, 2, 8):
        found = list(model.maps(iter(images), batch_size=size))
        for map_, picture in zip(found, images, strict=True):
            np.testing.assert_allclose(map_, model(picture), atol=1e-6)
    assert list(model.maps([])) == []
    for wrong in (0, 1.5, True):
        with pytest.raises(ValueError, match="batch_size must be a whole number from 1 on, got"):
            model.maps(images, batch_size=wrong)


def test_images_are_read_when_their_batch_is_due(net, photograph):
    taken = []

    def album():
        for i in range(9):
            taken.append(i)
            yield photograph

    found = OnnxModel(center_surround(net), channel_order="rgb").maps(album(), batch_size=3)
    assert taken == []
    next(found)
    assert taken == [0, 1, 2]


def test_a_network_that_is_dynamic_in_word_only_says_what_helps(net, photograph):
    shape = "s = Constant <value_ints = [1, 1, 75, 110]> () m = ReduceMean <axes = [1]> (image) "
    model = OnnxModel(network(net, shape + "map = Reshape (m, s)"), channel_order="rgb")
    assert model(photograph).shape == (75, 110)
    failed = r"failed on an input \(2, 3, 75, 110\) \(.*reshaped.*\); .* or pass batch_size=1"
    with pytest.raises(ValueError, match=failed):
        list(model.maps([photograph] * 2))
    with pytest.raises(ValueError, match=r"failed on an input \(1, 3, 9, 9\) .*write a size that"):
        model(np.zeros((9, 9, 3)))


# --- threads and processes ---------------------------------------------------


def test_numbers_of_threads_give_close_values_and_threads_share_a_model(net, rng):
    model = OnnxModel(center_surround(net), channel_order="rgb")
    images = [rng.integers(0, 256, (90, 70 + i, 3), dtype=np.uint8) for i in range(6)]
    one = [model(image, threads=1) for image in images]
    with ThreadPoolExecutor(6) as pool:
        for threads in (1, 2, None):
            found = pool.map(lambda i, n=threads: model(i, threads=n), images * 3)
            for map_, wanted in zip(found, one * 3, strict=True):
                np.testing.assert_allclose(map_, wanted, atol=1e-6)
    with pytest.raises(ValueError, match="threads must be a whole number"):
        model(images[0], threads=0)


def test_a_process_gets_a_copy(net, photograph):
    model = OnnxModel(center_surround(net), channel_order="bgr", **IMAGENET)
    found = model(photograph, threads=2)
    copy = pickle.loads(pickle.dumps(model))
    assert (copy, repr(copy), hash(copy)) == (model, repr(model), hash(model))
    np.testing.assert_array_equal(copy(photograph, threads=2), found)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_has_threads_of_its_own(net, photograph):
    center_surround(net)
    code = (
        "import os, sys, numpy as np, psysal",
        "model = psysal.OnnxModel(sys.argv[1], channel_order='rgb')",
        "image = np.random.default_rng(0).random((300, 300, 3))",
        "found = model(image, threads=2)",
        "child = os.fork()",
        "same = np.array_equal(model(image, threads=2), found)",
        "os._exit(not same) if child == 0 else print(os.waitpid(child, 0)[1], same)",
    )
    process = subprocess.run(
        [sys.executable, "-c", "\n".join(code), str(net)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert process.stdout.split() == ["0", "True"]


def test_a_model_is_its_parameters(net):
    model = OnnxModel(center_surround(net), channel_order="rgb")
    assert repr(model) == (
        f"OnnxModel(path={net!r}, layout='nchw', size=None, channel_order='rgb', scale=1, "
        "mean=(0, 0, 0), std=(1, 1, 1), activation=None, output='map')"
    )
    assert replace(model, std=[2, 2, 2]).std == (2, 2, 2)
    with pytest.raises(FrozenInstanceError):
        model.channel_order = "bgr"
    with pytest.raises(TypeError, match="positional"):
        OnnxModel(net, "nchw")


def test_the_fingerprint_changes_with_the_file_and_a_model_keeps_to_the_file_it_was_made_of(
    net, photograph
):
    model = OnnxModel(center_surround(net), channel_order="rgb")
    before = model.fingerprint
    assert OnnxModel(net, channel_order="bgr").fingerprint == before
    model(photograph, threads=1)
    os.utime(net, ns=(0, 10**18))
    assert OnnxModel(net, channel_order="rgb").fingerprint != before == model.fingerprint
    model(photograph, threads=1)  # as it was
    with pytest.raises(ValueError, match=r"net\.onnx: has changed since the model was made; make"):
        model(photograph, threads=2)


# --- what is known -----------------------------------------------------------


def test_a_file_may_tell_everything(net, photograph):
    declared = {
        "layout": "nchw", "size": [40, 50], "channel_order": "bgr", "scale": 255,
        "mean": [0.1, 0.2, 0.3], "std": [1, 2, 3], "activation": "sigmoid", "output": "map",
    }  # fmt: skip
    found = OnnxModel(network(net, MEAN, "float[n, 3, r, c] image", **declared))
    given = {key: tuple(v) if isinstance(v, list) else v for key, v in declared.items()}
    assert found == replace(found, **given)
    bare = network(net.with_name("bare.onnx"), MEAN, "float[n, 3, r, c] image")
    np.testing.assert_array_equal(OnnxModel(bare, **declared)(photograph), found(photograph))


@pytest.mark.parametrize(
    ("declared", "given"),
    [
        ({"layout": "nchw"}, {"layout": "nhwc"}),
        ({"size": [40, 50]}, {"size": (50, 40)}),
        ({"channel_order": "rgb"}, {"channel_order": "bgr"}),
        ({"scale": 1}, {"scale": 255}),
        ({"mean": [0, 0, 0]}, {"mean": (0.5, 0.5, 0.5)}),
        ({"std": [1, 1, 1]}, {"std": [2, 2, 2]}),
        ({"activation": "exp"}, {"activation": "softmax"}),
        ({"output": "map"}, {"output": "other"}),
    ],
)
def test_a_contradiction_with_the_file_is_an_error(net, declared, given):
    network(net, MEAN, **{"channel_order": "rgb", **declared})
    (name,) = declared
    assert OnnxModel(net, **declared) == OnnxModel(net)
    with pytest.raises(ValueError, match=rf"{name} is .* in the file, got .*; leave it out, or"):
        OnnxModel(net, **given)


@pytest.mark.parametrize(
    ("image", "given", "message"),
    [
        (
            IMAGE,
            {},
            'the order of its color channels must be known, .* pass channel_order="rgb" or "bgr"',
        ),
        ("float[n, 3, 9, 3] image", {}, r"image \['n', 3, 9, 3\] could have its channels first or"),
        ("float[n, 4, r, c] image", {}, r"1 or 3 channels on axis 1 or 3, got \['n', 4, 'r', 'c'"),
        (IMAGE, {"layout": "nhwc"}, r"channels on axis 3 \(nhwc\), got .*; correct the layout"),
        ("float[1, 3, 40, c] image", {}, r"\(40, 'c'\) of the input image are fixed in part;"),
        ("float[1, 3, 40, 50] image", {"size": (50, 40)}, r"has .* \(40, 50\), got size=\(50, 40"),
        ("float[1, 3, 40, c] image", {"size": (50, 40)}, r"columns \(40, 'c'\), got size=\(50, 40"),
        ("float[4, 3, r, c] image", {}, r"image must take 1 image or any number, got 4 in \[4, 3"),
        ("float[3, r] image", {}, r"image must have 4 axes, \(batch, .*\), got \[3, 'r'\]; export"),
        ("float[1, 3, 1, r, c] image", {}, r"must have 4 axes, .* got \[1, 3, 1, 'r', 'c'\]"),
        (IMAGE + ", float[2] mask", {}, "one input, the image, was expected, got image, mask; exp"),
        ("int64[n, 3, r, c] image", {}, r"image must be tensor\(float\), .* got tensor\(int6"),
        (IMAGE, {"channel_order": "RGB"}, r"order must be rgb or bgr, got 'RGB'"),
        (IMAGE, {"layout": "chw"}, r"layout must be nchw or nhwc, got 'chw'"),
        (IMAGE, {"size": 40}, r"size must be \(rows, cols\), whole and positive, got 40"),
        (IMAGE, {"size": (40, 0)}, r"size must be .* got \(40, 0\)"),
        (IMAGE, {"size": (40.0, 50)}, r"size must be .* got \(40.0, 50\)"),
        (IMAGE, {"scale": 0}, r"scale must be a positive number, got 0"),
        (IMAGE, {"mean": 0.5}, r"mean must be finite numbers, one a channel, got 0.5"),
        (IMAGE, {"mean": (0, np.nan, 0)}, r"mean must be finite numbers"),
        (IMAGE, {"mean": []}, r"mean must be finite numbers, one a channel, got \(\)"),
        (IMAGE, {"mean": "123"}, r"mean must be finite numbers, one a channel, got '123'"),
        (IMAGE, {"std": (1, 0, 1)}, r"std must be positive numbers, one a channel, got \(1, 0, 1"),
        (
            IMAGE,
            {"channel_order": "rgb", "std": (1,)},
            r"std must have a number for each channel, 3, got",
        ),
        (IMAGE, {"activation": "relu"}, r"activation must be sigmoid or exp or softmax, got 'relu"),
        (IMAGE, {"channel_order": "rgb", "output": "m"}, r"output must be one of map, got 'm'"),
    ],
)  # fmt: skip
def test_what_cannot_be_known_or_meant_is_refused_by_name(net, image, given, message):
    network(net, COPY, image, image.split(",")[0].split("[")[0] + "[] map")
    with pytest.raises(ValueError, match=rf"net\.onnx: .*{message}"):
        OnnxModel(net, **given)


def test_metadata_that_cannot_be_meant_are_refused_by_name(net):
    for (key, text), message in {
        (
            "lay-out",
            '"nchw"',
        ): r"metadata must be of psysal\.layout, .* got psysal\.lay-out; rename",
        ("layout", "nchw"): r"psysal\.layout must hold JSON, got 'nchw'; write words in double qu",
        ("size", "[" * 10_000): r"psysal\.size must hold JSON, got '\[{40}'; write",
        ("size", "[40]"): r"size must be \(rows, cols\), whole and positive, got \(40,\)",
    }.items():
        network(net, MEAN)
        model = onnx.load(net)
        onnx.helper.set_model_props(model, {f"psysal.{key}": text, "author": "somebody"})
        onnx.save(model, net)
        with pytest.raises(ValueError, match=rf"net\.onnx: {message}"):
            OnnxModel(net, channel_order="rgb")


def test_of_several_outputs_one_is_named(net, photograph):
    body = f"{MEAN} other = Neg (map)"
    network(net, body, IMAGE, "float[n, 1, r, c] map, float[n, 1, r, c] other")
    with pytest.raises(ValueError, match=r"one output was expected, found map, other; pass output"):
        OnnxModel(net, channel_order="rgb")
    found, other = (OnnxModel(net, channel_order="rgb", output=name) for name in ("map", "other"))
    np.testing.assert_array_equal(found(photograph), -other(photograph))


@pytest.mark.parametrize(
    ("body", "got"),
    [
        ("map = Identity (image)", r"\(1, 3, 9, 10\)"),
        ("map = ReduceMean <axes = [1, 2, 3], keepdims = 0> (image)", r"\(1,\)"),
        ("s = Constant <value_ints = [3, 9, 10]> () map = Reshape (image, s)", r"\(3, 9, 10\)"),
        ("s = Constant <value_ints = [1, 1, 3, 9, 10]> () map = Reshape (image, s)", r"\(1, 1, 3"),
    ],
)
def test_an_output_of_another_shape_is_no_map(net, body, got):
    model = OnnxModel(network(net, body, IMAGE, "float[] map"), channel_order="rgb")
    with pytest.raises(
        ValueError, match=rf"net\.onnx: the output map must be \(1, 1, .* got {got}"
    ):
        model(np.zeros((9, 10, 3)))


# --- what cannot be opened ---------------------------------------------------


def test_what_is_no_network_is_refused_by_name(tmp_path, net):
    with pytest.raises(
        ValueError, match=r"net\.onnx: a network \(\.onnx\) was .* found nothing; c"
    ):
        OnnxModel(net)
    with pytest.raises(ValueError, match=r"a network \(\.onnx\) was expected, found a folder; ch"):
        OnnxModel(tmp_path)
    whole = network(net.with_name("whole.onnx"), MEAN).read_bytes()
    for junk in (b"", b"a photograph", whole[: len(whole) // 2]):
        net.write_bytes(junk)
        with pytest.raises(
            ValueError, match=r"net\.onnx: a network in ONNX was .* damaged or else"
        ):
            OnnxModel(net)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"opset": 99}, r"opset \d\d or less was expected by ONNX .*, got 99; update onnxruntime"),
        ({"ir": 99}, r"IR version \d\d or less was .*, got 99; update onnxruntime, or save"),
        ({"body": "map = Glow (image)"}, r"operators of .* found Glow, which it lacks; export"),
        ({"body": "map = mine.Glow (image)", "domain": "mine"}, r"operators .* found mine:?.*Glow"),
    ],
)  # fmt: skip
def test_what_the_runtime_lacks_is_told_in_a_sentence(net, options, message, capfd):
    with pytest.raises(ValueError, match=rf"net\.onnx: {message}") as caught:
        OnnxModel(network(net, **options), channel_order="rgb")
    assert len(str(caught.value)) < 300 + len(str(net))
    assert capfd.readouterr().err == ""


def test_weights_in_a_file_beside_are_read_and_missed(net, photograph):
    model = OnnxModel(center_surround(net), channel_order="rgb")
    wanted = model(photograph)
    onnx.save(onnx.load(net), net, save_as_external_data=True, location="net.bin", size_threshold=0)
    np.testing.assert_array_equal(OnnxModel(net, channel_order="rgb")(photograph), wanted)
    net.with_name("net.bin").unlink()
    with pytest.raises(ValueError, match=r"net\.onnx: its weights are in another file, .*net\.bin"):
        OnnxModel(net, channel_order="rgb")


def test_without_onnx_runtime_the_error_has_the_line_that_installs_it(net, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(
        ImportError, match=r'onnxruntime, .* run: .* -m pip install "psysal\[onnx\]"'
    ):
        OnnxModel(center_surround(net), channel_order="rgb")


# --- where models are used ---------------------------------------------------


@pytest.fixture
def spots(tmp_path, rng):
    """A set of three photographs, each with a spot that people looked at."""
    rows = ["image,x,y"]
    for i in range(3):
        x, y = 12 + 9 * i, 28 - 8 * i
        pixels = np.full((40, 50 + i, 3), 90, np.uint8)
        pixels[y - 1 : y + 2, x - 1 : x + 2] = 250
        Image.fromarray(pixels).save(tmp_path / f"{i}.png")
        rows.append(f"{i}.png,{x},{y}")
    (tmp_path / "seen.csv").write_text("\n".join(rows))
    (tmp_path / "dataset.toml").write_text('images = "*.png"\nfixations = "seen.csv"')
    return tmp_path


def test_a_network_is_evaluated_as_other_models_are(spots, net, monkeypatch):
    center_surround(net, channel_order="rgb")
    model = OnnxModel(net)
    compared = psysal.api.comparison(["uniform", model, f"onnx:{net}"], spots, metrics=["auc"])
    scores = compared.scores(threads=2).set_index(["model", "image"])
    assert not scores["problem"].any()
    values = scores["value"].groupby("model").mean()
    assert list(values.index) == ["net.onnx", f"onnx:{net}", "uniform"]
    assert values["net.onnx"] == values[f"onnx:{net}"] > 0.99
    assert model.fingerprint in compared.description()["models"]["net.onnx"]
    monkeypatch.chdir(spots)
    table = psysal.evaluate("onnx:net.onnx", spots, metrics=["auc"])
    assert (table.model[0], table["mean"][0]) == ("net.onnx", values["net.onnx"])


def test_a_checkpoint_notices_a_network_that_changed(spots, net):
    center_surround(net, channel_order="rgb")
    checkpoint = spots / "scores.jsonl"

    def auc():
        return psysal.evaluate(f"onnx:{net}", spots, metrics=["auc"], checkpoint=checkpoint)[
            "mean"
        ][0]

    assert auc() == auc() > 0.99
    network(net, "map = Neg (image)", GREY)
    assert auc() < 0.1


def test_the_command_line_takes_networks_that_tell_everything(spots, net):
    center_surround(net, channel_order="rgb")
    out = spots / "out"
    arguments = ["map", str(spots / "0.png"), "-o", str(out), "--format", "npy"]
    done = CliRunner().invoke(app, [*arguments, "--model", f"onnx:{net}"])
    assert done.exit_code == 0, done.output
    found = np.load(out / "0.npy")
    row, col = np.unravel_index(found.argmax(), found.shape)
    assert max(abs(row - 28), abs(col - 12)) <= 1
    assert json.loads((out / "0.json").read_text())["model"] == f"onnx:{net}"
    center_surround(net)
    for wrong, message in {
        f"onnx:{net}": "the order of its color channels must be known",
        f"onnx:{net}x": "a network (.onnx) was expected, found nothing",
    }.items():
        refused = CliRunner().invoke(app, [*arguments, "--overwrite", "--model", wrong])
        assert refused.exit_code == 2
        assert message in " ".join(refused.output.replace("│", " ").split())
    with pytest.raises(ValueError, match=r"has no tuning in degrees, got ppd=30; leave ppd out"):
        psysal.saliency(spots / "0.png", model=f"onnx:{net}", ppd=30)
    with pytest.raises(ValueError, match=r"model must be one of otazu2008, otazu2010, got 'onnx:"):
        psysal.perceive(spots / "0.png", model=f"onnx:{net}")
