"""File formats of fixations.

Place in the pipeline: files -> [formats] -> fixations -> comparison with maps.  A file that
cannot be right is an error that names it; a file is written whole or not at all, and an
existing one is kept unless ``overwrite`` is set.

    table           CSV and TSV; ``text`` has their rows
    matlab          struct arrays of MATLAB, as of OSIE; ``mat_structure`` checks them
    fixation_maps   binary maps, as of CAT2000 and Toronto
    hdf5            pysaliency's HDF5; h5py is needed (``pip install "psysal[datasets]"``)
    exports         files of eye trackers, by the name of their program
    published_sets  files of published sets: MIT1003 as Judd has it, SALICON, FIGRIM, DOVES
"""

from psysal.gaze.formats.exports import FORMATS, read_export
from psysal.gaze.formats.fixation_maps import read_maps
from psysal.gaze.formats.hdf5 import read_hdf5, write_hdf5
from psysal.gaze.formats.matlab import read_mat
from psysal.gaze.formats.published_sets import PUBLISHED
from psysal.gaze.formats.table import read_table, write_table

__all__ = [
    "FORMATS",
    "PUBLISHED",
    "read_export",
    "read_hdf5",
    "read_maps",
    "read_mat",
    "read_table",
    "write_hdf5",
    "write_table",
]
