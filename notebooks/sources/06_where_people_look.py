# %% [markdown]
# # 06 Where people look: metrics and their traps
#
# A model makes a map, people look at the picture, and a number says how well the two agree.
# There are many such numbers, and every one of them can be fooled. We take fixations whose
# origin we know exactly, and watch what each number makes of them.
#
# **You will learn**
# - what AUC counts, by hand on four pixels;
# - what AUC, shuffled AUC, NSS, CC, similarity, KL and information gain see of one map;
# - five traps: the middle of the picture, blur, monotone transforms, zeros, and the ceiling;
# - to compare models with intervals, and to say what a comparison does not show.
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
from psysal.evaluation.references import CenterBias, HumanCeiling
from psysal.gaze import dataset, law, simulate, simulated_dataset

# %% [markdown]
# ## 1. People whose minds we can read
#
# What draws people's eyes is never known completely. So we make people up: ten observers look
# at sixteen small photographs, and every fixation is a draw from one density,
#
# $$p(\text{place}) \;\propto\; \text{taste}(\text{place}) \times
#   \text{Gaussian about the middle of the picture}.$$
#
# Their taste is a readout that was trained on real fixations (`psysal.Learned`; notebook 07
# trains one), and the Gaussian has a standard deviation of a fifth of the width and of the
# height. `psysal.gaze.simulated` says the rest. **No score below says anything about real
# people.** It says something about scores.

# %%
taste = psysal.Learned(center=False)
MIDDLE = 0.2
people = simulated_dataset(mkdtemp() + "/people", taste, observers=10, count=8, center=MIDDLE)
photos = {name: image.read(path) for name, path in people.images.items()}
tastes = {name: taste(photo) for name, photo in photos.items()}
people.fixations


# %% [markdown]
# Left, one scanpath; in the middle, everybody; right, the density they are drawn from. The
# first fixation is always in the middle: experiments show a cross there before the picture
# comes. It says where the cross was and nothing about the picture, so it goes.


# %%
def places(fixations):
    """x, y in pixels, as the metrics want them."""
    return np.stack([fixations.x, fixations.y], axis=1)


name = "coffee bottom right.png"
photo, truth = photos[name], law(tastes[name], center=MIDDLE)
everybody = people.fixations.of(name)
seen = people.fixations.without_first()
here = places(seen.of(name))

figure, axes = plt.subplots(1, 3, figsize=(11, 2.8), layout="constrained")
one = places(everybody)[everybody.subject == 1]
plots.fixations(photo, one, numbered=True, title="observer 1", ax=axes[0])
plots.fixations(photo, here, title="ten observers, without the first", ax=axes[1])
plots.fixations(photo, here, saliency=np.sqrt(truth), title="the law they follow", ax=axes[2])
plt.show()

# %% tags=["check"]
assert len(seen) == 16 * 10 * 8
assert seen.inside(people.sizes)[1] == 0
assert one[0].tolist() == [photo.shape[1] / 2, photo.shape[0] / 2]

# %% [markdown]
# ## 2. AUC by hand
#
# A map has four pixels, with the values 0, 1, 2 and 3. Somebody looked twice: at the pixel of
# value 3 and at the pixel of value 1.
#
# AUC asks one question: *take a fixation and a pixel by chance. How often is the fixation's
# value larger?* A tie counts one half. Two fixations and four pixels make eight pairs:
#
# | fixated value | against 0 | 1 | 2 | 3 | wins |
# |---|---|---|---|---|---|
# | 3 | 1 | 1 | 1 | ½ | 3.5 |
# | 1 | 1 | ½ | 0 | 0 | 1.5 |
#
# Five of eight: AUC = 0.625.

# %%
tiny = np.array([[0, 1], [2, 3]])
looked = np.array([[1, 1], [1, 0]])  # x, y: the value 3, then the value 1
wins = [(tiny[y, x] > tiny).sum() + 0.5 * (tiny[y, x] == tiny).sum() for x, y in looked]
print("by hand", sum(wins) / 8, "  psysal", metrics.auc(tiny, looked))

# %% tags=["check"]
assert sum(wins) / 8 == metrics.auc(tiny, looked) == 0.625

