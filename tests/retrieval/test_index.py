"""Search: the most alike of many vectors, in a folder that nothing damages."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import tracemalloc
from contextlib import closing

import numpy as np
import pytest
from support import oracles

from psysal.retrieval import engines, index_database, index_files
from psysal.retrieval import index as module
from psysal.retrieval.engines import ENGINES
from psysal.retrieval.index import Index, search_all


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "index"


@pytest.fixture
def small_blocks(monkeypatch):
    for each in (module, engines):
        monkeypatch.setattr(each, "BLOCK", 64)
    monkeypatch.setattr(engines, "TOGETHER", 7)


@pytest.fixture
def few_are_coded(monkeypatch):
    """Codes from 2,000 rows on."""
    pytest.importorskip("faiss")
    monkeypatch.setattr(engines, "TRAIN", 2000)


def described(n, d=16, seed=0):
    """Vectors of few kinds, each of which differs in few ways."""
    few = np.random.default_rng(0).standard_normal((4, d))
    kinds = 2 * np.random.default_rng(1).standard_normal((40, 4))
    rng = np.random.default_rng(seed)
    x = (kinds[rng.integers(0, 40, n)] + rng.standard_normal((n, 4))) @ few
    return (x + 0.2 * rng.standard_normal((n, d))).astype(np.float32)


def numbers(n, first=0):
    return [str(i) for i in range(first, first + n)]


def names(found):
    return [[match.name for match in matches] for matches in found]


def recall(found, right):
    return np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found, right, strict=True)])


# --- what is found -----------------------------------------------------------


@pytest.mark.parametrize("d", [1, 2, 16, 100])
@pytest.mark.parametrize("k", [1, 10, 150, 1000])
@pytest.mark.parametrize("engine", ["exact", "flat"])
def test_the_most_alike_are_those_of_brute_force(folder, small_blocks, engine, d, k):
    x, queries = described(300, d), described(20, d, seed=2)
    index = Index.create(folder, d, engine=engine)
    index.add(numbers(300), x)
    units = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (x, queries))
    right = oracles.most_alike(*(v.astype(np.float32).astype(float) for v in units), k)
    for matches, expected in zip(index.search(queries, k), right, strict=True):
        assert [match.similarity for match in matches] == pytest.approx(
            [cosine for _, cosine in expected], abs=3e-7
        )
        if d > 1:  # in one dimension all are equal
            assert [int(match.name) for match in matches] == [i for i, _ in expected]
        assert {match.folder for match in matches} == {folder}


def test_equal_vectors_are_equally_alike_and_come_in_the_order_they_were_added(
    folder, small_blocks
):
    x = np.tile(described(100, 37), (7, 1))
    index = Index.create(folder, 37)
    for some in np.split(np.arange(700), [1, 100, 333]):
        index.add([str(i) for i in some], x[some])
    for k in (1, 3, 7):
        for i, matches in enumerate(index.search(x[:100], k)):
            assert [int(match.name) for match in matches] == list(range(i, 700, 100))[:k]
            assert {match.similarity for match in matches} == {matches[0].similarity}


def test_a_vector_finds_itself_first_whatever_its_length_and_type(folder):
    x = described(50)
    index = Index.create(folder, 16)
    index.add(numbers(50), x.astype(float) * np.logspace(-300, 300, 50)[:, None])
    for queries in (x, x.astype(float) * 1e305, x.astype(float) * 1e-305, x.astype(np.float16)):
        found = index.search(queries, 1)
        assert names(found) == [[name] for name in numbers(50)]
        assert all(match.similarity == pytest.approx(1, abs=1e-6) for (match,) in found)
    index.add(["ones"], np.ones((1, 16), np.int8))
    assert names(index.search(np.ones((1, 16), bool), 1)) == [["ones"]]


@pytest.mark.parametrize("engine", ENGINES)
def test_zeros_are_like_nothing(folder, engine):
    if engine != "exact":
        pytest.importorskip("faiss")
    index = Index.create(folder, 2, engine=engine)
    assert index.search([[1, 0]]) == [[]]
    index.add(["flat", "left", "up"], [[0, 0], [-1, 0], [0, 1]])
    assert len(index) == 3
    assert index.names == ["flat", "left", "up"]
    found = index.search([[0, 0], [1, 0], [0, 0]])
    assert names(found) == [[], ["up", "left"], []]
    assert [match.similarity for match in found[1]] == [0, -1]
    assert index.search(np.empty((0, 2))) == []


def test_searching_takes_little_memory_of_many_rows(folder):
    index = Index.create(folder, 64)
    x = described(60_000, 64)
    index.add(numbers(len(x)), x)
    index.close()
    tracemalloc.start()
    with Index(folder) as index:
        index.search(x[:1])
        index.search(x[:10])
        _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < x.nbytes / 5


# --- what is kept ------------------------------------------------------------


def test_an_index_is_opened_as_it_was_left(folder):
    metadata = {"model": "murray2011", "lam": 1.0, "steps": [1, 2]}
    with Index.create(folder, 16, metadata=metadata) as index:
        index.add(["b", "a"], described(2), versions=["1", None])
    with Index(os.fspath(folder)) as index:
        assert (index.dimension, index.engine, index.metadata) == (16, "exact", metadata)
        assert index.names == ["b", "a"]
        assert index.versions == {"b": "1", "a": None}
        assert len(index) == 2
        assert names(index.search(described(2), 1)) == [["b"], ["a"]]
        assert repr(index) == f"Index({os.fspath(folder)!r})"


def test_names_that_are_no_text_survive(tmp_path):
    folder = tmp_path / os.fsdecode(b"in\xffdex")
    odd = [os.fsdecode(b"\xff\xfe/photo.jpg"), "a'b\"c\n", "", "日本"]
    with Index.create(folder, 16) as index:
        index.add(odd, described(4))
    with Index(folder) as index:
        assert index.names == odd
        index.remove([odd[0]])
        assert names(index.search(described(4)[1:], 1)) == [[name] for name in odd[1:]]


def test_a_name_that_is_added_again_is_replaced_and_a_removed_one_is_gone(folder, small_blocks):
    x = described(200)
    index = Index.create(folder, 16)
    index.add(numbers(100), x[:100], versions=["old"] * 100)
    index.add(numbers(3, 10), x[100:103], versions=["new"] * 3)
    assert len(index) == 100
    assert index.names == numbers(10) + numbers(87, 13) + numbers(3, 10)
    assert [name for name, version in index.versions.items() if version == "new"] == numbers(3, 10)
    assert names(index.search(x[100:103], 1)) == [[name] for name in numbers(3, 10)]
    assert index.search(x[10:11], 1)[0][0].similarity < 0.9999
    index.remove(numbers(20, 50))
    assert len(index) == 80
    (found,) = index.search(x[50:51], 1000)
    assert sorted(match.name for match in found) == sorted(set(numbers(100)) - set(numbers(20, 50)))


@pytest.mark.parametrize("engine", ENGINES)
def test_files_are_made_anew_when_most_rows_are_of_no_use_and_readers_go_on(
    folder, engine, monkeypatch
):
    monkeypatch.setattr(engines, "TRAIN", 400)
    if engine != "exact":
        pytest.importorskip("faiss")
    x = described(2000)
    index = Index.create(folder, 16, engine=engine)
    index.add(numbers(2000), x)
    with Index(folder) as reader:
        before = reader.search(x[1500:1510], 1)
        index.remove(numbers(1000))
        assert (folder / "vectors-0.f32").stat().st_size == 2000 * 64
        index.remove(numbers(1, 1000))
        kept = {"index.sqlite", "vectors-1.f32"} | ({"ivfpq-1.faiss"} & {f"{engine}-1.faiss"})
        assert {path.name for path in folder.iterdir()} == kept
        assert (folder / "vectors-1.f32").stat().st_size == 999 * 64
        for each in (reader, index):
            assert each.names == numbers(999, 1001)
            assert each.search(x[1500:1510], 1) == before
        index.remove(numbers(999, 1001))
        assert len(reader) == 0
        assert reader.search(x[:2]) == [[], []]
        reader.add(["one"], x[:1])
        assert names(index.search(x[:1])) == [["one"]]


def test_a_reader_whose_files_go_while_it_searches_looks_again(folder, monkeypatch):
    x = described(10)
    index = Index.create(folder, 16)
    index.add(numbers(10), x)
    scanned = index_files.best_of_all

    def meanwhile(*arguments):
        found = scanned(*arguments)
        if len(writer) == 10:
            writer.remove(numbers(9))
        return found

    monkeypatch.setattr(index_files, "best_of_all", meanwhile)
    with Index(folder) as writer:
        assert names(index.search(x[:1])) == [["9"]]


# --- what happens --------------------------------------------------------------


KILLED = """
    import sys, numpy as np
    from psysal.retrieval import index as module
    module.BLOCK = 50
    index = module.Index(sys.argv[1])
    rng = np.random.default_rng(len(index))
    print("begins", flush=True)
    while True:
        first = max((int(name) for name in index.names), default=-1) + 1
        x = np.repeat(np.arange(first, first + 100)[:, None], 2, axis=1) + [0, 1]
        index.add([str(i) for i in range(first, first + 100)], x)
        if first % 300 == 0:
            index.remove([name for name in index.names[:-100]])
