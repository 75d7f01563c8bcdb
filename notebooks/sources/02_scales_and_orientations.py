# %% [markdown]
# # 02 Scales and orientations
#
# Behind the eye, cells answer to edges and bars of one size and one direction. A *wavelet
# transform* decomposes a picture in the same way: into planes of fine and coarse, upright, level
# and oblique detail. The saliency model works on these planes.
#
# **You will learn**
# - what the three orientations are (and why the name "horizontal" misleads);
# - which spatial frequencies each level responds to;
# - that the planes add up to the picture, exactly, and what each of them contains;
# - how the energy of a photograph is distributed over scales;
# - how another wavelet, such as Haar's, changes the saliency map, measured.
#
# Time: about 30 minutes. Solutions are in the folder `solutions`. Nothing is downloaded.

# %%
import matplotlib.pyplot as plt
import numpy as np
import skimage.data
from skimage.transform import resize

import psysal
from psysal import plots
from psysal.vision.color import CHANNELS, opponent
from psysal.vision.wavelet import forward, inverse, level_count

# %% [markdown]
# ## 1. Three orientations
#
# We begin with pictures of one orientation each: bars 8 pixels wide, level, upright and
# oblique. `forward` decomposes a picture into levels, 1 being the finest, each with three planes.

# %%
y, x = np.mgrid[:256, :256]
bars = {
    "level bars": y // 8 % 2,
    "upright bars": x // 8 % 2,
    "oblique bars": (x + y) // 11 % 2,
}

figure, axes = plt.subplots(3, 4, figsize=(9, 7), layout="constrained")
for line, (name, picture) in zip(axes, bars.items()):
    details, _ = forward(picture.astype(float), 3)
    plots.photograph(picture[:64, :64].astype(float), title=name, ax=line[0])
    for ax, values, orientation in zip(
        line[1:], details[2], ("horizontal", "vertical", "diagonal")
    ):
        ax.imshow(values[:16, :16], cmap="PuOr", vmin=-0.7, vmax=0.7)
        ax.set_title(f"{orientation} plane, level 3", fontsize=8)
        ax.set(xticks=[], yticks=[])
plt.show()

# %% [markdown]
# The name misleads. The *horizontal* plane responds to **upright** bars: it contains changes
# along horizontal lines. Level bars do not change along such lines, and their horizontal plane is
# zero.
#
# The *energy* of a plane is the mean of its squares. As shares:

# %%


def shares(picture, levels=5):
    """Energy of the three orientations, all levels together, as shares of 1."""
    energy = sum(
        (plane**2).mean(axis=(1, 2)) for plane in forward(picture.astype(float), levels)[0]
    )
    return energy / energy.sum()


for name, picture in bars.items():
    horizontal, vertical, diagonal = shares(picture)
    print(
        f"{name:13} horizontal {horizontal:.0%}, vertical {vertical:.0%}, diagonal {diagonal:.0%}"
    )

# %% tags=["check"]
assert shares(bars["level bars"])[1] > 0.99
assert shares(bars["upright bars"])[0] > 0.99
assert shares(bars["oblique bars"]).argmax() == 2

# %% [markdown]
# **Question 1.** Rotate the bars: draw a grating
# `np.cos(2 * np.pi * 0.06 * (x * np.cos(a) + y * np.sin(a)))` for angles $a$ from 0 to 90
# degrees and plot the three shares. At which angles is the share of the diagonal plane largest? Is
# it as selective as the other two?

# %% tags=["solution"]
angles = np.arange(0, 91, 5)
rotated = np.array(
    [shares(np.cos(2 * np.pi * 0.06 * (x * np.cos(a) + y * np.sin(a)))) for a in np.radians(angles)]
)
figure, ax = plt.subplots(figsize=(6.5, 3), layout="constrained")
for share, name, style, shade in zip(
    rotated.T,
    ("horizontal", "vertical", "diagonal"),
    ("o-", "s--", "^:"),
    ("#0072b2", "#56b4e9", "black"),
):
    ax.plot(angles, share, style, color=shade, label=name)
ax.set(xlabel="angle (degrees; 0: upright bars)", ylabel="share of the energy")
ax.legend(frameon=False)
plt.show()

# %% [markdown] tags=["solution"]
# At 45 degrees, but even there the other two planes have some of the energy. The diagonal plane
# does not distinguish 45 from 135 degrees either: three planes are a coarser representation than
# that of the cortex, which has cells for every angle. It is the price of a simple transform
# with an inverse.

