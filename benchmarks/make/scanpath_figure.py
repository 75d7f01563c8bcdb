"""Draw docs/scanpaths.jpg: scanpaths of three rules on a photograph, and many viewers.

    python benchmarks/make/scanpath_figure.py
"""

import io
from pathlib import Path

import skimage.data
from matplotlib.figure import Figure
from PIL import Image

import psysal
from psysal import plots

PPD = 24
PHOTOGRAPH = skimage.data.astronaut()
PANELS = {
    "winner takes all": {"rule": "winner"},
    "drawn from the density": {"rule": "density"},
    "with people's saccades": {"rule": "saccades"},
    "200 viewers": {"rule": "saccades", "viewers": 200},
}

figure = Figure(figsize=(11, 3.15), layout="constrained")
figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02)
for ax, (title, options) in zip(figure.subplots(1, len(PANELS)), PANELS.items(), strict=True):
    path = psysal.scanpath(PHOTOGRAPH, model="learned", fixations=6, ppd=PPD, seed=2, **options)
    plots.scanpath(PHOTOGRAPH, path, title=title, ax=ax)
buffer = io.BytesIO(plots.png(figure))
place = Path(__file__).parents[2] / "docs" / "scanpaths.jpg"
Image.open(buffer).convert("RGB").save(place, quality=88)
print(place)
