"""Convolutions within a readout: against SciPy, and their gradient against finite differences."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage
from support import oracles

from psysal.models.convolution import Body, body_gradient, run_body
from psysal.models.readout import Layer, Readout, forward, gradient


def drawn(rng, units=3, steps=3):
    kernels = rng.normal(0, 0.4, (steps, units, units, 3, 3))
    return Body(kernels, rng.normal(size=(steps, units)), rng.normal(size=units))


@pytest.mark.parametrize("grid", [(8, 12), (7, 9), (1, 5), (2, 1)])
def test_convolutions_are_those_of_scipy_on_a_halved_grid(grid, rng):
    body, units = drawn(rng), rng.normal(size=(3, *grid))
    rows, cols = (-(-n // 2) for n in grid)
    flow = np.array([
        [[u[2 * r : 2 * r + 2, 2 * c : 2 * c + 2].mean() for c in range(cols)] for r in range(rows)]
        for u in units
    ])  # fmt: skip
    for step, (kernel, bias) in enumerate(zip(body.kernels, body.bias, strict=True)):
        wide = np.zeros((3, 3, 2 ** (step + 1) + 1, 2 ** (step + 1) + 1))
        wide[:, :, :: 2**step, :: 2**step] = kernel
        sums = np.array([
            sum(ndimage.correlate(flow[i], wide[o, i], mode="nearest") for i in range(3)) + bias[o]
            for o in range(3)
        ])  # fmt: skip
        flow = flow + np.logaddexp(0, sums) - np.log(2)
    small = np.tensordot(body.out, flow, 1)
    places = [(np.arange(n) + 0.5) * m / n - 0.5 for n, m in zip(grid, small.shape, strict=True)]
    expected = ndimage.map_coordinates(
        small, np.meshgrid(*places, indexing="ij"), order=1, mode="nearest"
    )
    np.testing.assert_allclose(run_body(body, units)[1], expected, atol=1e-12)


@pytest.mark.parametrize("grid", [(5, 8), (2, 3), (1, 4)])
def test_their_gradient_is_that_of_finite_differences(grid, rng):
    body, units, d = drawn(rng, 2, 2), rng.normal(size=(2, *grid)), rng.normal(size=grid)
    layer = Layer(rng.normal(size=(2, 2, 3)), rng.normal(size=2), rng.normal(size=2))
    readout = Readout((0, 1.5), np.zeros(3), np.ones(3), rng.normal(size=(2, 3)), (layer,), body)
    planes, gains = rng.normal(size=(3, *grid)), [np.array([0.5, 1.5])]

    def value(parameters):
        changed = readout.with_parameters(np.array(parameters))
        return float((forward(changed, planes, unit_gains=gains)[1] * d).sum())

    tape, _ = forward(readout, planes, unit_gains=gains)
    expected = oracles.slope(value, readout.parameters.tolist())
    np.testing.assert_allclose(gradient(readout, tape, d), expected, rtol=1e-6, atol=1e-7)
    _, by_units = body_gradient(body, run_body(body, units)[0], d)
    expected = oracles.slope(
        lambda x: float((run_body(body, np.array(x).reshape(units.shape))[1] * d).sum()),
        units.ravel().tolist(),
    )
    np.testing.assert_allclose(by_units.ravel(), expected, rtol=1e-6, atol=1e-7)


def test_logits_are_scaled_by_what_is_last(rng):
    layer = Layer(rng.normal(size=(1, 3, 2)), rng.normal(size=3), rng.normal(size=3))
    readout = Readout((0,), np.zeros(2), np.ones(2), rng.normal(size=(1, 2)), (layer,), drawn(rng))
    planes = rng.normal(size=(2, 6, 7))
    np.testing.assert_allclose(readout.scaled(0.7).logits(planes), 0.7 * readout.logits(planes))


def test_convolutions_of_another_number_of_units_are_refused(rng):
    layer = Layer(np.ones((1, 3, 2)), np.ones(3), np.ones(3))
    readout = Readout((0,), np.zeros(2), np.ones(2), np.ones((1, 2)), (layer,), drawn(rng))
    with pytest.raises(ValueError, match=r"body.kernels must have the shape \(3, 3, 3, 3, 3\)"):
        replace(readout, body=drawn(rng, units=2))
    with pytest.raises(ValueError, match="out must be finite"):
        replace(readout, body=replace(readout.body, out=np.full(3, np.nan)))
