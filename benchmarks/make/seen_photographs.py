"""Fingerprints of the photographs that the shipped readouts were trained on, added to their files.

    python benchmarks/make/seen_photographs.py SET...

Weights stay as they are, digit by digit; ``psysal train`` writes the fingerprints by itself.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import psysal.models
from psysal.evaluation.training import fixations_fingerprint
from psysal.gaze import dataset
from psysal.models.learned import SHIPPED
from psysal.models.trained import Trained


def main():
    seen = {}
    for name in sys.argv[1:]:
        data = dataset(name)
        fixations, _ = data.fixations.inside(data.sizes)
        fixated = set(fixations.images)
        seen[fixations_fingerprint(fixations)] = [
            data.fingerprints[image] for image in data.images if image in fixated
        ]
    for readout in SHIPPED:
        path = Path(psysal.models.__file__).with_name(f"readout_{readout}.json")
        before = path.read_bytes()
        trained = Trained.decode(path.name, before)
        data = [{**one, "photographs": seen[one["digest"]]} for one in trained.metadata["data"]]
        after = replace(trained, metadata={**trained.metadata, "data": data}).encode()
        old, new = json.loads(before), json.loads(after)
        changed = {key for key in new if new[key] != old.get(key)}
        if changed - {"data", "checksum"}:
            raise SystemExit(f"{path.name}: {', '.join(changed)} would change")
        path.write_bytes(after)


if __name__ == "__main__":
    main()
