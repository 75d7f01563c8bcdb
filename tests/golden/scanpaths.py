"""Make scanpaths.json with programs of others; see README.md.

    python scanpaths.py

Each environment adds what its packages give: multimatch-gaze 0.1.3 (pip install multimatch-gaze),
GazeParser 0.12.3 (its ScanMatch.py), Biopython 1.88, and pysaliency 0.2.22.  The inputs are random.
"""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).with_name("scanpaths.json")
SHAPE = (600, 800)


def inputs():
    rng = np.random.default_rng(21)
    paths = []
    for count in (3, 5, 9, 14, 9, 6):
        x, y = rng.uniform(0, SHAPE[1], count), rng.uniform(0, SHAPE[0], count)
        ms = rng.integers(60, 700, count)
        paths.append({"x": x.tolist(), "y": y.tolist(), "ms": ms.tolist()})
    return paths


def pairs(paths):
    return [(i, j) for i in range(len(paths)) for j in range(len(paths)) if i < j]


def multimatch(paths):
    import multimatch_gaze

    def record(path):
        names = ("start_x", "start_y", "duration")
        columns = (path["x"], path["y"], np.array(path["ms"]) / 1000)
        return np.rec.fromarrays([np.asarray(c, float) for c in columns], names=names)

    compare = multimatch_gaze.docomparison
    return [
        [float(v) for v in compare(record(paths[i]), record(paths[j]), SHAPE[::-1])]
        for i, j in pairs(paths)
    ]


def scanmatch(paths, folder):
    spec = importlib.util.spec_from_file_location("ScanMatch", Path(folder) / "ScanMatch.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    scores = {}
    for interval in (0, 50):
        for x, y, threshold in ((12, 8, 3.5), (7, 5, 2.0)):
            match = module.ScanMatch(
                Xres=SHAPE[1], Yres=SHAPE[0], Xbin=x, Ybin=y, Threshold=threshold, TempBin=interval
            )
            strings = [
                match.fixationToSequence(np.array([p["x"], p["y"], p["ms"]], float).T).astype(int)
                for p in paths
            ]
            scores[f"{y} {x} {threshold} {interval}"] = [
                float(match.match(strings[i], strings[j])[0]) for i, j in pairs(paths)
            ]
    return scores


def needleman_wunsch(paths):
    """ScanMatch's sums with a gap, and Levenshtein's distance on 5 x 5 bins, by Biopython."""
    from Bio.Align import PairwiseAligner, substitution_matrices

    def letters(rows, cols, threshold):
        at = np.array([(r, c) for r in range(rows) for c in range(cols)])
        table = threshold - np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
        return substitution_matrices.Array(tuple(map(str, range(rows * cols))), 2, table)

    def text(path, rows, cols):
        row = np.array(path["y"]).astype(int) * rows // SHAPE[0]
        col = np.array(path["x"]).astype(int) * cols // SHAPE[1]
        return [str(n) for n in row * cols + col]

    def scores(rows, cols, table, gap):
        aligner = PairwiseAligner(mode="global", substitution_matrix=table)
        aligner.gap_score = gap
        strings = [text(p, rows, cols) for p in paths]
        return [float(aligner.score(strings[i], strings[j])) for i, j in pairs(paths)]

    edit = letters(5, 5, 0)
    edit[:] = np.eye(25) - 1
    return {
        "sums_8_12_3.5_gap_-0.5": scores(8, 12, letters(8, 12, 3.5), -0.5),
        "edits_5_5": [-score for score in scores(5, 5, edit, -1)],
    }


def next_fixations(paths):
    """The model: 1 / (90^2 + d^2), d in pixels from the last fixation; it has few ties."""
    import pysaliency

    class Near(pysaliency.models.ScanpathModel):
        def conditional_log_density(self, stimulus, x_hist, y_hist, t_hist, **_):
            y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
            near = 1 / (90.0**2 + (x - x_hist[-1]) ** 2 + (y - y_hist[-1]) ** 2)
            return np.log(near / near.sum())

    # NSS and AUC of the density itself, which is the saliency map of the model
    class Map(pysaliency.saliency_map_models.ScanpathSaliencyMapModel):
        def conditional_saliency_map(self, stimulus, x_hist, y_hist, t_hist, **_):
            return np.exp(Near().conditional_log_density(stimulus, x_hist, y_hist, t_hist))

    stimuli = pysaliency.Stimuli([np.zeros((*SHAPE, 3), np.uint8)])
    trains = pysaliency.FixationTrains.from_fixation_trains(
        [p["x"] for p in paths],
        [p["y"] for p in paths],
        [list(range(len(p["x"]))) for p in paths],
        [0] * len(paths),
        list(range(len(paths))),
    )
    scored = trains[trains.lengths > 0]
    return {
        "log_likelihood": Near().log_likelihoods(stimuli, scored).tolist(),
        "auc": [float(v) for v in Map().AUCs(stimuli, scored)],
        "nss": [float(v) for v in Map().NSSs(stimuli, scored)],
    }


if __name__ == "__main__":
    data = json.loads(HERE.read_text()) if HERE.exists() else {}
    data["shape"], data["paths"] = SHAPE, inputs()
    for package, key, make in (
        ("multimatch_gaze", "multimatch", multimatch),
        ("Bio", "needleman_wunsch", needleman_wunsch),
        ("pysaliency", "next_fixations", next_fixations),
    ):
        if importlib.util.find_spec(package):
            data[key] = make(data["paths"])
    if len(sys.argv) > 1:  # the folder of GazeParser's ScanMatch.py
        data["scanmatch"] = scanmatch(data["paths"], sys.argv[1])
    HERE.write_text(json.dumps(data, indent=1) + "\n")
