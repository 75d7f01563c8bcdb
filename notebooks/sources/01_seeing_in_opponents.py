# %% [markdown]
# # 01 Seeing in opponents
#
# A camera stores red, green and blue. The eye begins with three kinds of cones, but what
# leaves the eye are *differences*: red against green, yellow against blue, and a sum for light
# and dark. Saliency starts from there.
#
# **You will learn**
# - why red, green and blue are three pictures of nearly the same thing;
# - the three opponent channels, in three lines, and back;
# - what a grey picture loses, with a figure that vanishes;
# - how a picture looks without one of its channels, as in color blindness, and which things then
#   no longer catch the eye.
#
# Time: about 30 minutes. Solutions are in the folder `solutions`. Nothing is downloaded.

# %%
import matplotlib.pyplot as plt
import numpy as np
import skimage.data

import psysal
from psysal import plots, stimuli
from psysal.srgb import from_linear, to_linear
from psysal.stimuli.canvas import LUMINANCE, color, isoluminant
from psysal.vision.color import from_opponent, opponent

# %% [markdown]
# ## 1. Three records of one scene
#
# Below are the photograph and the three numbers of each pixel, as three grey pictures. All
# show the same cup, the same spoon and the same table.

# %%
photo = skimage.data.coffee()

figure, axes = plt.subplots(1, 4, figsize=(11, 2.2), layout="constrained")
plots.photograph(photo, title="photograph", ax=axes[0])
for ax, values, name in zip(axes[1:], np.moveaxis(photo, 2, 0), ("red", "green", "blue")):
    plots.photograph(values, title=name, ax=ax)
plt.show()

# %% [markdown]
# How similar are they? A correlation of 1 would mean that one of them is enough.

# %%
red, green, blue = photo.reshape(-1, 3).T.astype(float)
r_rg, r_gb, r_rb = (np.corrcoef(a, b)[0, 1] for a, b in ((red, green), (green, blue), (red, blue)))
print(f"red and green {r_rg:.2f}, green and blue {r_gb:.2f}, red and blue {r_rb:.2f}")

# %% tags=["check"]
assert r_gb > 0.9
assert min(r_rg, r_rb) > 0.6

# %% [markdown]
# ## 2. Opponent channels
#
# Take *linear* light $R, G, B$: the light that a screen emits, not the codes in the file, which
# are a nonlinear function of it (`to_linear` inverts that function). Then
#
# $$O_1 = \frac{R - G}{R + G + B}, \qquad
#   O_2 = \frac{R + G - 2B}{R + G + B}, \qquad
#   O_3 = R + G + B .$$
#
# $O_1$ is positive for reddish and negative for greenish colors, $O_2$ positive for yellowish
# and negative for bluish ones. Both are *ratios*, so that a shadow, which dims all three by the
# same factor, does not change them. $O_3$ is the amount of light, from 0 to 3.
#
# In the figure $O_1$ goes from teal over white, which is zero, to red, $O_2$ from blue to yellow.

# %%
plots.channels(photo)

# %% [markdown]
# The function behind it is `psysal.vision.color.opponent`. We compute it once by hand, to see
# that it does nothing else.

# %%
R, G, B = np.moveaxis(to_linear(photo / 255), 2, 0)
total = R + G + B
by_hand = np.stack([(R - G) / total, (R + G - 2 * B) / total, total])
by_psysal = opponent(photo, dtype="float64")
print("largest difference:", abs(by_hand - by_psysal).max())

# %% tags=["check"]
assert abs(by_hand - by_psysal).max() < 1e-12
assert by_psysal[0].max() <= 1
assert by_psysal[1].min() >= -2

# %% [markdown]
# **Question 1.** What are $O_1, O_2, O_3$ of pure red, green, blue, yellow, white and black?
# Predict them first, then compute them with `opponent`. For which color are the equations
# undefined, and what does the program do about it?

