"""Files of an evaluation: the report, the table in five formats, references and the scores.

Place in the pipeline: comparison -> scores, table -> [files] -> contents by name.  All are made
anew from the scores but the log of these, ``scores.jsonl``, from which an interrupted
evaluation resumes.
"""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psysal import files
from psysal.checks import one_of
from psysal.evaluation.compare import Comparison
from psysal.evaluation.summary import left_out_remarks, summary
from psysal.optional import require
from psysal.progress import counter
from psysal.reports.bibtex import bibtex
from psysal.reports.figures import charts
from psysal.reports.html import DIFFERING, EXAMPLES, html, metrics_of
from psysal.reports.latex import latex
from psysal.reports.pictures import Gallery
from psysal.reports.tables import markdown
from psysal.wording import shorten_list

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["checkpoint_path", "picture_count", "remarks", "report", "report_files", "write"]

NAMES = (
    *("report.html", "table.csv", "table.json", "table.md", "table.tex"),
    *("references.bib", "scores.csv"),
)
OWN = b'<meta name="generator" content="psysal '


def checkpoint_path(folder: Path) -> Path:
    """Path of the log of scores in a folder that an evaluation may write to.

    Parameters
    ----------
    folder : Path
        Folder of the report, which may exist.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        Files of another origin would be replaced.
    ImportError
        A package that the files need is not installed; said here, before the scores are computed.
    """
    for package in ("pandas", "jinja2", "matplotlib", "tabulate", "threadpoolctl"):
        require(package)
    path = folder / "scores.jsonl"
    existing = [name for name in NAMES if (folder / name).exists()]
    page = folder / "report.html"
    own = path.exists() or (page.is_file() and OWN in page.read_bytes()[:2000])
    if existing and not own:
        raise ValueError(
            f"{folder} has {shorten_list(existing)} but no scores.jsonl, so that an evaluation "
            "would replace files that it did not write; choose another folder"
        )
    return path


def remarks(description: Mapping[str, Any]) -> list[str]:
    """Sentences about fixations and images that a comparison leaves out.

    Parameters
    ----------
    description : mapping
        As :meth:`psysal.evaluation.compare.Comparison.description` gives it.

    Returns
    -------
    list of str
        Empty if nothing is left out.
    """
    dropped, unseen = description["dropped"], description["without_fixations"]
    sentences = [f"{dropped} fixations outside of their image were dropped"] if dropped else []
    if unseen:
        names = shorten_list(unseen)
        sentences.append(f"{len(unseen)} images without fixations were left out: {names}")
    return [*sentences, *description["remarks"]]


def picture_count(models: int) -> int:
    """Largest number of pictures that a report shows.

    Parameters
    ----------
    models : int
        Number of models.

    Returns
    -------
    int
    """
    return 2 * EXAMPLES * models + 3 * 2 * DIFFERING


def report_files(
    table: "DataFrame",
    about: Mapping[str, Any],
    *,
    scores: "DataFrame | None" = None,
    comparison: Comparison | None = None,
    progress: Callable[[int], None] | None = None,
) -> dict[str, bytes]:
    """Contents of every file of an evaluation; maps of the examples are computed anew.

    Parameters
    ----------
    table : DataFrame
        As :func:`psysal.evaluation.summary.summary` gives it.
    about : mapping
        Description of the comparison, with ``reference``, the name of the model that the
        others are compared with.
    scores : DataFrame, optional
        As :meth:`psysal.evaluation.compare.Comparison.scores` gives them; nothing is said
        of single images without.
    comparison : Comparison, optional
        Models and data set; no pictures are shown without.
    progress : callable, optional
        Called with the number of pictures that are done.

    Returns
    -------
    dict of str to bytes
        Contents by the name of the file.

    Raises
    ------
    ValueError
        An unknown profile, metric or reference.
    ImportError
        A package that the files need is not installed.
    OSError
        A photograph that cannot be opened.
    """
    metrics_of(about)
    rows = json.loads(table.to_json(orient="records", double_precision=15))
    contents = {
        "table.csv": table.to_csv(index=False, lineterminator="\n"),
        "table.json": json.dumps({"about": about, "table": rows}, indent=1) + "\n",
        "table.md": markdown(table, about) + "\n",
        "table.tex": latex(table, about),
        "references.bib": bibtex(about),
    }
    if scores is not None:
        contents["scores.csv"] = scores.to_csv(index=False, lineterminator="\n")
    drawn = charts(table, about, scores)
    contents |= {chart.file: chart.svg for chart in drawn}
    gallery = None
    if comparison is not None:
        gallery = Gallery(
            comparison.dataset.read,
            comparison.model_map,
            comparison.positions,
            progress or (lambda done: None),
        )
    page = html(table, about, drawn, scores=scores, gallery=gallery, files=list(contents))
    return {name: text.encode() for name, text in ({"report.html": page} | contents).items()}


