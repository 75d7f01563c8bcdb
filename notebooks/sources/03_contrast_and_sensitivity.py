# %% [markdown]
# # 03 Contrast and contrast sensitivity
#
# A lamp in the dark catches the eye; the same lamp in a lit street does not. The energy at a place
# matters only *compared with that of its surround*. And the eye must be able to see detail of
# that size, at that distance.
#
# **You will learn**
# - the contrast measure of the model, by hand for one pixel;
# - that it ignores overall contrast, but depends on neighboring objects;
# - contrast sensitivity, in levels and in cycles per degree of visual angle;
# - which detail an observer no longer sees at a distance of 3 m, and how that changes the map.
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
# The curve from $r$ to $z$ maps any ratio to a contrast between 0 and 1: equal energy in center and
# surround gives exactly one half.

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
# and its contrast. Energy is large at the rim of the cup and hardly anywhere else. Contrast can
# also be large where energy is small, if that of the surround is smaller still.

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
# Here is the sample at row 40, column 106, by hand: 13 samples in the center, 26 on each side.

# %%
row, col = 40, 106
energy = w[row] ** 2
center = energy[col - 6 : col + 7]
surround = np.concatenate([energy[col - 32 : col - 6], energy[col + 7 : col + 33]])
ratio = center.mean() / (surround.mean() + 1e-6)
z_by_hand = ratio**2 / (1 + ratio**2)
print(f"{len(center)} and {len(surround)} samples: r = {ratio:.3f}, z = {z_by_hand:.6f}")
print(f"psysal gives z = {z[row, col]:.6f}")

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
# ## 2. Contrast ignores the overall contrast
#
# If the whole picture has half the contrast, center *and* surround have a quarter of the
# energy, and $r$ stays the same, except for the $10^{-6}$ in the denominator.
#
# **Question 1.** Multiply the planes by 1, 0.5, 0.1, 0.01 and 0.001, and print the mean of $z$
# over all levels each time. When does contrast begin to disappear? What is the purpose of the
# $10^{-6}$: what would $z$ be in a piece of blue sky, or of a flat wall, without it?

# %% tags=["solution"]
means = []
for factor in (1, 0.5, 0.1, 0.01, 0.001):
    fainter = [center_surround(factor * plane, MURRAY2011_WINDOWS) for plane in details]
    means.append(np.mean([plane.mean() for plane in fainter]))
    print(f"contrast times {factor:<6} mean z {means[-1]:.3f}")

# %% [markdown] tags=["solution"]
# Half the contrast changes almost nothing; at a hundredth most of $z$ has disappeared. Without the
# small number it never would: in a flat wall, where there is only noise of the camera or of
# rounding, noise would be compared with noise, and have the same contrast as anything else. The
# small number is a threshold: an energy below about $10^{-6}$ counts as none.

# %% tags=["check"]
assert means[1] > 0.95 * means[0]
assert means[4] < 0.2 * means[0]
assert np.all(np.diff(means) < 0)

# %% [markdown]
# ## 3. Contrast depends on neighbors
#
# One disc alone, and the same disc among others. The disc itself does not change.

# %%


def discs(rings, spacing=40, radius=6):
    """Picture of a disc in the middle with rings of others around it, and the mask of that disc."""
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
for column, (image, middle), saliency in zip(axes.T, crowds, maps):
    leads.append(saliency[middle].mean() / saliency.mean())
    plots.photograph(image, ax=column[0])
    title = f"the middle: {leads[-1]:.2f} times the mean"
    plots.saliency_map(saliency, title=title, ax=column[1])
    plots.outline(middle, ax=column[1])
plt.show()

# %% tags=["check"]
assert leads[0] > 2
assert leads[-1] < 1.1
assert np.all(np.diff(leads) < 0)

# %% [markdown]
# Alone it stands out, among equal discs it does not. This is the cause of pop-out in this
# model, which has no rule that says "find the odd one".
#
# **Question 2.** At which level do the other discs matter most? For each display, compute the mean
# contrast in the middle disc at levels 3 to 6 (average the orientations; `upsample(plane, s - 1)`
# enlarges a plane of level $s$ to the picture). A level-4 sample is 8 pixels; the discs are
# 40 pixels apart.

# %% tags=["solution"]
contrasts = {}
for rings, (image, middle) in zip((0, 1, 2, 5), crowds):
    planes, _ = forward(opponent(image, dtype="float64")[2], 6)
    contrasts[f"{rings} rings"] = [np.nan, np.nan] + [
        upsample(center_surround(planes[s - 1], MURRAY2011_WINDOWS).mean(axis=0), s - 1)[
            middle
        ].mean()
        for s in range(3, 7)
    ]
figure, ax = plt.subplots(figsize=(6.5, 3), layout="constrained")
plots.by_level(contrasts, label="contrast in the middle disc", ax=ax)
plt.show()

# %% [markdown] tags=["solution"]
# At level 3, windows reach 32 samples of 4 pixels to each side: three neighbors lie in them, and
# more neighbors change nothing. The windows of coarser levels reach further: there the first
# neighbors hardly matter (they lie in the center, with the disc), and the fifth still does. A
# window of fixed length covers a different neighborhood at each level.

# %% tags=["check"]
alone, crowd = np.array(contrasts["0 rings"]), np.array(contrasts["5 rings"])
assert alone[2] > 0.95 > 0.4 > crowd[2]
assert np.nanargmax(alone - crowd) in (2, 3)

