"""Learn the amplitudes and turns of people's saccades that psysal's scanpaths follow.

    PSYSAL_DATA=FOLDER python benchmarks/make/saccades.py

writes ``psysal/scanpaths/saccades.json``: counts over all people and photographs, from which no
fixation can be read.  OSIE (Xu et al. 2014, MIT license) is what the published counts are of.
"""

import argparse
import json
from pathlib import Path

import psysal.scanpaths
from psysal.gaze import dataset
from psysal.scanpaths import learn_saccades
from psysal.scanpaths.saccades import STEP, TURNS

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--dataset", default="osie", help="Name or folder of a data set with ppd.")
parser.add_argument("--seed", type=int, default=0, help="Seed of the orders of chance.")
options = parser.parse_args()
people = dataset(options.dataset)
inside, _ = people.fixations.inside(people.sizes)
learned = learn_saccades(inside, people.ppd, seed=options.seed)
table = {
    "source": people.source,
    "photographs": len(inside.images),
    "observers": len(inside.subjects),
    "ppd": people.ppd,
    "seed": options.seed,
    "degrees in a bin of amplitudes (rows)": STEP,
    "degrees in a bin of turns (columns)": 180 / TURNS,
    "people": learned.people.tolist(),
    "chance": learned.chance.tolist(),
}
lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in table.items()]
text = "{\n" + ",\n".join(lines).replace("], [", "],\n  [") + "\n}\n"
path = Path(psysal.scanpaths.__file__).with_name("saccades.json")
path.write_text(text, "utf-8")
print(path, learned.people.sum(), "saccades")
