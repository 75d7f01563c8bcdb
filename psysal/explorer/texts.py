"""Texts of the page: models and wavelets to choose from, terms and lessons.

Place in the pipeline: registry of models, terms.toml, lessons.toml -> [texts] -> session, server.
"""

import tomllib
from importlib.metadata import metadata
from pathlib import Path
from typing import NamedTuple

from psysal.explorer.view import MODEL_NAMES
from psysal.models.registry import MODELS
from psysal.vision.wavelet import B3

__all__ = [
    "LESSONS",
    "RULES",
    "TERMS",
    "Choice",
    "documentation_url",
    "model_choices",
    "wavelet_choices",
]

KINDS = {"saliency": "Saliency", "baseline": "Baseline", "percept": "Image as perceived"}

RULES = {
    "none": "none",
    "winner": "winner takes all",
    "density": "draws from the map",
    "saccades": "people's saccades",
}
"""Rules of a scanpath by name, as the page calls them."""


class Choice(NamedTuple):
    """Entry of a menu.

    Attributes
    ----------
    name : str
        Value of the control.
    group : str
        Heading under which it stands.
    title : str
        Full name.
    line : str
        Description, in one line.
    doi : str
        DOI of its paper; empty without.
    """

    name: str
    group: str
    title: str
    line: str
    doi: str = ""


def model_choices() -> list[Choice]:
    """Models to choose from, as the registry describes them.

    Returns
    -------
    list of Choice

    Examples
    --------
    >>> model_choices()[0].title
    'Murray, Vanrell, Otazu & Parraga (2011)'
    """
    entries = [MODELS[name] for name in MODEL_NAMES]
    return [Choice(m.name, KINDS[m.kind], m.paper, m.summary, m.doi) for m in entries]


def wavelet_choices() -> list[Choice]:
    """Wavelets to choose from: the published one, and the discrete ones of PyWavelets.

    Returns
    -------
    list of Choice

    Examples
    --------
    >>> [(choice.title, choice.line) for choice in wavelet_choices() if choice.name == "db4"]
    [('Daubechies 4', 'orthogonal, asymmetric, 8 taps, 4 vanishing moments')]
    """
    import pywt

    choices = [Choice(B3, "Published", "B3 spline", "symmetric, 5 taps, decimated by level")]
    for name in pywt.wavelist(kind="discrete"):
        wavelet = pywt.Wavelet(name)
        family, moments = wavelet.family_name, wavelet.vanishing_moments_psi
        order = name[len(wavelet.short_family_name) :]
        parts = [
            "orthogonal" if wavelet.orthogonal else "biorthogonal",
            wavelet.symmetry,
            f"{wavelet.dec_len} taps",
        ]
        if moments:
            parts.append(f"{moments} vanishing moment{'s' if moments > 1 else ''}")
        choices.append(Choice(name, family, f"{family} {order}".strip(), ", ".join(parts)))
    return choices


def _table(name: str) -> dict[str, dict[str, str]]:
    return tomllib.loads(Path(__file__).with_name(name).read_text("utf-8"))


LESSONS = _table("lessons.toml")
"""Lessons: title, view as an address has it, question, what to do and what is seen, by name."""

TERMS = _table("terms.toml")
"""Terms of the page: title, text, page of the documentation and DOI of a paper, by name."""


def documentation_url() -> str:
    """Address of the documentation, as the installed package states it.

    Returns
    -------
    str
        Empty where the package states none.
    """
    for entry in metadata("psysal").get_all("Project-URL") or []:
        label, _, url = entry.partition(", ")
        if label == "Documentation":
            return str(url).rstrip("/") + "/"
    return ""
