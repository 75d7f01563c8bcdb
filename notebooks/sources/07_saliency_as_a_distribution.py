# %% [markdown]
# # 07 Saliency as a distribution: training a readout
#
# A map says what stands out; a *density* says where the next fixation will be, and stakes
# probability on it. Once a map is a density, it can be wrong by a certain amount, and what can be
# wrong by an amount can be trained.
#
# **You will learn**
# - to make a density of a map, and to say what it costs to be wrong;
# - how divergences differ, and that their gradients are right (by finite differences);
# - to train a linear readout, and to see whether it finds a law that you know;
# - overfitting, penalties, early stopping;
# - cross-validation, and how it is fooled.
#
# Time: about 30 minutes. Solutions are in the folder `solutions`. Nothing is downloaded.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import skimage.data
from scipy.optimize import minimize
from scipy.special import softmax

from psysal import plots
from psysal.evaluation.divergences import DIVERGENCES, value_and_gradient
from psysal.gaze import observer_density, simulate_fixations
from psysal.learning.adam import fit_small
from psysal.learning.linear import fit_linear
from psysal.vision.features import Features

# %% [markdown]
# ## 1. From logits to a density
#
# Let a model give any number $x_i$ to each pixel, a *logit*. The softmax makes a density of them,
# positive and of sum 1:
#
# $$p_i = \frac{e^{x_i}}{\sum_j e^{x_j}} .$$
#
# What people did is a density $g$ too: all fixations, each with its share. The price of a
# prediction is how surprised it is by what happened, and with all constants gathered that is the
# Kullback-Leibler divergence $\sum_i g_i \ln (g_i / p_i)$.

# %%
logits = np.array([2.0, 1.0, 0.0, 0.0])
p = softmax(logits)
g = np.array([0.5, 0.5, 0.0, 0.0])  # two fixations
price, slope = value_and_gradient("kl", g, logits)
print("p", p.round(3), " KL", price.round(3), " slope", slope.round(3))

# %% tags=["check"]
assert np.isclose(p.sum(), 1)
assert np.isclose(price, sum(0.5 * np.log(0.5 / p[:2])))
assert np.allclose(slope, p - g)
assert np.allclose(softmax(logits + 7), p)

# %% [markdown]
# The slope says which way to move every logit, and for KL it is as simple as can be: $p - g$. Raise
# what was looked at more than predicted, lower the rest. Slopes add up to 0, as a constant added to
# all logits changes nothing.
#
# **Question 1.** The formula of a gradient is quickly mistyped. Check those of *all* divergences of
# psysal by finite differences: change a logit by $\pm 10^{-5}$ and see how the value changes.
# `DIVERGENCES` has them by name. Take a target and logits at random, of 20 pixels.

# %% tags=["solution"]
rng = np.random.default_rng(7)
target, x = rng.dirichlet(np.ones(20)), rng.normal(size=20)
step = 1e-5
errors = {}
for name in DIVERGENCES:
    _, claimed = value_and_gradient(name, target, x)
    measured = [
        (
            value_and_gradient(name, target, x + step * unit)[0]
            - value_and_gradient(name, target, x - step * unit)[0]
        )
        / (2 * step)
        for unit in np.eye(20)
    ]
    errors[name] = abs(claimed - measured).max()
print(pd.Series(errors).map("{:.0e}".format))

# %% tags=["check"]
assert len(errors) == 10
assert max(errors.values()) < 1e-8

# %% [markdown]
# ## 2. Wrong in different ways
#
# Below: where people looked (left), and four predictions: too wide, too narrow, shifted, and one
# that has seen one of two places only. All ten divergences are 0 for a perfect prediction and
# larger than 0 for any other. They do not agree on which of two errors is worse. The framed one is
# the least of each row.

# %%
rows, cols = 36, 48
y, x = np.mgrid[:rows, :cols]


def blob(col, row, width):
    """A Gaussian with a little of everywhere."""
    found = np.exp(-((x - col) ** 2 + (y - row) ** 2) / (2 * width**2))
    return 0.98 * found / found.sum() + 0.02 / found.size


two = (blob(14, 18, 4) + blob(34, 18, 4)) / 2
predictions = {
    "too wide": (blob(14, 18, 8) + blob(34, 18, 8)) / 2,
    "too narrow": (blob(14, 18, 2) + blob(34, 18, 2)) / 2,
    "shifted": (blob(20, 21, 4) + blob(40, 21, 4)) / 2,
    "one of two": blob(14, 18, 4),
}
plots.divergences(two, predictions)

