# %% [markdown]
# # 05 Illusions: equal light that looks different
#
# Two patches send the same light to the eye and look different. Such displays are a strict
# test of a model of vision: a light meter gives a difference of zero, and the model has to
# predict the direction and the size of the difference that people see.
#
# **You will learn**
# - to measure an illusion in a model, and to plot a percept along a line;
# - simultaneous contrast, White's illusion, Chevreul's staircase, and induced color;
# - how BIWaM and CIWaM predict them by the same stages as saliency, scale by scale;
# - which illusions these models do not predict, and why;
# - to make a display of your own, and to test models with it.
#
# Time: about 30 minutes. Solutions are in the folder `solutions`. Nothing is downloaded.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter1d

import psysal
from psysal import plots, stimuli
from psysal.stimuli import Display

PPD = 32  # pixels per degree: an arm's length or so from a screen
biwam = psysal.Otazu2008(ppd=PPD)  # brightness: luminance alone
ciwam = psysal.Otazu2010(ppd=PPD)  # color: three opponent channels

# %% [markdown]
# ## 1. The same grey, twice
#
# A display of psysal is a picture with its size in degrees, a sentence about what people report,
# and two masks: the first is the patch that looks *lighter* (or more reddish, ...), the second the
# other one.

# %%
contrast = stimuli.simultaneous_contrast(ppd=PPD)
lighter, darker = contrast.target_masks
print(contrast.report)
print("shown:", contrast.image[lighter].mean(), "and", contrast.image[darker].mean())

# %% tags=["check"]
assert (contrast.image[lighter] == contrast.image[darker]).all()

# %% [markdown]
# Below: the display; its percept, the display *as it looks* to CIWaM; a line through both (at the
# blue marks; A is the lighter patch, B the other); and the patches cut out and put side by side. In
# the display they are equal, and no edge is seen between them; in the percept they are not.

# %%
plots.illusion(contrast, ciwam)

# %% [markdown]
# (Beside edges the curve leaves the chart: the percept of black next to white is darker than any
# screen can show. Percepts are not clipped, so that differences keep their size.)
#
# The size of the illusion is the *induction*: the percept of the first patch minus that of the
# second. It is positive for the direction that people report, and zero for a light meter. The
# scale is that of the picture, black 0 and white 1.

# %%
inductions = {
    "BIWaM": plots.induction(contrast, biwam),
    "CIWaM": plots.induction(contrast, ciwam),
    "light meter": contrast.image[lighter].mean() - contrast.image[darker].mean(),
}
print({name: round(float(value), 3) for name, value in inductions.items()})

# %% tags=["check"]
assert 0.10 < inductions["BIWaM"] < 0.18
assert 0.13 < inductions["CIWaM"] < 0.23
assert inductions["light meter"] == 0

# %% [markdown]
# ## 2. The contribution of each level
#
# The models decompose the picture into wavelet planes $w$ (notebook 02), weight every coefficient
# by the contrast with its surround and the sensitivity at its scale, $\alpha$ (notebook 03), and
# reconstruct the picture from $\alpha w$. Where $\alpha = 1$ nothing changes. So induction is
# exactly the sum of the contributions of all levels, $(\alpha - 1)\,w$.
#
# The same stages give saliency if the map is reconstructed from $\alpha$ itself.

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 3), layout="constrained")
plots.induction_by_level(contrast, biwam, ax=axes[0])
levels = np.array([bar.get_height() for bar in axes[0].patches])
small = stimuli.simultaneous_contrast(ppd=PPD, target_size=0.5)
plots.induction_by_level(small, biwam, ax=axes[1])
axes[0].set_title(f"patches of 2 degrees: {axes[0].get_title()}", fontsize=9)
axes[1].set_title(f"patches of 0.5 degrees: {axes[1].get_title()}", fontsize=9)
plt.show()

# %% tags=["check"]
assert abs(levels.sum() - inductions["BIWaM"]) < 1e-4
assert levels.argmax() + 1 in (4, 5)
levels_small = np.array([bar.get_height() for bar in axes[1].patches])
coarse, coarse_small = (each[4:].sum() / each[2:].sum() for each in (levels, levels_small))
assert coarse > 2 * coarse_small

