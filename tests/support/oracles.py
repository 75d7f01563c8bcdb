"""Slow, obvious twins of everything psysal computes, in plain NumPy and SciPy.

Written for the eye from the equations (Murray et al. 2011, 2013; Otazu et al. 2008,
2010), in float64, with no thought for speed and no line shared with the
package.  The compiled kernels are held against these functions, and these
functions against the numbers of the authors' own program in ``golden/``.
"""

import math

import numpy as np
from scipy.ndimage import correlate, correlate1d, gaussian_filter, label
from scipy.optimize import linprog

B3 = np.array([1, 4, 6, 4, 1]) / 16


def opponent(rgb):
    """8-bit sRGB (rows, cols, 3) -> O1, O2, O3 as (rows, cols, 3)."""
    v = rgb / 255.0
    red, green, blue = np.moveaxis(
        np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4), -1, 0
    )
    total = red + green + blue
    safe = np.where(total > 0, total, 1)
    o1 = np.where(total > 0, (red - green) / safe, 0)
    o2 = np.where(total > 0, (red + green - 2 * blue) / safe, 0)
    return np.stack([o1, o2, total], axis=-1)


def smooth(plane, axis):
    """The B3-spline filter along one axis; borders mirror without repeating the edge."""
    return correlate1d(plane, B3, axis=axis, mode="mirror")


def keep_even(plane, axis):
    """Zero the odd rows (axis 0) or columns (axis 1)."""
    even_part = np.zeros_like(plane)
    even = (slice(None),) * axis + (slice(None, None, 2),)
    even_part[even] = plane[even]
    return even_part


def zoom(plane):
    """Twice the size: zero-insert, smooth both ways, times four."""
    big = np.zeros((2 * plane.shape[0], 2 * plane.shape[1]))
    big[::2, ::2] = plane
    return 4 * smooth(smooth(big, 0), 1)


def padded(channel):
    rows, cols = channel.shape
    n = 2 ** int(np.ceil(np.log2(max(rows, cols))))
    return np.pad(channel, ((0, n - rows), (0, n - cols)), mode="reflect")


def level_count(rows, cols):
    n = 2 ** int(np.ceil(np.log2(max(rows, cols))))
    return min(7, int(np.floor(np.log2(min(rows, cols)))), int(np.log2(n)) - 1)


def forward(channel, levels):
    """Channel -> list of (3, n, n) planes (finest first), list of residuals."""
    image = padded(channel)
    planes, residuals = [], []
    for _ in range(levels):
        hf = smooth(image, 1)
        gf = image - 2 * smooth(keep_even(hf, 1), 1)
        hhf = smooth(hf, 0)
        vertical = hf - 2 * smooth(keep_even(hhf, 0), 0)
        horizontal = 2 * smooth(keep_even(smooth(gf, 0), 0), 0)
        c = hhf[::2, ::2]
        diagonal = image - (zoom(c) + horizontal + vertical)
        planes.append(np.stack([horizontal, vertical, diagonal]))
        residuals.append(c)
        image = c
    return planes, residuals


def inverse(planes, residual):
    image = residual
    for horizontal, vertical, diagonal in planes[::-1]:
        image = zoom(image) + horizontal + vertical + diagonal
    return image


def windows(center, surround, orientation):
    """The two windows of ones, as 2-D arrays of one shape."""
    n = center + 2 * surround
    inner = np.zeros(n, bool)
    inner[surround : surround + center] = True
    if orientation == 1:
        shape = np.ones((1, n))
        middle = inner[None, :]
    elif orientation == 2:
        shape = np.ones((n, 1))
        middle = inner[:, None]
    else:
        shape = np.maximum(np.eye(n), np.eye(n)[::-1])
        middle = inner[:, None] & inner[None, :]
    return shape * middle, shape * ~middle


def window_mean(energy, window):
    """Mean of ``energy`` under the ones of ``window``, its edge repeated in the mirror."""
    rows, cols = window.shape
    before = (rows + 1) // 2 - 1, (cols + 1) // 2 - 1  # center at floor((n + 1) / 2), from 1
    big = np.pad(
        energy,
        ((before[0], rows - 1 - before[0]), (before[1], cols - 1 - before[1])),
        mode="symmetric",
    )
    total = np.zeros_like(energy)
    for i, j in np.argwhere(window):
        total += big[i : i + energy.shape[0], j : j + energy.shape[1]]
    return total / window.sum()


def contrast(plane, orientation, center=13, surround=26):
    """Centre-surround contrast z of one plane (orientation 1, 2 or 3)."""
    inner, outer = windows(center, surround, orientation)
    ratio = window_mean(plane**2, inner) / (window_mean(plane**2, outer) + 1e-6)
    return ratio**2 / (1 + ratio**2)


