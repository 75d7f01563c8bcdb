# %% [markdown]
# # 06 Where people look: metrics and their pitfalls
#
# A model makes a map, people look at the picture, and a metric says how well the two agree.
# There are many metrics, and every one of them can mislead. We simulate fixations from a known
# density, and compare the metrics on them.
#
# **You will learn**
# - to compute AUC by hand on four pixels;
# - which pixels contribute to AUC, shuffled AUC, NSS, CC, similarity, KL and information gain;
# - five pitfalls: the middle of the picture, blur, monotone transforms, zeros, and the ceiling;
# - to simulate scanpaths, and to tell their rules apart;
# - to compare models with confidence intervals, and to know the limits of a comparison.
#
# Time: about 30 minutes. Solutions are in the folder `solutions`. Nothing is downloaded.

# %%
import os
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter, gaussian_gradient_magnitude

import psysal
from psysal import image, plots
from psysal.evaluation import metrics, mit
from psysal.evaluation.density import density
from psysal.evaluation.references import CenterBias, LeaveOneObserverOut
from psysal.gaze import dataset, observer_density, simulate_fixations, simulated_dataset
from psysal.scanpaths import simulate_scanpath

# %% [markdown]
# ## 1. Simulated observers
#
# The causes of people's eye movements are never known completely. So we simulate them: ten
# observers look at sixteen small photographs, and every fixation is drawn from one density,
#
# $$p(\text{place}) \;\propto\; \text{preference}(\text{place}) \times
#   \text{Gaussian about the middle of the picture}.$$
#
# Their preference is a readout that was trained on real fixations (`psysal.Learned`; notebook 07
# trains one), and the Gaussian has a standard deviation of a fifth of the width and of the
# height; `psysal.gaze.simulated` has the details. **The scores below say nothing about real
# people.** They show how scores behave.

# %%
preference = psysal.Learned(center_bias=False)
MIDDLE = 0.2
people = simulated_dataset(mkdtemp() + "/people", preference, observers=10, count=8, center=MIDDLE)
photos = {name: image.read(path) for name, path in people.images.items()}
preferences = {name: preference(photo) for name, photo in photos.items()}
densities = {name: observer_density(p, center=MIDDLE) for name, p in preferences.items()}
people.fixations


# %% [markdown]
# Left, one scanpath; in the middle, those of all observers; right, the density they are drawn from.
# The first fixation is always in the middle: experiments show a cross there before the picture
# appears. It depends on the cross and not on the picture, so it is dropped.


# %%
def places(fixations):
    """x, y in pixels, as the metrics take them."""
    return np.stack([fixations.x, fixations.y], axis=1)


name = "coffee bottom right.png"
photo, truth = photos[name], densities[name]
all_fixations = people.fixations.of(name)
fixations = people.fixations.without_first()
here = places(fixations.of(name))

figure, axes = plt.subplots(1, 3, figsize=(11, 2.8), layout="constrained")
one = places(all_fixations)[all_fixations.subject == 1]
plots.scanpath(photo, one, title="observer 1", ax=axes[0])
plots.fixations(photo, here, title="ten observers, without the first", ax=axes[1])
plots.fixations(photo, here, saliency=np.sqrt(truth), title="their density", ax=axes[2])
plt.show()

# %% tags=["check"]
assert len(fixations) == 16 * 10 * 8
assert fixations.inside(people.sizes)[1] == 0
assert one[0].tolist() == [photo.shape[1] / 2, photo.shape[0] / 2]

# %% [markdown]
# ## 2. AUC by hand
#
# A map has four pixels, with the values 0, 1, 2 and 3. Somebody looked twice: at the pixel of
# value 3 and at the pixel of value 1.
#
# AUC is the probability that the value at a random fixation is larger than that of a random pixel.
# A tie counts one half. Two fixations and four pixels make eight pairs:
#
# | fixated value | against 0 | 1 | 2 | 3 | sum |
# |---|---|---|---|---|---|
# | 3 | 1 | 1 | 1 | ½ | 3.5 |
# | 1 | 1 | ½ | 0 | 0 | 1.5 |
#
# Five of eight: AUC = 0.625.

