"""The package as it is installed: light to import, one-way inside, documented, exact."""

import ast
import doctest
import importlib
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.layers import LAYERS

import psysal

ROOT = Path(psysal.__file__).parent
REPOSITORY = Path(__file__).parents[1]
MODULES = ["psysal"] + [m.name for m in pkgutil.walk_packages(psysal.__path__, "psysal.")]


def layer(name):
    for rank, members in reversed(list(enumerate(LAYERS))):
        if any(name == m for m in members):
            return rank
    for rank, members in enumerate(LAYERS):
        if any(name.startswith(m + ".") for m in members):
            return rank
    return None


def imports(path):
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else node.module
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name


@pytest.mark.parametrize("name", [m for m in MODULES if m != "psysal"])
def test_imports_point_one_way(name):
    rank = layer(name)
    assert rank is not None, f"{name} has no place in the pipeline"
    path = ROOT.joinpath(*name.split(".")[1:])
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    for other in imports(path):
        if other.startswith("psysal."):
            assert layer(other) <= rank, f"{name} imports {other}"


def test_kernels_import_numba_and_numpy_and_their_cache_only():
    names = set(imports(ROOT / "vision" / "kernels.py"))
    own = {name for name in names if name.startswith("psysal")}
    assert own <= {"psysal.vision", "psysal.vision.kernel_cache"}
    others = {name.split(".")[0] for name in names - own}
    assert others == {"functools", "logging", "numba", "numpy", "typing"}


@pytest.mark.parametrize("name", MODULES)
def test_doctests(name):
    module = importlib.import_module(name)
    flags = doctest.NORMALIZE_WHITESPACE
    assert doctest.testmod(module, optionflags=flags).failed == 0


def test_every_public_name_is_documented():
    bare = [
        f"{name}.{public}"
        for name in MODULES
        for public in getattr(importlib.import_module(name), "__all__", [])
        if callable(thing := getattr(importlib.import_module(name), public))
        and not (thing.__doc__ or "").strip()
    ]
    assert bare == []
    for name in psysal.__all__:
        assert name in dir(psysal)
    with pytest.raises(AttributeError, match="no attribute 'salience'"):
        _ = psysal.salience


def python(*lines, **options):
    return subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        capture_output=True, text=True, timeout=180, check=True, **options,
    )  # fmt: skip


def test_importing_psysal_loads_nothing_heavy():
    loaded = python("import sys, psysal", "print(*sys.modules)").stdout.split()
    heavy = {"numba", "cv2", "skimage", "scipy", "pywt", "numpy", "h5py", "pooch"}
    assert not heavy & set(loaded)


def test_a_map_needs_neither_opencv_nor_scikit_image():
    code = (
        "import sys, psysal, numpy as np",
        "psysal.saliency(np.zeros((9, 9, 3), np.uint8) + np.arange(9, dtype=np.uint8)[:, None])",
        "print(*sys.modules)",
    )
    assert not {"cv2", "skimage", "pywt"} & set(python(*code).stdout.split())


MAP = (  # of few kernels, in two modules
    "import psysal, numpy as np",
    "from psysal.vision import color",
    "image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)",
    "print(psysal.saliency(image, model='itti1998').sum(), color.opponent(image / 255).sum())",
)


def test_the_first_map_says_that_it_compiles_and_the_next_process_does_not(tmp_path):
    own = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", "\n".join(MAP)],
            env=own, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]  # fmt: skip
    first = [racer.communicate(timeout=180) for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0]
    for _, err in first:  # two processes at once do not harm each other
        assert err.count("psysal compiles its kernels") == 1
    again = python(*MAP, "import sys; print('numba.np.arraymath' in sys.modules)", env=own)
    assert again.stderr == ""
    assert first[0][0] == first[1][0]
    assert again.stdout == first[0][0] + "False\n"  # nothing that only a compiler needs


@pytest.mark.parametrize("home", ["a home that can be written", "no home"])
def test_a_read_only_install_works(tmp_path, home):
    """The cache falls back to the user's; where there is none, every process compiles."""
    site = tmp_path / "site"
    shutil.copytree(ROOT, site / "psysal", ignore=shutil.ignore_patterns("__pycache__"))
    (site / "psysal" / "vision" / "__pycache__").touch()  # not even root can write below a file
    where = (tmp_path / "home") if home != "no home" else Path(os.devnull)
    own = {
        **{k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")},
        "PYTHONPATH": str(site),
        "HOME": str(where),
    }
    code = (  # every module of kernels, and one kernel
        "import numpy as np",
        "from psysal.evaluation import kernels",
        "from psysal.vision import color, grouping_kernels, kernels, stationary_kernels",
        "print(kernels.__file__)",
        "print(color.opponent(np.arange(3000).reshape(25, 40, 3) / 3000).sum())",
    )
    first, second = (python(*code, env=own, cwd=tmp_path) for _ in range(2))
    assert first.stdout.startswith(str(site))
    assert second.stdout == first.stdout
    assert "psysal compiles its kernels" in first.stderr
    assert ("psysal compiles its kernels" in second.stderr) == (home == "no home")


def test_the_python_of_the_readme_runs(tmp_path, monkeypatch, photograph):
    text = (REPOSITORY / "README.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert blocks
    monkeypatch.chdir(tmp_path)
    from PIL import Image

    Image.fromarray(photograph).save("photo.jpg")
    Image.fromarray(photograph[:, ::-1]).save("other.jpg")
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})


def test_the_readme_has_its_two_commands_in_one_line_each():
    text = (REPOSITORY / "README.md").read_text()
    commands = re.findall(r"```sh\n(.*?)\n```", text, flags=re.DOTALL)
    assert len(commands) >= 2
    assert "psysal demo" in commands[0]
    assert "pytest" in commands[1]
    assert all("\n" not in command for command in commands[:2])
