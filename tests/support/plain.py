"""Compiled loops as the plain Python that they were compiled from."""

from types import FunctionType


def plain(kernel):
    """The Python of a kernel, which calls that of its helpers: compiled ones cannot be called."""
    function = kernel.py_func
    names = function.__code__.co_names
    values = {name: value for name, value in function.__globals__.items() if name in names}
    helpers = {name: plain(value) for name, value in values.items() if hasattr(value, "py_func")}
    return FunctionType(function.__code__, {**function.__globals__, **helpers})