# %% [markdown]
# Most of it comes from scales about as large as the patch, where the patch differs from its ground
# and is enhanced. The coarse levels 5 to 7 contribute hardly anything for a smaller patch.
#
# **Question 1.** People's simultaneous contrast grows as the patch gets narrower, in
# proportion to the logarithm of its width (Shi et al. 2013). Vary `target_size` from 0.5 to 6
# degrees. Do the models agree with people? And what happens at 0.25?

# %% tags=["solution"]
SIZES = (0.25, 0.5, 1, 2, 4, 6)
by_size = {
    name: [
        plots.induction(stimuli.simultaneous_contrast(ppd=PPD, target_size=size), model)
        for size in SIZES
    ]
    for name, model in (("BIWaM", biwam), ("CIWaM", ciwam))
}
figure, ax = plt.subplots(figsize=(5.5, 3), layout="constrained")
for (name, values), look in zip(by_size.items(), ("o-", "s--")):
    ax.plot(SIZES, values, look, color="#0072b2", label=name)
ax.set(xscale="log", xlabel="size of the patches (degrees)", ylabel="induction")
ax.set_xticks(SIZES, SIZES)
ax.minorticks_off()
ax.legend(frameon=False)
plt.show()

# %% [markdown] tags=["solution"]
# From 0.5 degrees on, both curves fall as the patch grows, BIWaM's nearly along a straight line:
# the logarithm, as in people. The sign is right everywhere. But both curves have a maximum, and
# for smaller patches the effect is smaller: at 0.25 degrees the patch is finer than the scales
# that are enhanced. The size of the effect is not realistic: with CIWaM's 0.68 at 0.5 degrees one
# patch would look nearly white and the other nearly black.

# %% tags=["check"]
for values in by_size.values():
    assert min(values) > 0
    assert np.argmax(values) == 1
    assert (np.diff(values[1:]) < 0).all()
line = np.polyfit(np.log(SIZES[1:]), by_size["BIWaM"][1:], 1)
assert np.corrcoef(np.log(SIZES[1:]), by_size["BIWaM"][1:])[0, 1] < -0.97

# %% [markdown]
# ## 3. White's illusion: contrast with the wrong neighbors
#
# The rule "grey beside dark looks lighter" explains simultaneous contrast. Here it fails.

# %%
white = stimuli.white(ppd=PPD)
print(white.report)
plots.illusion(white, ciwam)


# %% [markdown]
# How light is the immediate surround of each patch? Take the ring of pixels around it:


# %%
def light_around(display):
    """Mean intensity of the pixels that touch each target."""
    means = []
    for mask in display.target_masks:
        grown = mask.copy()
        for axis in (0, 1):
            for step in (-1, 1):
                grown |= np.roll(mask, step, axis)
        means.append(display.image[grown & ~mask].mean())
    return means


for display in (contrast, white):
    more, less = light_around(display)
    print(f"{display.name:>22}: around the lighter {more:.2f}, around the darker {less:.2f}")

# %% tags=["check"]
around_more, around_less = light_around(contrast)
assert around_more < around_less
around_more, around_less = light_around(white)
assert around_more > 0.7 > 0.3 > around_less
assert plots.induction(white, ciwam) > 0.05
assert plots.induction(white, biwam) > 0.02

# %% [markdown]
# In White's display the patch that looks *lighter* is surrounded by *more* light. A rule that
# averages over the neighborhood gets the wrong sign; CIWaM and BIWaM get the right one, because
# they treat orientations separately. Along the bar, a grey patch on a black bar is a light interval
# of a dark line, at every scale of the bar's length; across the bars it is one more bar of the
# grating, with a surround of strong contrast, and is attenuated.
#
# **Question 2.** The effect grows when the bars get finer. Try `bar_width` of 0.125, 0.25, 0.5 and
# 0.75 degrees. At which of them is induction largest? Then make the same display with half as many
# pixels per degree: `stimuli.white(ppd=16, ...)` for `psysal.Otazu2010(ppd=16)`. Should the
# induction stay the same, and does it?

