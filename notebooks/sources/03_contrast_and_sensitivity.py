# %% [markdown]
# # 03 Contrast and contrast sensitivity
#
# A lamp in the dark catches the eye; the same lamp in a lit street does not. What counts is not
# how much there is at a place, but how much there is *compared with its surround*. And then:
# does the eye see detail of that size at all, from where you stand?
#
# **You will learn**
# - the contrast measure of the model, by hand for one pixel;
# - what it ignores: overall contrast; and what it does not: the crowd around;
# - contrast sensitivity, in levels and in cycles per degree of visual angle;
# - what an observer stops seeing at a distance of 3 m, and what that does to the map.
#
# Time: about 30 minutes. Solutions are in the folder `solutions`. Nothing is downloaded.

# %%
import matplotlib.pyplot as plt
import numpy as np
import skimage.data
from skimage.transform import resize

import psysal
from psysal import plots
from psysal.viewing import level_at, level_shift
from psysal.vision.color import from_opponent, opponent
from psysal.vision.contrast import MURRAY2011_WINDOWS, center_surround
from psysal.vision.wavelet import forward, inverse, level_count, upsample

# %% [markdown]
# ## 1. Center and surround
#
# Take a plane $w$ of one level and orientation (notebook 02). Its energy is $w^2$. The model
# compares the mean energy in a *center* with that in a *surround*,
#
# $$r = \frac{\text{mean of } w^2 \text{ in the center}}
#            {\text{mean of } w^2 \text{ in the surround} + 10^{-6}}, \qquad
#   z = \frac{r^2}{1 + r^2} .$$
#
# The windows are strips: along $x$ for horizontal planes, along $y$ for vertical ones, a cross
# of both diagonals for diagonal ones. Here they are, in samples of a level.

# %%
plots.windows((13, 26))

# %% [markdown]
# The curve from $r$ to $z$ makes a judgement between 0 and 1: equal energy inside and outside
# gives exactly one half.

# %%
r = np.geomspace(0.05, 20, 200)
figure, ax = plt.subplots(figsize=(5, 2.8), layout="constrained")
ax.plot(r, r**2 / (1 + r**2), color="black")
ax.plot(1, 0.5, "o", color="#0072b2")
ax.set(xscale="log", xlabel="r, center over surround", ylabel="contrast z")
ax.set_xticks([0.1, 1, 10], ["0.1", "1", "10"])
plt.show()

# %% [markdown]
# On a photograph, at level 3 of the intensity, horizontal plane: the plane, its energy,
# and its contrast. Energy sees the rim of the cup and little else. Contrast gives a quiet
# place a chance if its surround is quieter still.

# %%
photo = skimage.data.coffee()
rows, cols = photo.shape[:2]
intensity = opponent(photo, dtype="float64")[2]
details, residuals = forward(intensity, level_count(rows, cols))
contrast = [center_surround(plane, MURRAY2011_WINDOWS) for plane in details]