INTENSITY = dict(beta=4.981624, sig1=1.021035, sig2=1.048155, sig3=0.212226, s_g=4, s_k=4.530974)
COLOR = dict(beta=3.611746, sig1=1.360638, sig2=0.796124, sig3=0.348766, s_g=4.724440, s_k=5.059210)


def ecsf(s, *, beta, sig1, sig2, sig3, s_g, s_k):
    """Gain g and offset k of the extended contrast sensitivity at level ``s``."""
    sig = sig1 if s <= s_g else sig2
    g = beta * np.exp(-((s - s_g) ** 2) / (2 * sig**2))
    k = np.exp(-((s - s_k) ** 2) / (2 * sig3**2)) if s <= s_k else 1.0
    return g, k


def channel_map(channel, parameters, *, levels=None, center=13, surround=26):
    """One opponent channel -> its reconstruction from the ECSF weights, cropped."""
    rows, cols = channel.shape
    planes, residuals = forward(channel, levels or level_count(rows, cols))
    weights = []
    for s, plane in enumerate(planes, start=1):
        g, k = ecsf(s, **parameters)
        weights.append(
            np.stack([g * contrast(plane[o - 1], o, center, surround) + k for o in (1, 2, 3)])
        )
    return inverse(weights, np.ones_like(residuals[-1]))[:rows, :cols]


def saliency(rgb, *, center=13, surround=26):
    """8-bit sRGB image -> the raw map of Murray et al. (2011)."""
    total = 0.0
    for channel, parameters in zip(
        np.moveaxis(opponent(rgb), -1, 0), (COLOR, COLOR, INTENSITY), strict=True
    ):
        rec = channel_map(channel, parameters, center=center, surround=surround)
        total = total + (rec / rec.sum()) ** 2
    return np.sqrt(total)


def imresize(plane, shape, kernel):
    """A plane of another size: MATLAB's imresize, "linear" (antialiased) or "cubic"."""
    for axis, new in enumerate(shape):
        plane = np.moveaxis(
            np.moveaxis(plane, axis, -1) @ resizing(plane.shape[axis], new, kernel).T, -1, axis
        )
    return plane


def resizing(n, m, kernel, scale=None):
    """The (m, n) matrix of one axis."""
    scale = scale or m / n
    matrix = np.zeros((m, n))
    for i in range(m):
        center = (i + 0.5) / scale - 0.5
        at = np.arange(int(center - 2 / min(scale, 1)) - 2, int(center + 2 / min(scale, 1)) + 3)
        x = abs(center - at) * min(scale, 1)
        if kernel == "linear":
            weights = np.where(x < 1, 1 - x, 0)
        else:
            weights = np.select(
                [x <= 1, x <= 2],
                [1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2],
            )
        mirrored = np.pad(np.arange(n), len(at) + n, mode="symmetric")[at + len(at) + n]
        np.add.at(matrix[i], mirrored, weights / weights.sum())
    return matrix


def forward_dense(channel):
    """Planes [horizontal, vertical, diagonal] of the undecimated filter, and what is left."""
    image, planes, residuals = padded(channel), [], []
    while len(image) > 2:
        along_x, along_y = smooth(image, 1), smooth(image, 0)
        both = smooth(along_x, 0)
        horizontal, vertical = along_y - both, along_x - both
        planes.append(np.stack([horizontal, vertical, image - (both + horizontal + vertical)]))
        image = both[::2, ::2]
        residuals.append(image)
    return planes, residuals


def forward_stationary(channel, levels, low, high):
    """Planes and residuals by the filter low * high / 2, its taps 2**s apart; mirrored borders."""
    taps, image, planes, residuals = np.convolve(low, high) / 2, channel, [], []
    for s in range(levels):
        apart = np.zeros((len(taps) - 1) * 2**s + 1)
        apart[:: 2**s] = taps
        along_x, along_y = (correlate1d(image, apart, axis=a, mode="mirror") for a in (1, 0))
        both = correlate1d(along_x, apart, axis=0, mode="mirror")
        horizontal, vertical = along_x - both, along_y - both
        planes.append(np.stack([horizontal, vertical, image - (both + horizontal + vertical)]))
        residuals.append(both)
        image = both
    return planes, residuals


def contrast_apart(plane, orientation, step, center=13, surround=26):
    """Contrast of every phase of a plane whose samples stand ``step`` apart."""
    z = np.empty_like(plane)
    for y, x in np.ndindex(step, step):
        if plane[y::step, x::step].size:
            phase = plane[y::step, x::step]
            z[y::step, x::step] = contrast(phase, orientation, center, surround)
    return z