# %% tags=["solution"]
names = ("red", "green", "blue", "yellow", "white", "black")
codes = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0], [255, 255, 255], [0, 0, 0]]
channels = opponent(np.uint8([codes]), dtype="float64")[:, 0].T
for name, values in zip(names, channels):
    print(f"{name:7} O1 {values[0]:+.1f}   O2 {values[1]:+.1f}   O3 {values[2]:.1f}")

# %% [markdown] tags=["solution"]
# Red has the largest $O_1$ there is, and blue the most negative $O_2$, twice that of yellow because
# of the factor 2 of $B$. Grey of any lightness has $O_1 = O_2 = 0$. Black is 0/0: a black pixel has
# no color, and the program sets $O_1 = O_2 = 0$.

# %% tags=["check"]
assert channels[0].round(9).tolist() == [1, 1, 1]
assert channels[2].round(9).tolist() == [0, -2, 1]
assert channels[5].tolist() == [0, 0, 0]

# %% [markdown]
# ## 3. Back to RGB
#
# No information is lost: the equations can be solved for $R, G, B$, and the inverse transform
# gives the photograph again. That makes experiments possible: change one channel, transform back,
# and look.

# %%
restored = from_opponent(opponent(photo, dtype="float64"))
print("largest difference after there and back:", abs(restored - photo / 255).max())


def scaled(image, channel, factor):
    """The image with one opponent channel multiplied by a factor."""
    planes = opponent(image, dtype="float64")
    planes[channel] *= factor
    return from_opponent(planes).clip(0, 1)


figure, axes = plt.subplots(1, 4, figsize=(11, 2.2), layout="constrained")
plots.photograph(photo, title="photograph", ax=axes[0])
plots.photograph(scaled(photo, 0, -1), title="red and green change places", ax=axes[1])
plots.photograph(scaled(photo, 1, -1), title="yellow and blue change places", ax=axes[2])
plots.photograph(scaled(photo, 2, 0.4), title="four tenths of the light", ax=axes[3])
plt.show()

# %% tags=["check"]
assert abs(restored - photo / 255).max() < 1e-9

# %% [markdown]
# **Question 2.** It is often said that opponent channels carry *independent* information. Is
# that true? Compute the correlations between $O_1$, $O_2$ and $O_3$ for the photographs
# `coffee`, `chelsea`, `rocket` and `astronaut` of `skimage.data`, beside those between red,
# green and blue.

# %% tags=["solution"]
pairs = ((0, 1), (0, 2), (1, 2))
correlations = {}
for name in ("coffee", "chelsea", "rocket", "astronaut"):
    image = getattr(skimage.data, name)()
    rgb = np.corrcoef(image.reshape(-1, 3).T.astype(float))
    opp = np.corrcoef(opponent(image).reshape(3, -1))
    in_rgb, in_opponent = ([table[pair] for pair in pairs] for table in (rgb, opp))
    correlations[name] = [in_rgb, in_opponent]
    print(f"{name:10} RGB {np.round(in_rgb, 2)}   opponent {np.round(in_opponent, 2)}")

# %% [markdown] tags=["solution"]
# Not quite: they are less correlated on average, but not independent. Wood, skin, fur and fire are
# reddish *and* yellowish, and red is positive in $O_1$ and in $O_2$, so these two are correlated in
# photographs of warm colors. Opponent channels separate *light and dark*, which R, G and B all
# contain, from color.

# %% tags=["check"]
absolute = {name: np.abs(tables).mean(axis=1) for name, tables in correlations.items()}
assert np.mean([rgb - opp for rgb, opp in absolute.values()]) > 0.05
assert all(tables[1][0] > 0.7 for tables in correlations.values())

# %% [markdown]
# ## 4. A figure that vanishes
#
# A grey picture keeps one number for each pixel. Two colors with the same number become the same
# grey, and a figure drawn with them vanishes. We make such a card: a reddish ring on a greenish
# ground, both with $O_2 = 0$ and the same $O_3$, so that they differ in $O_1$ only.

# %%
y, x = np.mgrid[:160, :160] - 79.5
ring = abs(np.hypot(x, y) - 45) < 12

