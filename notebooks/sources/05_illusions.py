# %% [markdown]
# # 05 Illusions: light that is not there
#
# Two patches send the same light to the eye and look different. Such displays are the most
# honest test of a model of vision: whoever only measures light gets zero, and a model has to
# say how much, and in which direction, people differ from a light meter.
#
# **You will learn**
# - to put an illusion into a number, and to read what a model sees along a line;
# - simultaneous contrast, White's illusion, Chevreul's staircase, and induced color;
# - how BIWaM and CIWaM make them from the same stages as saliency, scale by scale;
# - which illusions these models do not see, and what that teaches;
# - to make a display of your own, and to test it.
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
biwam = psysal.Otazu2008(ppd=PPD)  # brightness: sees luminance alone
ciwam = psysal.Otazu2010(ppd=PPD)  # color: three opponent channels

# %% [markdown]
# ## 1. The same grey, twice
#
# A display of psysal is a picture that knows its size in degrees, what people report, and
# where: the first mask is the patch that looks *more*, the second the one that looks *less*.

# %%
contrast = stimuli.simultaneous_contrast(ppd=PPD)
lighter, darker = contrast.target_masks
print(contrast.report)
print("shown:", contrast.image[lighter].mean(), "and", contrast.image[darker].mean())

# %% tags=["check"]
assert (contrast.image[lighter] == contrast.image[darker]).all()

# %% [markdown]
# Below: the display; the display *as it looks* to CIWaM; a line through both (at the blue
# marks; the patches are shaded); and the patches cut out. On one grey they are equal, as they
# are shown. As they are seen, they are not.

# %%
plots.illusion(contrast, ciwam)

# %% [markdown]
# (The dips below 0 beside edges are what the model makes of black next to white: blacker than any
# screen shows. Percepts are not clipped, so that differences keep their size.)
#
# The whole illusion in a number: first patch minus second, as seen. Positive is what people
# report; a light meter has zero. The scale is that of the picture, black 0 and white 1.

# %%
seen = {
    "BIWaM": plots.induction(contrast, biwam),
    "CIWaM": plots.induction(contrast, ciwam),
    "light meter": contrast.image[lighter].mean() - contrast.image[darker].mean(),
}
print({name: round(float(value), 3) for name, value in seen.items()})

# %% tags=["check"]
assert 0.10 < seen["BIWaM"] < 0.18
assert 0.13 < seen["CIWaM"] < 0.23
assert seen["light meter"] == 0

# %% [markdown]
# ## 2. Where it comes from
#
# The models decompose the picture into wavelet planes $w$ (notebook 02), weigh every coefficient
# by the contrast with its surround and by the scale's sensitivity, $\alpha$ (notebook 03), and put
# the picture together again from $\alpha w$. Where $\alpha = 1$ nothing changes. So what is induced
# splits exactly into what each level adds, $(\alpha - 1)\,w$.
#
# The same stages give saliency when $\alpha$ itself is put together instead of $\alpha w$.

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
assert abs(levels.sum() - seen["BIWaM"]) < 1e-4
assert levels.argmax() + 1 in (4, 5)
levels_small = np.array([bar.get_height() for bar in axes[1].patches])
coarse, coarse_small = (each[4:].sum() / each[2:].sum() for each in (levels, levels_small))
assert coarse > 2 * coarse_small

# %% [markdown]
# Most is done at scales about as large as the patch, where it stands out from its ground and is
# enhanced. Of a smaller patch, hardly anything is left to the coarse levels 5 to 7.
#
# **Question 1.** People's simultaneous contrast grows as the patch gets narrower, in
# proportion to the logarithm of its width (Shi et al. 2013). Vary `target_size` from 0.5 to 6
# degrees. Do the models agree? And what happens at 0.25?

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
# From 0.5 degrees on, both fall as the patch grows, BIWaM nearly along a straight line, which is
# the logarithm that people show. The sign is right everywhere. But both have a favorite size, and
# below it the effect shrinks: at 0.25 degrees the patch is finer than the scales that are
# enhanced. The size is not to be trusted: CIWaM's 0.68 at 0.5 degrees would be a patch that looks
# nearly white beside one that looks nearly black.

# %% tags=["check"]
for values in by_size.values():
    assert min(values) > 0
    assert np.argmax(values) == 1
    assert (np.diff(values[1:]) < 0).all()
line = np.polyfit(np.log(SIZES[1:]), by_size["BIWaM"][1:], 1)
assert np.corrcoef(np.log(SIZES[1:]), by_size["BIWaM"][1:])[0, 1] < -0.97

