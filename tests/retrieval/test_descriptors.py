"""Local descriptors and encodings: where they are, what they say, and what they refuse."""

import numpy as np
import pytest
import skimage.data
from skimage.feature import fisher_vector
from sklearn.base import clone
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

import psysal
from psysal.retrieval import (
    DenseSift,
    FisherVector,
    GeneralizedMax,
    GlobalDescriptor,
    KeypointSift,
    LocalDescriptors,
    Sum,
    Vlad,
    power_normalized,
    saliency_at,
)


@pytest.fixture(scope="module")
def coffee():
    return np.ascontiguousarray(skimage.data.coffee()[:300, 100:500])


@pytest.fixture(scope="module")
def sift(coffee):
    return DenseSift()(coffee)


# --- local descriptors -------------------------------------------------------


@pytest.mark.parametrize("extract", [DenseSift(), KeypointSift()], ids=["dense", "keypoint"])
def test_rootsift_has_unit_length_and_squares_to_sift(coffee, extract):
    root = extract(coffee)
    plain = type(extract)(root=False)(coffee)
    assert len(root) == len(plain) > 100
    assert root.values.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(root.values, axis=1), 1, rtol=1e-5)
    share = plain.values / plain.values.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(root.values**2, share, atol=1e-6)


def test_patches_of_a_grid_lie_in_the_image_half_a_width_apart(coffee):
    found = DenseSift(width=20, scales=3, contrast=0)(coffee)
    assert np.unique(found.width) == pytest.approx([20, 20 * 2**0.5, 40])
    for at, size in ((found.x, 400), (found.y, 300)):
        assert (at - found.width / 2 >= 0).all()
        assert (at + found.width / 2 <= size).all()
        first = np.unique(at[found.width == 20])
        np.testing.assert_allclose(np.diff(first), 10)
        assert first[0] + first[-1] == pytest.approx(size)  # as far from either end


def test_a_patch_at_twice_the_scale_sees_what_the_shrunken_image_shows(coffee):
    import cv2

    half = cv2.resize(coffee, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    small = DenseSift(width=24, scales=1, contrast=0)(half)
    found = DenseSift(width=24, scales=3, contrast=0)(coffee)
    large = found.values[found.width == 48]
    assert small.values.shape == large.shape
    likeness = (small.values * large).sum(axis=1)
    assert np.median(likeness) > 0.97


def test_a_mirrored_image_has_its_descriptors_at_mirrored_places():
    image = np.zeros((64, 64), np.uint8)
    image[20:30, 8:20] = 255
    found, turned = (DenseSift(scales=1)(p) for p in (image, image[:, ::-1]))
    assert {(x, y) for x, y in zip(found.x, found.y, strict=True)} == {
        (64 - x, y) for x, y in zip(turned.x, turned.y, strict=True)
    }


def test_only_patches_with_contrast_are_described():
    """On the left a flaw of one code, as of a JPEG, which SIFT would blow up to full length."""
    image = np.full((100, 200), 128, np.uint8)
    image[::10, ::10] += 1
    image[:, 100:] += np.random.default_rng(0).integers(0, 60, (100, 100), dtype=np.uint8)
    found = DenseSift(scales=1)(image)
    assert len(found)
    assert (found.x + found.width / 2 > 100).all()
    assert len(DenseSift(scales=1, contrast=0)(image)) > len(found)


@pytest.mark.parametrize("extract", [DenseSift(), KeypointSift()], ids=["dense", "keypoint"])
@pytest.mark.parametrize("shape", [(200, 300), (200, 300, 3), (1, 1), (9, 500)])
def test_a_flat_image_has_no_descriptors(extract, shape):
    found = extract(np.full(shape, 77, np.uint8))
    assert found.values.shape == (0, 128)
    assert len(found) == 0
    assert found.x.shape == found.y.shape == found.width.shape == (0,)
    assert saliency_at(np.ones(shape[:2]), found).shape == (0,)


def test_8_bits_16_bits_and_floats_say_the_same(coffee):
    found = DenseSift()(coffee).values
    np.testing.assert_array_equal(DenseSift()(coffee / 255).values, found)
    np.testing.assert_array_equal(DenseSift()(coffee.astype(np.uint16) * 257).values, found)


def test_keypoints_follow_a_turned_image(coffee):
    found, turned = KeypointSift()(coffee), KeypointSift()(np.rot90(coffee))
    likeness = (found.values @ turned.values.T).max(axis=1)
    assert (likeness > 0.95).mean() > 0.7
    upright = DenseSift()(coffee).values @ DenseSift()(np.rot90(coffee)).values.T
    assert (upright.max(axis=1) > 0.95).mean() < 0.3


def test_no_more_keypoints_than_asked_for(coffee):
    assert len(KeypointSift(count=50)(coffee)) in (50, 51)  # of two at one place OpenCV keeps both
    assert len(KeypointSift(contrast=0.1)(coffee)) < len(KeypointSift()(coffee))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DenseSift(width=4), "width must be at least 8, got 4"),
        (lambda: DenseSift(step=0), "step must be at least 0.05, got 0"),
        (lambda: DenseSift(scales=0), "scales must be at least 1, got 0"),
        (lambda: DenseSift(contrast=float("nan")), "contrast must be at least 0, got nan"),
        (lambda: KeypointSift(count=-1), "count must not be negative, got -1"),
    ],
)
def test_parameters_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# --- saliency at descriptors -------------------------------------------------


