"""BibTeX entries of what a table was made with: models, metrics, data set, psysal.

Place in the pipeline: description of a comparison -> [bibtex] -> references.bib.  Entries are in
the file ``references.bib`` of this package, by first author and year.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from psysal.evaluation.profiles import PROFILES
from psysal.models.registry import MODELS
from psysal.reports.latex import escape
from psysal.reports.tables import data_sets

__all__ = ["bibtex", "citation_key"]


def citation_key(paper: str) -> str:
    """First author and year of a paper, as its entry is named.

    Parameters
    ----------
    paper : str
        Authors and year, such as the registry of models has them; the name of a data set and
        a colon may stand before them.

    Returns
    -------
    str
        Empty if there is no year.

    Examples
    --------
    >>> citation_key("Kümmerer et al. 2015, doi:10.1073/pnas.1510393112")
    'kummerer2015'
    >>> citation_key("OSIE: Xu, Jiang, Wang, Kankanhalli & Zhao 2014")
    'xu2014'
    """
    letters = unicodedata.normalize("NFKD", paper).encode("ascii", "ignore").decode().lower()
    found = re.search(r"(?:^|: )([a-z]+)\b[^:]*?\b(\d{4})\b", letters)
    return "".join(found.groups()) if found else ""


def bibtex(about: Mapping[str, Any]) -> str:
    """Entries of the models, metrics and data sets of a comparison, and of psysal.

    Parameters
    ----------
    about : mapping
        As :meth:`psysal.evaluation.compare.Comparison.description` gives it.

    Returns
    -------
    str
        Each entry once. A data set whose source has no entry is one of its own, with the
        source as its note; models of other programs have none.
    """
    known = _entries()
    entries = {}
    for paper in _papers(about):
        key = citation_key(paper)
        if key in known:
            entries[key] = known[key]
    for number, part in enumerate(data_sets(about), 1):
        source = part["source"] or ""
        key = citation_key(source)
        if key in known:
            entries[key] = known[key]
        elif source:
            key = f"dataset{number}"
            entries[key] = _entry("misc", key, title=escape(part["dataset"]), note=escape(source))
    entries["psysal"] = _entry(
        "misc",
        "psysal",
        author="{The psysal authors}",
        title="psysal: psychophysical visual saliency in {Python}",
        note=f"Version {escape(about['version'])}",
    )
    return "\n".join(entries.values())


def _papers(about: Mapping[str, Any]) -> Iterator[str]:
    """Papers of the models and of the metrics, as authors and year."""
    classes = {info.home.partition(":")[2]: info for info in MODELS.values() if info.home}
    for name, identity in about["models"].items():
        info = classes.get(re.match(r"\w*", identity)[0]) or MODELS.get(name)  # type: ignore[index]
        if info:
            yield info.paper
    for metric in about["metrics"]:
        yield PROFILES[about["profile"]][metric].reference


@cache
def _entries() -> dict[str, str]:
    """Entries of the file by key."""
    text = Path(__file__).with_name("references.bib").read_text("utf-8")
    return {
        match[1]: match[0] for match in re.finditer(r"^@\w+\{(\w+),\n.*?^\}\n", text, re.M | re.S)
    }


def _entry(kind: str, key: str, **fields: str) -> str:
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@{kind}{{{key},", *lines, "}", ""])
