"""Names of images in files of fixations, matched to those of the images.

Place in the pipeline: fixations as a file has them -> [names] -> fixations on images.  Files
write names with another Unicode form, as paths of Windows or of another computer, without
the suffix, or in other case.
"""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath

import numpy as np

from psysal.gaze.fixations import Fixations
from psysal.wording import shorten_list

__all__ = ["match_names", "rename"]


def match_names(names: Iterable[str], images: Collection[str]) -> dict[str, str]:
    """Images that the names in a file mean.

    Parameters
    ----------
    names : iterable of str
        Names in a file of fixations.
    images : collection of str
        Names of the images.

    Returns
    -------
    dict of str to str
        Image by the name, for names that mean exactly one image.

    Raises
    ------
    ValueError
        Two paths mean one image.

    Examples
    --------
    >>> match_names(["D:\\\\in\\\\cat.png", "dog"], ["in/cat.png", "dog.jpg"])
    {'D:\\\\in\\\\cat.png': 'in/cat.png', 'dog': 'dog.jpg'}
    """
    means = {name: name for name in names if name in images}
    if missing := [name for name in names if name not in means]:
        known = _by_form(images)
        for name in missing:
            found = next((known[form] for form in _forms(name) if form in known), [])
            if len(found) == 1:
                means[name] = found[0]
    paths: dict[str, set[str]] = {}
    for name, image in means.items():
        paths.setdefault(image, set()).add(_plain(name))
    for image, forms in paths.items():
        if len(forms) > 1:
            raise ValueError(
                f"one name of the image {image} was expected, found {shorten_list(sorted(forms))}; "
                "write paths below the folder of the images"
            )
    return means


def _plain(name: str) -> str:
    """Path in one Unicode form, with slashes and without blanks about it."""
    return unicodedata.normalize("NFC", name).replace("\\", "/").strip().removeprefix("./")


def _by_form(images: Collection[str]) -> dict[str, list[str]]:
    """Images by their paths, by these without suffix, and by the names of their files."""
    known: dict[str, list[str]] = {}
    for image in images:
        path = PurePosixPath(_plain(image))
        forms = {str(path), str(path.with_suffix("")), f"*/{path.name}", f"*/{path.stem}"}
        for form in {form for name in forms for form in (name, name.casefold())}:
            known.setdefault(form, []).append(image)
    return known


def _forms(name: str) -> Iterable[str]:
    """Forms under which an image may be known, the closest first: ever shorter ends of a path."""
    parts = _plain(name).split("/")
    for start in range(len(parts)):
        tail = "/".join(parts[start:])
        yield from (tail, tail.casefold())
    yield from (f"*/{parts[-1]}", f"*/{parts[-1].casefold()}")


def rename(fixations: Fixations, means: Mapping[str, str]) -> Fixations:
    """Fixations with other names of their images.

    Parameters
    ----------
    fixations : Fixations
        Names as a file has them.
    means : mapping of str to str
        New names; others stay as they are.

    Returns
    -------
    Fixations
        ``fixations`` itself if no name is new.

    Raises
    ------
    ValueError
        Two names become one, with rows of one subject and order.
    """
    if all(means.get(name, name) == name for name in fixations.images):
        return fixations
    names, codes = np.unique(fixations.image, return_inverse=True)
    image = np.array([means.get(name, name) for name in names.tolist()])[codes]
    return fixations.replaced(image=image)
