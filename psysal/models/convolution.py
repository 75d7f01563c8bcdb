"""Convolutions within a readout: units -> mean of 2 x 2 -> residual 3 x 3 -> logits.

Place in the pipeline: units of a readout -> [convolution] -> added to its logits.  Each
convolution sees twice as far as the one before; its softplus is added to what it read.
Borders repeat the edge.  All of it is linear but for the softplus, and so is its gradient:
means and enlarging are matrices from both sides, a convolution is nine shifted products.

References
----------
He, Zhang, Ren & Sun (2016), doi:10.1109/CVPR.2016.90 (residual convolutions); Yu & Koltun
(2016), arXiv:1511.07122 (dilation).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from psysal._typing import Array
from psysal.vision.resize import taps

__all__ = ["Body", "BodyTape", "body_gradient", "run_body", "softplus"]

SIDE = 3  # of a kernel
LN2 = np.log(2)  # softplus of 0


@dataclass(frozen=True, eq=False)
class Body:
    """Residual convolutions, and the weights of their result in the logits.

    Parameters
    ----------
    kernels : array_like, (steps, units, units, 3, 3)
        Kernels by their result and by what they read; step n has its samples 2**n apart.
    bias : array_like, (steps, units)
    out : array_like, (units,)
    """

    kernels: Array
    bias: Array
    out: Array


class BodyTape(NamedTuple):
    """Intermediates of :func:`run_body` that :func:`body_gradient` needs.

    Attributes
    ----------
    grid : tuple of int
        Rows and columns of the logits.
    columns : list of ndarray, (9 * units, pixels)
        What each convolution read.
    slopes : list of ndarray, (units, pixels)
        Slope of its softplus.
    result : ndarray, (units, rows, cols)
        Result of the last.
    """

    grid: tuple[int, ...]
    columns: list[Array]
    slopes: list[Array]
    result: Array


def run_body(body: Body, units: Array) -> tuple[BodyTape, Array]:
    """Logits of convolutions, and the intermediates for their gradient.

    Parameters
    ----------
    body : Body
    units : ndarray, (units, rows, cols)

    Returns
    -------
    tape : BodyTape
    logits : ndarray, (rows, cols)

    Examples
    --------
    >>> body = Body(np.zeros((1, 1, 1, 3, 3)), np.zeros((1, 1)), np.ones(1))
    >>> run_body(body, np.full((1, 4, 6), 2.0))[1].mean()
    np.float64(2.0)
    """
    grid, kind = units.shape[1:], units.dtype
    down, across = (_halving(length, kind) for length in grid)
    flow = down @ (units @ across.T)
    tape = BodyTape(grid, [], [], flow)
    for step, (kernel, bias) in enumerate(zip(body.kernels, body.bias, strict=True)):
        columns = _neighbors(flow, 2**step)
        sums = kernel.transpose(0, 2, 3, 1).reshape(len(kernel), -1) @ columns + bias[:, None]
        active = softplus(sums)
        tape.columns.append(columns)
        tape.slopes.append(1 - np.exp(-active))
        flow = flow + (active - kind.type(LN2)).reshape(flow.shape)
    small = np.tensordot(body.out, flow, 1)
    up, wide = (_enlarging(s, n, kind) for s, n in zip(small.shape, grid, strict=True))
    return tape._replace(result=flow), up @ (small @ wide.T)


def body_gradient(body: Body, tape: BodyTape, d: Array) -> tuple[Array, Array]:
    """Gradient of ``sum(logits * d)``.

    Parameters
    ----------
    body : Body
    tape : BodyTape
        As :func:`run_body` gives it.
    d : ndarray, (rows, cols)
        Gradient of a loss with respect to the logits.

    Returns
    -------
    parameters : ndarray
        With respect to kernels, bias and out, as one vector.
    units : ndarray, (units, rows, cols)
        With respect to the units.
    """
    kind, shape = d.dtype, tape.result.shape
    up, wide = (_enlarging(s, n, kind) for s, n in zip(shape[1:], tape.grid, strict=True))
    small = up.T @ (d @ wide)
    by_out = np.tensordot(tape.result, small, 2)
    flow = body.out[:, None, None] * small
    by_kernels, by_bias = np.empty_like(body.kernels), np.empty_like(body.bias)
    for step in reversed(range(len(body.kernels))):
        slope = flow.reshape(len(flow), -1) * tape.slopes[step]
        by_bias[step] = slope.sum(1)
        product = (slope @ tape.columns[step].T).reshape(len(flow), SIDE, SIDE, -1)
        by_kernels[step] = product.transpose(0, 3, 1, 2)
        kernel = body.kernels[step].transpose(0, 2, 3, 1).reshape(len(flow), -1)
        flow = flow + _neighbors_adjoint(kernel.T @ slope, shape, 2**step)
    down, across = (_halving(length, kind) for length in tape.grid)
    parameters = np.concatenate([by_kernels.ravel(), by_bias.ravel(), by_out])
    return parameters, down.T @ (flow @ across)


def softplus(sums: ArrayLike) -> Array:
    """Smooth ramp, log(1 + exp(x)).

    Parameters
    ----------
    sums : array_like

    Returns
    -------
    ndarray
    """
    result: Array = np.maximum(sums, 0) + np.log1p(np.exp(-np.abs(sums)))
    return result


def _neighbors(planes: Array, step: int) -> Array:
    """The nine neighbors of every pixel, ``step`` apart: (9 * units, pixels), place first."""
    count, rows, cols = planes.shape
    padded = np.pad(planes, ((0, 0), (step, step), (step, step)), mode="edge")
    columns = np.empty((SIDE, SIDE, count, rows, cols), planes.dtype)
    for i, j in np.ndindex(SIDE, SIDE):
        columns[i, j] = padded[:, i * step : i * step + rows, j * step : j * step + cols]
    return columns.reshape(SIDE * SIDE * count, -1)


def _neighbors_adjoint(columns: Array, shape: tuple[int, ...], step: int) -> Array:
    """Adjoint of :func:`_neighbors`: every neighbor's share, summed by pixel."""
    count, rows, cols = shape
    parts = columns.reshape(SIDE, SIDE, count, rows, cols)
    padded = np.zeros((count, rows + 2 * step, cols + 2 * step), columns.dtype)
    for i, j in np.ndindex(SIDE, SIDE):
        padded[:, i * step : i * step + rows, j * step : j * step + cols] += parts[i, j]
    padded[:, step] += padded[:, :step].sum(1)
    padded[:, -step - 1] += padded[:, -step:].sum(1)
    padded[:, :, step] += padded[:, :, :step].sum(2)
    padded[:, :, -step - 1] += padded[:, :, -step:].sum(2)
    return padded[:, step:-step, step:-step]


@lru_cache(maxsize=64)
def _halving(length: int, kind: "np.dtype[np.floating]") -> Array:
    """Matrix of the means of two neighbors; the last of an odd number stays alone."""
    matrix = np.kron(np.eye(-(-length // 2)), [0.5, 0.5])[:, :length]
    return (matrix / matrix.sum(1, keepdims=True)).astype(kind)


@lru_cache(maxsize=64)
def _enlarging(length: int, target: int, kind: "np.dtype[np.floating]") -> Array:
    """Matrix of linear interpolation from ``length`` samples to ``target``."""
    places, weights = taps(length, target, "linear")
    matrix = np.zeros((target, length))
    np.add.at(matrix, (np.arange(target)[:, None], places), weights)
    return matrix.astype(kind)
