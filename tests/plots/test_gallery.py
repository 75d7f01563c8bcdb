"""The gallery shows every figure that there is, below the line that draws it.

That its lines run is tested with those of all other pages, in tests/test_docs.py.
"""

import re
import runpy
from pathlib import Path

import pytest

plots = pytest.importorskip("psysal.plots")
pytest.importorskip("matplotlib")
from PIL import Image  # noqa: E402

DOCS = Path(__file__).parents[2] / "docs"
NO_FIGURES = {"induction", "png", "svg"}


@pytest.fixture(scope="module")
def entries():
    """Code and picture of each block of the page."""
    script = DOCS.parent / "benchmarks" / "make" / "gallery.py"
    names = runpy.run_path(str(script))
    return names["blocks"]((DOCS / "gallery.md").read_text())


def test_every_figure_is_in_the_gallery(entries):
    shown = {name for code, _ in entries for name in re.findall(r"plots\.(\w+)\(", code)}
    assert shown == set(plots.__all__) - NO_FIGURES


def test_every_picture_is_there_small_and_below_the_call_that_it_is_named_after(entries):
    shown = {picture: code for code, picture in entries if picture}
    assert {f"gallery/{path.name}" for path in (DOCS / "gallery").iterdir()} == set(shown)
    for picture, code in shown.items():
        path = DOCS / picture
        assert path.stat().st_size < 250_000, picture
        last = code.strip().splitlines()[-1]
        assert last.startswith(f"plots.{path.stem.partition('-')[0]}("), picture
        with Image.open(path) as image:
            assert image.width <= 1600, picture
