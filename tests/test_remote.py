"""Bytes at paths and addresses: what is read is whole, what is written is whole."""

import errno
import os
import subprocess
import sys
import threading
import time

import pytest

from psysal import files, remote
from psysal.archive import folders

pytest_plugins = ("support.servers",)
CONTENTS = bytes(range(256)) * 300
NAMES = [
    "a b.png", "naïve 日本.png", "two\nlines.png", "[x]*?.png", "..a..b.png", ".hidden.png",
    os.fsdecode(b"\xff\xfe.png"), "https: not.png", "a::b.png", "-.png",
]  # fmt: skip


# --- names -------------------------------------------------------------------


def test_addresses_are_told_from_paths():
    for name in ("s3://b/k", "https://h/a.jpg", "S3://b", "memory://a", "gs://b"):
        assert files.is_address(name), name
    for name in ("a.jpg", "/a://b", "c://a", "file:///a.jpg", "LOCAL:///a", "a:b//c", "-"):
        assert not files.is_address(name), name


def test_a_name_is_shown_on_one_line_and_sends_no_control_sequences():
    assert files.shown("trip/naïve 日本.jpg") == "trip/naïve 日本.jpg"
    for name in ("a\nb", "a\x1b[2Jb", "a\u202eb", "a\rb", "a\u2028b", os.fsdecode(b"\xff")):
        shown = files.shown(name)
        assert shown.isprintable(), name
        assert shown.encode("utf-8")
        assert shown != files.shown("ab")


def test_logins_and_tokens_are_never_shown():
    for name in (
        "https://me:secret@host/a.jpg",
        "https://secret@host/a.jpg?size=2",
        "https://host/a.jpg?size=2&X-Amz-Signature=secret&b=2",
        "https://host/a.jpg?sv=1&sig=secret#x",
        "sftp://me:secret@host/a\n.jpg",
        "https://me:a%40secret@b@host/a.jpg",
    ):
        assert "secret" not in files.shown(name), name
    assert files.shown("https://host/a.jpg?size=2") == "https://host/a.jpg?size=2"
    assert files.shown("s3://bucket/a@b.jpg") == "s3://bucket/a@b.jpg"


# --- paths -------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_read_whatever_the_name(tmp_path, name):
    place = folders.join(str(tmp_path), f"new/folder/{name}")
    assert files.size(place) is None
    files.write(place, b"before")
    files.write(place, CONTENTS)
    assert files.read(place) == (CONTENTS, files.version(place))
    assert [files.size(p) for p in (place, place + "x", f"{place}/x")] == [
        len(CONTENTS), None, None
    ]  # fmt: skip
    assert [entry.name for entry in os.scandir(os.path.dirname(place))] == [name]


def test_a_file_address_is_a_path(tmp_path):
    place = folders.join(f"file://{tmp_path}", "a.png")
    assert place == str(tmp_path / "a.png")
    files.write(f"file://{place}", b"1")
    assert files.read(f"local://{place}")[0] == b"1"
    assert files.size(f"file://{place}") == 1


def test_the_version_changes_when_the_file_does(tmp_path):
    place = tmp_path / "a.jpg"
    with pytest.raises(FileNotFoundError):
        files.version(str(place))
    place.write_bytes(b"one")
    first = files.version(str(place))
    assert files.version(str(place)) == first
    os.utime(place, ns=(0, 5))
    second = files.version(str(place))
    (tmp_path / "b.jpg").write_bytes(b"two")
    os.utime(tmp_path / "b.jpg", ns=(0, 5))
    os.replace(tmp_path / "b.jpg", place)  # same size, same time, another file
    assert len({first, second, files.version(str(place))}) == 3


def test_a_pipe_is_read_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(CONTENTS,))
    writer.start()
    assert files.read(str(tmp_path / "pipe"))[0] == CONTENTS
    writer.join()


def test_a_file_that_is_replaced_while_it_is_read_is_one_or_the_other(tmp_path):
    place, done = str(tmp_path / "a.jpg"), threading.Event()
    versions = [bytes([n]) * 500_000 for n in range(4)]
    files.write(place, versions[0])

    def replace():
        while not done.is_set():
            for version in versions:
                files.save(place, version, overwrite=True)

    writer = threading.Thread(target=replace)
    writer.start()
    try:
        for _ in range(20):
            data, stamp = files.read(place)
            assert data in versions
            assert stamp.split()[0] == "500000"
    finally:
        done.set()
        writer.join()


def test_a_second_write_that_leaves_the_time_as_it_was_is_waited_for(tmp_path, monkeypatch):
    """Clocks of file systems tick: what was just written may be written again unseen."""
    place, now = tmp_path / "a.jpg", time.time()
    waits = []

    def write(contents):
        place.write_bytes(contents)
        os.utime(place, (now, now))

    def wait(seconds):
        waits.append(seconds)
        write(b"second")

    monkeypatch.setattr(time, "sleep", wait)
    monkeypatch.setattr(time, "time", lambda: now + 0.01)
    write(b"first ")
    assert files.read(str(place)) == (b"second", files.version(str(place)))
    assert waits == [files.CLOCK_TICK_S]
    for clock in (now + 1, now - 1):  # a file at rest, one of a computer whose clock is ahead
        monkeypatch.setattr(time, "time", lambda clock=clock: clock)
        assert files.read(str(place))[0] == b"second"
    assert len(waits) == 1