# %%
tiny = np.array([[0, 1], [2, 3]])
two_fixations = np.array([[1, 1], [1, 0]])  # x, y: the value 3, then the value 1
sums = [(tiny[y, x] > tiny).sum() + 0.5 * (tiny[y, x] == tiny).sum() for x, y in two_fixations]
print("by hand", sum(sums) / 8, "  psysal", metrics.auc(tiny, two_fixations))

# %% tags=["check"]
assert sum(sums) / 8 == metrics.auc(tiny, two_fixations) == 0.625

# %% [markdown]
# The same number is the area under a curve: lower a threshold from the maximum of the map, and plot
# the share of fixations above it against the share of pixels above it.

# %%
model = psysal.Murray2011()
saliency = model(photo)
compared = {"murray2011": saliency, "middle": psysal.Center()(photo), "true density": truth}
figure, axes = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
plots.roc({"four pixels": tiny}, two_fixations, ax=axes[0])
plots.roc(compared, here, ax=axes[1])
plt.show()

# %% [markdown]
# **Question 1.** Two other fixations on the four-pixel map have an AUC of 0.5.
# Where are they? Is 1.0 possible? (`metrics.auc` takes x, y.)

# %% [markdown] tags=["solution"]
# The sums of the values 0, 1, 2, 3 are 0.5, 1.5, 2.5 and 3.5. For an AUC of 0.5 two of them
# must add up to 4 of 8: the values 0 and 3, or 1 and 2. A fixation always ties with its own
# pixel, so 1.0 is impossible on a small map: the best here is both on the value 3, 7 of 8.
# On a photograph of 40,000 pixels one tie hardly matters.

# %% tags=["solution"]
for pair in ([[0, 0], [1, 1]], [[1, 0], [0, 1]], [[1, 1], [1, 1]]):
    print(pair, metrics.auc(tiny, pair))

# %% tags=["check"]
assert metrics.auc(tiny, [[0, 0], [1, 1]]) == metrics.auc(tiny, [[1, 0], [0, 1]]) == 0.5
assert metrics.auc(tiny, [[1, 1], [1, 1]]) == 7 / 8

# %% [markdown]
# ## 3. Seven numbers for one map
#
# Each metric measures another property of the same map:
#
# - **AUC** depends on ranks: which pixel is above which, not by how much;
# - **shuffled AUC** compares fixations with those *on other pictures* (crosses) instead of all
#   pixels;
# - **NSS** is the mean of the map at the fixations, in standard deviations from its mean;
# - **information gain** takes the map as a density and counts bits per fixation over a baseline,
#   here the density of fixations on the other pictures;
# - **CC** is the correlation with the density of fixations (a Gaussian of one degree about each);
# - **similarity** is the probability mass that both densities share;
# - **KL** is a distance between the densities, large where the map misses mass; less is better.
#
# Purple raises the score, orange lowers it.

# %%
bias = CenterBias(fixations, people.sizes)
others = fixations.others(name, people.sizes)
target = density(here, photo.shape[:2], ppd=people.ppd)
baseline = bias.map_for(name, photo.shape[:2])
plots.metric_panels(saliency, here, target, others=others, baseline=baseline)


# %% [markdown]
# ## 4. Pitfall: the middle of the picture
#
# People tend to look at the middle. A map that is a blob in the middle, the same for every picture,
# is therefore better than chance. How much better?


# %%
def mean_scores(maps, fixations=fixations):
    """Mean AUC, shuffled AUC and NSS of a map for each picture."""
    rows = [
        (
            metrics.auc(maps[name], places(fixations.of(name))),
            metrics.shuffled_auc(
                maps[name], places(fixations.of(name)), fixations.others(name, people.sizes)
            ),
            metrics.nss(maps[name], places(fixations.of(name))),
        )
        for name in photos
    ]
    return pd.Series(np.mean(rows, axis=0), ["AUC", "shuffled AUC", "NSS"])