# %% tags=["check"]
worth = {
    name: {
        label: value_and_gradient(name, two.ravel(), np.log(each).ravel())[0]
        for label, each in predictions.items()
    }
    for name in ("kl", "reverse_kl")
}
assert min(worth["kl"], key=worth["kl"].get) == "too wide"
assert max(worth["kl"], key=worth["kl"].get) == "one of two"
assert min(worth["reverse_kl"], key=worth["reverse_kl"].get) == "too narrow"

# %% [markdown]
# KL minds nothing so much as probability missing where people looked, and forgives width. Reverse
# KL, $\sum p \ln (p/g)$, minds probability where nobody looked. Watch what each makes of a
# prediction that *cannot* be right: one Gaussian for two places.

# %%
line = np.arange(60)
bumps = np.exp(-((line - 18) ** 2) / 18) + 0.7 * np.exp(-((line - 42) ** 2) / 18) + 1e-4
bumps /= bumps.sum()


def one_gaussian(parameters):
    """Logits of a Gaussian: its middle and the logarithm of its width."""
    middle, log_width = parameters
    return -((line - middle) ** 2) / (2 * np.exp(2 * log_width))


best = {}
for name in ("kl", "reverse_kl"):
    found = minimize(
        lambda q, name=name: value_and_gradient(name, bumps, one_gaussian(q))[0],
        [22.0, np.log(5)],
        method="Nelder-Mead",
    )
    best[name] = found.x[0], np.exp(found.x[1])
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
# KL covers both places, and the valley between them with it; reverse KL picks one and ignores the
# other. For fixations one wants to miss none, and psysal trains with KL by default
# (`docs/learned.md` compares all ten on real photographs).
#
# ## 3. A law to be found
#
# Features are planes on a small grid: the contrast of notebook 03 by channel, level and
# orientation, the energy of wavelet planes, and color. A linear readout weighs them,
#
# $$x = \sum_k w_k z_k + b \cdot \log(\text{center bias}),$$
#
# and learns $w$ and $b$. With real people nobody knows the true weights. So we choose six planes
# and their weights, make people who follow exactly this law, and forget it again.

# %%
WIDTH = 0.25  # of the center bias, as a share of the picture
features = Features()
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
tastes = {name: softmax(np.tensordot(true, (each - mean) / std, 1)) for name, each in six.items()}
laws = {name: observer_density(taste, center=WIDTH) for name, taste in tastes.items()}


def people(count, observers=10, seed=0):
    """Fixations on the grid of every picture."""
    seen = simulate_fixations(tastes, observers=observers, count=count, center=WIDTH, seed=seed)
    return seen.without_first()


class Examples:
    """Pictures to learn from, as fitting asks for them: features, fixations, center bias."""

    def __init__(self, planes, names, seen):
        self.planes, self.names, self.seen = planes, list(names), seen

    def __len__(self):
        return len(self.names)

    def features(self, i):
        return self.planes[self.names[i]]

    def target(self, i):
        seen = self.seen.of(self.names[i])
        found = np.zeros(self.features(i).shape[1:])
        np.add.at(found, (seen.y.astype(int), seen.x.astype(int)), 1)
        return found / found.sum()

    def log_center(self, i):
        return np.log(observer_density(np.ones(self.features(i).shape[1:]), center=WIDTH))


name = "coffee 4"
here = people(5).of(name)
plots.maps(
    {
        "a plane: energy, intensity, level 3": six[name][1],
        "a plane: yellow-blue, from the mean": six[name][4],
        "the law (its root), and fifty fixations": np.sqrt(laws[name]),
    },
    np.stack([here.x, here.y], axis=1),
)

# %% [markdown]
# The problem is convex with KL: there is one optimum, and `fit_linear` finds it. How many fixations
# does it take to find the law?

# %%
COUNTS = (2, 10, 50)  # of each of ten observers on each of sixteen pictures
found = {}
for count in COUNTS:
    fit = fit_linear(Examples(six, laws, people(count)), blurs=(0,), penalty=1e-6)
    found[16 * 10 * count] = np.append(fit.readout.linear[0], fit.center)
weights = pd.DataFrame(found, [*TRUE, "center bias"])
weights.insert(0, "true", [*true, 1.0])
print(weights.round(2))

figure, ax = plt.subplots(figsize=(5.5, 3.6), layout="constrained")
ax.plot([-0.7, 1.2], [-0.7, 1.2], color="0.75")
for column, look in zip(weights.columns[1:], ("^", "s", "o")):
    ax.plot(
        weights["true"], weights[column], look, color="#0072b2", label=f"{column} fixations",
        markerfacecolor="#0072b2" if look == "o" else "none",
    )  # fmt: skip
