# %% [markdown]
# # 04 The whole model
#
# Opponent channels, wavelet planes, contrast, sensitivity, and the inverse transform: the model of
# Murray, Vanrell, Otazu & Parraga (CVPR 2011, [doi](https://doi.org/10.1109/CVPR.2011.5995506))
# consists of the steps of notebooks 01 to 03. Here it runs as a whole, on a photograph of yours if
# you like.
#
# **You will learn**
# - to make a saliency map, look at it, and save it;
# - to look at every stage, and at the exact contribution of every part;
# - to test a model with a display whose answer is known;
# - to change a parameter and measure its effect;
# - how well the model predicts where people look, in one number, and what to compare it with.
#
# Time: about 30 minutes. Solutions are in the folder `solutions`. Nothing is downloaded.

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import skimage.data

import psysal
from psysal import plots, stimuli
from psysal.evaluation import metrics
from psysal.files import save
from psysal.mapfile import encode, read_map
from psysal.vision.color import CHANNELS

# %% [markdown]
# ## 1. A photograph, a map
#
# Write the name of a photograph of yours instead of `None`, or use the one of scikit-image.
# (In Colab, upload yours with the folder symbol at the left.)

# %%
path = None  # "holiday.jpg"
photo = skimage.data.rocket() if path is None else psysal.image.read(path)

saliency = psysal.saliency(photo)
print("map:", saliency.shape, saliency.dtype, "from", saliency.min(), "to", saliency.max())

figure, axes = plt.subplots(1, 3, figsize=(11, 2.7), layout="constrained")
plots.photograph(photo, title="photograph", ax=axes[0])
plots.saliency_map(saliency, title="saliency", ax=axes[1])
plots.overlay(photo, saliency, title="both", ax=axes[2])
plt.show()

# %% tags=["check"]
assert saliency.shape == photo.shape[:2]
assert (saliency.min(), saliency.max()) == (0, 1)
top = np.argwhere(saliency > np.quantile(saliency, 0.99)).mean(axis=0)
assert 250 < top[0] < 427  # the fire and the light at the ground

# %% [markdown]
# ## 2. Every stage
#
# All stages in one figure: at the top the photograph, the channels, and the map. Below, for each
# channel and level, the plane ($|w|$), its contrast ($z$), and the contrast weighted by sensitivity
# ($\alpha$). At the right is the map of each channel. `model.stages(photo)` gives all of them as
# arrays.

# %%
model = psysal.Murray2011()
plots.stages(model, photo)

# %% [markdown]
# **Question 1.** Follow the sky through the figure. It is smooth, and yet contrast at
# level 1 of the color channels is full of speckles there. The map has none of them.
# Which stage removes them? With `stages = model.stages(photo)`, compare the mean of
# `stages.contrast[0][0]` (red-green, level 1) in the top fifth of the picture and in the rest;
# then look at `model.color.gain(1)` beside `model.color.gain(5)`.