# %% [markdown]
# ## 3. White's illusion: against the neighbors
#
# "Light beside dark looks lighter" explains simultaneous contrast. Here it fails.

# %%
white = stimuli.white(ppd=PPD)
print(white.report)
plots.illusion(white, ciwam)


# %% [markdown]
# How much light touches each patch? Take the ring of pixels around the patches:


# %%
def light_around(display):
    """Mean intensity of the pixels that touch each target."""
    found = []
    for mask in display.target_masks:
        grown = mask.copy()
        for axis in (0, 1):
            for step in (-1, 1):
                grown |= np.roll(mask, step, axis)
        found.append(display.image[grown & ~mask].mean())
    return found


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
# they look at orientations apart. Along the bar, a grey patch on a black bar is a light thing in
# a dark line, at every scale of the bar's length; across the bars it is one more bar of the
# grating, with a surround of strong contrast, and is held back.
#
# **Question 2.** The effect grows when the bars get finer. Try `bar_width` of 0.125, 0.25, 0.5 and
# 0.75 degrees. At which does a model see it best? Then make the same display for an eye that is
# twice as far away: both `stimuli.white(ppd=16, ...)` and `psysal.Otazu2010(ppd=16)` know of
# distances. What should stay the same, and does it?

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
# Finer bars, larger effect (but for BIWaM's last step). What is the same in degrees should look
# the same in pixels of any size, and the models shift their sensitivity along the levels to have
# it so. It holds roughly and not exactly: windows stay as wide in samples, and a coarse picture
# lacks the finest level. At 0.5 degrees and 16 pixels per degree BIWaM sees nothing at all
# (`docs/displays.md`).

# %% tags=["check"]
assert (finer.iloc[0] > 2 * finer.iloc[2]).all()
assert (finer > 0).all(axis=None)

# %% [markdown]
# ## 4. Chevreul's staircase
#
# Every step is uniform. Each looks as if it were fluted: lighter where it meets a darker step,
# darker where it meets a lighter one.

# %%
stairs = stimuli.chevreul(ppd=PPD)
plots.illusion(stairs, biwam)

# %% [markdown]
# The effect is small, some two percent of full scale, and of the right kind on every step: an
# edge is a contrast, contrast is enhanced, and an enhanced edge overshoots on both sides.
#
# **Question 3.** If it is made at the edges, it must go with them. Blur the staircase along x
# (`gaussian_filter1d`) by more and more pixels, and plot the induction between the two masks
# *beyond* what is shown, as the masks are no longer equal. `Display` makes a new display of a
# new image.

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
ax.set(xlabel="blur (pixels)", ylabel="induced beyond what is shown")
plt.show()

# %% [markdown] tags=["solution"]
# It sinks and nearly vanishes once the blur is as wide as the strips that are compared: what is
# left is nearly a ramp, and a ramp has no contrast between its parts.

# %% tags=["check"]
assert induced[0] > 0.015
assert induced[-1] < 0.25 * induced[0]

# %% [markdown]
# ## 5. Color: away from the neighbors, or towards them
#
# All colors of the next display have the same luminance, so that only color can do anything. Grey
# on green looks reddish, grey on red greenish: *contrast*.

# %%
reddish = stimuli.chromatic_simultaneous_contrast(ppd=PPD)
plots.illusion(reddish, ciwam)

# %% [markdown]
# With fine rings, a second thing happens: the test ring takes on the color of the rings that
# touch it. That is *assimilation*, the opposite of contrast. People see both in the display
# below, and one rule of contrast cannot give both.

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
# CIWaM gets both signs. The rings touch at one scale, and the alternating rings are a strong
# surround there; held back at that scale, the coarser one shows, in which test ring and neighbors
# are one color. Which scale does what?

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 3), layout="constrained")
plots.induction_by_level(reddish, ciwam, ax=axes[0])
plots.induction_by_level(rings, ciwam, ax=axes[1])
plt.show()

# %% [markdown]
# Left, contrast: enhanced at the scales of the square. Right, two things add up: levels 1 and 2
# are *held back* ($\alpha < 1$), so that the test ring differs less from what touches it, and
# levels 4 and 5 are *enhanced*, in which it and its neighbors are one band of color.
#
# ## 6. Where they fail
#
# A model that had been shown only the displays above would look perfect. Here are all of
# psysal's illusions:

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
ax.set_xlabel("induction, percent (bars end at 20); people are at the right of the line")
ax.legend(frameon=False)
plt.show()