card = np.empty((160, 160, 3))
card[:] = color(-0.2, 0, 1.1)
card[ring] = color(0.2, 0, 1.1)
plots.channels(card)

# %% [markdown]
# In intensity, on the right, there is no ring (only rounding errors). All of it is in
# $O_1$. The eye sees it, of course: color vision is tested with cards like this one.
#
# There is more than one way to make grey. *Luminance* weights the colors as daylight vision
# does: $Y = 0.2126\,R + 0.7152\,G + 0.0722\,B$.

# %%
o3 = opponent(card, dtype="float64")[2]
luminance = to_linear(card) @ LUMINANCE
step_o3 = abs(o3[ring].mean() / o3[~ring].mean() - 1)
step_y = abs(luminance[ring].mean() / luminance[~ring].mean() - 1)
print(f"the ring differs from its ground by {step_o3:.1%} in O3, by {step_y:.1%} in luminance")

figure, axes = plt.subplots(1, 3, figsize=(8, 2.7), layout="constrained")
plots.photograph(card, title="card", ax=axes[0])
plots.photograph(from_linear(o3 / 3), title="intensity O3", ax=axes[1])
plots.photograph(from_linear(luminance), title="luminance Y", ax=axes[2])
plt.show()

# %% tags=["check"]
assert step_o3 < 1e-9
assert 0.2 < step_y < 0.6

# %% [markdown]
# **Question 3.** So the ring would not vanish for a person who sees luminance only. Make a card on
# which it does: `isoluminant(o1, o2, luminance)` gives the color at $O_1, O_2$ with a given
# luminance. What happens to $O_3$ of your card?

# %% tags=["solution"]
equal_card = np.empty((160, 160, 3))
equal_card[:] = isoluminant(-0.2, 0, 0.35)
equal_card[ring] = isoluminant(0.2, 0, 0.35)
o3 = opponent(equal_card, dtype="float64")[2]
luminance = to_linear(equal_card) @ LUMINANCE
new_step_o3 = abs(o3[ring].mean() / o3[~ring].mean() - 1)
new_step_y = abs(luminance[ring].mean() / luminance[~ring].mean() - 1)
print(f"now by {new_step_o3:.1%} in O3, by {new_step_y:.1%} in luminance")

figure, axes = plt.subplots(1, 3, figsize=(8, 2.7), layout="constrained")
plots.photograph(equal_card, title="card", ax=axes[0])
plots.photograph(from_linear(o3 / 3), title="intensity O3", ax=axes[1])
plots.photograph(from_linear(luminance), title="luminance Y", ax=axes[2])
plt.show()

# %% [markdown] tags=["solution"]
# Now the ring appears in $O_3$. The model's intensity is a plain sum and not luminance: the
# two agree about dark and light in most photographs, but a card can differ in one and not in the
# other. The word "isoluminant" needs a definition of luminance.

# %% tags=["check"]
assert new_step_y < 1e-9
assert 0.2 < new_step_o3 < 1

# %% [markdown]
# ## 5. A missing channel
#
# About one man in twelve confuses reds and greens, because one kind of cone is missing or
# its spectral sensitivity is shifted. A rough simulation: set $O_1$ to zero. (A faithful one models
# the cones, as in Brettel, Viénot & Mollon 1997,
# [doi](https://doi.org/10.1364/JOSAA.14.002647). Ours removes a whole channel, and keeps the
# intensity $O_3$.)

# %%
portrait = skimage.data.astronaut()

figure, axes = plt.subplots(1, 4, figsize=(11, 3), layout="constrained")
plots.photograph(portrait, title="all channels", ax=axes[0])
plots.photograph(scaled(portrait, 0, 0), title="no red-green", ax=axes[1])
plots.photograph(scaled(portrait, 1, 0), title="no yellow-blue", ax=axes[2])
plots.photograph(scaled(scaled(portrait, 0, 0), 1, 0), title="neither", ax=axes[3])
plt.show()

# %% [markdown]
# The suit and the stripes of the flag no longer stand out. Does that change where people
# *look*? Here is a display made for this question: one reddish disc among yellow ones,
# all of the same $O_3$ and $O_2$. People find it at once, however many others there are: it
# *pops out*. Beside it is its saliency map; below, the same without $O_1$.

