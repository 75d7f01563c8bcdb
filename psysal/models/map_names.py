"""Names of maps that are nearly those of their images, matched by one stated rule.

Place: beside :mod:`psysal.models.precomputed`, before a comparison.  Names are taken apart into
words and numbers; zeros in front of numbers, case, and the signs between do not count.  Words and
numbers at the beginning or the end that all maps share, or that all images share, may be left out,
at each end on one side.  What is left must tell every map and every image apart, and no image may
be left without a map while a map is left without an image, as when one side counts from 0.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from psysal import image as pictures

__all__ = ["NameMatch", "match_maps"]

Parts = tuple[str, ...]


@dataclass(frozen=True)
class NameMatch:
    """Maps that belong to images by their names.

    Attributes
    ----------
    maps : dict of str to str
        Map by the name of its image.
    left_out : tuple of str
        Words and numbers that all names of one side share and the other side lacks.
    """

    maps: dict[str, str]
    left_out: Parts


def match_maps(maps: Sequence[str], images: Sequence[str]) -> NameMatch | None:
    """Maps of images whose names differ by what all maps, or all images, share.

    Parameters
    ----------
    maps, images : sequence of str
        Paths of both below their folders; of maps without the suffix of the file.

    Returns
    -------
    NameMatch or None
        None if no rule gives a map to any image, if two rules differ, or if maps and images
        are both left over.

    Examples
    --------
    >>> match_maps(["sal_001", "sal_002"], ["1.jpg", "2.jpg"])
    NameMatch(maps={'1.jpg': 'sal_001', '2.jpg': 'sal_002'}, left_out=('sal',))
    >>> match_maps(["0", "1"], ["1.jpg", "2.jpg"]) is None
    True
    """
    found: list[NameMatch] = []
    ours, theirs = ([_parts(name) for name in names] for names in (images, maps))
    for left_out, (of_images, of_maps) in _rules(ours, theirs):
        by_core = dict(zip(of_maps, maps, strict=True))
        if len(by_core) < len(maps) or len(set(of_images)) < len(images):
            continue
        matched = {
            image: by_core[core]
            for image, core in zip(images, of_images, strict=True)
            if core in by_core
        }
        if len(matched) in (len(images), len(maps)) and matched:
            found.append(NameMatch(matched, left_out))
    if not found:
        return None
    best = min(found, key=lambda match: (-len(match.maps), len(match.left_out)))
    rivals = [match for match in found if len(match.maps) == len(best.maps)]
    return best if all(match.maps == best.maps for match in rivals) else None


def _parts(name: str) -> Parts:
    """Words and numbers of a name without its suffix."""
    path = unicodedata.normalize("NFC", name).casefold()
    suffix = next((end for end in pictures.SUFFIXES if path.endswith(end)), "")
    parts = re.findall(r"[0-9]+|[^\W\d_]+", path.removesuffix(suffix))
    return tuple(part.lstrip("0") or "0" if part.isdigit() else part for part in parts)


def _rules(images: list[Parts], maps: list[Parts]) -> Iterator[tuple[Parts, list[list[Parts]]]]:
    """Every rule: parts that are left out, and the rest of the names of both."""
    starts = [_shared(names) for names in (images, maps)]
    ends = [_shared([name[::-1] for name in names]) for names in (images, maps)]
    for (side, start), (other, end) in product(_cuts(starts), _cuts(ends)):
        first = [start if i == side else 0 for i in range(2)]
        last = [end if i == other else 0 for i in range(2)]
        rest = [
            [name[first[i] : len(name) - last[i]] for name in names]
            for i, names in enumerate((images, maps))
        ]
        if all(map(all, rest)):
            left_out = (images, maps)[side][0][:start], (images, maps)[other][0]
            yield left_out[0] + left_out[1][len(left_out[1]) - end :], rest


def _shared(names: list[Parts]) -> int:
    """Number of parts at the beginning that all names share."""
    shared = 0
    while len({name[: shared + 1] for name in names}) == 1 and shared < len(names[0]):
        shared += 1
    return shared


def _cuts(shared: list[int]) -> list[tuple[int, int]]:
    """Side and number of parts to leave out: none, or from one on of either side."""
    return [(0, 0), *((side, n) for side in range(2) for n in range(1, shared[side] + 1))]