# %% tags=["check"]
assert abs(angles[rotated[:, 2].argmax()] - 45) <= 5
assert rotated[0, 0] > 0.99
assert rotated[-1, 1] > 0.99
assert rotated[:, 2].max() < 0.5

# %% [markdown]
# ## 2. Levels are frequencies
#
# Transform gratings from coarse to fine, and measure how strongly each level responds.
# Every level is tuned to a band of frequencies, one octave (a factor of 2) below that of the level
# before it.

# %%
frequencies = 2.0 ** np.arange(-7.5, -0.9, 0.125)  # cycles per pixel
responses = []
for f in frequencies:
    grating = np.tile(np.cos(2 * np.pi * f * np.arange(512)), (512, 1))
    responses.append([np.sqrt((plane**2).mean()) for plane in forward(grating, 6)[0]])
responses = np.array(responses)

figure, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
for s, curve in enumerate(responses.T):
    ax.plot(frequencies, curve, color=plt.cm.viridis(s / 6))
    top = curve.argmax()
    ax.text(frequencies[top], curve[top], f" level {s + 1}", fontsize=8, va="bottom", ha="center")
ax.set(xlabel="cycles per pixel", ylabel="response (root mean square)", xscale="log")
ax.set_ylim(0, 1.15 * responses.max())
plt.show()

best = frequencies[responses.argmax(axis=0)]
for s in range(1, 6):
    print(
        f"level {s + 1}: best at {best[s]:.4f} cycles per pixel; "
        f"the rule 0.42 / 2**s says {0.42 / 2 ** (s + 1):.4f}"
    )

# %% tags=["check"]
assert np.allclose(np.log2(best[1:] * 2.0 ** np.arange(2, 7) / 0.42), 0, atol=0.15)
assert responses[:, 0].argmax() == len(frequencies) - 1

# %% [markdown]
# ## 3. A photograph in planes
#
# Now the intensity of a photograph: 7 levels, from the weave of the suit to the outline of the
# whole figure. A coarser plane needs fewer samples: level $s$ has one for every
# $2^{s-1}$ pixels in each direction. (The figure draws all planes at the same size.)

# %%
photo = skimage.data.astronaut()
channels = opponent(photo, dtype="float64")
intensity = channels[2]
count = level_count(*intensity.shape)
details, residuals = forward(intensity, count)
print([plane.shape for plane in details], "and the residual:", residuals[-1].shape)
plots.planes(details)

# %% [markdown]
# No information is lost: `inverse` restores the picture from its planes. To see what each level
# contains, leave levels out.

# %%


def only(levels, residual=True):
    """Intensity restored from some of its levels, 1 to 7."""
    selected = [plane * (s + 1 in levels) for s, plane in enumerate(details)]
    return inverse(selected, residuals[-1] * residual)


error = abs(inverse(details, residuals[-1]) - intensity).max()
print(f"there and back: {error:.0e}")

figure, axes = plt.subplots(2, 4, figsize=(11, 5.9), layout="constrained")
for ax, first in zip(axes.flat, (8, 7, 6, 5, 4, 3, 2, 1)):
    levels = range(first, 8)
    title = "residual" if first == 8 else f"and level {first}"
    plots.photograph((only(levels) / 3).clip(0, 1) ** (1 / 2.2), title=title, ax=ax)
plt.show()

# %% tags=["check"]
assert error < 1e-12
assert len(details) == 7
assert [plane.shape[1] for plane in details] == [512, 256, 128, 64, 32, 16, 8]

# %% [markdown]
# **Question 2.** If a picture is shifted, are its planes shifted too? Shift the intensity by one
# pixel to the right (`np.roll(intensity, 1, axis=1)`), transform it, and compare levels 1 to 4
# with the planes above: once as they are, once shifted by one sample. Leave out ten samples at
# the border.

# %% tags=["solution"]
shifted, _ = forward(np.roll(intensity, 1, axis=1), 4)
inner = (slice(None), slice(10, -10), slice(10, -10))
differences = []
for s in range(4):
    size = abs(details[s][inner]).mean()
    in_place = abs(details[s] - shifted[s])[inner].mean() / size
    moved = abs(np.roll(details[s], 1, axis=2) - shifted[s])[inner].mean() / size
    differences.append((in_place, moved))
    print(f"level {s + 1}: differs by {in_place:.0%} in place, by {moved:.0%} if shifted as well")

