# %% [markdown]
# # 07 Saliency as a distribution: training a readout
#
# A saliency map shows which places stand out; a *density* gives the probability of the next
# fixation at each pixel. The error of a density can be measured, and so a model of it can be
# trained.
#
# **You will learn**
# - to make a density of a map, and to measure its error;
# - how divergences differ, and to check their gradients by finite differences;
# - to train a linear readout, and to test whether it finds weights that you know;
# - overfitting, penalties, early stopping;
# - cross-validation, and how it can mislead;
# - what the same readout sees over wavelets and over a network, and what neither sees.
#
# Time: about 30 minutes, and ten more for the network. Solutions are in the folder `solutions`.
# Nothing is downloaded.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import skimage.data
from scipy.optimize import minimize
from scipy.special import softmax

import psysal
from psysal import plots, stimuli
from psysal.evaluation.divergences import DIVERGENCES, value_and_gradient
from psysal.gaze import observer_density, simulate_fixations
from psysal.learning.adam import fit_small
from psysal.learning.linear import fit_linear
from psysal.models.front_ends import Network
from psysal.vision.features import Psychophysical

# %% [markdown]
# ## 1. From logits to a density
#
# Let a model give any number $x_i$ to each pixel, a *logit*. The softmax makes a density of them,
# positive and of sum 1:
#
# $$p_i = \frac{e^{x_i}}{\sum_j e^{x_j}} .$$
#
# The fixations of people are a density $g$ too: each fixation has an equal share. The error of a
# prediction is its mean surprise at the fixations, $-\ln p_i$; except for a constant, that is the
# Kullback-Leibler divergence $\sum_i g_i \ln (g_i / p_i)$.

# %%
logits = np.array([2.0, 1.0, 0.0, 0.0])
p = softmax(logits)
g = np.array([0.5, 0.5, 0.0, 0.0])  # two fixations
value, gradient = value_and_gradient("kl", g, logits)
print("p", p.round(3), " KL", value.round(3), " gradient", gradient.round(3))

# %% tags=["check"]
assert np.isclose(p.sum(), 1)
assert np.isclose(value, sum(0.5 * np.log(0.5 / p[:2])))
assert np.allclose(gradient, p - g)
assert np.allclose(softmax(logits + 7), p)

# %% [markdown]
# The gradient is the direction in which to change the logits, and for KL it is simple: $p - g$.
# Raise the logits of pixels that are fixated more often than predicted, lower the others. The
# elements of the gradient add up to 0, as a constant added to all logits changes nothing.
#
# **Question 1.** It is easy to make a mistake in a gradient. Check those of *all* divergences of
# psysal by finite differences: change a logit by $\pm 10^{-5}$ and measure the change of the value.
# `DIVERGENCES` has them by name. Take a random target and random logits of 20 pixels.

# %% tags=["solution"]
rng = np.random.default_rng(7)
target, x = rng.dirichlet(np.ones(20)), rng.normal(size=20)
step = 1e-5
errors = {}
for name in DIVERGENCES:
    _, analytic = value_and_gradient(name, target, x)
    numeric = [
        (
            value_and_gradient(name, target, x + step * unit)[0]
            - value_and_gradient(name, target, x - step * unit)[0]
        )
        / (2 * step)
        for unit in np.eye(20)
    ]
    errors[name] = abs(analytic - numeric).max()
print(pd.Series(errors).map("{:.0e}".format))

# %% tags=["check"]
assert len(errors) == 10
assert max(errors.values()) < 1e-8

# %% [markdown]
# ## 2. Different kinds of error
#
# Below: a density of fixations (left), and four predictions: too wide, too narrow, shifted, and one
# that misses one of two places. All ten divergences are 0 for a perfect prediction and
# larger than 0 for any other. They do not agree on which of two errors is worse. The smallest of
# each row is framed.

# %%
rows, cols = 36, 48
y, x = np.mgrid[:rows, :cols]


def blob(col, row, width):
    """Density: a Gaussian, mixed with 2 % of the uniform density."""
    gaussian = np.exp(-((x - col) ** 2 + (y - row) ** 2) / (2 * width**2))
    return 0.98 * gaussian / gaussian.sum() + 0.02 / gaussian.size


two = (blob(14, 18, 4) + blob(34, 18, 4)) / 2
predictions = {
    "too wide": (blob(14, 18, 8) + blob(34, 18, 8)) / 2,
    "too narrow": (blob(14, 18, 2) + blob(34, 18, 2)) / 2,
    "shifted": (blob(20, 21, 4) + blob(40, 21, 4)) / 2,
    "one of two": blob(14, 18, 4),
}
plots.divergences(two, predictions)