middle = {name: psysal.Center()(photo) for name, photo in photos.items()}
maps_2011 = {name: model(photo) for name, photo in photos.items()}
scores = pd.DataFrame(
    {
        "murray2011": mean_scores(maps_2011),
        "blob in the middle": mean_scores(middle),
        "true density": mean_scores(densities),
        "preference alone": mean_scores(preferences),
    }
).T
print(scores.round(3))

# %% tags=["check"]
assert scores["AUC"]["blob in the middle"] > scores["AUC"]["murray2011"] + 0.02
assert abs(scores["shuffled AUC"]["blob in the middle"] - 0.5) < 0.03
assert scores["shuffled AUC"]["murray2011"] > 0.62
assert scores["AUC"].idxmax() == scores["NSS"].idxmax() == "true density"

# %% [markdown]
# The blob has a higher AUC and NSS than the model of vision, although it does not depend on the
# picture. Shuffled AUC corrects for it: fixations on *other* pictures are in the middle too, so the
# blob does not distinguish them and gets 0.5.
#
# The size of this effect depends on the observers. Ours have a strong preference for the middle;
# with real people, on the photographs of OSIE, the middle has an AUC of .742 and the 2011 model
# .769. The difference is always small: **a comparison without a center bias in the table shows
# nothing.**
#
# **Question 2.** Keep the forced first fixation. What happens to the blob's AUC, and to that of
# the model? Why would a careless experimenter like it?

# %% tags=["solution"]
with_first = pd.DataFrame(
    {
        "murray2011": mean_scores(maps_2011, people.fixations),
        "blob in the middle": mean_scores(middle, people.fixations),
    }
).T
print(with_first.round(3))

# %% [markdown] tags=["solution"]
# One fixation in nine is now exactly at the peak of the blob, which gains three points of AUC and
# much NSS; the 2011 model, which does not prefer the middle, loses. A model that does prefer
# it gains without being any better. Drop the first fixation, with `fixations.without_first()`, and
# report that you did.

# %% tags=["check"]
assert with_first["AUC"]["blob in the middle"] > scores["AUC"]["blob in the middle"] + 0.02
assert with_first["NSS"]["blob in the middle"] > scores["NSS"]["blob in the middle"] + 0.05

# %% [markdown]
# ## 5. Pitfall: blur
#
# Take one of the simplest maps, the gradient magnitude of the grey picture: edges. Then blur it.

# %%
SIGMAS = (0, 1, 2, 4, 8, 16, 32, 64)
edges = {name: gaussian_gradient_magnitude(photo.mean(axis=2), 1) for name, photo in photos.items()}


def over_blurs(maps):
    """Mean AUC of maps for each amount of blur."""
    return [
        mean_scores({name: gaussian_filter(m, s) for name, m in maps.items()})["AUC"]
        for s in SIGMAS
    ]


curves = {"edges": over_blurs(edges), "murray2011": over_blurs(maps_2011)}
figure, axes = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained")
for (label, curve), look in zip(curves.items(), ("o-", "s--")):
    axes[0].plot(range(len(SIGMAS)), curve, look, color="#0072b2", label=label)
axes[0].set(
    xticks=range(len(SIGMAS)), xticklabels=SIGMAS, xlabel="blur (pixels)", ylabel="mean AUC"
)
axes[0].legend(frameon=False)
plots.fixations(
    photo, here, saliency=gaussian_filter(edges[name], 8), title="edges, blurred by 8", ax=axes[1]
)
plt.show()

# %% tags=["check"]
assert max(curves["edges"]) > curves["edges"][0] + 0.04
assert curves["edges"][0] < curves["murray2011"][0] + 0.02 < max(curves["edges"])
assert 0 < np.argmax(curves["edges"]) < len(SIGMAS) - 1