# %% [markdown] tags=["solution"]
# Level 1 shifts with the picture. At level 4 a sample stands for 8 pixels: shifting by one
# pixel hardly changes it, and shifting the plane by a whole sample is far too much. At level 2,
# neither fits: the picture is shifted by half a sample. A transform with fewer samples at
# coarse levels cannot be exactly *shift-invariant*; the smoothing by a spline keeps the error
# small.

# %% tags=["check"]
assert differences[0][1] < 0.1 < 0.5 < differences[0][0]
assert differences[3][0] < 0.2 < 0.5 < differences[3][1]

# %% [markdown]
# ## 4. Energy by scale

# %%
energy = {
    name: [(plane**2).mean() for plane in forward(channel, count)[0]]
    for name, channel in zip(CHANNELS, channels)
}
figure, ax = plt.subplots(figsize=(6.5, 3), layout="constrained")
as_shares = {name: np.array(values) / sum(values) for name, values in energy.items()}
plots.by_level(as_shares, label="share of the energy", ax=ax)
plt.show()

# %% tags=["check"]
assert all(np.argmax(values) == 5 for values in energy.values())
assert energy["intensity"][5] > 3 * energy["intensity"][0]

# %% [markdown]
# Photographs have most of their energy at coarse scales. So a place with much energy need not be
# salient, or large soft shadows would always be. The next notebook compares energy with the
# energy *nearby*, and the model uses it in no other way.
#
# **Question 3.** Step back to twice the distance: the picture is half as large on the retina.
# Halve the photograph (`resize(photo, (256, 256), anti_aliasing=True)`) and compare the
# energies of intensity at each level with those above. Which level of the large picture does each
# level of the small one correspond to?

# %% tags=["solution"]
small = opponent(resize(photo, (256, 256), anti_aliasing=True), dtype="float64")[2]
small_energy = [(plane**2).mean() for plane in forward(small, 6)[0]]
both = {
    "full size": energy["intensity"],
    "half size": small_energy,
    "half size, moved by a level": [np.nan, *small_energy],
}
figure, ax = plt.subplots(figsize=(6.5, 3), layout="constrained")
plots.by_level(both, label="energy", ax=ax)
plt.show()

ratio = np.array(small_energy[1:5]) / energy["intensity"][2:6]
print("level s of the small picture over level s + 1 of the large one:", ratio.round(2))

# %% [markdown] tags=["solution"]
# Level $s$ of the small picture corresponds to level $s + 1$ of the large one. Twice the distance
# moves all detail to the next finer level, and that of level 1 is lost. That is why a model that
# is tuned to levels needs to know the viewing distance (notebook 03).

# %% tags=["check"]
assert np.all((ratio > 0.8) & (ratio < 1.25))

# %% [markdown]
# ## 5. Another wavelet: Haar's
#
# The transform above smooths with a spline, $[1\;4\;6\;4\;1]/16$. The simplest wavelet of all
# is Haar's: means and differences of neighbors. Here is the residual of each after four levels.
# A number for blocks: the share of all change from pixel to pixel that occurs at the borders of
# 16 x 16 blocks. In a picture without blocks it is 1/16.

# %%


def at_borders(picture, size):
    """Share of the change along rows that occurs between blocks of a size."""
    change = abs(np.diff(picture, axis=1))
    return change[:, size - 1 :: size].sum() / change.sum()


haar = intensity.reshape(32, 16, 32, 16).mean(axis=(1, 3)).repeat(16, axis=0).repeat(16, axis=1)
spline = only(range(5, 8))

figure, axes = plt.subplots(1, 3, figsize=(10, 3.5), layout="constrained")
for ax, picture, name in zip(axes, (intensity, spline, haar), ("intensity", "spline", "Haar")):
    title = f"{name}: {at_borders(picture, 16):.1%} of the change at block borders"
    plots.photograph((picture / 3).clip(0, 1) ** (1 / 2.2), title=title, ax=ax)
plt.show()

# %% tags=["check"]
assert abs(at_borders(intensity, 16) - 1 / 16) < 0.01
assert abs(at_borders(spline, 16) - 1 / 16) < 0.01
assert at_borders(haar, 16) > 0.999