def test_saliency_at_a_patch_is_the_mean_of_the_map_over_it(coffee, sift):
    saliency = psysal.Murray2011()(coffee)
    found = saliency_at(saliency, sift)
    for n in range(0, len(sift), 97):
        half = sift.width[n] / 2
        rows = slice(round(float(sift.y[n] - half)), round(float(sift.y[n] + half)))
        cols = slice(round(float(sift.x[n] - half)), round(float(sift.x[n] + half)))
        assert found[n] == pytest.approx(saliency[rows, cols].mean(dtype=float), rel=1e-9)


def test_keypoints_whose_patch_leaves_the_image_have_the_mean_of_what_is_inside():
    place = {"x": np.array([0.0, 9.9]), "y": np.array([0.0, 5.0]), "width": np.array([8.0, 0.1])}
    local = LocalDescriptors(np.ones((2, 128), np.float32), **place, shape=(10, 10))
    saliency = np.arange(100.0).reshape(10, 10)
    np.testing.assert_allclose(saliency_at(saliency, local), [saliency[:4, :4].mean(), 59])


@pytest.mark.parametrize(
    ("saliency", "message"),
    [
        (np.ones((3, 4)), r"saliency must be a map of the image, \(300, 400\), got \(3, 4\)"),
        (np.full((300, 400), -1.0), "saliency must not be negative, got -1; clip it at 0"),
        (np.full((300, 400), np.nan), "saliency must be finite"),
        (np.ones((300, 400, 3)), r"saliency must be \(rows, cols\)"),
    ],
)
def test_what_is_no_map_of_the_image_is_refused(sift, saliency, message):
    with pytest.raises(ValueError, match=message):
        saliency_at(saliency, sift)


# --- encodings ---------------------------------------------------------------


@pytest.fixture(scope="module")
def fisher(sift):
    return FisherVector(4, pca=8).fit(sift.values)


def test_the_average_of_encodings_is_the_fisher_vector_of_scikit_image(sift):
    ours = FisherVector(5, pca=None, unit=False).fit(sift.values[:, :12])
    mixture = GaussianMixture(5, covariance_type="diag")
    mixture.weights_, mixture.means_ = ours.weights_, ours.means_
    mixture.covariances_ = ours.deviations_**2
    mixture.precisions_cholesky_ = 1 / ours.deviations_
    x = sift.values[:, :12].astype(float)
    theirs = fisher_vector(x, mixture)[5:]  # theirs begins with the gradient by the priors,
    theirs[60:] *= -1  # and its second half is that by -sigma, which no inner product sees
    mean = ours.transform(x).mean(axis=0, dtype=float)
    np.testing.assert_allclose(mean, theirs, atol=2e-6 * abs(theirs).max())


def test_a_fisher_vector_by_hand():
    """One Gaussian: (x - mu) / sigma, then (u**2 - 1) / sqrt(2)."""
    x = np.array([[0.0], [2.0], [4.0]])
    encoder = FisherVector(1, pca=None, unit=False).fit(x)
    u = (x - 2) / np.sqrt(8 / 3)
    expected = np.hstack([u, (u**2 - 1) / np.sqrt(2)])
    np.testing.assert_allclose(encoder.transform(x), expected, atol=1e-5)


def test_a_vlad_by_hand():
    x = np.array([[0.0, 0.0], [2.0, 0.0], [10.0, 1.0], [10.0, 3.0]])
    encoder = Vlad(2, pca=None, unit=False).fit(x)
    found = encoder.transform(x)
    blocks = found if encoder.means_[0, 0] < 5 else np.roll(found, 2, axis=1)
    np.testing.assert_allclose(blocks, [[-1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, -1], [0, 0, 0, 1]])


def test_k_means_of_many_threads_is_the_same_to_the_last_bit(sift):
    with threadpool_limits(4, user_api="openmp"):
        assert len({Vlad(4, pca=8).fit(sift.values).fingerprint for _ in range(20)}) == 1


@pytest.mark.parametrize("kind", [FisherVector, Vlad])
def test_encodings_have_unit_length_and_come_out_the_same_again(kind, sift):
    first, again = (kind(4, pca=8).fit(sift.values).transform(sift.values) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, rtol=1e-5)
    assert first.dtype == np.float32
    assert first.shape[1] == {FisherVector: 64, Vlad: 32}[kind]


def test_no_number_of_an_encoding_is_so_small_that_products_are_slow(sift):
    found = FisherVector.learned().transform(sift.values)
    least = abs(found[found != 0]).min()
    assert float(least) ** 2 > np.finfo(np.float32).tiny