ax.set(xlabel="true weight", ylabel="weight that was found")
ax.legend(frameon=False)
plt.show()

# %% tags=["check"]
off = {column: abs(weights[column] - weights["true"]).max() for column in weights.columns[1:]}
assert off[8000] < 0.06
assert off[8000] < off[320]
assert abs(weights[8000].iloc[2]) < 0.05

# %% [markdown]
# All seven are found, the zero too: the readout is right that diagonal red-green contrast is of no
# interest to these people, although it goes along with what is. **This is the test that a learning
# program should pass before it is shown to real data**; there, weights look as plausible, and
# nobody can tell.
#
# **Question 2.** Forget the center bias: train with a `log_center` that is flat, on people who do
# look at the middle. Which weights are wrong now, and why?


# %% tags=["solution"]
class Blind(Examples):
    """The same, without a center bias."""

    def log_center(self, i):
        return np.zeros(self.features(i).shape[1:])


many = people(50)
blind = fit_linear(Blind(six, laws, many), blurs=(0,), penalty=1e-6)
weights["no center bias"] = np.append(blind.readout.linear[0], np.nan)
print(weights[["true", 8000, "no center bias"]].round(2))

# %% [markdown] tags=["solution"]
# The readout uses the features to look at the middle as well as they can: whatever happens to lie
# in the middle of these pictures gains, whatever lies at the border loses, and all the weights that
# go along with these change too. The weights answer another question than the one that was asked.

# %% tags=["check"]
worse = abs(weights["no center bias"] - weights["true"])[:6].max()
assert worse > 2 * off[8000]

# %% [markdown]
# ## 4. Too many weights
#
# Now the honest situation: 135 planes, of which nobody says which six count, and few fixations:
# five observers, six fixations each. One quarter of each photograph is held out. As we know the
# law, we can measure the true distance to it, $KL(\text{law}, p)$; and beside it what real life
# has, bits per fixation: by how many the readout is better than the law on the fixations that
# happened.

# %%
few = people(6, observers=5)
held_out = [name for name in laws if name.endswith("4")]
train = [name for name in laws if name not in held_out]


def scores(fit, planes, names):
    """Distance to the law (nats), and bits per fixation over what the law has."""
    told, rows = Examples(planes, names, few), []
    for i, name in enumerate(names):
        center = told.log_center(i)
        p = softmax(fit.readout.logits(planes[name]) + fit.center * center)
        distance = (laws[name] * np.log(laws[name] / p)).sum()
        rows.append((distance, (told.target(i) * (np.log2(p) - np.log2(laws[name]))).sum()))
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
    axes, ("bits", "distance"), ("bits per fixation over the law", "nats from the law")
):
    ax.plot(PENALTIES, curve[f"{kind}, training"], "o-", color="#0072b2", label="training")
    ax.plot(PENALTIES, curve[f"{kind}, held out"], "s--", color="black", label="held out")
    ax.set(xscale="log", xlabel="penalty on the weights", ylabel=unit)
axes[0].legend(frameon=False)
axes[0].axhline(0, color="0.75", zorder=0)
axes[0].set_title("the fixations that happened", fontsize=10)
axes[1].set_title("the law", fontsize=10)
plt.show()

# %% tags=["check"]
assert curve["bits, training"].iloc[0] > 0.05 > 0 > curve["bits, held out"].max()
assert curve["bits, training"].idxmax() < curve["bits, held out"].idxmax()
assert curve["distance, held out"].iloc[0] > 1.5 * curve["distance, held out"].min()
assert curve["bits, held out"].idxmax() in (0.1, 0.3, 1)
assert curve["distance, held out"].idxmin() in (0.1, 0.3, 1)

# %% [markdown]
# With a small penalty the readout explains the fixations it was shown *better than the law itself*:
# it learned the dice. On pictures it has not seen it is far off. Without the law one would not know
# where 0 is in the left panel, but the curves would look the same: the best penalty by held-out
# fixations is near the best by the law, and by training fixations there is no best at all.
#
# **Question 3.** How much of the error is due to not knowing which six planes count? Train on the
# six, with the same few fixations, and compare distances. And is the remedy more fixations per
# picture, or more pictures? Think first.

# %% tags=["solution"]
told = fit_linear(Examples(six, train, few), blurs=(0,), penalty=1e-3)
print("distance, held out: six planes", scores(told, six, held_out)[0].round(3))
print("distance, held out: 135 planes", curve["distance, held out"].min().round(3))

# %% [markdown] tags=["solution"]
# Nearly all of it: six weights need few fixations. More fixations on the same pictures would help
# against the dice, and not against what is particular to these twelve pictures: in few pictures,
# planes that have nothing to do with the law go along with it by chance. For 135 weights one wants
# more *pictures*. OSIE has 700.