# %% tags=["check"]
errors = {
    name: {
        label: value_and_gradient(name, two.ravel(), np.log(each).ravel())[0]
        for label, each in predictions.items()
    }
    for name in ("kl", "reverse_kl")
}
assert min(errors["kl"], key=errors["kl"].get) == "too wide"
assert max(errors["kl"], key=errors["kl"].get) == "one of two"
assert min(errors["reverse_kl"], key=errors["reverse_kl"].get) == "too narrow"

# %% [markdown]
# KL is large if probability is missing where people look, and small if a density is too wide.
# Reverse KL, $\sum p \ln (p/g)$, is large if there is probability where nobody looks. Here is the
# best prediction by each of them when none *can* be right: one Gaussian for two places.

# %%
line = np.arange(60)
bumps = np.exp(-((line - 18) ** 2) / 18) + 0.7 * np.exp(-((line - 42) ** 2) / 18) + 1e-4
bumps /= bumps.sum()


def one_gaussian(parameters):
    """Logits of a Gaussian, from its middle and the logarithm of its width."""
    middle, log_width = parameters
    return -((line - middle) ** 2) / (2 * np.exp(2 * log_width))


best = {}
for name in ("kl", "reverse_kl"):
    minimum = minimize(
        lambda q, name=name: value_and_gradient(name, bumps, one_gaussian(q))[0],
        [22.0, np.log(5)],
        method="Nelder-Mead",
    )
    best[name] = minimum.x[0], np.exp(minimum.x[1])
figure, ax = plt.subplots(figsize=(8, 3), layout="constrained")
ax.fill_between(line, bumps, color="0.85", label="where people look")
for (name, (middle, width)), look in zip(best.items(), ("-", "--")):
    curve = softmax(one_gaussian((middle, np.log(width))))
    ax.plot(line, curve, look, color="#0072b2", label=f"best by {name.replace('_', ' ')}")
ax.set(yticks=[], xlabel="place")
ax.legend(frameon=False)
plt.show()
print({name: tuple(map(float, np.round(q, 1))) for name, q in best.items()})

# %% tags=["check"]
assert best["kl"][1] > 2 * best["reverse_kl"][1]
assert abs(best["reverse_kl"][0] - 18) < 1.5
assert 24 < best["kl"][0] < 36

# %% [markdown]
# The minimum of KL covers both places, and the gap between them; that of reverse KL covers one and
# ignores the other. A prediction of fixations should miss none, and psysal trains with KL by
# default (`docs/learned.md` compares all ten on real photographs).
#
# ## 3. Recovering known weights
#
# Features are planes on a small grid: the contrast of notebook 03 by channel, level and
# orientation, the energy of wavelet planes, and color. A linear readout is their weighted sum,
#
# $$x = \sum_k w_k z_k + b \cdot \log(\text{center bias}),$$
#
# and learns $w$ and $b$. For real people nobody knows the true weights. So we choose six planes
# and their weights, simulate observers who follow exactly this density, and estimate the weights
# from their fixations.

# %%
WIDTH = 0.25  # of the center bias, as a share of the picture
features = Psychophysical()
photos = {}
for name in ("astronaut", "chelsea", "coffee", "rocket"):
    pixels = getattr(skimage.data, name)()
    middle = pixels.shape[0] // 2, pixels.shape[1] // 2
    for k, (r, c) in enumerate(((0, 0), (0, middle[1]), (middle[0], 0), middle), start=1):
        photos[f"{name} {k}"] = pixels[r : r + middle[0], c : c + middle[1]]
planes = {name: features(pixels) for name, pixels in photos.items()}
print(len(features.names), "planes, such as:", *features.names[::30], sep="\n  ")

# %%
TRUE = {
    "energy, intensity, level 3, horizontal": 0.5,
    "energy, intensity, level 3, vertical": 0.8,
    "contrast 13/26, red-green, level 4, diagonal": 0.0,
    "contrast 13/26, intensity, level 4, vertical": 0.4,
    "color, yellow-blue, from the mean": 0.6,
    "color, intensity, from its surround": -0.5,
}
chosen = [features.names.index(name) for name in TRUE]
true = np.array(list(TRUE.values()))
six = {name: each[chosen] for name, each in planes.items()}
pixels = np.concatenate([each.reshape(6, -1) for each in six.values()], axis=1)
mean, std = pixels.mean(axis=1)[:, None, None], pixels.std(axis=1)[:, None, None]
preferences = {
    name: softmax(np.tensordot(true, (each - mean) / std, 1)) for name, each in six.items()
}
densities = {name: observer_density(each, center=WIDTH) for name, each in preferences.items()}


