"""Columns of a network as local descriptors: where they are, what they hold, what they refuse."""

import numpy as np
import onnx
import onnxruntime
import pytest
import skimage.data
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.preprocessing import normalize

import psysal
from psysal.models.front_ends import Network, Psychophysical
from psysal.retrieval import (
    POOLINGS,
    Columns,
    FisherVector,
    GeneralizedMax,
    GlobalDescriptor,
    Vlad,
    power_normalized,
    saliency_at,
)
from psysal.retrieval.columns import SHIPPED_LAYERS


@pytest.fixture(scope="module")
def coffee():
    return np.ascontiguousarray(skimage.data.coffee()[:300, 100:500])


@pytest.fixture(scope="module")
def deep():
    return Network("deep", SHIPPED_LAYERS)


@pytest.fixture(scope="module")
def local(deep, coffee):
    return Columns(deep)(coffee)


def small_network(path, size):
    """Network whose two layers are the color of a pixel, and its mean over 2 x 2 of them."""
    rows, cols = size
    network = onnx.parser.parse_model(f"""
        <ir_version: 8, opset_import: ["" : 17]>
        colors (float[1, 3, {rows}, {cols}] image) => (float[1, 3, r, c] coarse) {{
            fine = Identity (image)
            coarse = AveragePool <kernel_shape = [4, 4], strides = [4, 4]> (fine)
        }}""")
    onnx.helper.set_model_props(network, {"psysal.channel_order": '"rgb"'})
    onnx.save(network, path)
    return Network(path, ["fine", "coarse"])


# --- columns -----------------------------------------------------------------


def test_columns_are_the_layers_as_onnx_runtime_has_them(tmp_path, deep, coffee):
    """Outputs of ONNX Runtime for a picture of the very size; fine ones made smaller by Pillow."""
    picture = coffee[:256, :352]
    network = onnx.load(psysal.models.front_ends._network_path("deep"))
    network.graph.output.extend(onnx.ValueInfoProto(name=name) for name in SHIPPED_LAYERS)
    session = onnxruntime.InferenceSession(network.SerializeToString())
    planes = ((picture - np.float32(127)) / 128).transpose(2, 0, 1)[None]
    fine, coarse = (e[0] for e in session.run(SHIPPED_LAYERS, {"image": planes}))
    smaller = [Image.fromarray(e).resize((22, 16), Image.Resampling.BILINEAR) for e in fine]
    fine = np.array([np.asarray(e) for e in smaller])
    expected = np.hstack([normalize(e.reshape(len(e), -1).T) for e in (fine, coarse)])
    found = Columns(deep, [352])(picture)
    inner = np.pad(np.ones((14, 20), bool), 1).ravel()  # at the border Pillow takes what is there
    np.testing.assert_allclose(found.values[inner], expected[inner], atol=1e-4)
    np.testing.assert_allclose(found.values[:, 40:], expected[:, 40:], atol=1e-4)
    assert found.values.dtype == np.float32
    np.testing.assert_allclose(found.x[:22], np.arange(22) * 16 + 8)
    np.testing.assert_allclose(found.y[::22], np.arange(16) * 16 + 8)
    assert set(found.width) == {16}


def test_columns_of_two_sizes_cover_the_image_twice(local):
    assert len(local) == 22 * 16 + 16 * 12
    assert local.shape == (300, 400)
    for at, size in ((local.x, 400), (local.y, 300)):
        for part in (at[: 22 * 16], at[22 * 16 :]):
            assert part.min() + part.max() == pytest.approx(size, rel=1e-6)
    np.testing.assert_allclose(local.width[-1], 25)
    np.testing.assert_allclose(np.linalg.norm(local.values, axis=1), np.sqrt(2), rtol=1e-5)