# %% tags=["solution"]
WIDTHS = (0.125, 0.25, 0.5, 0.75)
finer = pd.DataFrame(
    {
        f"CIWaM, {ppd} px/deg": [
            plots.induction(stimuli.white(ppd=ppd, bar_width=width), psysal.Otazu2010(ppd=ppd))
            for width in WIDTHS
        ]
        for ppd in (32, 16)
    },
    pd.Index(WIDTHS, name="bar width (degrees)"),
)
finer.insert(
    0,
    "BIWaM, 32 px/deg",
    [plots.induction(stimuli.white(ppd=PPD, bar_width=width), biwam) for width in WIDTHS],
)
print(finer.round(3))

# %% [markdown] tags=["solution"]
# The finer the bars, the larger the effect (except for BIWaM's last step). A display of the same
# size in degrees should look the same with pixels of any size, and for this the models shift their
# sensitivity along the levels. The results agree roughly, not exactly: windows have the same width
# in samples, and a coarse picture lacks the finest level. At 0.5 degrees and 16 pixels per degree
# BIWaM has no induction at all (`docs/displays.md`).

# %% tags=["check"]
assert (finer.iloc[0] > 2 * finer.iloc[2]).all()
assert (finer > 0).all(axis=None)

# %% [markdown]
# ## 4. Chevreul's staircase
#
# Every step is uniform, but looks fluted: lighter next to a darker step, darker next to a lighter
# one.

# %%
stairs = stimuli.chevreul(ppd=PPD)
plots.illusion(stairs, biwam)

# %% [markdown]
# The effect is small, some two percent of full scale, and has the right sign on every step: an
# edge is a contrast, contrast is enhanced, and an enhanced edge overshoots on both sides.
#
# **Question 3.** If the edges cause the effect, it must disappear with them. Blur the staircase
# along x (`gaussian_filter1d`) by more and more pixels, and plot the induction between the two
# masks minus their difference in the picture, since they are no longer equal. `Display` makes a
# new display of a new image.

# %% tags=["solution"]
BLURS = (0, 2, 4, 8, 16, 32)
induced = []
for blur in BLURS:
    soft = Display(
        name="soft stairs",
        image=gaussian_filter1d(stairs.image, blur, axis=1) if blur else stairs.image,
        target_masks=stairs.target_masks,
        ppd=PPD,
        report="The softer, the less fluted.",
        dimension="lightness",
        source="this notebook",
    )
    more, less = (soft.image[mask].mean() for mask in soft.target_masks)
    induced.append(plots.induction(soft, biwam) - (more - less))
figure, ax = plt.subplots(figsize=(5, 2.8), layout="constrained")
ax.plot(BLURS, induced, "o-", color="#0072b2")
ax.axhline(0, color="black", linewidth=0.8)
ax.set(xlabel="blur (pixels)", ylabel="induction minus difference")
plt.show()

# %% [markdown] tags=["solution"]
# The effect decreases and nearly vanishes once the blur is as wide as the strips that are compared:
# the staircase is then nearly a ramp, and a ramp has no contrast between its parts.

# %% tags=["check"]
assert induced[0] > 0.015
assert induced[-1] < 0.25 * induced[0]

# %% [markdown]
# ## 5. Color contrast and color assimilation
#
# All colors of the next display have the same luminance, so that only color can have an effect.
# Grey on green looks reddish, grey on red greenish: *contrast*.

# %%
reddish = stimuli.chromatic_simultaneous_contrast(ppd=PPD)
plots.illusion(reddish, ciwam)

# %% [markdown]
# With fine rings there is a second effect: the color of the test ring shifts towards that of the
# rings that touch it. That is *assimilation*, the opposite of contrast. One rule of contrast
# cannot explain both.

# %%
rings = stimuli.ring_induction(ppd=PPD)
print(rings.report)
plots.illusion(rings, ciwam)

# %% tags=["check"]
assert plots.induction(reddish, ciwam) > 0.2
assert plots.induction(rings, ciwam) > 0.4
for color_display in (reddish, rings):
    first, second = (color_display.image[mask].mean(axis=0) for mask in color_display.target_masks)
    assert np.allclose(first, second)

