"""Make the notebooks from their sources: ``python notebooks/build.py``.

``sources/NN_name.py`` -> ``NN_name.ipynb`` to work in, ``solutions/NN_name.ipynb`` to compare with.

Sources are scripts in jupytext's percent format, a cell after each ``# %%``.  Its tags say who
gets a cell:

    # %%                              everybody; ``# %% [markdown]`` for text
    # %% tags=["solution"]            solutions; students have one empty cell in the place of all
                                      solutions in a row; of text too: [markdown] tags=["solution"]
    # %% tags=["check"]               the tests alone, which run it with the solutions: assertions
                                      about results

The first cell is text: the title, what one learns, the time it takes.  The line that installs
psysal is put after it.  Notebooks have no outputs, and the same sources make the same bytes.
"""

from pathlib import Path

import jupytext
import nbformat
from nbformat.v4 import new_code_cell

FOLDER = Path(__file__).parent
SOURCES = sorted((FOLDER / "sources").glob("*.py"))
INSTALL = """\
# In Colab, or wherever psysal is missing: take the first # off the next line, and run this cell.
# %pip install "psysal[notebooks]"
%matplotlib inline
"""
ANSWER = "# your answer\n"
PYTHON = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebook(source: Path, version: str) -> nbformat.NotebookNode:
    """A version of a notebook: "student", "solution", or "checked", which the tests run."""
    book = jupytext.read(source, fmt="py:percent")
    cells = [book.cells[0], new_code_cell(INSTALL.strip())]
    for cell in book.cells[1:]:
        tags = cell.metadata.get("tags", [])
        if "check" in tags and version != "checked":
            continue
        if "solution" in tags and version == "student":
            if cells[-1].source != ANSWER:
                cells.append(new_code_cell(ANSWER))
            continue
        cells.append(cell)
    for number, cell in enumerate(cells):
        cell.metadata, cell.id = nbformat.NotebookNode(), f"{source.stem[:2]}-{number:03}"
    return nbformat.v4.new_notebook(metadata=PYTHON, cells=cells)


def built() -> dict[Path, str]:
    """Every notebook by its path, as the text of its file."""
    return {
        folder / f"{source.stem}.ipynb": nbformat.writes(notebook(source, version)) + "\n"
        for source in SOURCES
        for folder, version in ((FOLDER, "student"), (FOLDER / "solutions", "solution"))
    }


if __name__ == "__main__":
    for path, text in built().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