# %% [markdown]
# The same number is the area under a curve: lower a threshold from the top of the map, and note
# which share of the fixations and which share of the pixels lies above it.

# %%
model = psysal.Murray2011()
saliency = model(photo)
compared = {"murray2011": saliency, "middle": psysal.Center()(photo), "the law": truth}
figure, axes = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
plots.roc({"four pixels": tiny}, looked, ax=axes[0])
plots.roc(compared, here, ax=axes[1])
plt.show()

# %% [markdown]
# **Question 1.** Somebody takes two fixations on the four-pixel map and gets an AUC of 0.5.
# Where were they? Is 1.0 possible? (`metrics.auc` takes x, y.)

# %% [markdown] tags=["solution"]
# The wins of the values 0, 1, 2, 3 are 0.5, 1.5, 2.5 and 3.5. For an AUC of 0.5 two of them
# must add up to 4 of 8: the values 0 and 3, or 1 and 2. A fixation always ties with its own
# pixel, so 1.0 is out of reach on a small map: the best here is both on the value 3, 7 of 8.
# On a photograph of 40,000 pixels that half a win is nothing.

# %% tags=["solution"]
for pair in ([[0, 0], [1, 1]], [[1, 0], [0, 1]], [[1, 1], [1, 1]]):
    print(pair, metrics.auc(tiny, pair))

# %% tags=["check"]
assert metrics.auc(tiny, [[0, 0], [1, 1]]) == metrics.auc(tiny, [[1, 0], [0, 1]]) == 0.5
assert metrics.auc(tiny, [[1, 1], [1, 1]]) == 7 / 8

# %% [markdown]
# ## 3. Seven numbers for one map
#
# Each metric looks at the same map through its own glasses:
#
# - **AUC** sees ranks: which pixel is above which, not by how much;
# - **shuffled AUC** compares fixations with those *on other pictures* (crosses) instead of all
#   pixels;
# - **NSS** is the height of the map at the fixations, in standard deviations;
# - **information gain** takes the map as a density and counts bits per fixation over a baseline,
#   here where people look on the other pictures;
# - **CC** is the correlation with the density of fixations (a Gaussian of one degree about each);
# - **similarity** is the mass that both densities share;
# - **KL** is the mass that the map should have had and has not; less is better.
#
# Purple counts for the score, orange against it.

# %%
bias = CenterBias(seen, people.sizes)
others = seen.others(name, people.sizes)
target = density(here, photo.shape[:2], ppd=people.ppd)
baseline = bias.of(name, photo.shape[:2])
plots.metric_panels(saliency, here, target, others=others, baseline=baseline)


# %% [markdown]
# ## 4. Trap: the middle of the picture
#
# People look at the middle. A map that is a blob in the middle, and has never seen the picture,
# should therefore score something. How much?


# %%
def mean_scores(maps, fixations=seen):
    """AUC, shuffled AUC and NSS of a map for each picture, their means."""
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
laws = {name: law(tastes[name], center=MIDDLE) for name in photos}
trap = pd.DataFrame(
    {
        "murray2011": mean_scores(maps_2011),
        "a blob in the middle": mean_scores(middle),
        "the law": mean_scores(laws),
        "the law without the middle": mean_scores(tastes),
    }
).T
print(trap.round(3))

# %% tags=["check"]
assert trap["AUC"]["a blob in the middle"] > trap["AUC"]["murray2011"] + 0.02
assert abs(trap["shuffled AUC"]["a blob in the middle"] - 0.5) < 0.03
assert trap["shuffled AUC"]["murray2011"] > 0.62
assert trap["AUC"].idxmax() == trap["NSS"].idxmax() == "the law"

# %% [markdown]
# The blob beats the model of vision in AUC and in NSS, and means nothing. Shuffled AUC sees
# through it: where people look on *other* pictures is the middle too, so the blob tells nothing
# apart and gets 0.5.
#
# Whether this happens depends on the people. Ours love the middle much; on the photographs of
# OSIE, real people give the middle .742 and the 2011 model .769. It is always close enough to
# look twice: **a comparison without a center bias in the table shows nothing.**
#
# **Question 2.** Keep the forced first fixation. What happens to the blob's AUC, and to that of
# the model? Why would a careless experimenter like it?