# %%
display = stimuli.search_color(ppd=24, isoluminant=False)
(target,) = display.target_masks
without_red_green = scaled(display.image, 0, 0)

figure, axes = plt.subplots(2, 2, figsize=(8, 6.3), layout="constrained")
maps = []
images = (display.image, without_red_green)
for line, image, title in zip(axes, images, ("all channels", "no red-green")):
    maps.append(psysal.saliency(image, normalize=None))
    plots.photograph(image, title=title, ax=line[0])
    plots.saliency_map(maps[-1], title="saliency", ax=line[1])
    plots.outline(target, ax=line[1])
plt.show()

# %% [markdown]
# Put a number on it: the share of the display that is less salient than the target. If the
# target pops out, it is near 100 %.

# %%


def beaten(saliency, target):
    """Share of the pixels outside the target that are less salient than its mean."""
    return (saliency[~target] < saliency[target].mean()).mean()


with_color, without_color = (beaten(saliency, target) for saliency in maps)
print(f"the target beats {with_color:.1%} of the display; without red-green {without_color:.1%}")

# %% tags=["check"]
assert with_color > 0.98
assert without_color < with_color - 0.05

# %% [markdown]
# Without red-green the target is a disc like any other. (It is still more salient than the empty
# ground, as every disc is, but no longer more than the *other discs*, as the map shows.)
#
# **Question 4.** And if *yellow-blue* is missing, or intensity? Before you compute it, write down
# what you expect from the way the display is made.

# %% tags=["solution"]
planes = opponent(display.image, dtype="float64")
planes[2] = planes[2].mean()
other = {
    "no yellow-blue": scaled(display.image, 1, 0),
    "no intensity": from_opponent(planes).clip(0, 1),
}
shares = {name: beaten(psysal.saliency(image), target) for name, image in other.items()}
for name, share in shares.items():
    print(f"{name}: the target beats {share:.1%} of the display")

# %% [markdown] tags=["solution"]
# Nothing changes: the target differs from the others in $O_1$ only, so the other channels
# contribute nothing to its lead. A channel in which the target is not odd can be left out; the
# one in which it is odd cannot.

# %% tags=["check"]
assert min(shares.values()) > 0.95

# %% [markdown]
# **Question 5.** What does color add to the saliency map of the coffee? Map the photograph in
# color and in grey (`opponent(photo)[2]`, back to a picture), show both maps, and find the place
# that gains most.

# %% tags=["solution"]
grey = from_linear(opponent(photo, dtype="float64")[2] / 3)
colored, uncolored = psysal.saliency(photo), psysal.saliency(grey)
gain = colored - uncolored
row, col = np.unravel_index(gain.argmax(), gain.shape)
correlation = np.corrcoef(colored.ravel(), uncolored.ravel())[0, 1]
print(f"correlation of the two maps {correlation:.2f}; most is gained at column {col}, row {row}")

figure, axes = plt.subplots(1, 3, figsize=(11, 2.6), layout="constrained")
plots.overlay(photo, colored, title="in color", ax=axes[0])
plots.overlay(grey, uncolored, title="in grey", ax=axes[1])
plots.plane(gain, title="gained (purple), lost (orange)", ax=axes[2])
plt.show()

# %% [markdown] tags=["solution"]
# Not much: most edges of color in this photograph are edges of light as well. Places gain that
# differ from their surround in color only, such as the corner at the top left. Try a photograph of
# red fruit among leaves: there, color makes the difference.

# %% tags=["check"]
assert 0.85 < correlation < 0.98
assert row < 100
assert col < 200

# %% [markdown]
# ## Summary
#
# - Opponent channels separate color from light and dark: two ratios and a sum.
# - They keep all information; a grey picture loses differences of color alone.
# - A target that pops out does so in *some* channel. Without that channel it no longer does.
#
# Next: [02 Scales and orientations](02_scales_and_orientations.ipynb).
