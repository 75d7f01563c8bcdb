"""Exports of eye trackers, read by the name of their program.

Place in the pipeline: files -> [exports] -> fixations and their coordinates.

    bids        eye tracking in BIDS: ``..._physioevents.tsv.gz`` and what belongs to it
    eyelink     ASC files, and fixation reports of Data Viewer
    psychopy    HDF5 of ioHub, and tables of its events
    pupil       surfaces of Pupil Core; the Marker and Reference Image Mapper of Pupil Cloud
    smi         event statistics of BeGaze, and events of its IDF converter
    tobii       data exports of Tobii Pro Lab and Tobii Studio
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from psysal.checks import one_of
from psysal.gaze.fixations import Fixations
from psysal.gaze.formats.bids import read_bids
from psysal.gaze.formats.events import Recording, scanpaths
from psysal.gaze.formats.export_tables import read_export_table
from psysal.gaze.formats.recordings import read_asc, read_idf, read_iohub
from psysal.gaze.formats.text import read_text
from psysal.gaze.geometry import Geometry

__all__ = ["FORMATS", "read_export"]

FORMATS = ("bids", "eyelink", "psychopy", "pupil", "smi", "tobii")
"""Names of the programs."""


def read_export(
    paths: Sequence[str | os.PathLike[str]],
    format: str,
    *,
    columns: Mapping[str, str] | None = None,
    on_screen: bool = False,
    on_warning: Callable[[str], None] = lambda sentence: None,
) -> tuple[Fixations, Geometry]:
    """Fixations of exports of an eye tracker's program.

    Parameters
    ----------
    paths : sequence of path
        Files, often one for each subject.
    format : str
        One of :data:`FORMATS`.
    columns : mapping of str to str, optional
        Headings of a table by ``image``, ``subject``, ``x``, ``y`` and ``duration``, where
        they are not the usual ones.
    on_screen : bool
        Coordinates are wanted on the screen, whose size is known, where a file has those of
        the image too.
    on_warning : callable
        Called with a sentence on fixations that are left out: of a second eye, without a
        position, or while no image was shown.

    Returns
    -------
    fixations : Fixations
        Coordinates as the files have them, in the order of time.
    geometry : Geometry
        What these coordinates are.

    Raises
    ------
    OSError
        A file cannot be opened.
    ValueError
        A file cannot be right, or has gaze without fixations; the message names it.
    ImportError
        h5py is not installed, for HDF5.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "ann.asc")
    ...     _ = path.write_text(
    ...         "MSG 10 DISPLAY_COORDS 0 0 1023 767\\nMSG 20 show cat.png\\n"
    ...         "EFIX R 30 250 220 512.0 384.0 1100\\n"
    ...     )
    ...     fixations, geometry = read_export([path], "eyelink")
    >>> fixations, geometry.screen
    (<Fixations: 1 of 1 subjects on 1 images>, (1024, 768))
    """
    one_of("format", format, FORMATS)
    columns = columns or {}
    return scanpaths([_read(Path(path), format, columns, on_screen) for path in paths], on_warning)


def _read(path: Path, format: str, columns: Mapping[str, str], on_screen: bool) -> Recording:
    """Fixations of one file, read as its suffix or its first lines tell."""
    if format == "bids":
        return read_bids(path)
    if format == "psychopy" and path.suffix.lower() in (".hdf5", ".h5"):
        return read_iohub(path)
    if format == "eyelink" and path.suffix.lower() == ".asc":
        return read_asc(path, on_screen=on_screen)
    if format == "smi" and "Table Header for" in read_text(path):
        return read_idf(path)
    return read_export_table(path, format, columns=columns, on_screen=on_screen)
