"""``psysal doctor``: what is installed, what is missing, and the line that mends it.

Place: packages and machine -> checks -> tables on standard output.  Every package is imported, as
one that is there may yet be broken, and a small image is mapped.
"""

import os
import platform
import shutil
import sys
import time
import warnings
from collections.abc import Collection, Iterator, Mapping
from importlib import import_module, metadata
from typing import NamedTuple

import typer

from psysal.cli.tables import print_table
from psysal.optional import PACKAGES

__all__ = ["Finding", "doctor", "opencv_problem", "package"]

REQUIRED = {
    name: name for name in ("numpy", "scipy", "numba", "packaging", "rich", "tifffile", "typer")
} | {
    "cv2": "opencv-python",
    "PIL": "pillow",
    "pywt": "pywavelets",
    "skimage": "scikit-image",
}
"""Names in the package index of what is required, by those that import it."""
SIDE = 32  # pixels of the image that is mapped
PIP = f"{sys.executable} -m pip"


class Finding(NamedTuple):
    """Result of one check."""

    text: str
    """Version or other finding; "missing" and "broken" are ones of packages."""
    problem: str = ""
    """Sentence on what is wrong, with the line that mends it."""


def doctor() -> None:
    """Check what is installed, and say the line that mends what is not.

    Maps a small image, too. Exit status 0 if all that is required works, else 1.
    """
    import psysal

    print(f"psysal {psysal.__version__}, {os.path.dirname(psysal.__file__)}")
    print(f"Python {platform.python_version()}, {sys.executable}\n{platform.platform()}\n")
    installed = metadata.packages_distributions()
    required = {name: package(name, installed) for name in REQUIRED}
    extras = {name: package(name, installed) for name in PACKAGES}
    print_table(
        "Required packages",
        {"package": 13, "version": 11, "imported as": 12},
        [(REQUIRED[name], found.text, name) for name, found in required.items()],
    )
    print_table(
        "Packages of extras",
        {"package": 13, "version": 11, "extra": 8, "needed where": 42},
        [
            (name, found.text, PACKAGES[name][1], PACKAGES[name][0])
            for name, found in extras.items()
        ],
    )
    wrong = [found.problem for found in required.values() if found.problem]
    remarks = [opencv_problem(installed.get("cv2", ()))]
    if not wrong:
        machine = dict(_machine())
        print_table(
            "This computer",
            {"what": 15, "finding": 63},
            [(what, found.text) for what, found in machine.items()],
        )
        wrong = [machine.pop("a map").problem]
        remarks += [found.problem for found in machine.values()]
    remarks += [found.problem for found in extras.values() if found.text != "missing"]
    missing = sorted({PACKAGES[name][1] for name in PACKAGES if extras[name].text == "missing"})
    if missing:
        print(f"Extras that are missing, in whole or in part: {', '.join(missing)}")
        print("Add one by its name; in a clone write . in the place of psysal:")
        print(f'  {PIP} install "psysal[{missing[0]}]"\n')
    for sentence in filter(None, (*remarks, *wrong)):
        print(f"{sentence}\n")
    print(
        "something that is required does not work" if any(wrong) else "all that is required works"
    )
    raise typer.Exit(1 if any(wrong) else 0)