def grouplet_step(plane, j):
    """One scale of the grouplet transform along x: residual and detail at every second column."""
    rows, cols = plane.shape
    big = np.pad(plane, 2, mode="reflect")

    def moved(dy, dx):
        return big[2 + dy : 2 + dy + rows, 2 + dx : 2 + dx + cols]

    least, match = np.inf, None
    for shift in (-1, 0, 1):
        distance = sum(
            abs(moved(dy, dx) - big[2 + dy + shift :, 2 + dx - 1 :][:rows, :cols])
            for dy in (-1, 0, 1)
            for dx in (-1, 0, 1)
        )
        better = distance <= least if shift == 0 else distance < least
        match = np.where(better, moved(shift, -1), match)
        least = np.where(better, distance, least)
    match = match.astype(float)
    return ((match + plane) / 2)[:, 1::2], ((match - plane) / 2**j)[:, 1::2]


def grouplets(plane):
    """Residuals r_j and details d_j of all scales, the last a zero."""
    found = []
    for j in range(1, int(np.log2(plane.shape[1])) + 1):
        if min(plane.shape) <= 2:
            found.append((np.zeros((1, 1)), np.zeros((1, 1))))
        else:
            found.append(grouplet_step(plane, j))
        plane = found[-1][0]
    return found


def variance_contrast(detail, center=17, surround=37):
    """Contrast of one detail plane, windows along y, divisors of the crosses."""
    inner, outer = windows(center, surround, 2)
    c = window_mean((detail - window_mean(detail, inner)) ** 2, inner) * center / (2 * center - 1)
    s = window_mean((detail - window_mean(detail, outer)) ** 2, outer) / 2
    return c**2 / (c**2 + s**2 + 1e-12)


def grouped_weights(plane, s, parameters, center=17, surround=37):
    """alpha of one plane grouped along x, enlarged and summed over scales."""
    g, k = ecsf(s, **parameters)
    return sum(
        imresize(g * variance_contrast(d, center, surround) + k, plane.shape, "cubic")
        for _, d in grouplets(plane)
    )


def grouping_channel(channel, parameters, center=17, surround=37):
    """One small opponent channel -> weights of its levels, and their reconstruction."""
    weights = []
    for s, (horizontal, vertical, diagonal) in enumerate(forward_dense(channel)[0], start=1):
        h, v, d, t = (
            grouped_weights(plane, s, parameters, center, surround)
            for plane in (horizontal.T, vertical, diagonal, diagonal.T)
        )
        weights.append(np.stack([h.T, v, d + t.T]))
    rows, cols = channel.shape
    return weights, inverse(weights, np.ones((2, 2)))[:rows, :cols]


def grouping_saliency(rgb, *, center=17, surround=37, reduction=2):
    """8-bit sRGB image -> the raw map of Murray et al. (2013)."""
    rows, cols = rgb.shape[:2]
    small = [int(np.floor(n / 2**reduction + 0.5)) for n in (rows, cols)]
    at = {"s_g": 3.7655 - reduction, "s_k": 3.7655 - reduction + 0.530974}
    intensity = {**INTENSITY, **at}
    at = {"s_g": 3.3655 - reduction + 0.724440, "s_k": 3.3655 - reduction + 1.059210}
    color = {**COLOR, **at}
    total = 0.0
    for channel, parameters in zip(
        np.moveaxis(opponent(rgb), -1, 0), (color, color, intensity), strict=True
    ):
        reduced = imresize(channel, small, "linear")
        rec = grouping_channel(reduced, parameters, center, surround)[1]
        total = total + (rec / rec.sum()) ** 2
    return imresize(np.sqrt(total), (rows, cols), "cubic")


def pair_count(positives, negatives):
    """Share of pairs that the positive wins, ties counting one half: the exact AUC."""
    a, b = np.asarray(positives, float)[:, None], np.asarray(negatives, float)[None]
    return ((a > b) + 0.5 * (a == b)).mean()


def ranks(values, table):
    """Number of entries of a table that are not above a value, summed over values."""
    return sum(int((np.asarray(table) <= v).sum()) for v in values)


def transport(p, q):
    """Cost of turning one density over pixels into another: the linear program, whole."""
    n = p.size
    y, x = np.mgrid[: p.shape[0], : p.shape[1]].reshape(2, -1)
    cost = np.hypot(y[:, None] - y, x[:, None] - x)
    leaves, arrives = np.kron(np.eye(n), np.ones(n)), np.kron(np.ones(n), np.eye(n))
    p, q = p.reshape(-1) / p.sum(), q.reshape(-1) / q.sum()
    return linprog(
        cost.reshape(-1), A_eq=np.vstack([leaves, arrives]), b_eq=np.concatenate([p, q])
    ).fun