# %% [markdown]
# Edges begin level with the 2011 model and end far above it, although a blurred edge explains
# nothing more. Fixations are not exact, people look at objects and not at their outlines, and a
# sharp map loses for every pixel that it misses. The 2011 model is smooth already and gains
# nothing. There are two rules: blur is a parameter like any other, to be fitted on *other*
# pictures; and either all models of a table are blurred, or none.
#
# ## 6. Pitfall: monotone transforms
#
# Raise a map to a power. The ranks of its pixels stay the same.

# %%
POWERS = (0.25, 1, 4, 8)
rows = []
for power in POWERS:
    transformed = (saliency - saliency.min()).astype(float) ** power
    fixation_map = np.zeros(transformed.shape)
    fixation_map[tuple(here.astype(int).T[::-1])] = 1
    borji = mit.auc_borji(transformed, fixation_map, rng=np.random.default_rng(0))
    rows.append((metrics.auc(transformed, here), metrics.nss(transformed, here), borji))
powers = pd.DataFrame(
    rows, pd.Index(POWERS, name="power"), ["AUC", "NSS", "AUC with 11 thresholds (MIT's Borji)"]
)
print(powers.round(3))
plots.maps({f"power {p:g}": (saliency - saliency.min()).astype(float) ** p for p in POWERS}, here)

# %% tags=["check"]
assert np.ptp(powers["AUC"]) < 1e-9
assert np.ptp(powers["NSS"]) > 0.1
assert np.ptp(powers.iloc[:, 2]) > 0.01

# %% [markdown]
# AUC does not change: it ignores how peaked a map is. NSS changes; and so does an AUC of the
# MIT benchmark's program, although it has the same name: it uses eleven thresholds between 0 and 1,
# and if a map is nearly all black, most of its values lie between the first two.
# **A name is not a definition.** psysal has both, as the profiles `exact` and `mit`.
#
# **Question 3.** `metrics.shuffled_auc` takes fixations on other pictures as its negatives.
# Fit the center bias on the other pictures, as `CenterBias` does, and look at its shuffled
# AUC. Why does it lie *below* 0.5?

# %% tags=["solution"]
fitted = {name: bias.map_for(name, photo.shape[:2]) for name, photo in photos.items()}
bias_scores = mean_scores(fitted)
print(bias_scores.round(3))

# %% [markdown] tags=["solution"]
# The bias is high at the fixations on the other pictures, since it was fitted to most of these
# negatives. Only the fixations on the picture itself were left out of the fit. So negatives have
# higher values than they should. The effect grows as the number of pictures decreases; here it is
# sixteen. That is why a center bias is never *added* to a model for shuffled AUC.

# %% tags=["check"]
assert bias_scores["shuffled AUC"] < 0.48

# %% [markdown]
# ## 7. Pitfall: zeros
#
# KL and information gain take the map as a density: the probability of a fixation at each pixel.
# A map normalized to [0, 1] has a zero somewhere, and there may be a fixation there.

# %%
normalized = psysal.saliency(photo)
print("smallest value", normalized.min(), "  KL", metrics.kl(target, normalized))

# %% [markdown]
# Infinite: a single pixel of probability zero is enough. Programs avoid this by adding a small
# density, and the result depends on how much they add. Below, three predictions are mixed with a
# uniform density: the 2011 model, and the true density made too narrow (to the power of 1.5)
# and far too narrow (to the power of 3).

# %%
shares = 10.0 ** np.arange(-8, 0)
uniform = 1 / target.size
predictions = {
    "murray2011": normalized / normalized.sum(),
    "true density, too narrow": truth**1.5 / (truth**1.5).sum(),
    "true density, far too narrow": truth**3 / (truth**3).sum(),
}
kls = {
    label: np.array([metrics.kl(target, (1 - share) * p + share * uniform) for share in shares])
    for label, p in predictions.items()
}
figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
for (label, values), look in zip(kls.items(), ("s--", "o-", "^:")):
    ax.plot(shares, values, look, color="black" if look == "s--" else "#0072b2", label=label)
