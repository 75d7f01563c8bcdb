"""Packages that only some tasks need: imported when a task asks for one, not before.

Place: below everything.  A missing package is one sentence with the line that installs it.
"""

import sys
from importlib import import_module
from types import ModuleType

__all__ = ["PACKAGES", "require"]

PACKAGES = {
    "av": ("video files are read and written", "video"),
    "bokeh": ("the explorer is served", "explore"),
    "distributed": ("Dask clusters are reached", "cluster"),
    "faiss": ("large indexes are searched", "search"),
    "fsspec": ("addresses such as s3://bucket are read and written", "remote"),
    "h5py": ("HDF5 files are read and written", "datasets"),
    "imagecodecs": ("pictures of this kind are decoded", "formats"),
    "isal": ("PNGs are packed faster", "batch"),
    "jinja2": ("reports are written", "evaluate"),
    "joblib": ("worker processes are run", "batch"),
    "matplotlib": ("figures are drawn", "plots"),
    "onnxruntime": ("networks are run", "onnx"),
    "pandas": ("tables are made", "evaluate"),
    "pillow_heif": ("HEIC is decoded", "formats"),
    "pooch": ("data sets are downloaded", "datasets"),
    "pyarrow": ("Parquet files are read and written", "batch"),
    "rawpy": ("raw files are developed", "formats"),
    "sklearn": ("codebooks are learned", "search"),
    "tabulate": ("Markdown tables are written", "evaluate"),
    "threadpoolctl": ("threads of BLAS are limited", "evaluate"),
    "torch": ("losses of networks are computed", "torch"),
    "zarr": ("Zarr stores are read and written", "batch"),
}
"""Task and extra of every package, by the name that imports it."""


def require(package: str) -> ModuleType:
    """An optional package, imported.

    Parameters
    ----------
    package : str
        A name of :data:`PACKAGES`, or a module of one, such as "pyarrow.parquet".

    Returns
    -------
    module

    Raises
    ------
    ImportError
        It is not installed.

    Examples
    --------
    >>> require("h5py").__name__
    'h5py'
    """
    try:
        return import_module(package)
    except ImportError:
        root = package.partition(".")[0]
        task, extra = PACKAGES[root]
        raise ImportError(
            f"{task} with {root}, which is not installed; run: {install_command(extra)}"
        ) from None


def install_command(extra: str) -> str:
    """Shell command that installs an extra into the environment that is running.

    Parameters
    ----------
    extra : str
        Name of the extra, such as "plots".

    Returns
    -------
    str

    Examples
    --------
    >>> print(install_command("plots").removeprefix(sys.executable))
     -m pip install "psysal[plots]", or ".[plots]" in a clone
    """
    return f'{sys.executable} -m pip install "psysal[{extra}]", or ".[{extra}]" in a clone'