def test_a_place_has_the_column_of_what_is_there(tmp_path):
    """Left red, right blue, in a network that hands colors on; of a fixed size, so only once.

    The fine layer is averaged by triangles as wide as two columns, of which an eighth is beyond
    the edge.
    """
    image = np.zeros((8, 16, 3), np.uint8)
    image[:, :8, 0] = image[:, 8:, 2] = 255
    network = small_network(tmp_path / "colors.onnx", (8, 16))
    assert network.fixed_size == (8, 16)
    found = Columns(network)(image)
    fine = normalize([[1, 0, 0], [7, 0, 1], [1, 0, 7], [0, 0, 1]])
    coarse = [[1, 0, 0], [1, 0, 0], [0, 0, 1], [0, 0, 1]]
    np.testing.assert_allclose(found.values, np.tile(np.hstack([fine, coarse]), (2, 1)), atol=1e-6)
    np.testing.assert_array_equal(found.x, [2, 6, 10, 14] * 2)
    np.testing.assert_array_equal(found.y, [2] * 4 + [6] * 4)


@pytest.mark.parametrize("kind", ["grey", "16 bits", "floats"])
def test_columns_are_the_same_of_any_encoding_of_the_same_picture(deep, coffee, kind):
    grey = coffee[:, :, 1]
    same = {"grey": grey, "16 bits": grey.astype(np.uint16) * 257, "floats": grey / 255}[kind]
    columns = Columns(deep, [128])
    np.testing.assert_allclose(
        columns(same).values, columns(np.dstack([grey] * 3)).values, atol=1e-4
    )


@pytest.mark.parametrize("shape", [(50, 60), (8, 8, 3), (1, 2000)])
def test_a_flat_image_has_no_columns_and_is_like_no_other(deep, shape):
    describe = GlobalDescriptor(front_end=deep, model=psysal.Murray2011())
    flat = np.full(shape, 200, np.uint8)
    assert Columns(deep)(flat).values.shape == (0, 120)
    assert not describe(flat).any()


@pytest.mark.parametrize("shape", [(1, 2), (1, 500, 3), (3, 3), (700, 9)])
def test_small_and_narrow_images_have_a_vector(deep, shape):
    image = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    vector = GlobalDescriptor(front_end=deep)(image)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_both_runtimes_give_one_vector(monkeypatch, coffee):
    """Networks are opened anew: OpenCV's, where ONNX Runtime is not installed."""
    vectors = [GlobalDescriptor(front_end=Network("deep", SHIPPED_LAYERS))(coffee)]
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    vectors.append(GlobalDescriptor(front_end=Network("deep", SHIPPED_LAYERS))(coffee))
    np.testing.assert_allclose(*vectors, atol=1e-4)


# --- their encoding ----------------------------------------------------------


@pytest.mark.parametrize("kind", [FisherVector, Vlad])
def test_whitened_components_are_those_of_scikit_learn_at_unit_length(kind, local):
    x = local.values.astype(float)
    ours = kind(2, pca=5, whiten=True).fit(x)
    theirs = normalize(PCA(5, whiten=True, random_state=0).fit(x).transform(x))
    plain = kind(2, pca=None).fit(theirs)
    np.testing.assert_allclose(ours._projected(x), theirs, atol=1e-8)
    np.testing.assert_allclose(ours.transform(x), plain.transform(theirs), atol=1e-4)


def test_the_codebook_of_columns_sees_color(coffee, deep):
    """A grey copy is less like a photograph than one of other brightness."""
    grey = np.dstack([coffee.mean(axis=2).astype(np.uint8)] * 3)
    describe = GlobalDescriptor(front_end=deep)
    brighter = np.minimum(coffee * 1.1, 255).astype(np.uint8)
    assert describe(coffee) @ describe(brighter) > describe(coffee) @ describe(grey) + 0.1


def test_the_codebook_of_columns_has_32_gaussians_in_48_dimensions():
    encoder = FisherVector.learned("columns")
    assert encoder.components_.shape == (48, 120)
    assert encoder.deviations_.shape == (32, 48)
    assert encoder.n_features_out_ == 3072
    assert encoder.weights_.sum() == pytest.approx(1, abs=1e-5)
    with pytest.raises(ValueError, match="kind must be sift or columns, got 'deep'"):
        FisherVector.learned("deep")