def test_a_descriptor_of_zeros_and_none_are_encoded_too(fisher):
    assert fisher.transform(np.zeros((1, 128))).shape == (1, 64)
    assert fisher.transform(np.zeros((0, 128))).shape == (0, 64)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda f: f.transform(np.full((2, 128), np.nan)), "NaN"),
        (lambda f: f.transform(np.ones((2, 64))), "expecting 128 features"),
        (lambda f: clone(f).fit(np.ones((3, 128))), "pca must be 1 to 3"),
        (lambda f: FisherVector(9, pca=None).fit(np.eye(3)), "n_samples"),
        (lambda f: FisherVector(pca=None, whiten=True).fit(np.eye(3)), "whiten needs principal"),
        (lambda f: Vlad(9, pca=None).fit(np.eye(3)), "n_samples"),
        (lambda f: clone(f).transform(np.ones((2, 128))), "not fitted"),
    ],
)
def test_descriptors_that_cannot_be_learned_from_or_encoded_are_refused(fisher, make, message):
    with pytest.raises(ValueError, match=message):
        make(fisher)


@parametrize_with_checks(
    [FisherVector(2, pca=1), Vlad(2, pca=1), FisherVector(2, pca=1, whiten=True)]
)
def test_estimators_keep_the_conventions_of_scikit_learn(estimator, check):
    check(estimator)


def test_estimators_work_in_pipelines(sift):
    pipeline = make_pipeline(Normalizer(), FisherVector(2, pca=4)).fit(sift.values)
    assert pipeline.transform(sift.values).shape == (len(sift), 16)
    assert pipeline.get_params()["fishervector__pca"] == 4


# --- one vector an image -----------------------------------------------------


def test_the_vector_of_an_image_is_its_steps_one_after_the_other(coffee):
    encoder, model = FisherVector.learned(), psysal.Murray2011()
    local = DenseSift()(coffee)
    weights = saliency_at(model(coffee), local)
    by_hand = power_normalized(GeneralizedMax(2.0)(encoder.transform(local.values), weights))
    found = GlobalDescriptor(pooling=GeneralizedMax(2.0), model=model)(coffee)
    np.testing.assert_array_equal(found, by_hand)
    assert found.shape == (1024,)
    assert found.dtype == np.float32


@pytest.mark.parametrize("lam", [0.3, 3.0, 100.0])
@pytest.mark.parametrize("rows", [slice(None), slice(0, None, 3)], ids=["N > D", "N < D"])
def test_all_ways_to_pool_fisher_vectors_of_a_photograph_agree(sift, lam, rows):
    x = FisherVector.learned().transform(sift.values)[rows].astype(float)
    weights = np.linspace(0, 2, len(x))
    assert (len(x) > x.shape[1]) == (rows.step is None)
    ways = [GeneralizedMax(lam, solver)(x, weights) for solver in ("primal", "dual", "cg", None)]
    for other in ways[1:]:
        assert np.linalg.norm(other - ways[0]) < 1e-10 * np.linalg.norm(ways[0])


def test_a_uniform_map_changes_nothing_and_a_map_below_zero_is_shifted(coffee):
    plain = GlobalDescriptor()(coffee)
    uniform = GlobalDescriptor(model=psysal.Uniform())(coffee)
    np.testing.assert_allclose(uniform, plain, atol=1e-5)
    log = GlobalDescriptor(
        model=lambda pixels, threads: np.log(np.indices((300, 400))[1] + 1.0) - 9
    )
    moved = GlobalDescriptor(model=lambda pixels, threads: np.log(np.indices((300, 400))[1] + 1.0))
    np.testing.assert_allclose(log(coffee), moved(coffee), atol=1e-5)


def test_descriptors_of_a_network_are_pooled_and_compared_likewise():
    features = np.random.default_rng(0).standard_normal((14 * 14, 64)).astype(np.float32)
    for pooling in (Sum(), GeneralizedMax(10.0)):
        assert power_normalized(pooling(features)).shape == (64,)


@pytest.mark.parametrize("shape", [(50, 60), (8, 8, 3), (1, 2000)])
@pytest.mark.parametrize("model", [None, psysal.Murray2011()], ids=["equal", "murray2011"])
def test_a_flat_image_is_like_no_other(shape, model):
    assert not GlobalDescriptor(model=model)(np.full(shape, 200, np.uint8)).any()


def test_a_large_image_is_reduced_and_a_small_one_is_not(coffee):
    import cv2

    large = cv2.resize(coffee, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    describe = GlobalDescriptor(pixels=120_000)
    assert describe(large) @ describe(coffee) > 0.9
    np.testing.assert_array_equal(describe(coffee), GlobalDescriptor(pixels=10**9)(coffee))


def test_the_fingerprint_tells_one_way_from_another():
    ways = [
        GlobalDescriptor(),
        GlobalDescriptor(local=DenseSift(width=16)),
        GlobalDescriptor(pooling=GeneralizedMax(2.0)),
        GlobalDescriptor(model=psysal.Murray2011()),
        GlobalDescriptor(encoder=FisherVector(2, pca=2).fit(np.eye(128))),
        GlobalDescriptor(pixels=1000),
    ]
    assert len({way.fingerprint for way in ways}) == len(ways)
    assert GlobalDescriptor().fingerprint == GlobalDescriptor().fingerprint
