"""What a model is, in words that change when it does: for records of what was made with it.

Place: beside the models.
"""

from typing import Any

__all__ = ["identity"]


def identity(model: Any) -> str:
    """A model and its parameters; with the digest of its file, if it is in one.

    Functions are known by name.

    Examples
    --------
    >>> from psysal import Uniform
    >>> identity(Uniform()), identity(max)
    ('Uniform()', 'builtins.max')
    """
    named = model if hasattr(model, "__qualname__") else type(model)
    plain = named is model or named.__repr__ is object.__repr__
    text = f"{named.__module__}.{named.__qualname__}" if plain else repr(model)
    return f"{text} {model.stamp}" if hasattr(model, "stamp") else text