# --- one vector an image -----------------------------------------------------


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("exponent", [1.0, 0.5])
def test_the_vector_is_its_steps_one_after_the_other(deep, coffee, local, pooling, exponent):
    pool = POOLINGS[pooling]()
    model = psysal.Murray2011()
    weights = saliency_at(model(coffee), local) ** exponent
    encoded = FisherVector.learned("columns").transform(local.values)
    describe = GlobalDescriptor(front_end=deep, pooling=pool, model=model, exponent=exponent)
    by_hand = power_normalized(pool(encoded, weights))
    np.testing.assert_allclose(describe(coffee), by_hand, atol=1e-5)


def test_by_default_columns_are_pooled_by_generalized_max_with_lam_1(deep):
    assert GlobalDescriptor(front_end=deep).pooling == GeneralizedMax(1.0)
    assert GlobalDescriptor().pooling == GeneralizedMax(3.0)
    assert GlobalDescriptor(front_end=deep).local == Columns(deep, [352, 256])
    assert GlobalDescriptor(front_end=deep, pixels=10).pixels == 10


def test_another_network_takes_an_encoder_of_its_own(tmp_path, coffee):
    network = small_network(tmp_path / "colors.onnx", (32, 64))
    encoder = FisherVector(2, pca=3, whiten=True).fit(Columns(network)(coffee).values)
    assert GlobalDescriptor(front_end=network, encoder=encoder)(coffee).shape == (12,)
    with pytest.raises(ValueError, match="encoder must be given for columns of another network"):
        GlobalDescriptor(front_end=network)


@pytest.mark.parametrize("layers", [["l3"], ["l3", "l2"], ["l2", "l3", "l4"]])
def test_other_layers_take_an_encoder_of_their_own(layers):
    with pytest.raises(ValueError, match="or of other layers than l2 and l3, got none; fit"):
        GlobalDescriptor(front_end=Network("deep", layers))


def test_the_fingerprint_tells_front_ends_sizes_and_exponents_apart(deep):
    ways = [
        GlobalDescriptor(),
        GlobalDescriptor(exponent=0.5),
        GlobalDescriptor(front_end=deep),
        GlobalDescriptor(front_end=deep, exponent=0.5),
        GlobalDescriptor(local=Columns(deep, [352])),
        GlobalDescriptor(front_end=deep, encoder=FisherVector(1, pca=1).fit(np.eye(120))),
    ]
    assert len({way.fingerprint for way in ways}) == len(ways)
    assert GlobalDescriptor(front_end=deep).fingerprint == ways[2].fingerprint


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda n: Columns("deep"), TypeError, "front_end must be a Network, got str; Network"),
        (lambda n: Columns(Psychophysical()), TypeError, "must be a Network, got Psychophysical"),
        (lambda n: Columns(n, []), ValueError, "sizes must be some, got none; 352 and 256"),
        (lambda n: Columns(n, [352, 31]), ValueError, "sizes must be .*32.*, got 31"),
        (lambda n: GlobalDescriptor(front_end="deep"), TypeError, "must be a Network, got str"),
        (
            lambda n: GlobalDescriptor(Columns(n), front_end=n),
            ValueError,
            "local and front_end must not both be given",
        ),
        (
            lambda n: GlobalDescriptor(front_end=n, exponent=0),
            ValueError,
            "exponent must be a positive number, got 0; 1 takes maps as they are",
        ),
    ],
)
def test_what_cannot_be_described_by_is_refused(deep, make, error, message):
    with pytest.raises(error, match=message):
        make(deep)


def test_an_image_is_checked_as_everywhere(deep):
    with pytest.raises(ValueError, match="finite"):
        Columns(deep)(np.full((9, 9), np.nan))