# %% tags=["solution"]
stages = model.stages(photo)
rows, cols = photo.shape[:2]
finest = stages.contrast[0][0][:, :rows, :cols].mean(axis=0)
sky, rest = finest[: rows // 5].mean(), finest[rows // 5 :].mean()
print(f"contrast of red-green at level 1: {sky:.2f} in the sky, {rest:.2f} elsewhere")
print(f"gain at level 1 {model.color.gain(1):.2f}, at level 5 {model.color.gain(5):.2f}")

# %% [markdown] tags=["solution"]
# Not contrast: a step of one code in an 8-bit sky has a surround without any step, and so as much
# contrast as anything else; contrast does not depend on the size of a step. Sensitivity
# removes the speckles: at level 1, the weight of contrast is a fortieth of that at level 5.

# %% tags=["check"]
assert sky > 0.5 * rest
assert model.color.gain(5) > 30 * model.color.gain(1)

# %% [markdown]
# ## 3. The contribution of each part
#
# The model is *linear* in contrast: a channel's map is a constant plus the sum of the contributions
# of all levels and orientations. So a map can be decomposed without a remainder. In percent: the
# share of each level in the variation of its channel.

# %%
plots.contributions(model, photo)

# %%
parts = model.contributions(photo, dtype="float64")
whole = model.stages(photo, dtype="float64").channel_maps
error = abs(parts.channel_maps - whole).max() / whole.max()
print(f"sum of the parts against the whole: {error:.0e} of its maximum")

spread = parts.planes.sum(axis=2).std(axis=(2, 3))
share = dict(zip(CHANNELS, spread / spread.sum(axis=1, keepdims=True)))
figure, ax = plt.subplots(figsize=(6.5, 3), layout="constrained")
plots.by_level(share, label="share of the variation", ax=ax)
plt.show()

# %% tags=["check"]
assert error < 1e-12
assert share["intensity"].argmax() + 1 == 4
assert share["yellow-blue"].argmax() + 1 in (4, 5)
assert max(values[[0, 6]].sum() for values in share.values()) < 0.05

# %% [markdown]
# **Question 2.** Compute the map without levels 4 and 5 (channel maps are
# `parts.pedestal[:, None, None] + parts.planes[:, indices].sum(axis=(1, 2))`; the map is the root
# of the sum of their squares), and once without all *other* levels. How similar is each to the
# whole map? Look at the maps before you trust the number.

# %% tags=["solution"]


def from_levels(levels):
    """Map from some of the levels, counted from 1."""
    total = parts.planes[:, [s - 1 for s in levels]].sum(axis=(1, 2))
    return np.sqrt(((total + parts.pedestal[:, None, None]) ** 2).sum(axis=0))


partial = {
    "all": from_levels(range(1, 8)),
    "only 4 and 5": from_levels([4, 5]),
    "without 4 and 5": from_levels([1, 2, 3, 6, 7]),
}
correlation = {}
figure, axes = plt.subplots(1, 3, figsize=(11, 2.8), layout="constrained")
for ax, (name, values) in zip(axes, partial.items()):
    correlation[name] = np.corrcoef(values.ravel(), partial["all"].ravel())[0, 1]
    plots.saliency_map(values, title=f"{name}: correlation {correlation[name]:.2f}", ax=ax)
plt.show()

# %% [markdown] tags=["solution"]
# Two levels of seven contribute most of the map. The others alone still resemble it: an odd thing
# is often odd at several scales.

# %% tags=["check"]
assert np.allclose(partial["all"], model.stages(photo, dtype="float64").map)
assert correlation["only 4 and 5"] > 0.93
assert 0.4 < correlation["without 4 and 5"] < correlation["only 4 and 5"]

# %% [markdown]
# ## 4. A display with a known answer
#
# Nobody knows the right map of a photograph. For a search display it is known: people find the
# tilted bar at once, so it should be salient. `psysal.stimuli` draws such displays, with the masks
# of their targets (`target_masks`).

# %%
display = stimuli.search_orientation()
(target,) = display.target_masks
display_map = psysal.saliency(display.image, ppd=display.ppd)
print(display.report)

figure, axes = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
plots.photograph(display.image, title="display", ax=axes[0])
plots.saliency_map(display_map, title="saliency, and the target", ax=axes[1])
plots.outline(target, ax=axes[1])
plt.show()

# %% [markdown]
# As a number: the percentile of the target's most salient pixel in the map. And as an experiment:
# tilt the target less and less, from level (contrast 1) to nearly upright. Each point is
# the mean of four displays. For comparison, a map that does not depend on the image, a blob in the
# middle (`psysal.Center`).

# %%


def percentile(model, display):
    """Share of the map below the target's highest value."""
    values, (target,) = model(display.image), display.target_masks
    return (values < values[target].max()).mean()


def curve(model, make, contrasts, seeds=range(4)):
    """Mean percentile at each contrast."""
    return [
        np.mean([percentile(model, make(contrast=c, seed=seed)) for seed in seeds])
        for c in contrasts
    ]


contrasts = (0.02, 0.05, 0.1, 0.2, 0.4, 1.0)
percentiles = curve(model, stimuli.search_orientation, contrasts)
blob = curve(psysal.Center(), stimuli.search_orientation, contrasts)

figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
ax.plot(contrasts, percentiles, "o-", color="#0072b2", label="Murray2011")
ax.plot(contrasts, blob, "s--", color="#7b8085", label="a blob in the middle")
ax.set(xscale="log", xlabel="tilt (1: 90 degrees)", ylabel="percentile of the target")
ax.set_xticks(contrasts, [f"{c:g}" for c in contrasts])
ax.minorticks_off()
ax.legend(frameon=False)
plt.show()
print("tilt", contrasts, "percentile", np.round(percentiles, 3))

# %% tags=["check"]
assert percentiles[0] < 0.9 < 0.99 < percentiles[-1]
assert np.diff(percentiles).min() > -0.02
assert np.ptp(blob) < 0.05

# %% [markdown]
# **Question 3.** A target may be the only one with its *combination* of features, each of which
# many others have. People have to search for it. Does the model predict this? Draw
# `stimuli.search_conjunction()` and `stimuli.search_color()`, map both, and compare where the
# target is in the map, over several seeds.

# %% tags=["solution"]
makers = (stimuli.search_color, stimuli.search_conjunction)
ranks = [curve(model, make, [1.0], seeds=range(6))[0] for make in makers]
figure, axes = plt.subplots(2, 2, figsize=(8, 6.3), layout="constrained")
for line, make, rank in zip(axes, makers, ranks):
    example = make()
    plots.photograph(example.image, title=make.__name__, ax=line[0])
    title = f"target at percentile {rank:.1%} in the mean"
    plots.saliency_map(psysal.saliency(example.image), title=title, ax=line[1])
    plots.outline(example.target_masks[0], ax=line[1])
plt.show()

# %% [markdown] tags=["solution"]
# The odd color is the maximum of the whole map; the conjunction is one of many maxima. A
# model that compares within each channel and orientation, and adds up, cannot respond to a
# combination: feature integration theory (Treisman & Gelade 1980) says the same of preattentive
# vision.

# %% tags=["check"]
assert ranks[0] > 0.999
assert ranks[1] < ranks[0] - 0.02

# %% [markdown]
# ## 5. Change a parameter
#
# A model is a frozen dataclass: it prints its parameters, and a misspelt one is an error.

# %%
print(psysal.Murray2011())
try:
    psysal.Murray2011(window=(13, 26))
except TypeError as error:
    print("TypeError:", error)

variants = {
    "published": psysal.Murray2011(),
    "windows=(5, 10)": psysal.Murray2011(windows=(5, 10)),
    "windows=(26, 52)": psysal.Murray2011(windows=(26, 52)),
    "ppd=64": psysal.Murray2011(ppd=64),
}
figure, axes = plt.subplots(1, 4, figsize=(12, 2.5), layout="constrained")
similarity = {}
for ax, (name, variant) in zip(axes, variants.items()):
    values = variant(photo)
    similarity[name] = np.corrcoef(values.ravel(), model(photo).ravel())[0, 1]
    plots.saliency_map(values, title=f"{name}: {similarity[name]:.2f}", ax=ax)
plt.show()

# %% tags=["check"]
assert similarity["published"] > 0.999999
assert all(0.7 < value < 0.97 for name, value in similarity.items() if name != "published")

# %% [markdown]
# The numbers are correlations with the published map. Small windows respond to small things and
# edges, large ones to regions; with 64 pixels per degree, for a viewer at twice the distance, the
# map is coarser.
#
# **Question 4.** What is the effect of the sensitivity curve? Make a model that weights all levels
# equally: `replace(model, intensity=replace(model.intensity, sig1=99.0, sig2=99.0))`, and `color`
# likewise. Show both maps. Where do they differ?

# %% tags=["solution"]
flat = replace(
    model,
    intensity=replace(model.intensity, sig1=99.0, sig2=99.0),
    color=replace(model.color, sig1=99.0, sig2=99.0),
)
values = flat(photo)
flat_correlation = np.corrcoef(values.ravel(), model(photo).ravel())[0, 1]
figure, axes = plt.subplots(1, 3, figsize=(12, 2.8), layout="constrained")
plots.saliency_map(model(photo), title="published", ax=axes[0])
title = f"equal weights: correlation {flat_correlation:.2f}"
plots.saliency_map(values, title=title, ax=axes[1])
change = [abs(np.diff(v, axis=1)).mean() / v.std() for v in (model(photo), values)]
standardized = [(v - v.mean()) / v.std() for v in (values, model(photo))]
plots.plane(standardized[0] - standardized[1], title="flat minus published", ax=axes[2])
plt.show()
print(f"change from pixel to pixel, in standard deviations: {change[0]:.3f}, flat {change[1]:.3f}")

# %% [markdown] tags=["solution"]
# The correlation says that little changed, the map that much did: every strut of the towers shows
# now, and so do the speckles of the sky; the change from pixel to pixel is three times as large.
# The sensitivity curve leaves out detail that is finer than the things people look at. (Large
# regions dominate a correlation; edges hardly change it.)

# %% tags=["check"]
assert change[1] > 2.5 * change[0]
assert 0.85 < flat_correlation < 0.97

# %% [markdown]
# ## 6. Save a map
#
# `encode` makes the bytes of a file, `save` writes it whole or not at all. A 16-bit PNG has
# 65,536 steps; the metadata is stored in it too.

# %%
metadata = {"model": "murray2011", "version": psysal.__version__}
save("saliency.png", encode(saliency, metadata=metadata), overwrite=True)
loss = abs(read_map("saliency.png") / 65535 - saliency).max()
print("largest difference after writing and reading:", loss, "- half a step is", 0.5 / 65535)

# %% tags=["check"]
assert loss <= 0.51 / 65535

# %% [markdown]
# On the command line the same is `psysal map holiday.jpg -o maps --overlay`.
#
# ## 7. How well does it predict where people look?
#
# Show people a photograph, record where their eyes rest (*fixations*), and ask: is a fixated
# pixel more salient than any other pixel? The share of all such pairs in which the fixated pixel
# is more salient is the *area under the ROC curve*, AUC: 0.5 is guessing, 1 is perfect.
#
# Try it with yourself: where did you look when you first saw the rocket? Write down some places,
# as x (to the right) and y (down), in pixels.

# %%
fixations = [[322, 150], [320, 260], [318, 390], [366, 398], [200, 215]]  # replace them by yours

mine = metrics.auc(saliency, fixations)
print(f"AUC {mine:.2f}: a fixated pixel is more salient than {mine:.0%} of the photograph")

figure, ax = plt.subplots(figsize=(5.5, 3.8), layout="constrained")
plots.overlay(photo, saliency, ax=ax)
x, y = np.transpose(fixations)
ax.plot(x, y, "o", markersize=9, markerfacecolor="none", markeredgecolor="white")
plt.show()

# %% [markdown]
# Five fixations of one person are an anecdote. The number for this model, from 15 people on 700
# photographs (OSIE, Xu et al. 2014, [doi](https://doi.org/10.1167/14.1.28)), is **AUC 0.769**. The
# lines are 95 % intervals. If you have the data set, `psysal.evaluate(["murray2011"], "osie")`
# computes it again.

# %%
osie = {  # AUC, and the ends of its interval
    "leave_one_observer_out": (0.934, 0.932, 0.935),
    "murray2013": (0.791, 0.783, 0.798),
    "itti1998": (0.783, 0.775, 0.790),
    "murray2011": (0.769, 0.761, 0.777),
    "center_bias": (0.742, 0.735, 0.748),
    "noise": (0.500, 0.499, 0.502),
}
values = np.array(list(osie.values()))
texts = [f"{value:.3f}" for value in values[:, 0]]
plots.bars(list(osie), values[:, 0], values[:, 1:], texts, start=0.5, bold="murray2011")

# %% [markdown]
# **Question 5.** Is 0.769 good? Look at the bars for an upper and a lower limit, and compute the
# score of `psysal.Center()` on your own fixations: a blob in the middle, whatever the photograph.
# Why is it so good?

# %% tags=["solution"]
middle = metrics.auc(psysal.Center()(photo), fixations)
print(f"the model {mine:.2f}, a blob in the middle {middle:.2f}")
model_share, center_share = (
    (osie[name][0] - 0.5) / (osie["leave_one_observer_out"][0] - 0.5)
    for name in ("murray2011", "center_bias")
)
print("on OSIE, share of the range from chance to people: ", end="")
print(f"the model {model_share:.0%}, the middle {center_share:.0%}")

# %% [markdown] tags=["solution"]
# It is better than a map of where people look in *any* photograph, and far from people,
# who predict each other with 0.934. Photographers put what matters in the middle, people begin
# there, and so a blob scores high. AUC does not separate "predicts a preference for the middle"
# from "predicts the effect of the photograph"; notebook 06 is about metrics that do, and about
# other pitfalls.
#
# The difference between 0.769 and 0.934 is mostly due to meaning: faces, text, things in use. The
# model responds to contrast only. In notebook 07 a readout of contrast is trained on fixations.

# %% tags=["check"]
assert 0.5 < mine < 1
assert 0.55 < model_share < 0.7
assert center_share < model_share

# %% [markdown]
# ## Summary
#
# - One call makes the map; `stages` and `contributions` show exactly what it consists of.
# - Test models where the answer is known, and change one parameter at a time.
# - A score has a meaning only beside lower and upper limits: chance, the middle, people.
#
# Next: [05 Illusions](05_illusions.ipynb).
