"""Divergences as losses of PyTorch: gradients by its own check, in a Python that has it.

The environment variable PSYSAL_PYSALIENCY names a Python that has PyTorch, as pysaliency
needs it; without it these tests are skipped. All of them are one run of it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import psysal
from psysal.evaluation.divergences import DIVERGENCES
from psysal.learning.torch_losses import divergence_loss

ROOT = Path(psysal.__file__).parents[1]

THERE = """
import json, sys
import torch
from psysal.evaluation.divergences import DIVERGENCES
from psysal.learning.torch_losses import divergence_loss

def own(name, g, p):
    # the same divergences, differentiated by PyTorch itself
    m, root = (p + g) / 2, (p * g).sqrt().sum(-1)
    kl = lambda a, b: (a * (a / b).log()).sum(-1)
    return {
        "kl": kl(g, p),
        "reverse_kl": kl(p, g),
        "jensen_shannon": (kl(p, m) + kl(g, m)) / 2,
        "chi_square": (g**2 / p).sum(-1) - 1,
        "symmetric_chi_square": ((p - g) ** 2 / (p + g)).sum(-1),
        "total_variation": (p - g).abs().sum(-1) / 2,
        "cosine": 1 - torch.nn.functional.cosine_similarity(p, g, -1),
        "bhattacharyya": -root.log(),
        "hellinger": 1 - root,
        "euclidean": ((p - g) ** 2).sum(-1),
    }[name]

torch.manual_seed(1)
x = torch.randn(3, 2, 12, dtype=torch.float64, requires_grad=True)
g = torch.randn(3, 2, 12, dtype=torch.float64).softmax(-1)
weights = torch.rand(3, 2, dtype=torch.float64)  # values and gradients of an image stay together
found = {"gradcheck": {}, "value": {}, "gradient": {}, "half": {}}
for name in DIVERGENCES:
    loss = lambda logits: divergence_loss(name, g, logits)
    found["gradcheck"][name] = torch.autograd.gradcheck(loss, [x], eps=1e-6, atol=1e-6, rtol=1e-6)
    values = loss(x), own(name, g, x.softmax(-1))
    slopes = [torch.autograd.grad((weights * value).sum(), x)[0] for value in values]
    found["value"][name] = (values[0] - values[1]).detach().abs().max().item()
    found["gradient"][name] = (slopes[0] - slopes[1]).abs().max().item()
    short = x.detach().bfloat16().requires_grad_()
    value = divergence_loss(name, g.numpy(), short).sum()
    value.backward()
    found["half"][name] = [str(value.dtype), str(short.grad.dtype)]

def refused(*arguments):
    try:
        divergence_loss(*arguments)
    except ValueError as error:
        return str(error)

found["refused"] = [
    refused("kl", g.clone().requires_grad_(), x),
    refused("kl", g, x.detach().numpy()),
    refused("kl", g, torch.ones(3, 2, 12, dtype=torch.int64)),
    refused("kl", g[:2], x),
    refused("kl", g, x * float("nan")),
    refused("L1", g, x),
]
try:
    torch.autograd.grad(divergence_loss("kl", g, x).sum(), x, create_graph=True)
    found["twice"] = None
except NotImplementedError as error:
    found["twice"] = str(error)

# a network of one convolution learns where people look
image = torch.rand(4, 1, 8, 8)
target = (3 * image.flatten(1)).softmax(1)
conv = torch.nn.Conv2d(1, 1, 1)
optimizer = torch.optim.Adam(conv.parameters(), 0.3)
for _ in range(150):
    loss = divergence_loss("bhattacharyya", target, conv(image).flatten(1)).mean()
    optimizer.zero_grad(); loss.backward(); optimizer.step()
found["learned"] = conv.weight.item()
json.dump(found, sys.stdout)
"""


@pytest.fixture(scope="module")
def there():
    """What PyTorch finds."""
    python = os.environ.get("PSYSAL_PYSALIENCY")
    if not python:
        pytest.skip("PSYSAL_PYSALIENCY names no Python that has PyTorch")
    own = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [python, "-W", "error", "-c", THERE], env=own, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_gradcheck_finds_every_gradient_right(there):
    assert there["gradcheck"] == dict.fromkeys(DIVERGENCES, True)


def test_values_and_gradients_are_those_that_pytorch_derives_itself(there):
    for part in ("value", "gradient"):
        assert set(there[part]) == set(DIVERGENCES)
        assert max(there[part].values()) < 1e-6


def test_a_loss_has_the_type_of_the_logits(there):
    assert there["half"] == dict.fromkeys(DIVERGENCES, ["torch.bfloat16"] * 2)


def test_what_would_be_wrong_in_silence_is_refused(there):
    wanted = ["detach", "a tensor", "int64", "shape", "finite", "divergence"]
    for message, part in zip(there["refused"], wanted, strict=True):
        assert part in message
    assert "create_graph" in there["twice"]


def test_a_network_learns_by_a_loss(there):
    assert there["learned"] == pytest.approx(3, rel=0.02)


def test_without_pytorch_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"psysal\[torch\]"):
        divergence_loss("kl", [1.0], np.zeros(1))