def people(count, observers=10, seed=0):
    """Fixations on the grid of every picture."""
    fixations = simulate_fixations(
        preferences, observers=observers, count=count, center=WIDTH, seed=seed
    )
    return fixations.without_first()


class Examples:
    """Pictures to learn from, as fitting takes them: features, fixations, center bias."""

    def __init__(self, planes, names, fixations):
        self.planes, self.names, self.fixations = planes, list(names), fixations

    def __len__(self):
        return len(self.names)

    def features(self, i):
        return self.planes[self.names[i]]

    def target(self, i):
        fixations = self.fixations.of(self.names[i])
        counts = np.zeros(self.features(i).shape[1:])
        np.add.at(counts, (fixations.y.astype(int), fixations.x.astype(int)), 1)
        return counts / counts.sum()

    def log_center(self, i):
        return np.log(observer_density(np.ones(self.features(i).shape[1:]), center=WIDTH))


name = "coffee 4"
here = people(5).of(name)
plots.maps(
    {
        "a plane: energy, intensity, level 3": six[name][1],
        "a plane: yellow-blue, from the mean": six[name][4],
        "true density (its root), and fifty fixations": np.sqrt(densities[name]),
    },
    np.stack([here.x, here.y], axis=1),
)

# %% [markdown]
# The problem is convex with KL: there is one optimum, and `fit_linear` finds it. How many fixations
# are needed to recover the weights?

# %%
COUNTS = (2, 10, 50)  # of each of ten observers on each of sixteen pictures
estimates = {}
for count in COUNTS:
    fit = fit_linear(Examples(six, densities, people(count)), blurs=(0,), penalty=1e-6)
    estimates[16 * 10 * count] = np.append(fit.readout.linear[0], fit.center)
weights = pd.DataFrame(estimates, [*TRUE, "center bias"])
weights.insert(0, "true", [*true, 1.0])
print(weights.round(2))

figure, ax = plt.subplots(figsize=(5.5, 3.6), layout="constrained")
ax.plot([-0.7, 1.2], [-0.7, 1.2], color="0.75")
for column, look in zip(weights.columns[1:], ("^", "s", "o")):
    ax.plot(
        weights["true"], weights[column], look, color="#0072b2", label=f"{column} fixations",
        markerfacecolor="#0072b2" if look == "o" else "none",
    )  # fmt: skip
ax.set(xlabel="true weight", ylabel="estimated weight")
ax.legend(frameon=False)
plt.show()

# %% tags=["check"]
error = {column: abs(weights[column] - weights["true"]).max() for column in weights.columns[1:]}
assert error[8000] < 0.06
assert error[8000] < error[320]
assert abs(weights[8000].iloc[2]) < 0.05

# %% [markdown]
# All seven are recovered, the zero too: the readout gives no weight to diagonal red-green contrast,
# although that plane is correlated with planes that do have one. **A learning program should pass
# this test before it is applied to real data**; there, wrong weights look as plausible, and nobody
# can tell.
#
# **Question 2.** Leave out the center bias: train with a `log_center` that is flat, on people who
# do look at the middle. Which weights are wrong now, and why?


# %% tags=["solution"]
class WithoutCenter(Examples):
    """Pictures to learn from, without a center bias."""

    def log_center(self, i):
        return np.zeros(self.features(i).shape[1:])


many = people(50)
without = fit_linear(WithoutCenter(six, densities, many), blurs=(0,), penalty=1e-6)
weights["no center bias"] = np.append(without.readout.linear[0], np.nan)
print(weights[["true", 8000, "no center bias"]].round(2))

# %% [markdown] tags=["solution"]
# The readout uses the features to predict the middle: features that happen to be large in the
# middle of these pictures gain weight, those that are large at the border lose, and the weights of
# correlated features change too. The weights now include the preference for the middle.

# %% tags=["check"]
larger_error = abs(weights["no center bias"] - weights["true"])[:6].max()
assert larger_error > 2 * error[8000]