ax.set(xscale="log", xlabel="share of the uniform density", ylabel="KL (nats)")
ax.legend(frameon=False)
plt.show()

# %% tags=["check"]
assert metrics.kl(target, normalized) == np.inf
by_model, by_narrow, by_too_narrow = kls.values()
assert by_narrow[0] > by_model[0]
assert by_narrow[-1] < by_model[-1]
assert np.ptp(by_model) < 0.1 < 1 < np.ptp(by_too_narrow)

# %% [markdown]
# Which is better, the 2011 model or the density that is too narrow, depends on the amount that is
# added; and the KL of the density that is far too narrow can have nearly any value. KL is not
# wrong: it is the cost of a bet, and a very small probability for a place that is fixated costs
# much. So report what was added. `metrics.kl` adds nothing;
# `psysal.evaluation.density.map_to_density` mixes a map that has zeros with 1 % of the uniform
# density, and says so.
#
# ## 8. Pitfall: the ceiling
#
# How good can a model be? The usual answer is how well *other people* predict a person: blur
# the fixations of all but one observer, score those of that one, and repeat this for all of them.
# Here we also know the true density, and no other predicts its own fixations better, on average.

# %%
crowd = simulate_fixations(preferences, observers=40, count=8, center=MIDDLE).without_first()
MANY = (2, 5, 10, 20, 40)


def gains(count, sigma):
    """Information gain, bits per fixation, of the ceiling and of the true density."""
    part = crowd
    for subject in range(count + 1, 41):
        part = part.without(subject)
    part_bias = CenterBias(part, people.sizes)
    ceiling = LeaveOneObserverOut(part, people.sizes, sigma * people.ppd)
    rows = []
    for name, shape in people.sizes.items():
        base = part_bias.map_for(name, shape)
        held = [metrics.information_gain(p, base, at) for p, at in ceiling.held_out(name, shape)]
        best = metrics.information_gain(densities[name], base, places(part.of(name)))
        rows.append((np.mean(held), best))
    return np.mean(rows, axis=0)


wide, narrow = (np.array([gains(count, sigma) for count in MANY]) for sigma in (1.0, 0.4))
figure, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
ax.plot(MANY, wide[:, 1], ":", color="black", label="true density")
ax.plot(MANY, narrow[:, 0], "o-", color="#0072b2", label="other people, Gaussians of 0.4 degrees")
ax.plot(MANY, wide[:, 0], "s--", color="#56b4e9", label="other people, Gaussians of 1 degree")
ax.set(xscale="log", xlabel="observers", ylabel="information gain\n(bits per fixation)")
ax.set_xticks(MANY, MANY)
ax.minorticks_off()
ax.legend(frameon=False, fontsize=8)
plt.show()

# %% tags=["check"]
assert (wide[:, 0] < wide[:, 1]).all()
assert (narrow[:, 0] < narrow[:, 1]).all()
assert wide[0, 0] < 0.5 * wide[2, 0]
assert narrow[-1, 0] > wide[-1, 0]
assert narrow[0, 0] < wide[0, 0]

# %% [markdown]
# It is often called the human ceiling, and is none. With few observers it is far too low, and a
# good model may exceed it. With many, the blur limits it: Gaussians of one degree never become as
# sharp as the true density, however many observers there are. Report it with the number of
# observers and the width.
#
# **Question 4.** With two observers the *wider* Gaussian is better, with forty the narrower.
# Why? Which width would you take for ten observers, and how would you choose it without
# knowing the true density?

# %% [markdown] tags=["solution"]
# With a narrow Gaussian the density follows the few fixations there are, and is nearly zero
# everywhere else (high variance). A wide one removes detail, however many fixations there
# are (bias). The more observers, the narrower it can be. It is chosen like any parameter: by
# the score on held-out fixations, as `held_out` gives them.