def package(name: str, installed: Mapping[str, Collection[str]]) -> Finding:
    """Version of a package, and whether it can be imported.

    Parameters
    ----------
    name : str
        Name that imports it, such as "cv2".
    installed : mapping of str to collection of str
        Names in the package index of what is installed, by those that import it.

    Returns
    -------
    Finding

    Examples
    --------
    >>> package("no_such_package", {}).text
    'missing'
    """
    index_name = REQUIRED.get(name, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = import_module(name)
    except ModuleNotFoundError as error:
        if error.name == name:
            return Finding("missing", f'{name} is missing; run: {PIP} install "{index_name}"')
        reason = str(error)
    except Exception as error:  # of whatever it runs
        reason = " ".join(str(error).split()) or type(error).__name__
    else:
        names = sorted(set(installed.get(name, ())))
        return _version(names[0]) if names else Finding(getattr(module, "__version__", "unknown"))
    if "libGL" in reason:  # a screen's library, which servers lack
        mend = f"{PIP} uninstall -y opencv-python && {PIP} install opencv-python-headless"
    else:
        of = sorted(installed.get(name, ())) or [index_name]
        mend = f"{PIP} install --force-reinstall {of[0]}"
    return Finding("broken", f"{name} cannot be imported ({reason}); run: {mend}")


def _version(index_name: str) -> Finding:
    """Version of an installed package, and whether psysal takes it."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    version = metadata.version(index_name)
    try:
        needs = [Requirement(text) for text in metadata.requires("psysal") or ()]
    except metadata.PackageNotFoundError:  # psysal runs from its folder
        needs = []
    same = (n for n in needs if canonicalize_name(n.name) == canonicalize_name(index_name))
    need = next(same, None)
    if need and not need.specifier.contains(version, prereleases=True):
        wanted = f"{need.name}{need.specifier}"
        return Finding(version, f'{wanted} is needed, got {version}; run: {PIP} install "{wanted}"')
    return Finding(version)


def opencv_problem(variants: Collection[str]) -> str:
    """Sentence on packages of OpenCV that write over one another.

    Parameters
    ----------
    variants : collection of str
        Names in the package index of what is installed as ``cv2``.

    Returns
    -------
    str
        Empty for one of them, or none.

    Examples
    --------
    >>> opencv_problem(["opencv-python"])
    ''
    """
    names = sorted(set(variants))
    if len(names) < 2:
        return ""
    return (
        f"{' and '.join(names)} share the folder cv2, of which one OpenCV is expected; run: "
        f"{PIP} uninstall -y {' '.join(names)} && {PIP} install {names[0]}"
    )


def _machine() -> Iterator[tuple[str, Finding]]:
    """Findings on the computer, by what was looked at."""
    from psysal.memory import free_memory
    from psysal.threads import thread_count

    yield "processors", Finding(f"{thread_count(None)} for this process")
    free = free_memory()
    yield "memory", Finding("unknown" if free is None else f"{free / 1e9:.1f} GB free")
    yield "compiled loops", _cache()
    yield "a map", _map()
    yield "video", Finding(_video())
    data = os.environ.get("PSYSAL_DATA", "")
    if data and not os.path.isdir(data):
        problem = f"PSYSAL_DATA must name a folder of data sets, got {data}; make or correct it"
        yield "data sets", Finding(f"{data}, which is not there", problem)
    else:
        yield "data sets", Finding(data or "by their paths, as PSYSAL_DATA names no folder of them")


def _cache() -> Finding:
    """Folder of compiled loops."""
    from psysal.vision import kernels

    if not hasattr(kernels.upsample, "stats"):
        return Finding("none, as NUMBA_DISABLE_JIT is set: every map is slow")
    folder = kernels.upsample.stats.cache_path
    if folder and os.access(folder, os.W_OK):
        return Finding(f"{folder}, which can be written")
    return Finding(
        f"{folder or 'no folder'}, which cannot be written",
        "compiled loops cannot be kept, so that each process compiles them anew; "
        "set NUMBA_CACHE_DIR to a folder that can be written",
    )


def _map() -> Finding:
    """Time of a small map."""
    import numpy as np

    import psysal

    image = np.linspace(0, 1, SIDE * SIDE).reshape(SIDE, SIDE)
    try:
        psysal.saliency(image)  # compiles, perhaps
        start = time.perf_counter()
        psysal.saliency(image)
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        mend = f"{PIP} install --force-reinstall numba"
        return Finding("failed", f"a map cannot be made ({reason}); run: {mend}")
    milliseconds = 1000 * (time.perf_counter() - start)
    return Finding(f"{SIDE} x {SIDE} pixels in {milliseconds:.1f} ms by murray2011")


def _video() -> str:
    """Libraries that read video."""
    try:
        import av
    except ImportError:
        reader = "no PyAV, which the extra video brings"
    else:
        version = ".".join(map(str, av.library_versions["libavformat"]))
        reader = f"PyAV {av.__version__} with libavformat {version} of its own"
    return f"{reader}; program ffmpeg: {shutil.which('ffmpeg') or 'none, and none is needed'}"