# %% [markdown]
# ## 4. Too many weights
#
# Now a realistic situation: 169 planes, of which only six have a weight, and few fixations:
# five observers, six fixations each. One quarter of each photograph is held out. As we know the
# true density, we can measure the distance to it, $KL(\text{true}, p)$; and beside it a score that
# can also be computed for real people: the information of the fixations, in bits, by which the
# readout exceeds the true density.

# %%
few = people(6, observers=5)
held_out = [name for name in densities if name.endswith("4")]
train = [name for name in densities if name not in held_out]


def scores(fit, planes, names):
    """Distance to the true density (nats), and bits per fixation beyond those of that density."""
    examples, rows = Examples(planes, names, few), []
    for i, name in enumerate(names):
        center, density = examples.log_center(i), densities[name]
        p = softmax(fit.readout.logits(planes[name]) + fit.center * center)
        distance = (density * np.log(density / p)).sum()
        rows.append((distance, (examples.target(i) * (np.log2(p) - np.log2(density))).sum()))
    return np.mean(rows, axis=0)


PENALTIES = (0.001, 0.01, 0.1, 0.3, 1, 10)
curve = {}
for penalty in PENALTIES:
    fit = fit_linear(Examples(planes, train, few), blurs=(0,), penalty=penalty)
    curve[penalty] = *scores(fit, planes, train), *scores(fit, planes, held_out)
columns = ["distance, training", "bits, training", "distance, held out", "bits, held out"]
curve = pd.DataFrame(curve, columns).T
figure, axes = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained")
for ax, kind, unit in zip(
    axes,
    ("bits", "distance"),
    ("bits per fixation over the true density", "nats from the true density"),
):
    ax.plot(PENALTIES, curve[f"{kind}, training"], "o-", color="#0072b2", label="training")
    ax.plot(PENALTIES, curve[f"{kind}, held out"], "s--", color="black", label="held out")
    ax.set(xscale="log", xlabel="penalty on the weights", ylabel=unit)
axes[0].legend(frameon=False)
axes[0].axhline(0, color="0.75", zorder=0)
axes[0].set_title("score on the fixations", fontsize=10)
axes[1].set_title("distance to the true density", fontsize=10)
plt.show()

# %% tags=["check"]
assert curve["bits, training"].iloc[0] > 0.05 > 0 > curve["bits, held out"].max()
assert curve["bits, training"].idxmax() < curve["bits, held out"].idxmax()
assert curve["distance, held out"].iloc[0] > 1.5 * curve["distance, held out"].min()
assert curve["bits, held out"].idxmax() in (0.1, 0.3, 1)
assert curve["distance, held out"].idxmin() in (0.1, 0.3, 1)

# %% [markdown]
# With a small penalty the readout predicts the training fixations *better than the true density
# itself*: it fits their random variation. On held-out pictures it is far off. For real people one
# would not know where 0 is in the left panel, but the curves would look the same: the best penalty
# by held-out fixations is near the best by the true density, while the score on training fixations
# only gets worse as the penalty grows.
#
# **Question 3.** How much of the error is due to not knowing which six planes count? Train on the
# six, with the same few fixations, and compare distances. And is the remedy more fixations per
# picture, or more pictures? Think first.

# %% tags=["solution"]
with_six = fit_linear(Examples(six, train, few), blurs=(0,), penalty=1e-3)
print("distance, held out: six planes", scores(with_six, six, held_out)[0].round(3))
print("distance, held out: 169 planes", curve["distance, held out"].min().round(3))

# %% [markdown] tags=["solution"]
# Nearly all of it: six weights need few fixations. More fixations on the same pictures would reduce
# the random variation, but not the influence of the choice of pictures: in twelve pictures,
# planes without a weight are correlated with the true density by chance. 169 weights need
# more *pictures*. OSIE has 700.

# %% tags=["check"]
assert scores(with_six, six, held_out)[0] < 0.25 * curve["distance, held out"].min()

# %% [markdown]
# ## 5. Early stopping
#
# Training a readout with a few hidden units is not a convex problem; it is trained in epochs, by
# Adam. In each epoch it fits the training pictures better, and from some epoch on only these.
# Held-out pictures show when: with `validation`, training stops after three epochs without a better
# score on them, and the best readout is kept.

# %%
small = fit_small(
    Examples(planes, train, few),
    validation=Examples(planes, held_out, few),
    units=(8,),
    blurs=(0, 2),
    epochs=40,
)


