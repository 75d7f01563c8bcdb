"""Every notebook runs in a fresh kernel, offline; the assertions about its results hold."""

import base64
import importlib.util
import io
import re
import time
from pathlib import Path

import pytest
from PIL import Image

for package in ("jupytext", "nbclient", "matplotlib", "pyflakes"):
    pytest.importorskip(package)
import pyflakes.api  # noqa: E402
from nbclient import NotebookClient  # noqa: E402
from nbformat.v4 import new_code_cell  # noqa: E402
from pyflakes.reporter import Reporter  # noqa: E402

FOLDER = Path(__file__).parents[1] / "notebooks"
RESULTS = FOLDER.parent / "docs" / "results.md"
SECONDS = 90
OFFLINE = """
import socket, warnings
warnings.filterwarnings("ignore", message="IProgress")  # tqdm installed without widgets
def refuse(*_): raise OSError("a notebook needs no network")
socket.socket.connect = socket.getaddrinfo = refuse
"""

spec = importlib.util.spec_from_file_location("build", FOLDER / "build.py")
build = importlib.util.module_from_spec(spec)
spec.loader.exec_module(build)


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    """Settings and history of the person who runs the tests play no part."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.delenv("MPLBACKEND", raising=False)
    for name in ("OMP", "OPENBLAS", "NUMBA"):  # tests share the processors with others
        monkeypatch.setenv(f"{name}_NUM_THREADS", "1")


def run(book, folder):
    """Code cells of a notebook, with their outputs."""
    book.cells.insert(0, new_code_cell(OFFLINE))
    folder.mkdir()
    start = time.monotonic()
    client = NotebookClient(book, timeout=SECONDS, resources={"metadata": {"path": str(folder)}})
    client.execute()
    assert time.monotonic() - start < SECONDS
    return [cell for cell in book.cells if cell.cell_type == "code"]


def figures(cells):
    """The picture of every figure."""
    return [
        Image.open(io.BytesIO(base64.b64decode(output["data"]["image/png"]))).convert("RGB")
        for cell in cells
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Jupyter's own packages
@pytest.mark.parametrize("source", build.SOURCES, ids=lambda source: source.stem)
def test_a_notebook_runs(source, tmp_path):
    cells = run(build.notebook(source, "checked"), tmp_path / "work")
    errors = "".join(o.text for cell in cells for o in cell.outputs if o.get("name") == "stderr")
    assert "Warning" not in errors
    drawn = figures(cells)
    assert len(drawn) >= 3
    for figure in drawn:
        assert figure.getcolors(20) is None, "an empty figure"  # it has more than 20 colors


@pytest.mark.parametrize("source", build.SOURCES, ids=lambda source: source.stem)
def test_a_student_needs_no_solution_to_go_on(source):
    """No cell uses a name that is defined in a solution only."""
    cells = build.notebook(source, "student").cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    code = re.sub("^%.*$", "", code, flags=re.MULTILINE)
    messages = io.StringIO()
    pyflakes.api.check(code, source.stem, Reporter(messages, messages))
    assert "undefined name" not in messages.getvalue()
    assert "syntax" not in messages.getvalue().lower()


def test_notebooks_are_those_of_their_sources():
    for path, text in build.built().items():
        assert path.read_text() == text, f"{path.name}: run python notebooks/build.py"
    present = {*FOLDER.glob("*.ipynb"), *FOLDER.glob("solutions/*.ipynb")}
    assert present == set(build.built())


@pytest.mark.parametrize("source", build.SOURCES, ids=lambda source: source.stem)
def test_a_notebook_asks_and_answers(source):
    student, solution, checked = (
        build.notebook(source, version) for version in ("student", "solution", "checked")
    )
    head = student.cells[0].source
    assert head.startswith(f"# {source.stem[:2]} ")
    assert "You will learn" in head
    assert "30 minutes" in head
    assert "%pip install" in student.cells[1].source
    questions = sum("**Question" in cell.source for cell in student.cells)
    answers = sum(cell.source == build.ANSWER for cell in student.cells)
    assert 3 <= questions == answers
    assert "assert" not in "".join(cell.source for cell in solution.cells)
    assert "assert" in "".join(cell.source for cell in checked.cells)


def test_the_scores_in_notebook_04_are_those_of_the_documentation():
    (source,) = (source for source in build.SOURCES if source.stem.startswith("04"))
    rows = re.findall(r'"(\w+)": \((0\.\d+), (0\.\d+), (0\.\d+)\)', source.read_text())
    assert len(rows) == 6
    lines = RESULTS.read_text().splitlines()
    for name, *scores in rows:
        (line, *_) = (line for line in lines if line.startswith(f"| {name} "))
        assert re.findall(r"0\.\d+", line)[:3] == scores
