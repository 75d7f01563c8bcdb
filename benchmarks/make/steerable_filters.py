"""Copy the filters of ``Torralba2006`` from pyrtools, with their license.

    pip install pyrtools && python benchmarks/make/steerable_filters.py

They are ``sp3Filters`` of matlabPyrTools (Simoncelli); pyrtools is under the MIT license.
"""

from importlib.metadata import distribution
from pathlib import Path

import numpy as np
from pyrtools.pyramids.filters import steerable_filters

import psysal

target = Path(psysal.__file__).parent / "models" / "steerable_filters.npz"
filters = steerable_filters("sp3_filters")
bands = filters["bfilts"].T.reshape(4, 9, 9).transpose(0, 2, 1)  # stored down the columns
np.savez_compressed(target, low0=filters["lo0filt"], low=filters["lofilt"], bands=bands)
package = distribution("pyrtools")
license_text = next(path for path in package.files if path.name == "LICENSE").read_text()
target.with_name("steerable_filters_license.txt").write_text(license_text, encoding="utf-8")
