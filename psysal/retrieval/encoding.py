"""Encodings: local descriptors become long vectors that can be summed.

Place in the pipeline: descriptors -> [encoding] -> pooling -> index.
Enters: descriptors of any kind, (N, d), one a row.  Leaves: (N, D), a row of unit length for
each, in so many dimensions that frequent and rare descriptors are nearly orthogonal.

A codebook is learned once (``fit``), by scikit-learn: principal components, then a mixture of
Gaussians or k-means.  The estimators follow scikit-learn's conventions.

References
----------
Perronnin, Sanchez & Mensink (2010), Improving the Fisher kernel for large-scale image
classification, doi:10.1007/978-3-642-15561-1_11.
Jegou, Douze, Schmid & Perez (2010), Aggregating local descriptors into a compact image
representation, doi:10.1109/CVPR.2010.5540039.
"""

import hashlib
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from psysal._typing import Array
from psysal.checks import one_of
from psysal.optional import require

require("sklearn")

from sklearn.base import BaseEstimator, TransformerMixin  # noqa: E402
from sklearn.utils.validation import check_is_fitted, validate_data  # noqa: E402

__all__ = ["FisherVector", "Vlad"]

CODEBOOKS: dict[str, tuple[Path, dict[str, Any]]] = {
    "sift": (Path(__file__).with_name("codebook.npz"), {}),
    "columns": (
        Path(__file__).with_name("codebook_columns.npz"),
        {"n_components": 32, "pca": 48, "whiten": True},
    ),
}
"""Codebooks that come with psysal, and the parameters of their encoders."""
BLOCK = 2**15  # numbers in a block of rows that stays in a core's cache
LEAST_POSTERIOR = 1e-6  # smaller ones count as 0: they change nothing, and their sums are slow
STARTS = 3  # initializations of k-means; the best result is kept


