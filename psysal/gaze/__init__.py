"""Gaze: fixations of people, their files, and data sets of images with fixations.

Place in the pipeline: files -> fixations -> comparison of maps with them.

    fixations    a checked table of fixations
    order        orders of fixations in their scanpaths
    formats      tables, MATLAB, binary maps, pysaliency's HDF5, exports of eye trackers, files
                 of published sets
    geometry     coordinates of files to pixels of images
    placement    fixations on their images, or doubts
    names        names of images in files
    layout       keys of a dataset.toml
    published    layouts of published sets, and downloads
    datasets     images and fixations of a folder
    simulated    fixations drawn from a known density

Examples
--------
>>> from psysal.gaze import Fixations
>>> Fixations(["cat.png"], ["ann"], [0], [31.5], [12.0]).subjects
('ann',)
"""

from psysal.gaze.datasets import Dataset, dataset
from psysal.gaze.fixations import Fixations
from psysal.gaze.formats import (
    read_export,
    read_hdf5,
    read_maps,
    read_mat,
    read_table,
    write_hdf5,
    write_table,
)
from psysal.gaze.geometry import Geometry
from psysal.gaze.layout import Layout
from psysal.gaze.published import fetch
from psysal.gaze.simulated import observer_density, simulate_fixations, simulated_dataset

__all__ = [
    "Dataset",
    "Fixations",
    "Geometry",
    "Layout",
    "dataset",
    "fetch",
    "observer_density",
    "read_export",
    "read_hdf5",
    "read_maps",
    "read_mat",
    "read_table",
    "simulate_fixations",
    "simulated_dataset",
    "write_hdf5",
    "write_table",
]