# %% tags=["solution"]
with_first = pd.DataFrame(
    {
        "murray2011": mean_scores(maps_2011, people.fixations),
        "a blob in the middle": mean_scores(middle, people.fixations),
    }
).T
print(with_first.round(3))

# %% [markdown] tags=["solution"]
# One fixation in nine is now exactly at the peak of the blob, which gains three points of AUC and
# much NSS; the 2011 model, which does not prefer the middle, loses. Whoever's model does prefer
# it gains without being any better. Say what was done with the first fixation, and drop it:
# `fixations.without_first()`.

# %% tags=["check"]
assert with_first["AUC"]["a blob in the middle"] > trap["AUC"]["a blob in the middle"] + 0.02
assert with_first["NSS"]["a blob in the middle"] > trap["NSS"]["a blob in the middle"] + 0.05

# %% [markdown]
# ## 5. Trap: blur
#
# Take the simplest map there is, the steepness of the grey picture: edges. Then blur it.

# %%
SIGMAS = (0, 1, 2, 4, 8, 16, 32, 64)
edges = {name: gaussian_gradient_magnitude(photo.mean(axis=2), 1) for name, photo in photos.items()}


def over_blurs(maps):
    """Mean AUC of maps that are blurred more and more."""
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
# Edges start level with the 2011 model and end far above it, and nothing was understood
# better. Fixations are not exact, people look at things and not at their outlines, and a
# sharp map is punished for every pixel it misses. The 2011 model is smooth already and gains
# nothing. Two rules follow: blur is a parameter like any other, to be fitted on *other*
# pictures; and either all models of a table get it, or none.
#
# ## 6. Trap: monotone transforms
#
# Raise a map to a power. Nothing changes its rank: what was above stays above.

# %%
POWERS = (0.25, 1, 4, 8)
rows = []
for power in POWERS:
    bent = (saliency - saliency.min()).astype(float) ** power
    marks = np.zeros(bent.shape)
    marks[tuple(here.astype(int).T[::-1])] = 1
    rng = np.random.default_rng(0)
    borji = mit.auc_borji(bent, marks, rng=rng)
    rows.append((metrics.auc(bent, here), metrics.nss(bent, here), borji))
powers = pd.DataFrame(
    rows, pd.Index(POWERS, name="power"), ["AUC", "NSS", "AUC with 11 thresholds (MIT's Borji)"]
)
print(powers.round(3))
plots.maps({f"power {p:g}": (saliency - saliency.min()).astype(float) ** p for p in POWERS}, here)

# %% tags=["check"]
assert np.ptp(powers["AUC"]) < 1e-9
assert np.ptp(powers["NSS"]) > 0.1
assert powers.iloc[-1, 2] < powers.iloc[1, 2] - 0.01

# %% [markdown]
# AUC does not move: a careful model and one that shouts score the same. NSS does; and so does
# the AUC of the MIT benchmark's program, although it is called AUC: it stands on eleven
# thresholds between 0 and 1, and a map that has become nearly all black falls between them.
# **A name is not a definition.** psysal has both, as the profiles `exact` and `mit`.
#
# **Question 3.** `metrics.shuffled_auc` takes fixations on other pictures as its negatives.
# Fit the center bias on the other pictures, as `CenterBias` does, and look at its shuffled
# AUC. Why does it lie *below* 0.5?

# %% tags=["solution"]
fitted = {name: bias.of(name, photo.shape[:2]) for name, photo in photos.items()}
below = mean_scores(fitted)
print(below.round(3))

# %% [markdown] tags=["solution"]
# The bias is high exactly where fixations on the other pictures are: it was fitted to most of
# the negatives themselves. The fixations of the picture at hand are the only ones it has not
# seen. So negatives win more often than they should. The fewer the pictures, the worse: sixteen
# here. That is why a center bias is never *added* to a model for shuffled AUC.

# %% tags=["check"]
assert below["shuffled AUC"] < 0.48

