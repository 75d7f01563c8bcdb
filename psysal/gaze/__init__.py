"""What people did: where they looked, and the sets of photographs they looked at.

Place: beside the models; files -> fixations -> comparison with maps.

    fixations    a checked table of fixations
    formats      from and to MATLAB, tables, binary maps and pysaliency's HDF5
    datasets     photographs and fixations of a folder; known sets; downloads
    simulated    fixations drawn from a density that is known

Examples
--------
>>> from psysal.gaze import Fixations
>>> Fixations(["cat.png"], ["ann"], [0], [31.5], [12.0]).subjects
('ann',)
"""

from psysal.gaze.datasets import Dataset, Layout, dataset, fetch
from psysal.gaze.fixations import Fixations
from psysal.gaze.formats import (
    read_hdf5,
    read_maps,
    read_mat,
    read_table,
    write_hdf5,
    write_table,
)
from psysal.gaze.simulated import law, simulate, simulated_dataset

__all__ = [
    "Dataset",
    "Fixations",
    "Layout",
    "dataset",
    "fetch",
    "law",
    "read_hdf5",
    "read_maps",
    "read_mat",
    "read_table",
    "simulate",
    "simulated_dataset",
    "write_hdf5",
    "write_table",
]
