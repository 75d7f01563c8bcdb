"""Scores by the real pysaliency, which runs this program in an environment of its own.

    python pysaliency_scores.py FOLDER

Enters, in the folder: ``files.json``, paths of photographs; ``fixations.npz``, x, y and n, the
number of the photograph; HDF5 files of log densities of a model, ``model.h5``, of the center bias,
``baseline.h5``, and of the fixations, ``target.h5``; and of maps, ``map.h5``.  Leaves
``scores.json``: scores of every photograph by profile and metric, those of the maps as
"map NAME", and means over fixations.  psysal takes no part.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pysaliency
from pysaliency.models import ShuffledAUCSaliencyMapModel
from pysaliency.saliency_map_models import (
    BluringSaliencyMapModel,
    FixationMap,
)

MIT = {"minimum_value": 0, "log_regularization": 2.2204e-16, "quotient_regularization": 2.2204e-16}


def density_map(model):
    """Density of a model as a saliency map."""

    class Density(pysaliency.SaliencyMapModel):
        def _saliency_map(self, stimulus):
            return np.exp(model.log_density(stimulus))

    return Density()


def per_image(values, fixations):
    return [float(np.mean(np.asarray(values)[fixations.n == n])) for n in sorted({*fixations.n})]


def fixation_scores(stimuli, fixations, plain, shuffled):
    """Scores of single fixations: AUC and NSS of a map, shuffled AUC of another."""
    return {
        "auc": plain.AUCs(stimuli, fixations),
        "shuffled_auc": shuffled.AUCs(stimuli, fixations, nonfixations="shuffled"),
        "nss": plain.NSSs(stimuli, fixations),
    }


def main(folder):
    stimuli = pysaliency.FileStimuli(json.loads((folder / "files.json").read_text()))
    table = np.load(folder / "fixations.npz")
    fixations = pysaliency.Fixations.create_without_history(table["x"], table["y"], table["n"])
    model, baseline, target = (
        pysaliency.HDF5Model(stimuli, str(folder / f"{name}.h5"))
        for name in ("model", "baseline", "target")
    )
    maps = pysaliency.HDF5SaliencyMapModel(stimuli, str(folder / "map.h5"))
    density, goal = density_map(model), density_map(target)
    seen = FixationMap(stimuli, fixations, kernel_size=23.99)
    blurred = BluringSaliencyMapModel(density, 24, mode="constant")

    likelihoods = {
        "information_gain": model.information_gains(stimuli, fixations, baseline),
        "log_likelihood": model.log_likelihoods(stimuli, fixations) / np.log(2),
    }
    by_fixation = {
        "exact": fixation_scores(stimuli, fixations, density, density) | likelihoods,
        "tuebingen": fixation_scores(
            stimuli, fixations, density, ShuffledAUCSaliencyMapModel(model, baseline)
        )
        | likelihoods
        | {"ig_over_uniform": model.information_gains(stimuli, fixations)},
        "map": fixation_scores(stimuli, fixations, maps, maps),
    }
    scores = {
        profile: {name: per_image(values, fixations) for name, values in named.items()}
        for profile, named in by_fixation.items()
    }
    scores["exact"] |= {
        "cc": density.CCs(stimuli, goal).tolist(),
        "similarity": density.SIMs(stimuli, goal).tolist(),
        "kl": model.kl_divergences(stimuli, target),
    }
    scores["tuebingen"] |= {
        "cc": blurred.CCs(stimuli, seen).tolist(),
        "kl": blurred.image_based_kl_divergences(stimuli, seen, **MIT),
    }
    scores["map"] |= {
        "cc": maps.CCs(stimuli, seen).tolist(),
        "kl": maps.image_based_kl_divergences(stimuli, seen, **MIT),
        "similarity": maps.SIMs(stimuli, seen).tolist(),
    }
    means = {
        profile: {name: float(np.mean(values)) for name, values in named.items()}
        for profile, named in by_fixation.items()
    }
    means["tuebingen"]["nss"] = float(density.NSS(stimuli, fixations, average="fixation"))
    scores["means over fixations"] = means
    plain = json.dumps(scores, indent=1, default=float)
    (folder / "scores.json").write_text(plain + "\n")


main(Path(sys.argv[1]))