class _Codebook(TransformerMixin, BaseEstimator):
    """Base of both encodings: principal components, checks, blocks, unit length."""

    pca: int | None
    whiten: bool
    unit: bool
    random_state: int | None
    LEARNED: tuple[str, ...]

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Learn the codebook from descriptors of many images.

        Parameters
        ----------
        X : array_like, (N, d)
            Finite; some hundred for every Gaussian or mean.
        y : object, optional
            Not used; scikit-learn's pipelines pass it.

        Returns
        -------
        FisherVector or Vlad
            The estimator itself.

        Raises
        ------
        ValueError
            A parameter is out of range, or there are fewer descriptors than Gaussians, means
            or principal components.
        """
        from sklearn.decomposition import PCA

        x = validate_data(self, X, dtype=[np.float64, np.float32])
        if self.pca is None:
            if self.whiten:
                raise ValueError(
                    "whiten needs principal components, got pca=None; give their number"
                )
            self.mean_ = np.zeros(x.shape[1])
            self.components_ = np.eye(x.shape[1])
        else:
            if not 1 <= self.pca <= min(x.shape):
                raise ValueError(
                    f"pca must be 1 to {min(x.shape)}, as the descriptors are {x.shape}, "
                    f"got {self.pca!r}"
                )
            axes = PCA(self.pca, random_state=self.random_state).fit(x)
            if self.whiten:
                deviation = np.sqrt(axes.explained_variance_)  # NaN of a single descriptor
                axes.components_ /= np.fmax(deviation, np.finfo(x.dtype).eps)[:, None]
            self.mean_, self.components_ = axes.mean_, axes.components_
        limits = require("threadpoolctl").threadpool_limits
        with limits(1, user_api="openmp"):  # sums of k-means by threads differ in the last bit
            self._learn(self._projected(x))
        return self

    def transform(self, X: ArrayLike) -> Array:
        """Encode every descriptor.

        Parameters
        ----------
        X : array_like, (N, d)
            Finite, d as in ``fit``; no descriptors are (0, d).

        Returns
        -------
        ndarray, (N, D)
            float32 if ``X`` is, else float64.

        Raises
        ------
        ValueError
            ``X`` has another d or values that are not finite, or nothing was learned yet.
        """
        check_is_fitted(self)
        x = validate_data(
            self, X, reset=False, ensure_min_samples=0, dtype=[np.float64, np.float32]
        )
        out = np.empty((len(x), self.n_features_out_), x.dtype)
        step = max(1, BLOCK // self.n_features_out_)
        for start in range(0, len(x), step):
            at = slice(start, start + step)
            encoded = self._encoded(self._projected(x[at]))
            out[at] = _units(encoded) if self.unit else encoded
        return out

    @property
    def fingerprint(self) -> str:
        """Digest of the learned arrays."""
        arrays = (getattr(self, name) for name in self.LEARNED)
        return hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest()[:16]

    def _projected(self, x: Array) -> Array:
        """Principal components of descriptors, (N, d')."""
        components: Array = (x - self.mean_) @ self.components_.T
        return _units(components) if self.whiten else components

    def _learn(self, x: Array) -> None:
        """Set the learned attributes from principal components, (N, d')."""
        raise NotImplementedError

    def _encoded(self, x: Array) -> Array:
        """Encodings, (N, D), of principal components, (N, d'); a block at a time."""
        raise NotImplementedError

    @property
    def n_features_out_(self) -> int:
        """Length of an encoding, D."""
        raise NotImplementedError


class FisherVector(_Codebook):
    """Fisher vector: gradient of each descriptor's log likelihood in a mixture of Gaussians.

    Parameters
    ----------
    n_components : int
        Number of Gaussians, K, with diagonal covariances.
    pca : int, optional
        Number of principal components, d', that stand for a descriptor; None keeps all d
        numbers as they are.
    whiten : bool
        Divide principal components by their standard deviations, and then by the length of
        what they are for a descriptor.
    unit : bool
        Divide every encoding by its length, so that common descriptors and those far from
        all Gaussians weigh the same in a pooling. Without, the average over an image is the
        Fisher vector of Perronnin et al.
    random_state : int, optional
        Seed; the same one gives the same codebook.

    Attributes
    ----------
    mean_, components_ : ndarray, (d,) and (d', d)
        Mean and principal axes of the descriptors.
    weights_, means_, deviations_ : ndarray, (K,), (K, d') and (K, d')
        Priors, means and standard deviations of the Gaussians.

    Notes
    -----
    For posteriors q_k(x), with u_k = (x - mu_k) / sigma_k, an encoding is
    q_k u_k / sqrt(pi_k) for all k, then q_k (u_k**2 - 1) / sqrt(2 pi_k): D = 2 K d'.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal([[0, 0]] * 500 + [[9, 9]] * 500)
    >>> FisherVector(2, pca=None, unit=False).fit(x).transform(x).mean(axis=0).shape
    (8,)
    """

    LEARNED = ("mean_", "components_", "weights_", "means_", "deviations_")

    def __init__(
        self,
        n_components: int = 16,
        *,
        pca: int | None = 32,
        whiten: bool = False,
        unit: bool = True,
        random_state: int | None = 0,
    ) -> None:
        self.n_components = n_components
        self.pca = pca
        self.whiten = whiten
        self.unit = unit
        self.random_state = random_state

    @classmethod
    def learned(cls, kind: str = "sift") -> Self:
        """Encoder with a codebook that comes with psysal.

        Learned by ``benchmarks/make/learn_codebook.py``.

        Parameters
        ----------
        kind : "sift" or "columns"
            For :class:`DenseSift`'s RootSIFT, from the 67 photographs of Interiors (Bujia et
            al. 2022); or for :class:`Columns` of the layers "l2" and "l3" of the network
            "deep", from the 500 of EyeCrowd (Jiang et al. 2014).

        Returns
        -------
        FisherVector
            A fitted one: 16 Gaussians in 32 dimensions, D = 1024; or 32 in 48, D = 3072.

        Raises
        ------
        ValueError
            There is no such codebook.
        """
        one_of("kind", kind, CODEBOOKS)
        path, parameters = CODEBOOKS[kind]
        encoder = cls(**parameters)
        with np.load(path) as arrays:
            for name in cls.LEARNED:
                setattr(encoder, name, arrays[name].astype(np.float64))
        encoder.n_features_in_ = len(encoder.mean_)
        return encoder

    def _learn(self, x: Array) -> None:
        from sklearn.mixture import GaussianMixture

        mixture = GaussianMixture(
            self.n_components, covariance_type="diag", random_state=self.random_state
        ).fit(x)
        self.weights_, self.means_ = mixture.weights_, mixture.means_
        self.deviations_ = np.sqrt(mixture.covariances_)

    def _encoded(self, x: Array) -> Array:
        precise = 1 / self.deviations_
        shifted = self.means_ * precise
        log = x @ (shifted * precise).T - x**2 @ (precise**2).T / 2
        log += np.log(self.weights_) + np.log(precise).sum(axis=1) - (shifted**2).sum(axis=1) / 2
        log -= log.max(axis=1, keepdims=True)
        q = np.exp(log, out=log)
        q /= q.sum(axis=1, keepdims=True)
        q[q < LEAST_POSTERIOR] = 0
        u = x[:, None] * precise - shifted
        first = u * (q / np.sqrt(self.weights_))[:, :, None]
        second = (u * u - 1) * (q / np.sqrt(2 * self.weights_))[:, :, None]
        return np.concatenate([first, second], axis=1).reshape(len(x), -1)

    @property
    def n_features_out_(self) -> int:
        """Length of an encoding, D."""
        return 2 * self.means_.size


class Vlad(_Codebook):
    """VLAD: difference of each descriptor from the nearest of k means.

    Parameters
    ----------
    n_clusters : int
        Number of means, K.
    pca : int, optional
        Number of principal components, d', that stand for a descriptor; None keeps all d
        numbers as they are.
    whiten : bool
        Divide principal components by their standard deviations, and then by the length of
        what they are for a descriptor.
    unit : bool
        Divide every encoding by its length. Without, the sum over an image is the VLAD of
        Jegou et al.
    random_state : int, optional
        Seed; the same one gives the same codebook.

    Attributes
    ----------
    mean_, components_ : ndarray, (d,) and (d', d)
        Mean and principal axes of the descriptors.
    means_ : ndarray, (K, d')
        Centers of the clusters.

    Notes
    -----
    An encoding is x - mu_k at the nearest mean k and 0 at all others: D = K d'.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal([[0, 0]] * 500 + [[9, 9]] * 500)
    >>> Vlad(2, pca=None).fit(x).transform(x).shape
    (1000, 4)
    """

    LEARNED = ("mean_", "components_", "means_")

    def __init__(
        self,
        n_clusters: int = 32,
        *,
        pca: int | None = 32,
        whiten: bool = False,
        unit: bool = True,
        random_state: int | None = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.pca = pca
        self.whiten = whiten
        self.unit = unit
        self.random_state = random_state

    def _learn(self, x: Array) -> None:
        from sklearn.cluster import KMeans

        kmeans = KMeans(self.n_clusters, n_init=STARTS, random_state=self.random_state).fit(x)
        self.means_ = kmeans.cluster_centers_

    def _encoded(self, x: Array) -> Array:
        near = ((self.means_**2).sum(axis=1) / 2 - x @ self.means_.T).argmin(axis=1)
        out = np.zeros((len(x), *self.means_.shape))
        out[np.arange(len(x)), near] = x - self.means_[near]
        return out.reshape(len(x), -1)

    @property
    def n_features_out_(self) -> int:
        """Length of an encoding, D."""
        return int(self.means_.size)


def _units(x: Array) -> Array:
    """Rows divided by their lengths; zeros stay zeros."""
    norm = np.linalg.norm(x, axis=1, keepdims=True)
    units: Array = x / np.where(norm > 0, norm, 1)
    return units