# %% [markdown]
# ## 7. Trap: zeros
#
# KL and information gain take the map as a density: so much of all attention goes here.
# A map stretched to [0, 1] has a zero somewhere. Somebody may have looked there.

# %%
stretched = psysal.saliency(photo)
print("smallest value", stretched.min(), "  KL", metrics.kl(target, stretched))

# %% [markdown]
# Infinite: a single pixel that is ruled out ruins all. Programs avoid this by adding something
# small, and what is added decides. Below, three predictions are mixed with a little of
# everywhere: the 2011 model, and the law itself, made too sure of itself (to the power of 1.5)
# and far too sure (to the power of 3).

# %%
shares = 10.0 ** np.arange(-8, 0)
even = 1 / target.size
spread_out = {
    "murray2011": stretched / stretched.sum(),
    "the law, too sure": truth**1.5 / (truth**1.5).sum(),
    "the law, far too sure": truth**3 / (truth**3).sum(),
}
kls = {
    label: np.array([metrics.kl(target, (1 - share) * p + share * even) for share in shares])
    for label, p in spread_out.items()
}
figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
for (label, values), look in zip(kls.items(), ("s--", "o-", "^:")):
    ax.plot(shares, values, look, color="black" if look == "s--" else "#0072b2", label=label)
ax.set(xscale="log", xlabel="share of the mass that is spread evenly", ylabel="KL (nats)")
ax.legend(frameon=False)
plt.show()

# %% tags=["check"]
assert metrics.kl(target, stretched) == np.inf
by_model, by_sure, by_too_sure = kls.values()
assert by_sure[0] > by_model[0]
assert by_sure[-1] < by_model[-1]
assert np.ptp(by_model) < 0.1 < 1 < np.ptp(by_too_sure)

# %% [markdown]
# Who is better, the 2011 model or the law that is too sure, depends on what was added; and what
# is far too sure looks as good or bad as one likes. KL is not wrong: it says what a bet would
# cost, and to bet next to nothing on a place that was looked at costs much. So say what was
# added. `metrics.kl` adds nothing; `of_map` spreads 1 % evenly where a map has zeros, and
# says so.
#
# ## 8. Trap: the ceiling
#
# How good can a model be? As a rule one asks how well *other people* predict a person: blur
# the fixations of all but one, score the one, take turns. Here we also know the law, and
# nothing predicts draws better, on average, than the density they are drawn from.

# %%
crowd = simulate(tastes, observers=40, count=8, center=MIDDLE).without_first()
MANY = (2, 5, 10, 20, 40)


def gains(count, sigma):
    """Information gain, bits per fixation, of the ceiling and of the law, for some observers."""
    some = crowd
    for subject in range(count + 1, 41):
        some = some.without(subject)
    own_bias, ceiling = CenterBias(some, people.sizes), HumanCeiling(some, people.ppd, sigma)
    rows = []
    for name, shape in people.sizes.items():
        base = own_bias.map_for(name, shape)
        held = [metrics.information_gain(p, base, at) for p, at in ceiling.held_out(name, shape)]
        rows.append(
            (np.mean(held), metrics.information_gain(laws[name], base, places(some.of(name))))
        )
    return np.mean(rows, axis=0)


wide, narrow = (np.array([gains(count, sigma) for count in MANY]) for sigma in (1.0, 0.4))
figure, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
ax.plot(MANY, wide[:, 1], ":", color="black", label="the law")
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
# "Human ceiling" is a name for an estimate. With few observers it lies far too low, and a good
# model may pass it without having superhuman powers. With many, its blur is what limits it:
# Gaussians of one degree never become as sharp as the law, however many people look. Quote it
# with the number of observers and the width.
#
# **Question 4.** With two observers the *wider* Gaussian is better, with forty the narrower.
# Why? What width would you take for ten observers, and how would you choose it without
# knowing the law?

# %% [markdown] tags=["solution"]
# A narrow Gaussian follows the few fixations it has: it is sure about eight places and lost
# everywhere else (high variance). A wide one smears detail away, however many fixations there
# are (bias). The more observers, the narrower it can be. It is chosen like any parameter: by
# the score of fixations that it has not seen, as `held_out` has them.

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
# `psysal.evaluate` puts models on the same pictures with the same metrics, keeps count of what it
# left out, and gives intervals: the pictures are drawn again and again with replacement, and
# 95 % of the means lie between `low` and `high`. `difference` is paired, picture by picture,
# with the first model.