# %% tags=["check"]
right = ["simultaneous_contrast", "chevreul", "mach_bands", "white", "grating_induction", "dungeon"]
assert (table.loc[right] > 1).all(axis=None)
assert (table.loc[["todorovic", "hermann_grid"]] < -1).all(axis=None)
assert (table.loc["cornsweet"].abs() < 0.2).all()
assert (table.loc[["chromatic_simultaneous_contrast", "ring_induction"], "CIWaM"] > 20).all()

# %% [markdown]
# Most is learned from the bars that are missing, or point to the left:
#
# - **Cornsweet**: nothing. A cusp of light at an edge changes the look of the whole plateaus.
#   To the model the plateaus are coarse scales, which it passes nearly as they are; nothing
#   *fills in* from the edge.
# - **Hermann grid**: reversed. The crossings should look smudged; the contrast of the model is of
#   energies, which have no sign, and enhances the crossings as it does anything that stands out.
# - **Todorović**: reversed. The cross *belongs* to the side it lies on; to the model only what it
#   touches counts.
# - **Checker shadow**: mixed. A shadow is a luminance like any other.

# %%
plots.illusion(stimuli.todorovic(ppd=PPD), ciwam)

# %% [markdown]
# **Question 4.** White's display and Todorović's have this in common: the patch that looks lighter
# touches more light than dark. Why does the model get the one and not the other? Find a
# `cover_size` of Todorović's display at which its sign is that of people. What is this display,
# in the end?

# %% tags=["solution"]
COVERS = (0.3, 0.6, 1.2, 1.8, 2.4, 3.0)
by_cover = [
    plots.induction(stimuli.todorovic(ppd=PPD, cover_size=cover), biwam) for cover in COVERS
]
touch = [light_around(stimuli.todorovic(ppd=PPD, cover_size=cover)) for cover in COVERS]
print(
    pd.DataFrame(
        {"induction": by_cover, "light around the lighter": [t[0] for t in touch]},
        pd.Index(COVERS, name="cover (degrees)"),
    ).round(3)
)

# %% [markdown] tags=["solution"]
# In White's display the light that touches lies on one axis and the dark on the other, and
# orientations are treated apart. In Todorović's there is light and dark on both axes, and contrast
# with what is near wins. With small covers the display is simultaneous contrast with dents in
# the corners, and the model is right; as the covers grow, the border turns light and the sign
# turns with it, although people's does not. So BIWaM is a model of *filtering*, and this display
# wants a model of *surfaces*.

# %% tags=["check"]
assert by_cover[0] > 0.02
assert by_cover[-2] < -0.01
assert touch[0][0] < 0.5 < touch[-1][0]

# %% [markdown]
# ## 7. A display of your own
#
# Two equal greys on a ramp from black to white. What would you see? Write down the report first,
# then ask the models. The first mask is the patch that you expect to look lighter.

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
# A test of a display is incomplete without its control: take away what is supposed to cause the
# illusion, and nothing else.

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
# **Question 5.** Is it the ramp as a whole, or the little of it right beside each patch? Replace
# everything that is more than half a degree away from a patch by grey, and ask again.

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
kept = plots.induction(islands, biwam) / plots.induction(mine, biwam)
print(f"{kept:.0%} of the induction is kept")
plots.illusion(islands, biwam)

# %% [markdown] tags=["solution"]
# Nothing of it stays, and the little that is left has the other sign. Each island is now a thing
# of its own on grey: the dark one looks darker, the light one lighter, and at the scale of the
# island the patch in its middle is taken along. So the ramp matters as a whole, or rather what lies
# one island further out. Was that your guess? A guess about a model is cheap to test: run the cell
# before you write the sentence. What people see here is for an experiment to say.

# %% tags=["check"]
assert -0.6 < kept < 0.2

# %% [markdown]
# ## What to take home
#
# The models turn local contrast into a percept, at each scale and orientation for itself. That is
# enough for contrast, for White, for the fluted stairs and for two opposite kinds of color
# induction, with one set of parameters and no light meter fooled. It is not enough where people see
# surfaces, shadows and things that belong together.
#
# Sources: Otazu, Vanrell & Parraga (2008),
# [doi:10.1016/j.visres.2007.12.008](https://doi.org/10.1016/j.visres.2007.12.008), and (2010),
# [doi:10.1167/10.12.5](https://doi.org/10.1167/10.12.5); Blakeslee & McCourt (1999),
# [doi:10.1016/S0042-6989(99)00119-4](https://doi.org/10.1016/S0042-6989(99)00119-4), on multiscale
# filtering; Shi, Cui, Troncoso, Macknik & Martinez-Conde (2013),
# [doi:10.7717/peerj.146](https://doi.org/10.7717/peerj.146), on the width of patches. Each display
# names its own: `stimuli.white().source`.
