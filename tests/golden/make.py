"""Copy the reference numbers that the tests compare with, thinned where they are large.

    python tests/golden/make.py FOLDER

FOLDER holds the files made with the authors' programs (see README.md here).  Nothing
of this package is run.
"""

import shutil
import sys
from pathlib import Path

import numpy as np

source, here = Path(sys.argv[1]), Path(__file__).parent
for path in sorted((source / "sim").glob("*.npz")):
    with np.load(path) as old:
        new = {}
        for name in old.files:
            values = old[name]
            if name.split("_")[0] in ("w", "zctr", "alpha", "c") and len(values) == 128:
                name, values = f"{name}_every_3", values[::3, ::3]
            if name == "s_map" and values.size > 100_000:
                name, values = "s_map_every_4", values[::4, ::4]
            if name not in ("opp", "rec_raw", "channel_maps_every_8"):
                new[name] = values
        np.savez_compressed(here / path.name, **new)

with np.load(source / "grouping" / "coffee.npz") as old:  # the other inputs are not ours to pass on
    np.savez_compressed(here / "grouping_coffee.npz", s_map_every_2=old["s_map"])

for path in sorted((source / "induction").glob("*.npz")):
    with np.load(path) as old:
        new = {}
        for name in old.files:
            values = old[name]
            if name == "img":
                name = "image"
            elif path.stem == "coffee" and values.ndim > 1:  # every 3rd in there already
                name, values = f"{name}_every_6", values[::2, ::2]
            elif values.size > 16_384:
                name, values = f"{name}_every_3", values[::3, ::3]
            if name not in ("opp", "step"):
                new[name] = values
        np.savez_compressed(here / f"induction_{path.name}", **new)

shutil.copyfile(source / "metrics" / "values.json", here / "metrics_values.json")
for path in sorted((source / "metrics").glob("syn_*.npz")):
    with np.load(path) as old:  # the scores are in values.json
        new = {n: old[n] for n in old.files if n not in ("blur_sigma20", "values", "value_names")}
        np.savez_compressed(here / f"metrics_{path.name}", **new)

NOT_MODELS = ("dcts", "dkl", "simpsal")  # programs that have no model here
for path in sorted((source / "classical").glob("*.npz")):
    model, _, image = path.stem.rpartition("_")
    if model.startswith(NOT_MODELS):
        continue
    with np.load(path) as old:
        new = {}
        for name in old.files:
            values = old[name]
            stage = name.startswith(("activation", "feature_", "normalized"))
            if name.startswith("seconds") or (stage and path.stem != "gbvs_syn144"):
                continue
            if image in ("coffee", "coffee4", "astro4", "astronaut") and values.size > 4096:
                every = int(name.split("_every")[-1]) if "_every" in name else 1
                name, values = f"{name.split('_every')[0]}_every{2 * every}", values[::2, ::2]
            new[name] = values
        np.savez_compressed(here / f"classical_{path.name}", **new)