# %%
free = replace(people, fixations=seen)
models = {
    "murray2011": model,
    "hou2012": psysal.Hou2012(),
    "edges, blurred": lambda pixels: gaussian_filter(
        gaussian_gradient_magnitude(pixels.mean(axis=2), 1), 8
    ),
    "center bias": "center_bias",
    "human ceiling": "human_ceiling",
    "the law": lambda pixels: law(taste(pixels), center=MIDDLE),
}
table = psysal.evaluate(
    models, free, metrics=["auc", "shuffled_auc", "nss", "information_gain"], threads=1
)
print(table.pivot(index="model", columns="metric", values="mean").loc[list(models)].round(3) + 0.0)

# %% [markdown]
# And what is certain of it? In the chart, the differences in NSS from the 2011 model, with
# their intervals; hollow where nothing can be said.

# %%
part = table[(table["metric"] == "nss") & (table["model"] != "murray2011")]
plots.dots(
    list(part["model"]),
    part["difference"],
    part[["difference_low", "difference_high"]],
    [f"{value:+.2f}" for value in part["difference"]],
)

# %% tags=["check"]
scores = table.set_index(["model", "metric"])
assert scores["mean"].unstack()["information_gain"].idxmax() == "the law"
assert abs(scores["mean"]["center bias", "information_gain"]) < 1e-9
assert scores["difference_low"]["the law", "nss"] > 0
assert (table["left_out"] == 0).all()
assert (table["images"] == 16).all()

# %% [markdown]
# **Question 5.** A colleague writes: "Hou 2012 explains attention better than Murray 2011: its AUC
# is higher." Use the table (columns `difference`, `difference_low`, `difference_high`, `images`)
# to answer politely. What would you ask for?

# %% tags=["solution"]
claim = table[table["model"] == "hou2012"]
print(claim[["metric", "difference", "difference_low", "difference_high", "images"]].round(3))

# %% [markdown] tags=["solution"]
# The difference has an interval, and on sixteen pictures it is wide: where it includes 0, these
# pictures do not decide. The pictures are quarters of four photographs, so they are not even
# sixteen independent ones, and the interval is too narrow still. The observers are made up: they
# follow a readout that somebody trained, and a model is good here if it resembles that readout.
# And "explains attention" is not what any of these numbers measures. Ask for more pictures, real
# people, a center bias and a ceiling in the table, and what was blurred.

# %% [markdown]
# ## 10. Real people, if you have them
#
# With a folder of eye-tracking sets in the environment variable `PSYSAL_DATA`, such as
# [OSIE](https://github.com/NUS-VIP/predicting-human-gaze-beyond-pixels), the same lines score real
# fixations; here on the first twelve photographs.

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
    print("No folder with a set called osie; see psysal.gaze.dataset for what it looks like.")

# %% [markdown]
# ## What to take home
#
# | metric | invariant to | fooled by | say with it |
# |---|---|---|---|
# | AUC | every increasing transform | the middle, blur | exact, or which thresholds |
# | shuffled AUC | what all pictures share | few pictures | whose fixations are negatives |
# | NSS | scale and offset | sharpening, flattening | the first fixation |
# | CC, similarity | scale (CC: offset too) | the blur of the density | its width in degrees |
# | KL | scale | zeros | what was added |
# | information gain | scale | zeros, its baseline | the baseline, cross-validated |
#
# Sources: Bylinskii, Judd, Oliva, Torralba & Durand (2019),
# [doi:10.1109/TPAMI.2018.2815601](https://doi.org/10.1109/TPAMI.2018.2815601); Kümmerer, Wallis &
# Bethge (2018), [doi:10.1007/978-3-030-01270-0_47](https://doi.org/10.1007/978-3-030-01270-0_47);
# Tatler (2007), [doi:10.1167/7.14.4](https://doi.org/10.1167/7.14.4).
