"""psysal doctor: what is there, what is missing, and the line that mends it."""

import configparser
import importlib.metadata
import re
import sys
from pathlib import Path

import pytest
from support.terminal import psysal_

from psysal.cli import doctor

ROOT = Path(__file__).parents[2]
EXTRAS = {
    "h5py": ("HDF5 files are read and written", "datasets"),
    "tabulate": ("Markdown tables are written", "evaluate"),
    "not_there": ("nothing is done", "nothing"),
}


@pytest.fixture
def few(monkeypatch):
    """Few extras, so that the test is quick."""
    monkeypatch.setattr(doctor, "PACKAGES", EXTRAS)


def test_it_says_versions_extras_and_the_machine_on_80_columns(few):
    status, out, err = psysal_("doctor", columns=80)
    assert (status, err) == (0, "")
    assert out.endswith("all that is required works\n")
    rows = {line.split()[0]: line.split() for line in out.splitlines() if line.strip()}
    for name, module in (("numpy", "numpy"), ("opencv-python", "cv2"), ("scikit-image", "skimage")):
        assert rows[name][1:] == [importlib.metadata.version(name), module]
    assert rows["h5py"][1:3] == [importlib.metadata.version("h5py"), "datasets"]
    assert rows["not_there"][1:3] == ["missing", "nothing"]
    assert f'{sys.executable} -m pip install "psysal[nothing]"' in out
    assert re.search(r"(?m)^a map +32 x 32 pixels in [0-9.]+ ms", out)
    assert re.search(r"(?m)^memory +[0-9.]+ GB free", out)
    table = out.split("Extras that are")[0].split("\n\n", 1)[1]
    assert max(map(len, table.splitlines())) <= 80


def test_it_looks_at_everything_that_psysal_requires():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    needs = setup["options"]["install_requires"].split()
    assert sorted(doctor.REQUIRED.values()) == sorted(need.partition(">=")[0] for need in needs)


def test_a_broken_package_is_status_1_and_the_line_mends_it(few, monkeypatch):
    monkeypatch.setitem(sys.modules, "tifffile", None)
    status, out, _ = psysal_("doctor")
    assert status == 1
    assert f'tifffile is missing; run: {sys.executable} -m pip install "tifffile"' in out
    assert out.endswith("something that is required does not work\n")


@pytest.mark.parametrize(
    ("name", "reason", "problem"),
    [
        ("cv2", "libGL.so.1: cannot open shared object file", "install opencv-python-headless"),
        ("numba", "Numba needs NumPy 2.3 or less", "install --force-reinstall numba"),
    ],
)
def test_a_package_that_does_not_start_is_broken(monkeypatch, name, reason, problem):
    def refuse(name):
        raise ImportError(reason)

    monkeypatch.setattr(doctor, "import_module", refuse)
    found = doctor.package(name, {})
    assert found.text == "broken"
    assert f"{name} cannot be imported ({reason})" in found.problem
    assert found.problem.endswith(problem)


def test_a_package_that_is_too_old_is_said_with_the_version_that_is_needed(monkeypatch):
    monkeypatch.setattr(doctor.metadata, "version", lambda name: "1.26.4")
    monkeypatch.setattr(doctor.metadata, "requires", lambda name: ["scipy>=1", "numpy>=2.0"])
    found = doctor.package("numpy", {"numpy": ["numpy"]})
    assert found.text == "1.26.4"
    assert found.problem.startswith("numpy>=2.0 is needed, got 1.26.4; run: ")
    assert found.problem.endswith('-m pip install "numpy>=2.0"')


def test_two_opencvs_are_said():
    said = doctor.opencv_problem(["opencv-python-headless", "opencv-python"])
    assert said.startswith("opencv-python and opencv-python-headless share the folder cv2")
    assert "uninstall -y opencv-python opencv-python-headless" in said
    assert said.endswith("install opencv-python")


def test_what_makes_psysal_slow_or_blind_is_no_failure_but_said(few, monkeypatch, tmp_path):
    monkeypatch.setattr(doctor.os, "access", lambda *_: False)
    monkeypatch.setenv("PSYSAL_DATA", str(tmp_path / "gone"))
    status, out, _ = psysal_("doctor")
    assert status == 0
    assert "set NUMBA_CACHE_DIR to a folder that can be written" in out
    assert "PSYSAL_DATA must name a folder of data sets" in out
