"""Fingerprints of the photographs that the shipped readouts were trained on, added to their files.

    python benchmarks/make/seen_photographs.py FOLDER_OF_OSIE

Weights stay as they are, digit by digit; ``psysal train`` writes the fingerprints by itself.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import psysal.models
from psysal.evaluation.training import fixations_fingerprint
from psysal.gaze import dataset
from psysal.models.learned import SHIPPED, Trained


def main():
    data = dataset(sys.argv[1])
    fixations, _ = data.fixations.inside(data.sizes)
    photographs = [data.fingerprints[name] for name in data.images if name in fixations.images]
    for readout in SHIPPED:
        path = Path(psysal.models.__file__).with_name(f"learned_{readout}.json")
        before = path.read_bytes()
        trained = Trained.decode(path.name, before)
        about = trained.metadata["data"]
        if about["digest"] != fixations_fingerprint(fixations):
            raise SystemExit(f"{path.name} was trained on {about['dataset']}, not on {sys.argv[1]}")
        metadata = {**trained.metadata, "photographs": {about["dataset"]: photographs}}
        after = replace(trained, metadata=metadata).encode()
        old, new = json.loads(before), json.loads(after)
        changed = {key for key in new if new[key] != old.get(key)}
        if changed - {"photographs", "checksum"}:
            raise SystemExit(f"{path.name}: {', '.join(changed)} would change")
        path.write_bytes(after)


if __name__ == "__main__":
    main()