# %% [markdown]
# CIWaM predicts both signs. At the scale of single rings, the alternating rings are a strong
# surround, and the test ring is attenuated; so the coarser scales dominate, at which test ring and
# neighbors are one band of color. Here is the contribution of each level:

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 3), layout="constrained")
plots.induction_by_level(reddish, ciwam, ax=axes[0])
plots.induction_by_level(rings, ciwam, ax=axes[1])
plt.show()

# %% [markdown]
# Left, contrast: enhanced at the scales of the square. Right, two effects add up: levels 1 and 2
# are *attenuated* ($\alpha < 1$), so that the test ring differs less from the rings that touch it,
# and levels 4 and 5 are *enhanced*, in which it and its neighbors are one band of color.
#
# ## 6. Where the models fail
#
# Judged by the displays above, the models would be perfect. Here are all illusions of psysal:

# %%
names = [name for name in stimuli.DISPLAYS if not name.startswith("search")]
results = {}
for name in names:
    display = stimuli.DISPLAYS[name](ppd=PPD)
    color = display.dimension != "lightness"
    results[name] = {
        "BIWaM": np.nan if color else plots.induction(display, biwam),
        "CIWaM": plots.induction(display, ciwam),
    }
table = 100 * pd.DataFrame(results).T
print(table.round(1))

# %%
figure, ax = plt.subplots(figsize=(8, 3.8), layout="constrained")
height = np.arange(len(table))
ax.barh(height - 0.2, table["BIWaM"].clip(upper=20), 0.36, color="#0072b2", label="BIWaM")
ax.barh(
    height + 0.2, table["CIWaM"].clip(upper=20), 0.36, facecolor="none", edgecolor="#0072b2",
    hatch="////", label="CIWaM",
)  # fmt: skip
ax.axvline(0, color="black", linewidth=0.8)
ax.set_yticks(height, [name.replace("_", " ") for name in table.index])
ax.invert_yaxis()
ax.set_xlabel("induction, percent (bars end at 20); positive as in people")
ax.legend(frameon=False)
plt.show()

# %% tags=["check"]
right = ["simultaneous_contrast", "chevreul", "mach_bands", "white", "grating_induction", "dungeon"]
assert (table.loc[right] > 1).all(axis=None)
assert (table.loc[["todorovic", "hermann_grid"]] < -1).all(axis=None)
assert (table.loc["cornsweet"].abs() < 0.2).all()
assert (table.loc[["chromatic_simultaneous_contrast", "ring_induction"], "CIWaM"] > 20).all()

# %% [markdown]
# The bars that are missing or negative say most about the models:
#
# - **Cornsweet**: no effect. A cusp of light at an edge changes the look of whole plateaus.
#   In the model, plateaus are coarse scales, which hardly change; there is no *filling in* from
#   the edge.
# - **Hermann grid**: reversed. The crossings should look smudged; the model's contrast is one of
#   energies, which have no sign, and enhances the crossings as anything that stands out.
# - **Todorović**: reversed. People see the cross as *part* of the side it lies on; in the model
#   only the pixels that touch it count.
# - **Checker shadow**: mixed. In the model, a shadow is a luminance like any other.

# %%
plots.illusion(stimuli.todorovic(ppd=PPD), ciwam)

# %% [markdown]
# **Question 4.** White's display and Todorović's have this in common: the patch that looks lighter
# touches more light than dark. Why is the model right about one and wrong about the other? Find a
# `cover_size` of Todorović's display at which the model's sign is right. Which other display does
# it resemble then?

# %% tags=["solution"]
COVERS = (0.3, 0.6, 1.2, 1.8, 2.4, 3.0)
by_cover = [
    plots.induction(stimuli.todorovic(ppd=PPD, cover_size=cover), biwam) for cover in COVERS
]
surrounds = [light_around(stimuli.todorovic(ppd=PPD, cover_size=cover)) for cover in COVERS]
print(
    pd.DataFrame(
        {"induction": by_cover, "light around the lighter": [lighter for lighter, _ in surrounds]},
        pd.Index(COVERS, name="cover (degrees)"),
    ).round(3)
)

