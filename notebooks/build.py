"""Build the notebooks from their sources: ``python notebooks/build.py``.

``sources/NN_name.py`` -> ``NN_name.ipynb`` for students, ``solutions/NN_name.ipynb`` with answers.

Sources are scripts in jupytext's percent format: a cell after each ``# %%``, with ``[markdown]``
for text.  Tags decide which versions of the notebook have a cell:

    # %%                              all of them
    # %% tags=["solution"]            solutions; a student's notebook has one empty cell in place
                                      of consecutive solutions, code or text
    # %% tags=["check"]               tests only, which run solutions too: assertions about results

The first cell is text: title, contents, duration.  The line that installs psysal is inserted after
it.  Notebooks have no outputs, and the same sources give the same bytes.
"""

from pathlib import Path

import jupytext
import nbformat
from nbformat.v4 import new_code_cell

FOLDER = Path(__file__).parent
SOURCES = sorted((FOLDER / "sources").glob("*.py"))
INSTALL = """\
# In Colab, or wherever psysal is not installed: uncomment the next line, and run this cell.
# %pip install "psysal[notebooks]"
%matplotlib inline
"""
ANSWER = "# your answer\n"
PYTHON = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebook(source: Path, version: str) -> nbformat.NotebookNode:
    """Notebook in a version: "student", "solution", or "checked", which the tests run."""
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
    """Text of every notebook's file, by path."""
    return {
        folder / f"{source.stem}.ipynb": nbformat.writes(notebook(source, version)) + "\n"
        for source in SOURCES
        for folder, version in ((FOLDER, "student"), (FOLDER / "solutions", "solution"))
    }


if __name__ == "__main__":
    for path, text in built().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
