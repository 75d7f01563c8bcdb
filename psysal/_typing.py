"""Types that annotations name everywhere."""

from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]
"""An array of any data type; docstrings give shape, unit and range."""