# %% [markdown] tags=["solution"]
# In White's display the patch touches light along one axis and dark along the other, and
# orientations are treated separately. In Todorović's it touches light and dark along both axes,
# and contrast with the nearest pixels dominates. With small covers the display is simultaneous
# contrast with notches in the corners, and the model is right; as the covers grow, the border
# becomes light and the model's sign changes, while that of people does not. BIWaM is a model of
# *filtering*; this display needs a model of *surfaces*.

# %% tags=["check"]
assert by_cover[0] > 0.02
assert by_cover[-2] < -0.01
assert surrounds[0][0] < 0.5 < surrounds[-1][0]

# %% [markdown]
# ## 7. A display of your own
#
# Two equal greys on a ramp from black to white. What do you expect to see? Write down the report
# first, then run a model. The first mask is the patch that you expect to look lighter.

# %%
rows, cols = 128, 256
y, x = np.mgrid[:rows, :cols]
ramp = 0.1 + 0.8 * x / (cols - 1)
patches = [(abs(x - middle) < 16) & (abs(y - rows / 2) < 16) for middle in (56, 200)]
for patch in patches:
    ramp[patch] = 0.5
mine = Display(
    name="ramp",
    image=ramp,
    target_masks=tuple(patches),
    ppd=PPD,
    report="The patch on the dark end of the ramp looks lighter than the other.",
    dimension="lightness",
    source="this notebook",
)
plots.illusion(mine, biwam)

# %% [markdown]
# A test needs a control: remove the supposed cause of the illusion, and nothing else.

# %%
control = Display(
    name="no ramp",
    image=np.full((rows, cols), 0.5),
    target_masks=tuple(patches),
    ppd=PPD,
    report="Nothing.",
    dimension="lightness",
    source="this notebook",
)
print("with the ramp   ", round(plots.induction(mine, biwam), 3))
print("without the ramp", round(plots.induction(control, biwam), 3))

# %% tags=["check"]
assert plots.induction(mine, biwam) > 0.05
assert abs(plots.induction(control, biwam)) < 1e-6

# %% [markdown]
# **Question 5.** Is the cause the whole ramp, or only the part of it next to each patch? Replace
# everything that is more than half a degree away from a patch by grey, and run the model again.

# %% tags=["solution"]
near = np.zeros((rows, cols), bool)
for middle in (56, 200):
    near |= (abs(x - middle) < 16 + PPD / 2) & (abs(y - rows / 2) < 16 + PPD / 2)
islands = Display(
    name="islands",
    image=np.where(near, ramp, 0.5),
    target_masks=tuple(patches),
    ppd=PPD,
    report="The patch on the dark island looks lighter.",
    dimension="lightness",
    source="this notebook",
)
share = plots.induction(islands, biwam) / plots.induction(mine, biwam)
print(f"{share:.0%} of the induction remains")
plots.illusion(islands, biwam)

# %% [markdown] tags=["solution"]
# None of it remains, and the small rest has the other sign. Each island is now an object on grey:
# the dark one looks darker, the light one lighter, and at the scale of the island the patch in its
# middle changes with it. So the cause is the whole ramp, or at least the part beyond the islands.
# Was that your guess? A guess about a model is easily tested. What people see here is a question
# for an experiment.

# %% tags=["check"]
assert -0.6 < share < 0.2

# %% [markdown]
# ## Summary
#
# The models turn local contrast into a percept, at each scale and orientation separately. That is
# enough for simultaneous contrast, White's illusion, the fluted staircase and two opposite kinds of
# color induction, with one set of parameters. It is not enough where people see surfaces, shadows
# and objects that belong together.
#
# Sources: Otazu, Vanrell & Parraga (2008),
# [doi:10.1016/j.visres.2007.12.008](https://doi.org/10.1016/j.visres.2007.12.008), and (2010),
# [doi:10.1167/10.12.5](https://doi.org/10.1167/10.12.5); Blakeslee & McCourt (1999),
# [doi:10.1016/S0042-6989(99)00119-4](https://doi.org/10.1016/S0042-6989(99)00119-4), on multiscale
# filtering; Shi, Cui, Troncoso, Macknik & Martinez-Conde (2013),
# [doi:10.7717/peerj.146](https://doi.org/10.7717/peerj.146), on the width of patches. Each display
# names its own: `stimuli.white().source`.