def mean_loss(predictions, names):
    """Mean KL of predicted densities from the fixations."""
    examples = Examples(planes, names, few)
    logits = [np.log(predictions[name]).ravel() for name in names]
    losses = [
        value_and_gradient("kl", examples.target(i).ravel(), x)[0] for i, x in enumerate(logits)
    ]
    return np.mean(losses)


centers = {
    name: observer_density(np.ones(density.shape), center=WIDTH)
    for name, density in densities.items()
}
figure, ax = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
lines = {
    "center bias alone, held out": mean_loss(centers, held_out),
    "true density, held out": mean_loss(densities, held_out),
}
plots.learning_curve(small.history, small.validation, lines=lines, ax=ax)
plt.show()

# %% tags=["check"]
assert min(small.validation) < lines["center bias alone, held out"]
assert min(small.validation) > lines["true density, held out"] - 0.05
assert len(small.validation) - 1 - np.argmin(small.validation) <= 3

# %% [markdown]
# Even the true density has a loss: fixations are random draws. A loss has a meaning only between
# two lines, that of a prediction that does not depend on the picture and that of the true density.
#
# ## 6. Cross-validation, and how it can mislead
#
# The pictures that are held out are lost for training, and the test uses only these few.
# In *cross-validation* every fold is held out once. Then all pictures have a score by a
# readout that was trained without them.
#
# But similar pictures must be left out too. Our pictures are quarters of four photographs, and
# quarters of one photograph resemble each other.
#
# **Question 4.** Cross-validate the linear readout of 169 planes (penalty 0.3) in two ways: with
# four folds that each hold one quarter of *every* photograph, and with four folds that each hold a
# whole photograph. Use `scores`. Which number would you publish?


# %% tags=["solution"]
def cross_validated(fold_of):
    """Means of `scores`, every picture by a readout that was fitted without it."""
    rows = []
    for fold in sorted({fold_of(name) for name in densities}):
        test = [name for name in densities if fold_of(name) == fold]
        rest = [name for name in densities if fold_of(name) != fold]
        fit = fit_linear(Examples(planes, rest, few), blurs=(0,), penalty=0.3)
        rows.append(scores(fit, planes, test))
    return np.mean(rows, axis=0)


by_quarter = cross_validated(lambda name: name.split()[1])
by_photograph = cross_validated(lambda name: name.split()[0])
folds = pd.DataFrame(
    [by_quarter, by_photograph],
    ["a quarter of every photograph", "a whole photograph"],
    ["distance (nats)", "bits over the truth"],
)
print(folds.round(3))

# %% [markdown] tags=["solution"]
# Holding out whole photographs gives the worse number, and the right one if the readout is meant
# for new photographs. With quarters of every photograph in training, the readout has been trained
# on the same wood, fur and sky. The same happens with frames of one video, with pictures of one
# series, and with fixations of the same people. `psysal train` assigns whole pictures to folds, and
# cross-validates the center bias with them; it cannot know which pictures belong together.

# %% tags=["check"]
assert folds["distance (nats)"].iloc[1] > 1.2 * folds["distance (nats)"].iloc[0]
assert folds["bits over the truth"].iloc[1] < folds["bits over the truth"].iloc[0]

# %% [markdown]
# ## 7. The same readout over a network
#
# What a readout reads is its *front end*. So far it was wavelets: contrast, energy and color, as in
# early vision. The fit does not depend on that. Here is another front end: three inner layers of a
# small network that was trained to name the objects in photographs, never on fixations. The values
# of all its units over one place are the *hypercolumn* of the place.
#
# Same pictures, same people, same linear readout and penalty, same quarters held out.

# %%
network = Network("deep", ["l3", "l4", "l5"])
columns = {name: network(pixels) for name, pixels in photos.items()}
print(len(features.names), "planes of wavelets,", len(network.names), "of the network")
fit = fit_linear(Examples(columns, train, few), blurs=(0,), penalty=0.3)
over_network = scores(fit, columns, held_out)[0]
over_wavelets = curve.loc[0.3, "distance, held out"]
alone = np.mean(
    [(densities[name] * np.log(densities[name] / centers[name])).sum() for name in held_out]
)
distances = {"wavelets": over_wavelets, "network": over_network, "center bias": alone}
print({name: round(float(value), 3) for name, value in distances.items()})

# %% tags=["check"]
assert 2 * distances["wavelets"] < distances["network"] < distances["center bias"]