# %% [markdown]
# And in the map? `psysal.Murray2011(wavelet="haar")` is the same model on another transform.
# (That one does not discard samples: it is PyWavelets' *stationary* transform, whose planes are
# as large as the picture.) We show the whole map and a piece of it.

# %%
maps = {name: psysal.Murray2011(wavelet=name)(photo) for name in ("b3", "haar")}

figure, axes = plt.subplots(2, 2, figsize=(7.6, 7.8), layout="constrained")
for column, (name, saliency) in zip(axes.T, maps.items()):
    plots.saliency_map(saliency, title=f'wavelet="{name}"', ax=column[0])
    plots.saliency_map(saliency[:160, 352:], title="its top right corner", ax=column[1])
plt.show()


def roughness(values):
    """Root mean square of second differences along rows, in standard deviations of the map."""
    return np.sqrt((np.diff(values, 2, axis=1) ** 2).mean()) / values.std()


correlation = np.corrcoef(maps["b3"].ravel(), maps["haar"].ravel())[0, 1]
print(f"correlation of the maps: {correlation:.2f}")
for name, saliency in maps.items():
    print(
        f"{name:5} roughness {roughness(saliency):.3f}, "
        f"change at borders of 16 x 16 blocks {16 * at_borders(saliency, 16):.2f} of the expected"
    )

# %% tags=["check"]
assert 0.75 < correlation < 0.92
assert roughness(maps["haar"]) > 8 * roughness(maps["b3"])
assert abs(16 * at_borders(maps["b3"], 16) - 1) < 0.08
assert 16 * at_borders(maps["haar"], 16) > 1.3

# %% [markdown]
# The two correlate, but they are two maps: that of Haar is rough, and has steps at the borders of
# blocks that the photograph does not have.
#
# **Question 4.** Is Haar's filter the cause? It is the shortest and has the hardest edges.
# Try longer and smoother wavelets of PyWavelets, `"db4"` and `"sym8"`: how rough are their
# maps, and how strong the blocks? What do you conclude?

# %% tags=["solution"]
others = {name: psysal.Murray2011(wavelet=name)(photo) for name in ("db4", "sym8")}
for name, saliency in (maps | others).items():
    print(
        f"{name:5} roughness {roughness(saliency):.3f}, "
        f"blocks {16 * at_borders(saliency, 16):.2f} of the expected"
    )

# %% [markdown] tags=["solution"]
# It is not. Smooth wavelets give maps as rough, with blocks as strong. The cause is the *grid*:
# at level 5 of a stationary transform, contrast is measured on 16 x 16 interleaved grids, each
# by itself, and neighboring pixels belong to different ones. Near the border of the picture
# each grid is mirrored at another place, so that there is a step from one grid to the next. The
# published transform has one coarse grid and enlarges it with its spline, which leaves no steps.
#
# If this explanation is right, there are no steps where windows do not reach the border. At
# level 3 they reach 32 samples of 4 pixels, so the middle of the picture must be free of steps:

# %% tags=["solution"]
level_3 = psysal.Murray2011(wavelet="haar").contributions(photo).planes[2, 2, 0]
inside = 4 * at_borders(level_3[:, 128:-128], 4)
outside = 4 * at_borders(level_3[:, :128], 4)
print(f"change at borders of 4 x 4 blocks: {inside:.2f} of the expected in the middle,")
print(f"{outside:.2f} at the left border")

# %% [markdown] tags=["solution"]
# An explanation that fits ("Haar's filter makes blocks") need not be the right one; an experiment
# that could prove it wrong takes two lines.

# %% tags=["check"]
assert abs(inside - 1) < 0.1
assert outside > 1.2
for saliency in others.values():
    assert roughness(saliency) > 0.9 * roughness(maps["haar"])
    assert 16 * at_borders(saliency, 16) > 1.3

# %% [markdown]
# ## Summary
#
# - A level is a band of spatial frequencies an octave wide, at about $0.42 / 2^s$ cycles per
#   pixel; an orientation is the direction in which the picture *changes*.
# - The planes add up to the picture exactly.
# - Energy is largest at coarse scales; alone, it does not determine saliency.
# - The choice of the wavelet shows in the map, but the obvious reason may not be the right one.
#
# Next: [03 Contrast and sensitivity](03_contrast_and_sensitivity.ipynb).