# %% tags=["solution"]
widths = (0.2, 0.4, 0.6, 0.8, 1.0, 1.4)
for_ten = [gains(10, width)[0] for width in widths]
best_width = widths[int(np.argmax(for_ten))]
print(dict(zip(widths, np.round(for_ten, 2))), " best:", best_width, "degrees")

# %% tags=["check"]
assert widths[0] < best_width < widths[-1]

# %% [markdown]
# ## 9. A fair table
#
# `psysal.evaluate` applies models to the same pictures with the same metrics, counts the pictures
# that it left out, and gives intervals of Student's t: of many samples of such pictures, those of
# 95 % hold the true mean between `low` and `high`. `difference` is that from the first model,
# paired picture by picture. Information gain is for densities: a
# model says by `gives` that its values are one, and those that give maps have no such score.

# %%
free_viewing = replace(people, fixations=fixations)


def true_density(pixels):
    return observer_density(preference(pixels), center=MIDDLE)


true_density.gives = "density"
models = {
    "murray2011": model,
    "hou2012": psysal.Hou2012(),
    "edges, blurred": lambda pixels: gaussian_filter(
        gaussian_gradient_magnitude(pixels.mean(axis=2), 1), 8
    ),
    "center bias": "center_bias",
    "other people": "leave_one_observer_out",
    "true density": true_density,
}
table = psysal.evaluate(
    models, free_viewing, metrics=["auc", "shuffled_auc", "nss", "information_gain"], threads=1
)
print(table.pivot(index="model", columns="metric", values="mean").loc[list(models)].round(3) + 0.0)

# %% [markdown]
# Which differences are certain? In the chart, the differences in NSS from the 2011 model, with
# their intervals; hollow where the interval includes zero.

# %%
part = table[(table["metric"] == "nss") & (table["model"] != "murray2011")]
plots.dots(
    list(part["model"]),
    part["difference"],
    part[["difference_low", "difference_high"]],
    [f"{value:+.2f}" for value in part["difference"]],
)

# %% tags=["check"]
indexed = table.set_index(["model", "metric"])
assert indexed["mean"].unstack()["information_gain"].idxmax() == "true density"
assert abs(indexed["mean"]["center bias", "information_gain"]) < 1e-9
assert indexed["difference_low"]["true density", "nss"] > 0
assert (table["left_out"] == 0).all()
assert (table["images"] == 16).all()

# %% [markdown]
# **Question 5.** A colleague writes: "Hou 2012 explains attention better than Murray 2011: its AUC
# is higher." Use the table (columns `difference`, `difference_low`, `difference_high`, `images`)
# to answer. Which further data would you ask for?

# %% tags=["solution"]
claim = table[table["model"] == "hou2012"]
print(claim[["metric", "difference", "difference_low", "difference_high", "images"]].round(3))

# %% [markdown] tags=["solution"]
# The difference has an interval, which is wide for sixteen pictures: where it includes 0, these
# pictures do not decide. The pictures are quarters of four photographs, so they are not even
# independent, and the interval is still too narrow. The observers are simulated: they
# follow a trained readout, and a model is good here if it resembles that readout.
# And none of these metrics measures an explanation of attention. Ask for more pictures, real
# people, a center bias and a ceiling in the table, and the blur of each model.

# %% [markdown]
# ## 10. Where the eyes go next
#
# A map says where people look, but in which order? A *scanpath* needs a rule as well:
#
# - **winner**: always the highest place that is left; a disk around every fixation is inhibited,
#   so that the eyes go on (inhibition of return);
# - **density**: a draw from the map as a density, with inhibition;
# - **saccades**: such a draw, weighted by how far people's saccades go and how they turn.

# %%
rules = {"winner": {}, "density": {"seed": 1}, "saccades": {"seed": 1}}
figure, axes = plt.subplots(1, 4, figsize=(12, 2.6), layout="constrained")
for ax, (rule, options) in zip(axes, rules.items()):
    path = simulate_scanpath(truth, rule=rule, fixations=6, ppd=people.ppd, **options)
    plots.scanpath(photo, path, title=rule, ax=ax)
