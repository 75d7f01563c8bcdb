"""The layers of the package: data flows down this list; imports point up it only."""

LAYERS = [
    {"psysal._typing", "psysal.checks", "psysal.memory", "psysal.optional", "psysal.progress"}
    | {"psysal.srgb", "psysal.wording"},
    {"psysal.remote"},
    {"psysal.files"},
    {"psysal.readers"},
    {"psysal.viewing", "psysal.threads", "psysal.image", "psysal.overlay"}
    | {"psysal.fingerprint", "psysal.hdf5", "psysal.sqlite"},
    {"psysal.mapfile", "psysal.stimuli"},
    {"psysal.vision.kernel_cache"},
    {"psysal.vision.kernels", "psysal.vision.workspace"},
    {
        "psysal.vision.grid_kernels",
        "psysal.vision.grouping_kernels",
        "psysal.vision.stationary_kernels",
    },
    {"psysal.vision"},
    {"psysal.vision.channel"},
    {"psysal.evaluation.divergences"},  # what models are trained with
    {"psysal.models", "psysal.gaze"},
    {"psysal.evaluation", "psysal.retrieval"},
    {"psysal.learning", "psysal.scanpaths", "psysal.crops"},
    {"psysal.api"},
    {"psysal.plots"},
    {"psysal.reports", "psysal.video", "psysal.archive"},
    {"psysal.explorer"},
    {"psysal.cli"},
]