def fixation_density(pixels, shape, width):
    """A Gaussian about each of (n, 2) whole x, y, cut at the border, summing to 1."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    total = sum(np.exp(-((x - u) ** 2 + (y - v) ** 2) / (2 * width**2)) for u, v in pixels)
    return total / total.sum()


def spectral_residual(grey):
    """Grey picture at the size that is worked on -> map of Hou & Zhang (2007), not blurred."""
    rows, cols = grey.shape
    spectrum = np.fft.fft2(grey)
    log, phase = np.log(np.abs(spectrum)), np.angle(spectrum)
    edged = np.pad(log, 1, mode="edge")
    mean = sum(edged[y : y + rows, x : x + cols] for y in range(3) for x in range(3)) / 9
    return np.abs(np.fft.ifft2(np.exp(log - mean + 1j * phase))) ** 2


def image_signature(planes):
    """Channels -> map of Hou, Harel & Koch (2012), not blurred, by matrices of cosines."""
    return np.mean([_from_signs(plane) for plane in planes], axis=0)


def _from_signs(plane):
    down, across = (cosines(n) for n in plane.shape)
    return (down.T @ np.sign(down @ plane @ across.T) @ across) ** 2


def cosines(n):
    """The orthonormal cosine transform (DCT-II) of n samples, (n, n)."""
    k, x = np.mgrid[:n, :n]
    basis = np.sqrt(2 / n) * np.cos(np.pi * k * (x + 0.5) / n)
    basis[0] /= np.sqrt(2)
    return basis


def probability(values, bins=256):
    """Probabilities of values: each is shared between the two bins beside it, and read there."""
    place = (bins - 1) * (values - values.min()) / np.ptp(values)
    middles = np.arange(bins)
    shares = np.maximum(0, 1 - abs(place.reshape(-1, 1) - middles))
    return np.interp(place, middles, shares.mean(0))


def self_information(picture, basis):
    """RGB -> map of Bruce & Tsotsos (2009) in bits, a filter and a channel at a time."""
    bits = np.zeros(picture.shape[:2])
    for component in basis:
        channels = zip(np.moveaxis(picture, -1, 0), component, strict=True)
        bits -= np.log2(probability(sum(correlate(c, k, mode="mirror") for c, k in channels)))
    return bits


def local_maxima_norm(plane):
    """N(.) of Itti, Koch & Niebur (1998), peaks below a tenth of the highest left out."""
    plane = (plane - plane.min()) / np.ptp(plane)
    rows, cols = plane.shape
    peaks = [
        plane[y, x]
        for y in range(rows)
        for x in range(cols)
        if plane[y, x] >= 0.1
        and plane[y, x] == plane[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].max()
    ]
    peaks.remove(1)
    return plane * (1 - np.mean(peaks)) ** 2 if peaks else plane


def across_scales(scales):
    """|center - surround| of a pyramid whose first image is scale 2, by (center, delta)."""
    return {
        (c, delta): abs(scales[c] - imresize(scales[c + delta], scales[c].shape, "linear"))
        for c in (0, 1, 2)
        for delta in (3, 4)
    }


def itti_gratings():
    """Even and odd filters of Itti, Koch & Niebur (1998) at 0, 45, 90 and 135 degrees."""
    y, x = np.mgrid[-4:5, -4:5]
    for angle in (0, 45, 90, 135):
        across = x * np.cos(np.radians(angle)) + y * np.sin(np.radians(angle))
        envelope = np.exp(-4.5 * (x**2 + y**2) / 49)  # of standard deviation 7/3
        pair = [envelope * wave(2 * np.pi * across / 7) for wave in (np.cos, np.sin)]
        yield [(part - part.mean()) / np.linalg.norm(part - part.mean()) for part in pair]


def itti_features(picture):
    """Intensity, red-green, blue-yellow and four orientations at seven scales."""
    red, green, blue = np.moveaxis(picture, -1, 0)
    intensity = (red + green + blue) / 3
    share = np.where(intensity > intensity.max() / 10, 1 / np.maximum(intensity, 1e-9), 0)
    red, green, blue = share * red, share * green, share * blue
    yellow = (red + green) / 2 - abs(red - green) / 2 - blue
    broad = (red - (green + blue) / 2, green - (red + blue) / 2, blue - (red + green) / 2, yellow)
    r, g, b, y = (np.where(plane > 0, plane, 0) for plane in broad)
    planes, scales = [intensity, r - g, b - y], []
    for _ in range(7):
        energy = [
            np.hypot(*(correlate(planes[0], part, mode="mirror") for part in pair))
            for pair in itti_gratings()
        ]
        scales.append(np.stack([*planes, *energy]))
        planes = [smooth(smooth(plane, 0), 1)[::2, ::2] for plane in planes]
    return scales


def itti_map(picture):
    """Map of a picture by the equations of Itti, Koch & Niebur (1998), at their scale 4."""
    scales = itti_features(picture)
    shape = scales[2].shape[1:]
    across = [
        sum(
            imresize(local_maxima_norm(plane), shape, "linear")
            for plane in across_scales([planes[k] for planes in scales]).values()
        )
        for k in range(7)
    ]
    orientation = sum(local_maxima_norm(plane) for plane in across[3:])
    channels = (across[0], across[1] + across[2], orientation)
    return sum(local_maxima_norm(plane) for plane in channels) / 3


def equilibrium(weights, steps=20_000):
    """Stationary distribution of a walk from i to j in proportion to weights[i, j]."""
    chain = weights / weights.sum(axis=1, keepdims=True)
    place = np.full(len(chain), 1 / len(chain))
    for _ in range(steps):
        place = place @ chain
    return place


def divergence(name, g, x):
    """A divergence of softmax(x) from g, pixel by pixel, both lists of floats; x moderate."""
    total = sum(math.exp(v) for v in x)
    pairs = [(math.exp(v) / total, t) for v, t in zip(x, g, strict=True)]

    def relative(a, b):
        return a * math.log(a / b) if a > 0 else 0.0

    shared = sum(math.sqrt(p * t) for p, t in pairs)
    sizes = math.sqrt(sum(p * p for p, _ in pairs) * sum(t * t for _, t in pairs))
    return {
        "kl": lambda: sum(relative(t, p) for p, t in pairs),
        "reverse_kl": lambda: sum(relative(p, max(t, 1e-12)) for p, t in pairs),
        "jensen_shannon": lambda: sum(
            (relative(p, (p + t) / 2) + relative(t, (p + t) / 2)) / 2 for p, t in pairs
        ),
        "chi_square": lambda: sum(t * t / p for p, t in pairs) - 1,
        "symmetric_chi_square": lambda: sum((p - t) ** 2 / (p + t) for p, t in pairs),
        "total_variation": lambda: sum(abs(p - t) for p, t in pairs) / 2,
        "cosine": lambda: 1 - sum(p * t for p, t in pairs) / sizes,
        "bhattacharyya": lambda: -math.log(shared),
        "hellinger": lambda: 1 - shared,
        "euclidean": lambda: sum((p - t) ** 2 for p, t in pairs),
    }[name]()


def slope(function, x, step=1e-5):
    """Gradient of a function of a list by central differences."""
    found = []
    for i in range(len(x)):
        up, down = ([v + s * (i == j) for j, v in enumerate(x)] for s in (step, -step))
        found.append((function(up) - function(down)) / (2 * step))
    return found


def features(small, windows, shape):
    """Contrast, energy and color planes of a working picture, one sample at a time.

    From the stages of the 2011 model; averages about grid points are triangles as wide as
    two cells, or two steps of a level where these are wider.
    """
    import psysal

    rows, cols = small.shape[:2]

    def weights(length, count, step, target):
        places = np.arange(count) * step + 0.5
        wide = max(step, length / target)
        centers = [(k + 0.5) * length / target for k in range(target)]
        return [np.maximum(0, 1 - abs(places - center) / wide) for center in centers]

    def averaged(plane, step):
        plane = plane[: -(-rows // step), : -(-cols // step)]
        down = weights(rows, plane.shape[0], step, shape[0])
        across = weights(cols, plane.shape[1], step, shape[1])
        return np.array([[np.average(plane, weights=np.outer(a, b)) for b in across] for a in down])

    groups = []
    for sizes in windows:
        stages = psysal.Murray2011(windows=sizes).stages(small)
        groups += [
            averaged(plane, 2**s)
            for channel in stages.contrast
            for s, level in enumerate(channel)
            for plane in level
        ]
    groups += [
        np.log(np.sqrt(averaged(plane.astype(float) ** 2, 2**s)) + 1e-3)
        for channel in stages.planes
        for s, level in enumerate(channel)
        for plane in level
    ]
    own = np.stack([averaged(channel, 1) for channel in stages.opponent])
    around = np.stack([gaussian_filter(plane, 2.5) for plane in own])
    distance = abs(own - own.mean((1, 2), keepdims=True))
    return np.concatenate([np.array(groups), own, distance, abs(own - around)])


def readout(blurs, mean, std, linear, layers, features):
    """Logits of a readout: features standardized and blurred first, weighed after."""

    def blurred(planes):
        return [
            [
                gaussian_filter(plane, s, mode="reflect", truncate=4) if s else plane
                for plane in planes
            ]
            for s in blurs
        ]

    def weighed(weights, every):
        return np.tensordot(weights, np.array(every), 2)

    planes = [(plane - m) / s for plane, m, s in zip(features, mean, std, strict=True)]
    logits = weighed(linear, blurred(planes))
    for weights, bias, out in layers:
        every = blurred(planes)
        sums = [weighed(weights[:, u], every) + bias[u] for u in range(len(bias))]
        planes = [np.logaddexp(0, s) for s in sums]
        logits = logits + np.tensordot(out, planes, 1)
    return logits


def power_normalized(vector, alpha=0.5):
    """Signed powers of the elements, one by one, over the root of the sum of their squares."""
    powered = [math.copysign(abs(v) ** alpha, v) for v in vector]
    return np.array(powered) / math.sqrt(sum(p * p for p in powered))


def generalized_max(descriptors, target, lam):
    """The least squares of x_n . xi against the target, with sqrt(lam) xi_d against 0."""
    columns = descriptors.shape[1]
    rows = np.vstack([descriptors, math.sqrt(lam) * np.eye(columns)])
    return np.linalg.lstsq(rows, np.append(target, np.zeros(columns)), rcond=None)[0]


def democratic(descriptors, target, steps=10):
    """Damped Sinkhorn, a number at a time; returns the vector and what each descriptor adds."""
    n = range(len(descriptors))
    alike = [[max(0.0, float(descriptors[i] @ descriptors[j])) for j in n] for i in n]
    share = [1.0 / math.sqrt(alike[i][i]) for i in n]

    def added():
        return [share[i] * sum(share[j] * alike[i][j] for j in n) for i in n]

    for _ in range(steps):
        share = [share[i] * math.sqrt(target[i] / a) for i, a in enumerate(added())]
    return sum(share[i] * descriptors[i] for i in n), np.array(added())


def most_alike(vectors, queries, k):
    """Numbers, for each query, of the k vectors of largest cosine, the first of equals first."""
    found = []
    for query in queries:
        cosines = [
            (math.fsum(v * query) / math.sqrt(math.fsum(v * v) * math.fsum(query * query)), -i)
            for i, v in enumerate(vectors)
            if v.any() and query.any()
        ]
        found.append([(-i, cosine) for cosine, i in sorted(cosines, reverse=True)[:k]])
    return found


# --- classical models, as their authors' programs have them ---------------------


def grey_codes(rgb):
    """Grey picture in 8 bits of one in color, pixel by pixel."""
    return np.floor(rgb @ [0.298936021293776, 0.587043074451121, 0.114020904255103] + 0.5)


def surround_contrast(planes, halves):
    """Squared distances of (rows, cols, 3) from the means of squares cut at the border, summed."""
    out = np.zeros(planes.shape[:2])
    for y, x in np.ndindex(out.shape):
        for h in halves:
            square = planes[max(y - h, 0) : y + h + 1, max(x - h, 0) : x + h + 1]
            out[y, x] += ((planes[y, x] - square.mean(axis=(0, 1))) ** 2).sum()
    return out


def halved(plane):
    """Half of the columns, then of the rows, by the pyramid of the GBVS toolbox."""
    for axis in (1, 0):
        plane = np.moveaxis(np.moveaxis(plane, axis, -1) @ halving(plane.shape[axis]).T, -1, axis)
    return plane


def halving(n):
    """The (n // 2, n) matrix of one axis, of 4 samples or more."""
    matrix = np.zeros((n // 2, n))
    for k in range(n // 2):
        matrix[k, max(2 * k - 2, 0) : 2 * k + 4] = (1, 5, 10, 10, 5, 1)[max(2 - 2 * k, 0) :][
            : n - max(2 * k - 2, 0)
        ]
    matrix[0] = 0
    matrix[0, :4] = 10, 10, 5, 1
    matrix[-1] = 0
    if n % 2:
        matrix[-1, -5:] = 1, 5, 10, 10, 5
    else:
        matrix[-1, -4:] = 1, 5, 10, 10
    return matrix / matrix.sum(axis=1, keepdims=True)


def walk(feature, sigma, tolerance, most):
    """Where a walker of GBVS is after enough steps, and the number of them."""
    rows, cols = feature.shape
    y, x = (axis.reshape(-1) for axis in np.mgrid[:rows, :cols])
    distance = np.hypot(np.subtract.outer(y, y), np.subtract.outer(x, x))
    values = feature.reshape(-1)
    weights = np.exp(-(distance**2) / (2 * sigma**2)) * abs(np.subtract.outer(values, values))
    chain = weights / weights.sum(axis=0)
    place = np.full(len(values), 1 / len(values))
    for steps in range(1, most + 1):
        before, place = place, chain @ place
        if np.linalg.norm(place - before) <= tolerance:
            return (place / place.sum()).reshape(rows, cols), steps
    return (weights.sum(axis=0) / weights.sum()).reshape(rows, cols), most


def surrounded(mask):
    """Pixels of the 8-connected regions of a mask that do not reach its border."""
    regions, _ = label(mask, np.ones((3, 3)))
    edge = np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])
    return mask & ~np.isin(regions, edge)


def resemblance(features, width):
    """How alike the 7 x 7 neighborhood of each place is to those of all, pair by pair."""
    _, rows, cols = features.shape
    framed = np.pad(features, ((0, 0), (3, 3), (3, 3)), mode="reflect")
    patches = [framed[:, y : y + 7, x : x + 7].ravel() for y in range(rows) for x in range(cols)]
    found = [
        sum(
            np.exp((a @ b / np.sqrt((a @ a) * (b @ b)) - 1) / width**2)  # cosine
            for b in patches
        )
        for a in patches
    ]
    return np.reshape(found, (rows, cols))


def rarity(response, bins=100):
    """One over the frequency of each response, looked up among the middles of bins."""
    counts, edges = np.histogram(response, bins)
    shares = (counts + 1) / (counts + 1).sum()
    middles = (edges[1:] + edges[:-1]) / 2
    out = np.empty(response.shape)
    for place, value in np.ndenumerate(response):
        if middles[0] <= value <= middles[-1]:
            out[place] = 1 / shares[abs(middles - value).argmin()]
        else:
            out[place] = shares.min()
    return out


def natural_information(picture, filters, scales, shapes):
    """Self-information by SUN's equation, patch by patch; the picture is mirrored."""
    framed = np.pad(picture, ((5, 5), (5, 5), (0, 0)), mode="reflect")
    out = np.zeros(picture.shape[:2])
    for y, x in np.ndindex(out.shape):
        for taps, scale, shape in zip(filters, scales, shapes, strict=True):
            response = (framed[y : y + 11, x : x + 11] * taps.reshape(11, 11, 3)).sum()
            out[y, x] += (abs(response) / scale) ** shape
    return out


def spread_cost(plane):
    """Entropy of a map over its share near the middle, as HFT judges its scales."""
    n = len(plane)
    places = np.arange(10) - 4.5
    window = np.exp(-(places[:, None] ** 2 + places**2) / (2 * 2.56**2))
    framed = np.pad(plane, (4, 5))
    blurred = np.array(
        [[(framed[y : y + 10, x : x + 10] * window).sum() for x in range(n)] for y in range(n)]
    )
    codes = 255 * (blurred - blurred.min()) / (blurred.max() - blurred.min())
    counts, _ = np.histogram(codes, np.arange(257) - 0.5)
    shares = counts[counts > 0] / counts.sum()
    y, x = np.mgrid[:n, :n] - (n - 1) / 2
    near = np.exp(-(y**2 + x**2) / (2 * 32**2))
    return -(shares * np.log2(shares)).sum() / ((plane / plane.sum()) * near / near.max()).sum()


def align(similarity, gap):
    """Largest sum over all alignments of two sequences, tried one by one."""
    rows, cols = np.shape(similarity)

    def best(i, j):
        if i == rows or j == cols:
            return gap * (rows - i + cols - j)
        pair = similarity[i][j] + best(i + 1, j + 1)
        return max(pair, gap + best(i + 1, j), gap + best(i, j + 1))

    return best(0, 0)


def cheapest_path(cost):
    """Pairs of the cheapest way from the first pair to the last, of all ways."""
    rows, cols = np.shape(cost)

    def ways(i, j):
        if (i, j) == (rows - 1, cols - 1):
            yield [(i, j)]
        for di, dj in ((0, 1), (1, 0), (1, 1)):
            if i + di < rows and j + dj < cols:
                yield from ([(i, j), *way] for way in ways(i + di, j + dj))

    return min(ways(0, 0), key=lambda way: sum(cost[i][j] for i, j in way))


def yuv_420(rgb, full):
    """Y, U and V of 8-bit RGB by ITU-R BT.601, the chroma of 2 x 2 pixels averaged."""
    rgb = np.pad(rgb, ((0, len(rgb) % 2), (0, rgb.shape[1] % 2), (0, 0)), "edge") / 255
    red, green, blue = np.moveaxis(rgb, 2, 0)
    y = 0.299 * red + 0.587 * green + 0.114 * blue
    u, v = (blue - y) / 1.772, (red - y) / 1.402
    u, v = (c.reshape(len(c) // 2, 2, -1, 2).mean(axis=(1, 3)) for c in (u, v))
    if full:
        return 255 * y, 128 + 255 * u, 128 + 255 * v
    return 16 + 219 * y, 128 + 224 * u, 128 + 224 * v


def winners(saliency, count, start, radius):
    """Winner takes all: the highest pixel out of all disks, the nearest to the last of equals."""
    rows, cols = saliency.shape
    path = [start]
    for _ in range(count):
        best = None
        for row in range(rows):
            for col in range(cols):
                x, y = col + 0.5, row + 0.5
                if all(math.hypot(x - a, y - b) > radius for a, b in path):
                    near = math.hypot(x - path[-1][0], y - path[-1][1])
                    key = (-saliency[row, col], near, row, col)
                    best = min(best or key, key)
        path.append((best[3] + 0.5, best[2] + 0.5))
    return np.array(path[1:])


def saccade_ratio(people, chance, amplitude, turn):
    """Share of people's saccades over that of chance in a bin, one saccade more in each bin.

    Amplitudes in bins of half a degree, turns of 15 degrees; a turn of None is all turns.
    """
    row = min(int(amplitude / 0.5), len(people) - 1)
    cols = range(12) if turn is None else [min(int(turn / 15), 11)]
    shares = [
        sum(counts[row][col] + 1 for col in cols) / sum(n + 1 for line in counts for n in line)
        for counts in (people, chance)
    ]
    return shares[0] / shares[1]


def next_density(density, path, radius, ratio):
    """Density of the next fixation, pixel by pixel; all in degrees but pixels of ``density``.

    ``ratio(amplitude, turn)`` weights a saccade; positions are in pixels of one degree.
    """
    out = np.zeros(density.shape)
    for row, col in np.ndindex(density.shape):
        x, y = col + 0.5, row + 0.5
        p = density[row, col]
        for a, b in path:
            if radius:
                p *= 1 - math.exp(-2 * ((x - a) ** 2 + (y - b) ** 2) / radius**2)
        if path:
            a, b = path[-1]
            turn = None
            if len(path) > 1:
                before = math.atan2(b - path[-2][1], a - path[-2][0])
                turn = abs(math.degrees(math.atan2(y - b, x - a) - before)) % 360
                turn = min(turn, 360 - turn)
            p *= ratio(math.hypot(x - a, y - b), turn)
        out[row, col] = p
    return out / out.sum()


def best_window(density, shape, size):
    """Left and top of the window of a density, every window tried and every cell looked at."""
    (rows, cols), (height, width) = shape, size
    cell_height, cell_width = rows / density.shape[0], cols / density.shape[1]

    def share(density, top, left, bottom, right):
        down = [
            max(0, min(bottom, (i + 1) * cell_height) - max(top, i * cell_height)) / cell_height
            for i in range(density.shape[0])
        ]
        across = [
            max(0, min(right, (j + 1) * cell_width) - max(left, j * cell_width)) / cell_width
            for j in range(density.shape[1])
        ]
        return down @ density @ across

    objects = np.maximum(density - density.mean(), 0)
    row, col = np.argwhere(density == density.max())[0]
    peak_y, peak_x = (row + 0.5) * cell_height, (col + 0.5) * cell_width
    found = []
    for top in range(rows - height + 1):
        for left in range(cols - width + 1):
            bottom, right = top + height, left + width
            m, n = 0.03 * height, 0.03 * width
            wider = share(objects, top - m, left - n, bottom + m, right + n)
            narrower = share(
                objects, top + m * (top > 0), left + n * (left > 0),
                bottom - m * (bottom < rows), right - n * (right < cols),
            )  # fmt: skip
            kept = share(density, top, left, bottom, right)
            m, n = 0.1 * height, 0.1 * width
            beside_x = (left > 0 and abs(peak_x - left) < n) or (
                right < cols and abs(peak_x - right) < n
            )
            beside_y = (top > 0 and abs(peak_y - top) < m) or (
                bottom < rows and abs(peak_y - bottom) < m
            )
            within_x = left - n < peak_x < right + n
            within_y = top - m < peak_y < bottom + m
            at_edge = (beside_x and within_y) or (beside_y and within_x)
            at_edge = at_edge and density.max() >= 2 * density.mean()
            off_middle = math.hypot((top + bottom - rows) / rows, (left + right - cols) / cols)
            found.append((at_edge, kept - 0.1 * (wider - narrower), kept, off_middle, left, top))
    free = [each for each in found if not each[0]] or found
    least = max(each[1] for each in free) - 1e-4 * max(each[2] for each in found)
    return min((each for each in free if each[1] >= least), key=lambda each: each[3])[4:]