seen = replace(path, x=one[1:7, 0], y=one[1:7, 1])
plots.scanpath(photo, seen, title="observer 1", ax=axes[3])
plt.show()

# %% [markdown]
# One path proves little: two people differ as much. So let a thousand viewers look by each of the
# sampled rules, and compare how far their eyes go.

# %%
amplitudes = {}
for rule in ("density", "saccades"):
    crowd_path = simulate_scanpath(
        truth, rule=rule, fixations=6, viewers=1000, ppd=people.ppd
    ).positions
    amplitudes[rule] = np.hypot(*np.diff(crowd_path, axis=1).T) / people.ppd
print({rule: f"{np.median(a):.1f} degrees" for rule, a in amplitudes.items()})

# %% tags=["check"]
assert np.median(amplitudes["saccades"]) < 0.9 * np.median(amplitudes["density"])

# %% [markdown]
# **Question 6.** Give `winner` another seed: does its path change? Then take `inhibition=0` with
# `density`. How often does the next fixation land within a degree of the one before, with and
# without inhibition?

# %% tags=["solution"]
returns = {}
for inhibition in (0, 1):
    x, y = simulate_scanpath(
        truth, rule="density", inhibition=inhibition, fixations=6, viewers=1000, ppd=people.ppd
    ).positions.T
    near = np.hypot(np.diff(x, axis=0), np.diff(y, axis=0)) < people.ppd
    returns[inhibition] = round(float(near.mean()), 3)
print(returns)

# %% [markdown] tags=["solution"]
# Winner takes all has nothing random in it. Without inhibition the density alone decides, and
# peaks are looked at again and again; inhibition makes that rarer. It is no law: people return
# more often than this inhibition lets them.

# %% tags=["check"]
assert returns[0] > 1.5 * returns[1] > 0

# %% [markdown]
# ## 11. Real people, if you have the data
#
# If the environment variable `PSYSAL_DATA` names a folder of eye-tracking sets, such as
# [OSIE](https://github.com/NUS-VIP/predicting-human-gaze-beyond-pixels), the same lines score
# models on real fixations; here on the first twelve photographs.

# %%
if Path(os.environ.get("PSYSAL_DATA", "nowhere"), "osie").is_dir():
    osie = dataset("osie")
    first = set(list(osie.images)[:12])
    few = replace(osie, fixations=osie.fixations.on(first))
    real = psysal.evaluate(
        {"murray2011": model, "hou2012": psysal.Hou2012(), "center bias": "center_bias"},
        few,
        threads=1,
    )
    print(real.pivot(index="model", columns="metric", values="mean").round(3))
else:
    print("There is no data set called osie; psysal.gaze.dataset describes its folder.")

# %% [markdown]
# ## Summary
#
# | metric | invariant to | misled by | report with it |
# |---|---|---|---|
# | AUC | every increasing transform | the middle, blur | exact, or the thresholds |
# | shuffled AUC | a bias common to all pictures | few pictures | the source of the negatives |
# | NSS | scale and offset | sharpening, flattening | the first fixation |
# | CC, similarity | scale (CC: offset too) | the blur of the density | its width in degrees |
# | KL | scale | zeros | the density that is added |
# | information gain | scale | zeros, its baseline | the baseline, cross-validated |
#
# Sources: Bylinskii, Judd, Oliva, Torralba & Durand (2019),
# [doi:10.1109/TPAMI.2018.2815601](https://doi.org/10.1109/TPAMI.2018.2815601); Kümmerer, Wallis &
# Bethge (2018), [doi:10.1007/978-3-030-01270-0_47](https://doi.org/10.1007/978-3-030-01270-0_47);
# Tatler (2007), [doi:10.1167/7.14.4](https://doi.org/10.1167/7.14.4).