# %% [markdown]
# ## 4. Contrast sensitivity
#
# Not every contrast counts the same. The eye is most sensitive to detail of a middle size, and
# less to very fine and very coarse detail. The model weights contrast at level $s$ by
#
# $$\alpha = z \, g(s) + k(s) ,$$
#
# where $g$ is a bell curve with two different sides, and $k$ the weight of a level without any
# contrast, which is the same everywhere. The form is that of Otazu, Parraga & Vanrell (2010,
# [doi](https://doi.org/10.1167/10.12.5)). The parameters were not fitted to saliency at all, but to
# experiments on the influence of neighboring colors on each other.

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
# Sensitivity to color is highest at coarser detail than sensitivity to light and dark, as in
# people. The frequencies below hold for 32 pixels per degree, the screen on which the model was
# first tried.
#
# ## 5. Degrees of visual angle
#
# The eye knows no pixels. Sizes on the retina are *visual angles*: at 57 cm, a centimeter on
# the screen is one degree. `psysal.Viewing` computes the geometry, and any `ppd=` takes it.

# %%
screen = {"width": 60, "pixels": 1920}  # 60 cm wide, 1920 pixels
desk = psysal.Viewing(distance=60, **screen)
room = psysal.Viewing(distance=300, **screen)
for name, viewing in (("at the desk", desk), ("across the room", room)):
    ppd, width = viewing.ppd, viewing.degrees(cols)
    print(f"{name}: {ppd:.1f} pixels per degree, the photograph is {width:.1f} degrees wide")

figure, axes = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained")
for ax, name, viewing in zip(axes, ("60 cm", "3 m"), (desk, room)):
    plots.ecsf(psysal.Murray2011(ppd=viewing), ax=ax)
    ax.set_title(name)
plt.show()

# %% [markdown]
# The curve is the same: the eye has not changed. The levels of the transform, at the top, have
# moved. From 60 cm, level 4 is at the peak. From 3 m, five times as far, all levels are
# $\log_2 5 \approx 2.3$ steps further right, and the sensitivity to the fine ones is small.
#
# ## 6. Detail that is no longer seen at 3 m
#
# To show it, use the fine side of the curve as a filter: multiply planes finer than the peak by
# $g(s)/\beta$, which is 1 at the peak, and keep the others as they are.

# %%


def as_seen(image, viewing):
    """Image without the detail that is too fine to be seen."""
    model, shift, channels = psysal.Murray2011(), level_shift(viewing), []
    for channel, curve in zip(
        opponent(image, dtype="float64"), (model.color, model.color, model.intensity)
    ):
        planes, residuals = forward(channel, level_count(*channel.shape))
        moved = curve.shifted(shift)
        filtered = [
            plane * (moved.gain(s) / moved.beta if s < moved.s_g else 1)
            for s, plane in enumerate(planes, start=1)
        ]
        channels.append(inverse(filtered, residuals[-1])[: channel.shape[0], : channel.shape[1]])
    return from_opponent(np.stack(channels)).clip(0, 1)


figure, axes = plt.subplots(1, 3, figsize=(11, 2.7), layout="constrained")
plots.photograph(photo, title="photograph", ax=axes[0])
plots.photograph(as_seen(photo, desk), title="detail that counts at 60 cm", ax=axes[1])
plots.photograph(as_seen(photo, room), title="detail that counts at 3 m", ax=axes[2])
plt.show()

# %% [markdown]
# A caution: this is the detail that *counts* in the model, not all that can be seen with effort.
# People resolve some 30 to 50 cycles per degree at full contrast, where the model's curve is nearly
# zero.
#
# And the map? Here is the contribution of each level to it, as a share of the variation:

# %%


def level_shares(image, viewing):
    """Share of each level in the variation of the three channel maps."""
    planes = psysal.Murray2011(ppd=viewing).contributions(image).planes
    spread = planes.sum(axis=2).std(axis=(2, 3)).sum(axis=0)
    return spread / spread.sum()


by_distance = {"60 cm": level_shares(photo, desk), "3 m": level_shares(photo, room)}
figure, axes = plt.subplots(1, 3, figsize=(11, 2.8), layout="constrained")
plots.by_level(by_distance, label="share of the map", ax=axes[0])
near, far = (psysal.saliency(photo, ppd=viewing) for viewing in (desk, room))
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
# **Question 3.** At five times the distance the picture is five times smaller on the retina.
# So the map at 3 m should be the map at 60 cm of a picture five times smaller.
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
# They are nearly the same. No line of the program asks for this: it follows from levels
# an octave apart. There are two differences: 5 is no power of two, so the curve is sampled at
# other points, and a small picture has fewer levels. (With 4 times the distance, the correlation
# is 0.998.)

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
# The level of the weave is the same at every distance, 16 pixels, but the peak of the curve
# moves to coarser levels as one steps back.

# %% tags=["check"]
assert 100 <= gone <= 120
assert abs(level_at(40 / 16, 40) - level_at(10 / 16, 10)) < 1e-12

# %% [markdown]
# ## Summary
#
# - Contrast is energy in the center over energy in the surround, mapped to a number from 0 to 1.
# - It does not depend on the contrast of the whole picture, and it does depend on neighbors.
# - Sensitivity is a fixed curve over cycles per *degree*; which level is at its peak depends on
#   the viewing distance. Tell models that distance if you know it.
#
# Next: [04 The whole model](04_the_whole_model.ipynb).
