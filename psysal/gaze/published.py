"""Published data sets: their layouts, web pages and downloads.

Place in the pipeline: name of a folder -> [published] -> layout of its files.  They are known by
the name of their folder (``datasets.toml`` of this package).

Downloads are checked against the checksums of their files; pooch is needed for them
(``pip install "psysal[datasets]"``).
"""

import os
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from psysal.gaze.layout import Layout
from psysal.optional import require

__all__ = ["DOWNLOADS", "LAYOUTS", "ORIGINALS", "PAGES", "Download", "fetch"]


@dataclass(frozen=True)
class Download:
    """A ZIP file at a public address.

    Parameters
    ----------
    url : str
        Address of the file.
    checksum : str
        "md5:..." or "sha256:..." of the file.
    folder : str
        Folder in the file that is the data set.
    """

    url: str
    checksum: str
    folder: str = "."


_KNOWN = tomllib.loads(Path(__file__).with_name("datasets.toml").read_text(encoding="utf-8"))

LAYOUTS: Mapping[str, Layout] = {name: Layout(**known["layout"]) for name, known in _KNOWN.items()}
"""Layouts of published data sets, by the name of their folder in lower case."""

ORIGINALS: Mapping[str, Layout] = {
    name: Layout(**known["original"]) for name, known in _KNOWN.items() if "original" in known
}
"""Layouts of the folders that the authors of some of these sets publish, where they differ."""

PAGES: Mapping[str, str] = {
    name: known["page"] for name, known in _KNOWN.items() if "page" in known
}
"""Web pages of published data sets."""

DOWNLOADS: dict[str, Download] = {
    name: Download(**known["download"]) for name, known in _KNOWN.items() if "download" in known
}
"""Data sets that :func:`fetch` can download."""


def fetch(name: str) -> Path:
    """Download and check a published data set.

    Parameters
    ----------
    name : str
        One of :data:`DOWNLOADS`. It goes below the folder that the environment variable
        PSYSAL_DATA names, whole or not at all; an existing folder of that name is kept as
        it is.

    Returns
    -------
    path
        Its folder, as :func:`dataset` takes it.

    Raises
    ------
    ValueError
        The set has no public address here (the message says who has it), PSYSAL_DATA names
        no folder, or the download failed or is not what was expected.
    ImportError
        pooch is not installed.
    """
    if name not in DOWNLOADS:
        hint = f"get it from {PAGES[name]}" if name in PAGES else "ask its authors"
        raise ValueError(
            f"a set that can be downloaded was expected ({', '.join(DOWNLOADS)}), "
            f"got {name!r}; {hint} and put it into a folder"
        )
    root = os.environ.get("PSYSAL_DATA")
    if not root or not Path(root).is_dir():
        raise ValueError("the environment variable PSYSAL_DATA must name a folder for the set")
    target = Path(root, name)
    if target.exists():
        return target
    pooch = require("pooch")
    download = DOWNLOADS[name]
    with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=root) as draft:
        try:
            pooch.retrieve(
                download.url,
                known_hash=download.checksum,
                fname="set.zip",
                path=draft,
                processor=pooch.Unzip(extract_dir="set"),
            )
        except Exception as error:  # of the network, the checksum or the archive
            raise ValueError(
                f"{name}: could not be downloaded from {download.url} ({error}); try again later"
            ) from None
        unpacked = Path(draft, "set", download.folder)
        if not unpacked.is_dir():
            raise ValueError(f"{name}: a folder {download.folder} was expected in {download.url}")
        os.replace(unpacked, target)
    return target