# %% tags=["check"]
assert scores(told, six, held_out)[0] < 0.25 * curve["distance, held out"].min()

# %% [markdown]
# ## 5. Early stopping
#
# A readout with a few hidden units is not convex; it is trained in epochs, by Adam. Each epoch
# makes it fit the training pictures better, and from some epoch on only these. Held-out pictures
# say when: `validation` keeps the best readout, and stops after three epochs without a better one.

# %%
small = fit_small(
    Examples(planes, train, few),
    validation=Examples(planes, held_out, few),
    units=(8,),
    blurs=(0, 2),
    epochs=40,
)


def mean_loss(densities, names):
    """Mean KL of densities from the fixations."""
    told = Examples(planes, names, few)
    return np.mean(
        [
            value_and_gradient("kl", told.target(i).ravel(), np.log(densities[name]).ravel())[0]
            for i, name in enumerate(names)
        ]
    )


centers = {name: observer_density(np.ones(laws[name].shape), center=WIDTH) for name in laws}
figure, ax = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
lines = {
    "center bias alone, held out": mean_loss(centers, held_out),
    "the law, held out": mean_loss(laws, held_out),
}
plots.learning_curve(small.history, small.validation, lines=lines, ax=ax)
plt.show()

# %% tags=["check"]
assert min(small.validation) < lines["center bias alone, held out"]
assert min(small.validation) > lines["the law, held out"] - 0.05
assert len(small.validation) - 1 - np.argmin(small.validation) <= 3

# %% [markdown]
# Even the law has a loss: fixations are draws, and no density makes dice predictable. A loss is to
# be read between two lines, that of knowing nothing of the picture and that of knowing all.
#
# ## 6. Cross-validation, and how to fool it
#
# Holding out one quarter of the pictures wastes them for training, and tests on few.
# *Cross-validation* takes turns: every fold is held out once. Then all pictures have a score by a
# readout that has not seen them.
#
# But *seen* is meant strictly. Our pictures are quarters of four photographs, and quarters of one
# photograph resemble each other.
#
# **Question 4.** Cross-validate the linear readout of 135 planes (penalty 0.3) in two ways: with
# four folds that each hold one quarter of *every* photograph, and with four folds that each hold a
# whole photograph. Use `scores`. Which number would you publish?


# %% tags=["solution"]
def cross_validated(fold_of):
    """Means of `scores`, every picture by a readout that was fitted without it."""
    rows = []
    for fold in sorted({fold_of(name) for name in laws}):
        own = [name for name in laws if fold_of(name) == fold]
        rest = [name for name in laws if fold_of(name) != fold]
        fit = fit_linear(Examples(planes, rest, few), blurs=(0,), penalty=0.3)
        rows.append(scores(fit, planes, own))
    return np.mean(rows, axis=0)


by_quarter = cross_validated(lambda name: name.split()[1])
by_photograph = cross_validated(lambda name: name.split()[0])
folds = pd.DataFrame(
    [by_quarter, by_photograph],
    ["a quarter of every photograph", "a whole photograph"],
    ["distance (nats)", "bits over the law"],
)
print(folds.round(3))

# %% [markdown] tags=["solution"]
# Holding out whole photographs gives the worse number, and the true one if the readout is meant for
# photographs it has never met. With quarters of every photograph in training, wood and fur and sky
# are known already. The same happens with frames of one film, with pictures of one series, and with
# fixations of the same people. `psysal train` deals whole pictures to folds, and the center bias
# with them; what belongs together it cannot know.

# %% tags=["check"]
assert folds["distance (nats)"].iloc[1] > 1.2 * folds["distance (nats)"].iloc[0]
assert folds["bits over the law"].iloc[1] < folds["bits over the law"].iloc[0]

# %% [markdown]
# ## What to take home
#
# - A density can be surprised, and surprise has a slope: $p - g$ for KL.
# - Divergences agree on what is perfect, and on nothing else.
# - A program that learns should first find a law that you know.
# - Training scores only ever get better. Believe pictures that were not seen, and ask what *seen*
#   means.
#
# `psysal train` does all of this for a folder of photographs and fixations; `docs/learned.md` has
# what comes out on OSIE, and `psysal.Learned()` is the result.
#
# Sources: Jetley, Murray & Vig (2016),
# [doi:10.1109/CVPR.2016.620](https://doi.org/10.1109/CVPR.2016.620); Kümmerer, Wallis & Bethge
# (2015), [doi:10.1073/pnas.1510393112](https://doi.org/10.1073/pnas.1510393112).