# %% [markdown]
# These people look at energy and color, and a front end that holds their planes wins. This says
# nothing about real people: **a comparison of front ends on simulated people is decided by whoever
# simulates them.** So take readouts of both that were trained on the fixations of real
# people, 225,000 of them: `psysal.Learned()`, over wavelets, and `psysal.Learned("deep")`, over the
# network. Center bias is left out. How much more probability does each give to a
# thing, or to the odd item of a display, than an even density would?

# %%
readouts = {
    "wavelets": psysal.Learned(center_bias=False),
    "network": psysal.Learned("deep", center_bias=False),
}
things = {  # rows and columns
    "astronaut: the face": ("astronaut", np.s_[60:180, 180:270]),
    "chelsea: eyes and nose": ("chelsea", np.s_[80:210, 100:290]),
    "coffee: the cup": ("coffee", np.s_[80:300, 200:460]),
}
cases = {}
for label, (name, place) in things.items():
    pixels = getattr(skimage.data, name)()
    mask = np.zeros(pixels.shape[:2], bool)
    mask[place] = True
    cases[label] = pixels, mask
for name in ("color", "contrast", "orientation"):
    display = getattr(stimuli, f"search_{name}")()
    cases[f"odd {name}"] = display.image, display.target_masks[0]


def times_even(readout, pixels, mask):
    """Probability of a region by that of an even density."""
    return readout(pixels)[mask].sum() / mask.mean()


table = pd.DataFrame(
    {
        name: {label: times_even(readout, *case) for label, case in cases.items()}
        for name, readout in readouts.items()
    }
)
print(table.round(1))
pixels, mask = cases["astronaut: the face"]
plots.maps({name: np.sqrt(readout(pixels)) for name, readout in readouts.items()})

# %% tags=["check"]
assert (table["network"] > 1.3 * table["wavelets"])[: len(things)].all()
assert (table["wavelets"] > 1.3 * table["network"]).iloc[len(things) :].all()
assert table.to_numpy().min() > 1

# %% [markdown]
# The network knows what things are: it gives faces and cups about twice as much as wavelets do.
# Wavelets know what differs from its surround: the odd one among many items. On photographs
# of daily life people look at things, and there the network is far better
# (`docs/learned.md`); a red disc among yellow ones is no thing that a network has learned to name.
#
# **Question 5.** Where do both fail? Try a large disc among small ones, `stimuli.search_size()`:
# people find it at once. Then turn the astronaut upside down: people need longer to recognize a
# face that is upside down. Does either readout mind?

# %% tags=["solution"]
size = stimuli.search_size()
for name, readout in readouts.items():
    density = readout(size.image)
    first = np.unravel_index(density.argmax(), density.shape)
    print(f"{name}: looks at the odd size first: {bool(size.target_masks[0][first])}")
plots.maps({name: np.sqrt(readout(size.image)) for name, readout in readouts.items()})
upside_down = pixels[::-1], mask[::-1]
turned = {name: times_even(readout, *upside_down) for name, readout in readouts.items()}
print({name: round(float(value), 1) for name, value in turned.items()})

# %% [markdown] tags=["solution"]
# Neither looks first at the odd size, although it pops out. And both look at a face that is upside
# down nearly as much as at an upright one. A readout learns what pays on its photographs: there one
# size among others is seldom a reason to look, and faces are upright. Their front ends
# differ, but these failures they share. Nor can either know what somebody is looking *for*: a
# density of fixations without a task has no place for that.

# %% tags=["check"]
for readout in readouts.values():
    density = readout(size.image)
    assert not size.target_masks[0][np.unravel_index(density.argmax(), density.shape)]
for name, value in turned.items():
    assert value > 0.7 * table.loc["astronaut: the face", name]

# %% [markdown]
# ## Summary
#
# - The error of a density is a divergence, and it has a gradient: $p - g$ for KL.
# - All divergences are zero for a perfect prediction; they disagree about the others.
# - Test a learning program on data with known weights first.
# - Scores on training pictures only ever get better. Use held-out pictures, and hold out whatever
#   resembles them too.
# - A readout sees what its front end holds: wavelets see what differs from its surround, a network
#   sees things.
#
# `psysal train` does all of this for a folder of photographs and fixations; `docs/learned.md` has
# the results for OSIE, and `psysal.Learned()` is the trained readout.
#
# Sources: Jetley, Murray & Vig (2016),
# [doi:10.1109/CVPR.2016.620](https://doi.org/10.1109/CVPR.2016.620); Kümmerer, Wallis & Bethge
# (2015), [doi:10.1073/pnas.1510393112](https://doi.org/10.1073/pnas.1510393112).
