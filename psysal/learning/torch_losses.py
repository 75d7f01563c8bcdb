"""Divergences as losses of PyTorch, to train a network of any kind from end to end.

Place in the pipeline: photograph -> a network of your own -> logits -> [loss] -> its weights.
Enters: target densities of fixations, and logits (..., n) with pixels along the last axis.
Leaves: the values (...), with a gradient with respect to the logits.  Values and gradients are
those of :mod:`psysal.evaluation.divergences`, computed on the CPU in float64 and moved to where
the logits are.

``docs/howto/finetune.md`` trains a network by them.

References
----------
Jetley, Murray & Vig (2016), doi:10.1109/CVPR.2016.620 (networks trained end to end by a softmax
and a divergence).
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from psysal.evaluation.divergences import value_and_gradient
from psysal.optional import require

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["divergence_loss"]


def divergence_loss(name: str, target: "ArrayLike | Tensor", logits: "Tensor") -> "Tensor":
    """Divergence of softmax(logits) from the target, which PyTorch can differentiate once.

    Parameters
    ----------
    name : str
        One of :data:`psysal.evaluation.divergences.DIVERGENCES`.
    target : array_like or Tensor, (..., n)
        Densities: not negative, each summing to 1 along the last axis.
    logits : Tensor, (..., n)
        Finite, in nats, of any floating type and device; ``x.flatten(1)`` of maps
        (batch, rows, cols).

    Returns
    -------
    Tensor, (...)
        From 0, for equal densities; in the type and on the device of the logits.

    Raises
    ------
    ValueError
        An unknown name, different shapes, a target that is no density or that a gradient is
        wanted of, logits that are no floating tensor, or NaN.
    ImportError
        PyTorch is not installed.
    NotImplementedError
        In the backward pass: a gradient of the gradient is wanted.

    Examples
    --------
    >>> import torch  # doctest: +SKIP
    >>> logits = torch.zeros(1, 2, requires_grad=True)  # doctest: +SKIP
    >>> divergence_loss("kl", [[1, 0]], logits).mean().backward()  # doctest: +SKIP
    >>> logits.grad  # doctest: +SKIP
    tensor([[-0.5000,  0.5000]])
    """
    torch = require("torch")
    if not (isinstance(logits, torch.Tensor) and logits.is_floating_point()):
        kind = getattr(logits, "dtype", type(logits).__name__)
        raise ValueError(
            f"logits must be a tensor of a floating type, got {kind}; pass what the network gives"
        )
    if isinstance(target, torch.Tensor):
        if target.requires_grad:
            raise ValueError(
                "target must be fixed, got a tensor that requires a gradient; detach it"
            )
        target = _array(target)
    value: Tensor = _divergence().apply(logits, target, name)
    return value


@cache
def _divergence() -> Any:
    """The function of PyTorch's automatic differentiation; PyTorch is imported when it is made."""
    torch: Any = require("torch")

    class Divergence(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, logits: Any, target: Any, name: str) -> Any:
            value, gradient = value_and_gradient(name, target, _array(logits))
            context.save_for_backward(torch.as_tensor(gradient).to(logits))
            return torch.as_tensor(value).to(logits)

        @staticmethod
        def backward(context: Any, slope: Any) -> Any:
            if torch.is_grad_enabled():  # it would be taken for a constant
                raise NotImplementedError(
                    "divergences can be differentiated once, got create_graph=True; leave it out"
                )
            (gradient,) = context.saved_tensors
            return slope[..., None] * gradient, None, None

    return Divergence


def _array(tensor: Any) -> Any:
    """Values of a tensor; in float64 if they are floating, as NumPy has no bfloat16."""
    values = tensor.detach().cpu()
    return (values.double() if values.is_floating_point() else values).numpy()
