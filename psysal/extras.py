"""Packages that only some tasks need: imported when one is asked for, not before.

Place: beside the pipeline.  A missing package is one sentence with the line that installs it.
"""

from importlib import import_module
from types import ModuleType

__all__ = ["extra"]


def extra(package: str, task: str, of: str) -> ModuleType:
    """A package of the extra ``of``, for a task.

    Raises
    ------
    ImportError
        It is not installed.

    Examples
    --------
    >>> extra("no_such_package", "wishes are granted", "magic")
    Traceback (most recent call last):
    ImportError: wishes are granted with no_such_package, which is not installed; run: pip install
    "psysal[magic]"
    """
    try:
        return import_module(package)
    except ImportError:
        raise ImportError(
            f'{task} with {package}, which is not installed; run: pip install "psysal[{of}]"'
        ) from None