def test_a_read_is_tried_three_times(tmp_path, monkeypatch):
    place = tmp_path / "a.jpg"
    place.write_bytes(b"0")
    os.utime(place, ns=(0, 0))
    fstat, seen = os.fstat, []

    def changing(limit):
        def changed(number):
            seen.append(number)
            if len(seen) % 2 == 0 and len(seen) <= limit:  # after the contents were read
                place.write_bytes(b"longer" + bytes(len(seen)))
                os.utime(place, ns=(0, len(seen)))
            return fstat(number)

        return changed

    monkeypatch.setattr(os, "fstat", changing(limit=4))
    data, stamp = files.read(str(place))
    assert len(data) == 10
    assert stamp == files.version(str(place))
    assert len(seen) == 6
    seen.clear()
    monkeypatch.setattr(os, "fstat", changing(limit=99))
    with pytest.raises(ValueError, match="changes") as told:
        files.read(str(place))
    assert str(told.value) == f"{place}: changes while it is read; map it again when it is at rest"
    assert len(seen) == 6


def test_an_error_is_a_sentence_and_keeps_its_number(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    for place, number, text in (
        ("file/a.png", errno.EEXIST, "file: could not be made a folder (File exists); "),
        ("folder", errno.EISDIR, "folder: could not be written (Is a directory)"),
        ("x" * 300, errno.ENAMETOOLONG, "could not be written (File name too long)"),
    ):
        with pytest.raises(OSError, match=r".") as told:
            files.write(str(tmp_path / place), b"data")
        assert told.value.errno == number
        assert text in str(told.value)
        assert "[Errno" not in str(told.value)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_a_full_disk_is_told_by_its_number_and_leaves_nothing(tmp_path):
    code = (
        "import resource, sys, os; from psysal import files; from psysal import files\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "for write in (files.write, files.save):\n"
        "    try: write(sys.argv[1], bytes(9000))\n"
        "    except OSError as error: print(error.errno, error)\n"
    )
    place = str(tmp_path / "a.png")
    out = subprocess.run(
        [sys.executable, "-c", code, place], capture_output=True, text=True, check=True
    ).stdout
    sentence = f"{errno.EFBIG} {place}: could not be written (File too large)\n"
    assert out == 2 * sentence
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_drafts_of_a_killed_writer_are_removed_and_no_others(tmp_path, name):
    place = tmp_path / name
    with files.draft(place) as part:
        part.write_bytes(b"")
        (killed,) = [tmp_path / entry for entry in os.listdir(tmp_path)]
    stem, suffix = os.path.splitext(name)
    others = {
        name, f".{stem}.12345678.part.jpg", f".{stem}x.12345678.part{suffix}",
        f".{stem}.1234567.part{suffix}", f".{stem}.1234567G.part{suffix}", f".x.part{suffix}",
    }  # fmt: skip
    for other in (*others, killed.name):
        (tmp_path / other).write_bytes(b"")
    files.remove_drafts(str(place))
    assert set(os.listdir(tmp_path)) == others
    files.remove_drafts(str(tmp_path / "no folder" / name))
    files.remove_drafts("s3://bucket/a.png")


# --- addresses ---------------------------------------------------------------


@pytest.fixture
def memory():
    fsspec = pytest.importorskip("fsspec")
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    yield fs
    fs.store.clear()


def test_addresses_are_written_and_read(memory):
    place = folders.join("memory://maps/", "a/b::c.png")
    assert place == "memory://maps/a/b::c.png"
    assert [files.size(p) for p in (place, "memory://maps/x")] == [None, None]
    files.write(place, b"before")
    before = files.version(place)
    files.write(place, CONTENTS)
    assert files.read(place) == (CONTENTS, files.version(place))
    assert files.version(place) != before
    assert [files.size(p) for p in (place, "memory://maps/x")] == [len(CONTENTS), None]
    with pytest.raises(FileNotFoundError) as told:
        files.read("memory://maps/x")
    assert str(told.value) == "memory://maps/x: could not be read (No such file or directory)"


def test_an_address_that_changes_while_it_is_read_is_read_again(memory, monkeypatch):
    place, fetch = "memory://a.jpg", type(memory).cat_file
    files.write(place, b"0")
    count = []

    def changed(self, path, **options):
        data = fetch(self, path, **options)
        count.append(path)
        if len(count) != 2:
            files.write(place, b"0" * len(count))
        return data

    monkeypatch.setattr(type(memory), "cat_file", changed)
    assert files.read(place) == (b"0", files.version(place))
    with pytest.raises(ValueError, match=r"memory://a\.jpg: changes while it is read; map it"):
        files.read(place)
    assert len(count) == 5


def test_web_pages_are_read(web, monkeypatch):
    pytest.importorskip("aiohttp")
    (web.folder / "a b.jpg").write_bytes(CONTENTS)
    place = f"{web.address}/a b.jpg?size=2"
    data, stamp = files.read(place)
    assert data == CONTENTS
    assert stamp == files.version(place)
    os.utime(web.folder / "a b.jpg", (0, 0))
    assert files.version(place) != stamp
    assert [files.size(p) for p in (place, f"{web.address}/none.jpg")] == [len(CONTENTS), None]


def test_what_a_web_server_refuses_is_told_without_the_login(web, monkeypatch):
    pytest.importorskip("aiohttp")
    monkeypatch.setattr(remote, "RETRY_PAUSES_S", (0, 0))
    place = f"http://me:secret@{web.host}/none.jpg"
    told = []
    for task in (files.read, files.version, lambda place: files.write(place, b"1")):
        with pytest.raises(OSError, match=r".") as error:
            task(place)
        told.append(error.value)
    assert [str(error) for error in told] == [
        f"http://***@{web.host}/none.jpg: could not be read (404 File not found)",
        f"http://***@{web.host}/none.jpg: could not be read (404 File not found)",
        f"http://***@{web.host}/none.jpg: could not be written (403 Forbidden)",
    ]
    assert [isinstance(error, FileNotFoundError) for error in told] == [True, True, False]
    assert web.asked[0][2].startswith("Basic ")


def test_a_busy_web_server_is_asked_again(web, monkeypatch):
    pytest.importorskip("aiohttp")
    monkeypatch.setattr(remote, "RETRY_PAUSES_S", (0, 0))
    (web.folder / "a.jpg").write_bytes(CONTENTS)
    web.busy = 3  # the head, the page in its stead, and the head again
    assert files.read(f"{web.address}/a.jpg")[0] == CONTENTS
    web.busy = 99
    with pytest.raises(OSError, match=r"/a\.jpg: could not be read \(503 Service Unavailable\)$"):
        files.read(f"{web.address}/a.jpg")
    with pytest.raises(OSError, match=r"could not be read \(503"):  # which is not "absent"
        files.size(f"{web.address}/a.jpg")


def test_a_server_that_is_not_there_is_told(web, monkeypatch):
    pytest.importorskip("aiohttp")
    monkeypatch.setattr(remote, "RETRY_PAUSES_S", (0, 0))
    with pytest.raises(OSError, match=r"could not be read \(.*[Cc]onnect") as told:
        files.read("http://127.0.0.1:9/a.jpg")
    assert not isinstance(told.value, FileNotFoundError)


def test_buckets_are_written_and_read(bucket):
    place = "s3://photos/maps/a b [1]*?/日本::x.png"
    assert files.size(place) is None
    files.write(place, b"before")
    before = files.version(place)
    files.write(place, CONTENTS)
    assert bucket.get_object(Bucket="photos", Key=place[12:])["Body"].read() == CONTENTS
    assert files.read(place) == (CONTENTS, files.version(place))
    assert files.version(place) != before
    bucket.put_object(Bucket="photos", Key=place[12:], Body=b"by another")
    assert files.read(place)[0] == b"by another"
    assert [files.size(p) for p in (place, "s3://photos/x", __file__)] == [
        10, None, os.path.getsize(__file__)
    ]  # fmt: skip


def test_a_bucket_that_is_not_there_is_told_and_not_made(bucket):
    with pytest.raises(FileNotFoundError, match=r"^s3://none/a\.png: could not be written \(No"):
        files.write("s3://none/a.png", b"1")
    assert [b["Name"] for b in bucket.list_buckets()["Buckets"]] == ["photos"]


# --- packages ----------------------------------------------------------------


def test_paths_need_no_fsspec(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    files.write(str(tmp_path / "a"), b"1")
    assert files.read(str(tmp_path / "a"))[0] == b"1"
    with pytest.raises(
        ImportError,
        match=r"addresses such as s3://bucket are read and written with fsspec, which is not "
        r'installed; run: .* -m pip install "psysal\[remote\]"',
    ):
        files.read("s3://bucket/a.jpg")


def test_a_missing_protocol_is_told_with_the_line_that_installs_it(monkeypatch):
    fsspec = pytest.importorskip("fsspec")

    def missing(_):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec, "get_filesystem_class", missing)
    with pytest.raises(ImportError) as told:
        files.read("s3://bucket/a.jpg")
    assert str(told.value) == (
        "s3:// addresses need a package that is not installed (Install s3fs to access S3); "
        f'run: {sys.executable} -m pip install "psysal[remote]", or ".[remote]" in a clone'
    )


def test_a_scheme_that_no_one_knows_is_told():
    pytest.importorskip("fsspec")
    with pytest.raises(OSError, match=r"^wais://x/a\.jpg: could not be read \(an address such"):
        files.read("wais://x/a.jpg")
