"""Working memory: used again by images of any size, and no more of it kept than is said."""

import numpy as np
import pytest

import psysal
from psysal.vision import workspace
from psysal.vision.workspace import Workspace, open_workspace


@pytest.fixture(autouse=True)
def nothing_idle(monkeypatch):
    monkeypatch.setattr(workspace, "_idle", [])


def addresses(sizes):
    """First bytes of the planes that an image of so many samples is given."""
    with open_workspace() as memory:
        rooms = memory, memory.part(1)
        planes = [room.take(size, np.float32) for room in rooms for size in sizes]
        for number, plane in enumerate(planes):
            plane[:] = number
        assert all((plane == number).all() for number, plane in enumerate(planes))
        return [plane.ctypes.data for plane in planes]


def test_planes_of_a_small_image_stay_where_they_are_after_a_large_one(monkeypatch):
    monkeypatch.setattr(workspace, "IDLE_BYTES", 3 << 20)
    addresses([1 << 19, 1 << 10, 1 << 19])  # 4 MB, and twice
    (idle,) = workspace._idle
    assert 1 << 20 < idle.nbytes <= 3 << 20
    small = addresses([1 << 15, 1 << 10, 1 << 14])
    assert all(address % 64 == 0 for address in small)
    assert addresses([1 << 14, 1 << 9, 1 << 15]) == small


def test_a_map_has_the_same_bits_in_memory_that_was_cut(monkeypatch, rng):
    small, large = rng.random((90, 130, 3)), rng.random((500, 700, 3))
    expected = psysal.Murray2011()(small, threads=1), psysal.Murray2011()(large, threads=2)
    monkeypatch.setattr(workspace, "IDLE_BYTES", 1 << 18)
    for _ in range(2):
        assert np.array_equal(psysal.Murray2011()(large, threads=2), expected[1])
        assert np.array_equal(psysal.Murray2011()(small, threads=1), expected[0])


def test_threads_leave_no_more_than_the_limit_behind(monkeypatch):
    monkeypatch.setattr(workspace, "IDLE_BYTES", 5 << 20)
    with open_workspace() as one, open_workspace() as two, open_workspace() as three:
        for memory in (one, two, three):
            memory.take(2 << 20, np.uint8)
    assert len(workspace._idle) == 2
    assert isinstance(workspace._idle[0], Workspace)