"""


def test_a_writer_that_is_killed_loses_no_more_than_what_it_was_at(folder):
    Index.create(folder, 2).close()
    reader = Index(folder)
    last = -1
    for delay in (0.0, 0.01, 0.03, 0.06, 0.1):
        writer = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(KILLED), folder],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        with writer:
            assert writer.stdout.readline() == "begins\n"
            with pytest.raises(subprocess.TimeoutExpired):
                writer.wait(delay)
            for _ in range(5):
                reader.search([[1, 1]])  # while it writes
            writer.send_signal(signal.SIGKILL)
        with Index(folder) as index:
            kept = [int(name) for name in index.names]
            assert len(kept) % 100 == 0
            assert kept == list(range(kept[0], kept[0] + len(kept))) if kept else last < 0
            assert not kept or kept[-1] >= last
            last = kept[-1] if kept else last
            rows = index._rows().values[-len(kept) :] if kept else np.empty((0, 2))
            right = np.array([[i, i + 1] for i in kept], float).reshape(-1, 2)
            right /= np.linalg.norm(right, axis=1, keepdims=True)
            np.testing.assert_allclose(rows, right, atol=1e-7)
    assert last > 0
    reader.close()


def test_rows_of_a_writer_that_was_killed_are_written_over(folder):
    x = described(6)
    index = Index.create(folder, 16)
    index.add(numbers(2), x[:2])
    with open(folder / "vectors-0.f32", "ab") as file:
        file.write(b"half a row")
    index.add(numbers(4, 2), x[2:])
    assert names(index.search(x, 1)) == [[name] for name in numbers(6)]


def test_a_full_disk_changes_nothing(folder, monkeypatch):
    x = described(4)
    index = Index.create(folder, 16)
    index.add(numbers(2), x[:2])

    def full(file):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match=r"vectors-0.f32: could not be written \(No space left"):
            index.add(["0", "2"], x[2:])
    assert index.names == ["0", "1"]
    assert names(index.search(x[:2], 1)) == [["0"], ["1"]]
    index.add(["0", "2"], x[2:])
    assert names(index.search(x[2:], 1)) == [["0"], ["2"]]


def test_a_second_writer_is_told_and_readers_are_not_held_up(folder, monkeypatch):
    monkeypatch.setattr(index_database, "BUSY_TIMEOUT_S", 0.1)
    x = described(2)
    with Index.create(folder, 16) as first, Index(folder) as second:
        first.add(["a"], x[:1])
        with first._change():
            assert names(second.search(x[:1])) == [["a"]]
            with pytest.raises(OSError, match="another process writes there; wait until it is"):
                second.add(["b"], x[1:])
        second.add(["b"], x[1:])
        assert names(first.search(x, 1)) == [["a"], ["b"]]


# --- codes -------------------------------------------------------------------


def test_codes_find_nearly_all_and_tell_exact_similarities(folder, few_are_coded, tmp_path):
    x, queries = described(9000, 50), described(100, 50, seed=2)
    exact, coded = Index.create(tmp_path / "exact", 50), Index.create(folder, 50, engine="ivfpq")
    for index in (exact, coded):
        index.add(numbers(9000), x)
    right, found = exact.search(queries), coded.search(queries)
    assert recall(names(found), names(right)) > 0.97
    known = {(i, m.name): m.similarity for i, ms in enumerate(right) for m in ms}
    for i, matches in enumerate(found):
        assert len(matches) == 10
        for match in matches:
            assert known.get((i, match.name), match.similarity) == match.similarity
    assert (folder / "ivfpq-0.faiss").stat().st_size < x.nbytes / 2
    everything = coded.search(queries[:2], 9000)  # more than the lists hold
    assert names(everything) == names(exact.search(queries[:2], 9000))


def test_an_index_too_small_for_codes_is_searched_exactly(folder):
    pytest.importorskip("faiss")
    index = Index.create(folder, 16, engine="ivfpq")
    index.add(numbers(500), described(500))
    assert {path.name for path in folder.iterdir()} == {"index.sqlite", "vectors-0.f32"}
    assert names(index.search(described(500), 1)) == [[name] for name in numbers(500)]


def test_codes_are_of_the_rows_and_not_of_how_they_came(tmp_path, few_are_coded, monkeypatch):
    monkeypatch.setattr(index_files, "UNCODED", 10**9)
    x = described(9000)
    made = []
    for way, cuts in enumerate([[], [1500], [1999, 2000, 2001, 5000, 8500]]):
        with Index.create(tmp_path / str(way), 16, engine="ivfpq") as index:
            for some in np.split(np.arange(9000), cuts):
                index.add([str(i) for i in some], x[some])
        made.append((tmp_path / str(way) / "ivfpq-0.faiss").read_bytes())
    assert made[0] == made[1] == made[2]


def test_rows_that_have_no_codes_yet_or_went_are_as_they_should_be(folder, few_are_coded):
    x = described(4100)
    index = Index.create(folder, 16, engine="ivfpq")
    index.add(numbers(4000), x[:4000])
    told = (folder / "ivfpq-0.faiss").stat().st_mtime_ns
    index.add(numbers(50, 4000), x[4000:4050])
    assert (folder / "ivfpq-0.faiss").stat().st_mtime_ns == told  # not for so few
    assert names(index.search(x[4000:4050], 1)) == [[name] for name in numbers(50, 4000)]
    with Index(folder) as reader:
        reader.search(x[:1])
        index.remove(numbers(1000) + numbers(10, 4000))
        index.add(numbers(50, 4050), x[4050:])
        for each in (index, reader):
            found = names(each.search(x, 10))
            assert not {name for some in found for name in some} & {*numbers(1000), "4000"}
            assert [some[0] for some in found[1000:4000]] == numbers(3000, 1000)
            assert [some[0] for some in found[4010:]] == numbers(90, 4010)
    assert (folder / "ivfpq-0.faiss").stat().st_mtime_ns > told


@pytest.mark.parametrize("harm", ["gone", "empty", "cut", "one bit", "another's"])
def test_codes_that_are_damaged_are_made_again(folder, few_are_coded, harm):
    x = described(2500)
    with Index.create(folder, 16, engine="ivfpq") as index:
        index.add(numbers(2500), x)
        right = index.search(x[:20])
    path = folder / "ivfpq-0.faiss"
    good = path.read_bytes()
    bad = {
        "empty": b"",
        "cut": good[: len(good) // 2],
        "one bit": good[:5000] + bytes([good[5000] ^ 1]) + good[5001:],
        "another's": b"\x89PNG" * 1000,
    }
    path.unlink() if harm == "gone" else path.write_bytes(bad[harm])
    with Index(folder) as index:
        assert index.search(x[:20]) == right
    assert path.read_bytes() == good


def test_codes_that_cannot_be_kept_are_used_all_the_same(folder, few_are_coded, monkeypatch):
    x = described(2500)

    def full(*arguments):
        trained.append(1)
        raise OSError(28, "No space left on device")

    trained = []
    monkeypatch.setattr(index_files, "write_codes", full)
    with Index.create(folder, 16, engine="ivfpq") as index:
        index.add(numbers(2500), x)
        for _ in range(2):
            assert recall(names(index.search(x[:50], 1)), [[i] for i in numbers(50)]) == 1
    assert len(trained) == 1


@pytest.mark.parametrize("kind", ["all equal", "zeros", "half zeros"])
def test_codes_of_dull_vectors_are_made_too(folder, few_are_coded, kind):
    x = np.ones((2500, 16)) if kind == "all equal" else np.zeros((2500, 16))
    x[1250:] = described(1250) if kind == "half zeros" else x[1250:]
    index = Index.create(folder, 16, engine="ivfpq")
    index.add(numbers(2500), x)
    (found,) = index.search(described(1), 10)
    assert len(found) == (0 if kind == "zeros" else 10)
    assert all(np.isfinite(match.similarity) for match in found)


@pytest.mark.parametrize("engine", ["flat", "ivfpq"])
def test_without_faiss_a_sentence_tells_how_to_get_it(folder, monkeypatch, engine):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ImportError, match=r"are searched with faiss, .*psysal\[search\]"):
        Index.create(folder, 16, engine=engine)
    assert not folder.exists()


# --- several -----------------------------------------------------------------


def test_several_indexes_are_searched_as_one(tmp_path):
    x, queries = described(90), described(10, seed=2)
    whole = Index.create(tmp_path / "whole", 16)
    whole.add(numbers(90), x)
    parts = []
    for i in range(3):
        parts.append(Index.create(tmp_path / str(i), 16))
        parts[i].add(numbers(30, 30 * i), x[30 * i : 30 * i + 30])
    for k in (1, 10, 200):
        found = search_all(iter(parts), queries, k)
        right = whole.search(queries, k)
        assert [[match[:2] for match in some] for some in found] == [
            [match[:2] for match in some] for some in right
        ]
        for match in (match for some in found for match in some):
            assert match.folder == tmp_path / str(int(match.name) // 30)


def test_indexes_of_other_vectors_are_not_searched_together(tmp_path):
    one = Index.create(tmp_path / "1", 2, metadata={"model": "a"})
    for i, (d, metadata) in enumerate([(3, {"model": "a"}), (2, {"model": "b"}), (2, None)]):
        other = Index.create(tmp_path / f"other {i}", d, metadata=metadata)
        with pytest.raises(ValueError, match="indexes must have vectors made alike, got 2 numbers"):
            search_all([one, one, other], [[1, 0]])
    with pytest.raises(ValueError, match="indexes must be one or more, got none"):
        search_all([], [[1, 0]])


# --- what is refused ---------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ((["a"], [[1, 2, 3]]), ValueError, r"vectors must be \(M, 2\) as in .*, got \(1, 3\)"),
        ((["a"], [1, 2]), ValueError, r"got \(2,\); a single one is \(1, D\)"),
        ((["a"], [[1, np.nan]]), ValueError, "vectors must be finite, got nan in row 0"),
        ((["a", "b"], [[1, 1], [np.inf, 1]]), ValueError, "got inf in row 1; leave it out"),
        ((["a"], [[1j, 1]]), TypeError, "vectors must be real numbers, got complex128"),
        ((["a"], [["1", "2"]]), TypeError, "vectors must be real numbers, got <U1"),
        ((["a"], [[1, 1], [2, 2]]), ValueError, "names must be one a vector, got 1 for 2"),
        ((["a", "a"], [[1, 1], [2, 2]]), ValueError, "names must differ, got 'a' twice"),
        (("ab", [[1, 1], [2, 2]]), TypeError, "sequence of text, got 'ab' alone; put it in"),
        (([b"a"], [[1, 1]]), TypeError, "names must be text, got b'a'; use str"),
        ((["\ud800"], [[1, 1]]), ValueError, r"as os.fsdecode\(\) has them, got '\\ud800'"),
        ((["a"], [[1, 1]], ["1", "2"]), ValueError, "versions must be one a vector, got 2 for 1"),
        ((["a"], [[1, 1]], [1]), TypeError, "versions must be text or None, got 1"),
    ],
)
def test_what_cannot_be_added_is_told_and_nothing_is_added(folder, given, kind, message):
    with Index.create(folder, 2) as index:
        with pytest.raises(kind, match=message):
            index.add(*given)
        assert index.names == []
        index.add([], np.empty((0, 2)))
        assert len(index) == 0


def test_what_cannot_be_asked_or_removed_is_told(folder):
    index = Index.create(folder, 2)
    index.add(["a"], [[1, 0]])
    for k in (0, -1, 1.5, True, None):
        with pytest.raises(ValueError, match=r"k must be a whole number from 1 on, got "):
            index.search([[1, 0]], k)
    with pytest.raises(ValueError, match=r"queries must be \(Q, 2\) as in .*, got \(1, 1\)"):
        index.search([[1]])
    with pytest.raises(ValueError, match=r"has no 'b'; nothing was removed"):
        index.remove(["a", "b"])
    assert index.names == ["a"]
    index.close()
    with pytest.raises(ValueError, match=r"is closed, or another thread's .*; open it again"):
        index.search([[1, 0]])


def test_an_index_is_made_where_there_is_nothing(folder, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"file: could not be made a folder \(File exists\); choose"):
        Index.create(tmp_path / "file", 2)
    for d in (0, -3, 2.0, True):
        with pytest.raises(ValueError, match="dimension must be a whole number from 1 on, got"):
            Index.create(folder, d)
    with pytest.raises(ValueError, match="engine must be one of exact, flat, ivfpq, got 'fast'"):
        Index.create(folder, 2, engine="fast")
    for metadata in ({"a": {1}}, {"a": np.nan}):
        with pytest.raises(ValueError, match="metadata must be what JSON can hold"):
            Index.create(folder, 2, metadata=metadata)
    assert not folder.exists()
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(ValueError, match="holds other things; an index takes an empty folder"):
        Index.create(tmp_path, 2)
    folder.mkdir()
    Index.create(folder, 2).close()
    with pytest.raises(ValueError, match="holds an index already; open it"):
        Index.create(folder, 2)


def test_a_folder_that_is_no_index_or_not_this_version_s_is_told(folder):
    for _ in range(2):
        with pytest.raises(ValueError, match=r"index was expected, there is no index.sqlite"):
            Index(folder)
        folder.mkdir(exist_ok=True)
    with closing(sqlite3.connect(folder / "index.sqlite")) as db:
        db.execute("create table another (program)")
    with pytest.raises(ValueError, match=r"index.sqlite: an index was expected, found something"):
        Index(folder)
    (folder / "index.sqlite").unlink()
    Index.create(folder, 2).close()
    with closing(sqlite3.connect(folder / "index.sqlite")) as db:
        db.execute("pragma user_version = 3")
    message = "is an index of version 3, this psysal reads 2; upgrade psysal"
    with pytest.raises(ValueError, match=message):
        Index(folder)


def test_damage_is_told(folder):
    with Index.create(folder, 2) as index:
        index.add(["a", "b"], [[1, 0], [0, 1]])
    with open(folder / "vectors-0.f32", "rb+") as file:
        file.truncate(15)
    with pytest.raises(ValueError, match=r"is damaged, vectors-0.f32 must have 16 bytes; bring"):
        Index(folder)
    (folder / "vectors-0.f32").unlink()
    with pytest.raises(ValueError, match=r"is damaged, vectors-0.f32 must have 16 bytes"):
        Index(folder)
    (folder / "index.sqlite").write_bytes(b"no database" * 1000)
    message = r"index.sqlite: an index was expected, found something else \(file is"
    with pytest.raises(ValueError, match=message):
        Index(folder)