area = (slice(0, rows // 4), slice(0, cols // 4))
w, z = details[2][0], contrast[2][0]
figure, axes = plt.subplots(1, 3, figsize=(11, 2.7), layout="constrained")
plots.plane(w[area], title="plane w", ax=axes[0])
plots.saliency_map(w[area] ** 2, title="energy w²", ax=axes[1])
plots.saliency_map(z[area], title="contrast z", limits=(0, 1), ax=axes[2])
plt.show()

# %% [markdown]
# Once by hand, for the sample at row 40, column 106: 13 samples in the center, 26 on each side.

# %%
row, col = 40, 106
energy = w[row] ** 2
center = energy[col - 6 : col + 7]
surround = np.concatenate([energy[col - 32 : col - 6], energy[col + 7 : col + 33]])
ratio = center.mean() / (surround.mean() + 1e-6)
z_by_hand = ratio**2 / (1 + ratio**2)
print(f"{len(center)} and {len(surround)} samples: r = {ratio:.3f}, z = {z_by_hand:.6f}")
print(f"psysal says z = {z[row, col]:.6f}")

# %% tags=["check"]
assert abs(z_by_hand - z[row, col]) < 1e-9
assert 0.5 < z_by_hand < 0.8
assert (len(center), len(surround)) == (13, 52)
assert all(plane.min() >= 0 and plane.max() < 1 for plane in contrast)

# %% [markdown]
# All levels of intensity, horizontal, vertical and diagonal, from 0 (dark) to 1 (light):

# %%
plots.planes(contrast, area=(rows, cols), signs=False)

# %% [markdown]
# ## 2. What contrast ignores
#
# If the whole picture has half the contrast, center *and* surround have a quarter of the
# energy, and $r$ stays what it was. Nearly: there is the $10^{-6}$ in the denominator.
#
# **Question 1.** Multiply the planes by 1, 0.5, 0.1, 0.01 and 0.001, and print the mean of $z$
# over all levels each time. When does contrast begin to disappear? What is the $10^{-6}$ good
# for - what would $z$ be in a piece of blue sky, or of a flat wall, without it?

# %% tags=["solution"]
means = []
for factor in (1, 0.5, 0.1, 0.01, 0.001):
    fainter = [center_surround(factor * plane, MURRAY2011_WINDOWS) for plane in details]
    means.append(np.mean([plane.mean() for plane in fainter]))
    print(f"contrast times {factor:<6} mean z {means[-1]:.3f}")

# %% [markdown] tags=["solution"]
# Half the contrast changes almost nothing; at a hundredth most is gone. Without the small number
# nothing ever would be: in a flat wall, where there is only noise of the camera or of rounding,
# noise would be compared with noise, and have the same contrast as anything else. The small
# number is a threshold: below an energy of about $10^{-6}$ there is nothing to see.

# %% tags=["check"]
assert means[1] > 0.95 * means[0]
assert means[4] < 0.2 * means[0]
assert np.all(np.diff(means) < 0)

# %% [markdown]
# ## 3. What contrast does not ignore: the crowd
#
# One disc alone, and the same disc among others. Nothing at the disc itself changes.

# %%


def discs(rings, spacing=40, radius=6):
    """A disc in the middle, with so many rings of others around; and where it is."""
    y, x = np.mgrid[:512, :512] - 255.5
    image = np.full((512, 512), 0.5)
    places = spacing * np.arange(-rings, rings + 1)
    for dy in places:
        for dx in places:
            image[np.hypot(x - dx, y - dy) < radius] = 0.8
    return image, np.hypot(x, y) < radius


figure, axes = plt.subplots(2, 4, figsize=(11, 5.8), layout="constrained")
crowds = [discs(rings) for rings in (0, 1, 2, 5)]
maps = [psysal.Murray2011()(image) for image, _ in crowds]
leads = []
for column, (image, middle), found in zip(axes.T, crowds, maps):
    leads.append(found[middle].mean() / found.mean())
    plots.photograph(image, ax=column[0])
    title = f"the middle: {leads[-1]:.2f} times the mean"
    plots.saliency_map(found, title=title, ax=column[1])
    plots.outline(middle, ax=column[1])
plt.show()

# %% tags=["check"]
assert leads[0] > 2
assert leads[-1] < 1.1
assert np.all(np.diff(leads) < 0)

# %% [markdown]
# Alone it stands out, in a crowd of equals it does not. This is how pop-out comes about in this
# model, without any rule that says "find the odd one".
#
# **Question 2.** At which level does the crowd matter most? For each display, compute the mean
# contrast in the middle disc at levels 3 to 6 (average the orientations; `upsample(plane, s - 1)`
# enlarges a plane of level $s$ to the picture). A level-4 sample is 8 pixels; the discs are
# 40 pixels apart.

# %% tags=["solution"]
found = {}
for rings, (image, middle) in zip((0, 1, 2, 5), crowds):
    planes, _ = forward(opponent(image, dtype="float64")[2], 6)
    found[f"{rings} rings"] = [np.nan, np.nan] + [
        upsample(center_surround(planes[s - 1], MURRAY2011_WINDOWS).mean(axis=0), s - 1)[
            middle
        ].mean()
        for s in range(3, 7)
    ]
figure, ax = plt.subplots(figsize=(6.5, 3), layout="constrained")
plots.by_level(found, label="contrast in the middle disc", ax=ax)
plt.show()

# %% [markdown] tags=["solution"]
# At level 3, windows reach 32 samples of 4 pixels to each side: three neighbors lie in them, and
# more change nothing. Coarser levels reach further: there the first neighbors hardly matter (they
# lie in the center, with the disc), and the fifth still does. A window of fixed length makes
# a crowd of another size at each level.

# %% tags=["check"]
alone, crowd = np.array(found["0 rings"]), np.array(found["5 rings"])
assert alone[2] > 0.95 > 0.4 > crowd[2]
assert np.nanargmax(alone - crowd) in (2, 3)

# %% [markdown]
# ## 4. Contrast sensitivity
#
# Not every contrast counts the same. The eye is most sensitive to detail of a middle size, and
# loses the very fine and the very coarse. The model weighs contrast at level $s$ with
#
# $$\alpha = z \, g(s) + k(s) ,$$
#
# where $g$ is a bell with two different sides, and $k$ the weight of a level without any contrast:
# it adds the same everywhere. The form is that of Otazu, Parraga & Vanrell (2010,
# [doi](https://doi.org/10.1167/10.12.5)). The numbers were not fitted to saliency at all, but to
# experiments on how neighboring colors change each other.

# %%
model = psysal.Murray2011(ppd=32)
figure, ax = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
plots.ecsf(model, ax=ax)
plt.show()

levels = np.arange(1, 8)
for name, curve in (("intensity", model.intensity), ("color", model.color)):
    gains = curve.gain(levels)
    print(f"{name:9} g = {gains.round(2)}, most at level {gains.argmax() + 1}")

# %% tags=["check"]
assert model.intensity.gain(levels).argmax() + 1 == 4
assert model.color.gain(levels).argmax() + 1 == 5
assert abs(level_at(0.84, ppd=32) - 4) < 0.01

# %% [markdown]
# Color is seen best at coarser detail than light and dark, as it is in people. The frequencies
# below hold for 32 pixels per degree, the screen on which the model was first tried.
#
# ## 5. Degrees: what the eye counts in
#
# A pixel means nothing to an eye. What counts is the *visual angle*: at 57 cm, a centimeter on
# the screen is one degree. `psysal.Viewing` does the geometry, and any `ppd=` takes it.

# %%
screen = {"width": 60, "pixels": 1920}  # 60 cm wide, 1920 pixels
desk = psysal.Viewing(distance=60, **screen)
room = psysal.Viewing(distance=300, **screen)
for name, seen in (("at the desk", desk), ("across the room", room)):
    width = seen.degrees(cols)
    print(f"{name}: {seen.ppd:.1f} pixels per degree, the photograph is {width:.1f} degrees wide")

figure, axes = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained")
for ax, name, seen in zip(axes, ("60 cm", "3 m"), (desk, room)):
    plots.ecsf(psysal.Murray2011(ppd=seen), ax=ax)
    ax.set_title(name)
plt.show()

# %% [markdown]
# The curve is the same: the eye has not changed. What moved is the levels of the transform, at
# the top. From 60 cm, level 4 sits on the peak. From 3 m, five times as far, all levels are
# $\log_2 5 \approx 2.3$ steps further right, and the fine ones drop off the curve.
#
# ## 6. What is no longer seen at 3 m
#
# To show it, take the fine side of the curve as a filter: multiply planes finer than the peak by
# $g(s)/\beta$, which is 1 at the peak, and keep the others as they are.

# %%


def as_seen(image, viewing):
    """The image without what is too fine to be seen."""
    model, shift, channels = psysal.Murray2011(), level_shift(viewing), []
    for channel, curve in zip(
        opponent(image, dtype="float64"), (model.color, model.color, model.intensity)
    ):
        planes, left = forward(channel, level_count(*channel.shape))
        moved = curve.shifted(shift)
        kept = [
            plane * (moved.gain(s) / moved.beta if s < moved.s_g else 1)
            for s, plane in enumerate(planes, start=1)
        ]
        channels.append(inverse(kept, left[-1])[: channel.shape[0], : channel.shape[1]])
    return from_opponent(np.stack(channels)).clip(0, 1)


figure, axes = plt.subplots(1, 3, figsize=(11, 2.7), layout="constrained")
plots.photograph(photo, title="photograph", ax=axes[0])
plots.photograph(as_seen(photo, desk), title="what counts at 60 cm", ax=axes[1])
plots.photograph(as_seen(photo, room), title="what counts at 3 m", ax=axes[2])
plt.show()

# %% [markdown]
# A caution: this is what *counts* in the model, not what can be seen with effort. People resolve
# some 30 to 50 cycles per degree if the contrast is full; there, the model's curve is next to
# nothing.
#
# What becomes of the map? How much each level adds to it, as shares of the variation:

# %%


def level_shares(image, viewing):
    """Share of each level in the variation of the three channel maps."""
    planes = psysal.Murray2011(ppd=viewing).contributions(image).planes
    spread = planes.sum(axis=2).std(axis=(2, 3)).sum(axis=0)
    return spread / spread.sum()


by_distance = {"60 cm": level_shares(photo, desk), "3 m": level_shares(photo, room)}
figure, axes = plt.subplots(1, 3, figsize=(11, 2.8), layout="constrained")
plots.by_level(by_distance, label="share of the map", ax=axes[0])
near, far = (psysal.saliency(photo, ppd=seen) for seen in (desk, room))
plots.overlay(photo, near, title="map at 60 cm", ax=axes[1])
plots.overlay(photo, far, title="map at 3 m", ax=axes[2])
plt.show()

# %% tags=["check"]
assert by_distance["60 cm"].argmax() + 1 in (4, 5)
assert by_distance["3 m"].argmax() + 1 in (6, 7)
assert by_distance["3 m"][:3].sum() < 0.05
assert by_distance["60 cm"][:3].sum() > 0.15
assert np.corrcoef(near.ravel(), far.ravel())[0, 1] < 0.9

# %% [markdown]
# **Question 3.** Stepping back five times as far makes the picture five times smaller on the
# retina. So the map at 3 m should be the map at 60 cm of a picture five times smaller.
# Test it: `resize(photo, (rows // 5, cols // 5), anti_aliasing=True)`.

# %% tags=["solution"]
smaller = resize(photo, (rows // 5, cols // 5), anti_aliasing=True)
map_of_smaller = psysal.saliency(smaller, ppd=desk)
far_made_small = resize(far, map_of_smaller.shape, anti_aliasing=True)
same = np.corrcoef(far_made_small.ravel(), map_of_smaller.ravel())[0, 1]
other = np.corrcoef(far.ravel(), near.ravel())[0, 1]
print(f"correlation {same:.3f}; of the two distances {other:.3f}")

figure, axes = plt.subplots(1, 2, figsize=(8, 2.8), layout="constrained")
plots.saliency_map(far, title="large picture at 3 m", ax=axes[0])
plots.saliency_map(map_of_smaller, title="small picture at 60 cm", ax=axes[1])
plt.show()

# %% [markdown] tags=["solution"]
# They are nearly the same map. Nothing in the program knows about it: it follows from levels
# an octave apart. What differs: 5 is no power of two, so that the curve is read at other points,
# and a small picture has fewer levels. (With 4 times the distance, the correlation is 0.998.)

# %% tags=["check"]
assert same > 0.9
assert same > other + 0.1
quarter = resize(photo, (rows // 4, cols // 4), anti_aliasing=True)
apart = psysal.saliency(photo, ppd=4 * desk.ppd)
again = np.corrcoef(
    resize(apart, quarter.shape[:2], anti_aliasing=True).ravel(),
    psysal.saliency(quarter, ppd=desk).ravel(),
)
assert again[0, 1] > 0.997

# %% [markdown]
# **Question 4.** A fabric has a weave of 16 pixels a period, on the same screen. From which
# distance on does its sensitivity in intensity fall below a tenth of the peak? (At `ppd`
# pixels per degree the weave has `ppd / 16` cycles per degree; `level_at(frequency, ppd)` is its
# level, and `curve.shifted(level_shift(ppd))` the curve at that distance.)

# %% tags=["solution"]
distances = np.arange(20, 301)
curve = psysal.Murray2011().intensity
weights = []
for distance in distances:
    ppd = psysal.Viewing(distance=distance, **screen).ppd
    moved = curve.shifted(level_shift(ppd))
    weights.append(float(moved.gain(level_at(ppd / 16, ppd)) / curve.beta))
weights = np.array(weights)
gone = distances[(weights < 0.1).argmax()]

figure, ax = plt.subplots(figsize=(6, 2.8), layout="constrained")
ax.plot(distances, weights, color="black")
ax.axhline(0.1, linestyle=":", color="black")
ax.axvline(gone, linestyle="--", color="#0072b2")
ax.set(xlabel="distance (cm)", ylabel="share of the peak")
plt.show()
print(f"from {gone} cm on")

# %% [markdown] tags=["solution"]
# The level of the weave is the same at every distance - 16 pixels are 16 pixels - but the curve
# moves to coarser levels as one steps back, and leaves it behind.

# %% tags=["check"]
assert 100 <= gone <= 120
assert abs(level_at(40 / 16, 40) - level_at(10 / 16, 10)) < 1e-12

# %% [markdown]
# ## What to take along
#
# - Contrast is energy in the center over energy in the surround, made into a number from 0 to 1.
# - It does not care how strong the whole picture is, and it cares about the crowd.
# - Sensitivity is a fixed curve over cycles per *degree*; which level is on its peak depends on
#   where you stand. Give models the viewing distance if you know it.
#
# Next: [04 The whole model](04_the_whole_model.ipynb).
