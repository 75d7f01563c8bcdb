"""Damage to files of every kind: cut, flipped, another program's, and JSON with other values."""

import json
import random
from collections.abc import Iterator

DEEP = "[" * 10_000 + "]" * 10_000
VALUES = [None, True, -1, 0, 1e9, 10**400, float("nan"), float("inf"), "", "x", [], {}, [[1]]]
"""Values to put in place of others: wrong types, and numbers that are none or too large."""


def damaged(data: bytes, flips: int = 40, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """Contents by what happened to them; all differ from ``data``."""
    rng = random.Random(seed)
    yield "emptied", b""
    for share in (0.1, 0.5, 0.9):
        yield f"cut at {share:.0%}", data[: int(len(data) * share)]
    yield "zeros", bytes(len(data))
    yield "another program's", b"\x89PNG\r\n\x1a\n" + bytes(50)
    yield "deep JSON", DEEP.encode()
    for number in range(flips):
        content = bytearray(data)
        for at in rng.sample(range(len(data)), rng.choice((1, 1, 4))):
            content[at] ^= 1 << rng.randrange(8)
        yield f"flipped {number}", bytes(content)


def places(value, path=()):
    """Paths of keys to all values in a value of JSON, of lists the first two and the last."""
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list):
        for key in sorted({0, 1, len(value) - 1} & set(range(len(value)))):
            yield from places(value[key], (*path, key))


def altered(value) -> Iterator[tuple[str, object]]:
    """Copies of a value of JSON with one of :data:`VALUES` in one place, or without it."""
    text = json.dumps(value)
    for path in places(value):
        if not path:
            continue
        for new in VALUES:
            copy = json.loads(text)
            parent = copy
            for key in path[:-1]:
                parent = parent[key]
            if repr(parent[path[-1]]) == repr(new):
                continue
            parent[path[-1]] = new
            yield f"{'/'.join(map(str, path))} = {str(new)[:20]}", copy
        copy = json.loads(text)
        parent = copy
        for key in path[:-1]:
            parent = parent[key]
        del parent[path[-1]]
        yield f"{'/'.join(map(str, path))} removed", copy


def outcome(function, *arguments):
    """Result of a call and None, or None and the one sentence with which it refuses."""
    try:
        return function(*arguments), None
    except (ValueError, OSError) as error:
        sentence = str(error)
        if "\n" in sentence or not 30 < len(sentence) < 600:
            raise AssertionError(f"not one sentence: {sentence[:1000]!r}") from error
        return None, sentence