def write(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write the files of an evaluation, each whole or not at all.

    Parameters
    ----------
    folder : Path
        Folder of the report, made if it is not there.
    contents : mapping of str to bytes
        As :func:`report_files` gives them.

    Raises
    ------
    OSError
        A file cannot be written.
    """
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        files.save(path, content, overwrite=True)


def report(
    source: "DataFrame | Comparison",
    folder: str | os.PathLike[str],
    *,
    reference: str | None = None,
    threads: int | None = None,
    progress: bool = True,
) -> Path:
    """Report of an evaluation in a folder: HTML, CSV, JSON, Markdown, LaTeX, BibTeX and SVG.

    Parameters
    ----------
    source : DataFrame or Comparison
        Table of :func:`psysal.evaluate`, or a comparison of :func:`psysal.api.comparison`, of
        which the report also shows single images and maps.
    folder : str or path
        Folder to write, made if it is not there. Scores of a comparison are kept in it, and
        a report that was interrupted resumes from them.
    reference : str, optional
        Name of the model that the others of a comparison are compared with; by default the
        first. A table has its own.
    threads : int, optional
        Images at a time; default: every processor.
    progress : bool
        Whether to show how many images are done, in a terminal or in Jupyter.

    Returns
    -------
    Path
        The page, ``report.html``.

    Raises
    ------
    TypeError
        Neither a table nor a comparison.
    ValueError
        A table that is not of :func:`psysal.evaluate`; an unknown reference; a folder whose
        files are of another origin.
    ImportError
        A package that the files need is not installed.
    OSError
        A file cannot be written.

    Examples
    --------
    >>> import numpy as np, psysal
    >>> from tempfile import TemporaryDirectory
    >>> from psysal import mapfile
    >>> with TemporaryDirectory() as folder:
    ...     picture = mapfile.encode(np.zeros((30, 40)), "png8")
    ...     _ = Path(folder, "cat.png").write_bytes(picture)
    ...     _ = Path(folder, "dog.png").write_bytes(picture)
    ...     _ = Path(folder, "seen.csv").write_text("image,x,y\\ncat.png,20,15\\ndog.png,3,4\\n")
    ...     layout = 'images = "*.png"\\nfixations = "seen.csv"'
    ...     _ = Path(folder, "dataset.toml").write_text(layout)
    ...     table = psysal.evaluate(["center", "uniform"], folder, metrics=["auc"])
    ...     page = psysal.report(table, Path(folder, "report"))
    ...     sorted(path.name for path in page.parent.iterdir())
    ['figures', 'references.bib', 'report.html', 'table.csv', 'table.json', 'table.md', 'table.tex']
    """
    folder = Path(folder)
    checkpoint = checkpoint_path(folder)
    if not isinstance(source, Comparison):
        if not hasattr(source, "attrs"):
            raise TypeError(
                f"source must be a table or a comparison, got {type(source).__name__}; pass what "
                "psysal.evaluate or psysal.api.comparison returns"
            )
        if source.empty or "about" not in source.attrs or reference is not None:
            raise ValueError(
                "source must be a table as psysal.evaluate returns it, which knows its data set "
                f"and reference, got {'a reference beside it' if reference else 'another'}; pass "
                "psysal.api.comparison(...) instead"
            )
        contents = report_files(source, source.attrs["about"])
    else:
        reference = one_of("reference", reference or source.first, source.models)
        with counter("evaluating", len(source.images), progress) as advance:
            scores = source.scores(checkpoint=checkpoint, threads=threads, progress=advance)
        table = summary(scores, reference)
        about = source.about(reference, left_out_remarks(scores))
        with counter("drawing", picture_count(len(source.models)), progress) as advance:
            contents = report_files(
                table, about, scores=scores, comparison=source, progress=advance
            )
    write(folder, contents)
    return folder / "report.html"
