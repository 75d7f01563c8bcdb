"""Names to sources: what is found, in which order, where its map goes, and how lazily."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from psysal import files
from psysal.archive import lists as module
from psysal.archive.inputs import Source, find

pytest_plugins = ("support.servers",)


NO_IMAGES = "trip: not looked at: 1 .txt"


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """A working folder with photographs in trip, trip/day 1 and trip/.hidden."""
    monkeypatch.chdir(tmp_path)
    touch(
        "trip/a.jpg", "trip/c.PNG", "trip/notes.txt", "trip/day 1/b.tar.png", "trip/.hidden/d.tif"
    )
    return tmp_path


def touch(*names, data=b""):
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(data)


def found(*inputs, **options):
    """(source, stem) of each source, none of which has a problem."""
    sources = list(find(inputs, **options))
    assert [source.problem for source in sources if source.problem] == []
    return [(source.name, source.stem) for source in sources]


# --- files, folders and globs ------------------------------------------------


def test_files_and_standard_input(archive):
    assert found("-", "trip/day 1/b.tar.png", "missing.png", "/x/no.such/", "file:///x/a.b") == [
        ("-", "stdin"),
        ("trip/day 1/b.tar.png", "b.tar"),
        ("missing.png", "missing"),
        ("/x/no.such/", "no"),
        ("/x/a.b", "a"),
    ]
    with pytest.raises(ValueError, match="got an empty name; leave it out"):
        find(["trip", ""])


@pytest.mark.parametrize("name", ["trip", "trip/", "./trip", "trip/../trip"])
def test_a_folder_keeps_its_tree_and_is_sorted(archive, name):
    top = str(Path(name))
    assert found(name) == [
        (f"{top}/a.jpg", "a"),
        (f"{top}/c.PNG", "c"),
        (f"{top}/.hidden/d.tif", ".hidden/d"),
        (f"{top}/day 1/b.tar.png", "day 1/b.tar"),
    ]


def test_the_working_folder_is_a_folder(archive):
    assert found(".")[0] == ("trip/a.jpg", "trip/a")
    os.chdir("trip")
    assert found(".")[0] == ("a.jpg", "a")


def test_files_of_a_folder_that_are_no_images_are_counted_by_ending(tmp_path):
    for name in ("a.png", "b.TXT", "c.txt", "notes", ".hidden", "in/d.jpg", "in/e.xmp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    said = []
    assert len(list(find([str(tmp_path)], on_warning=said.append))) == 2
    sentence = f"{tmp_path}: not looked at: 2 .txt, 1 without an ending, 1 .xmp"
    assert said == [sentence]


def test_whatever_can_be_read_counts_and_a_raw_file_beside_its_picture_does_not(tmp_path):
    names = ("a.jfif", "b.avif", "c.MPO", "d.heic", "e.jxl", "f.dng", "g.CR2", "g.jpg", "h.j2k")
    for name in names:
        (tmp_path / name).touch()
    said = []
    names = [os.path.basename(s.name) for s in find([str(tmp_path)], on_warning=said.append)]
    assert names == ["a.jfif", "b.avif", "c.MPO", "d.heic", "f.dng", "g.jpg", "h.j2k"]
    assert said == [f"{tmp_path}: not looked at: 1 .jxl, 1 .cr2"]


def test_a_glob_is_sorted_flat_and_skips_folders(archive):
    touch("trip/folder.jpg/e.jpg", "trip/day 0/b.jpg")
    assert found("trip/**/*.jpg") == [
        ("trip/a.jpg", "a"),
        ("trip/day 0/b.jpg", "b"),
        ("trip/folder.jpg/e.jpg", "e"),
    ]
    assert found("trip/[ac].*") == [("trip/a.jpg", "a"), ("trip/c.PNG", "c")]
    assert found("trip/day ?/b.tar.png") == [("trip/day 1/b.tar.png", "b.tar")]
    assert [source for source, _ in found("trip/**")] == [
        "trip/a.jpg", "trip/c.PNG", "trip/notes.txt", "trip/day 0/b.jpg",
        "trip/day 1/b.tar.png", "trip/folder.jpg/e.jpg",
    ]  # fmt: skip
    assert found("nothing*.jpg") == [("nothing*.jpg", "nothing*")]


def test_a_glob_finds_what_the_standard_library_finds(archive):
    import glob

    touch("x.jpg", "y/x.jpg", "y/z/x.jpg", "y/z/.x.jpg", ".y/x.jpg", "-")
    for pattern in ("*", "**", "**/*", "*/*.jpg", "**/x.jpg", "./*/**/*.jpg", "y/**/z/*", "[-x]*"):
        expected = {p for p in glob.glob(pattern, recursive=True) if not os.path.isdir(p)}
        names = [source for source, _ in found(pattern)]
        assert {os.path.normpath(p) for p in names} == {os.path.normpath(p) for p in expected}
        assert len(names) == len(expected)
        assert "-" not in names  # which would be standard input


def test_a_file_that_is_named_like_a_glob_is_a_file(archive):
    touch("a[1]*.jpg", "a1x.jpg")
    assert found("a[1]*.jpg") == [("a[1]*.jpg", "a[1]*")]


NAMES = [
    "two\nlines.jpg", " spaces .jpg", "naïve 日本.jpg", os.fsdecode(b"\xff.jpg"),
    ".dotted.jpg", "..a..b.jpg", "..jpg", "...jpg", "'\",.jpg", "s3:.jpg", "a\\b.jpg",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_name_is_too_strange(archive, name):
    touch(f"odd/in/{name}")
    (source,) = found("odd")
    assert source[0] == f"odd/in/{name}"
    assert source[1] in (f"in/{name[:-4]}", f"in/{name}")
    assert source[1].split("/")[-1].strip(".")
    if name[0] != ".":
        assert found("odd/*/*g") == [(source[0], source[1][3:])]
    assert found(f"odd/in/{name}") == [(source[0], source[1][3:])]
    with open("odd/list.csv", "w", encoding="utf-8", errors="surrogateescape") as file:
        quoted = name.replace('"', '""')
        file.write(f'image\n"in/{quoted}"\n')
    assert found("odd/list.csv") == [source]


def test_links_are_followed_but_never_in_circles(archive):
    os.symlink("../../trip", "trip/day 1/loop")
    os.symlink("day 1", "trip/other")
    os.symlink("..", "trip/day 1/up")
    os.symlink("nowhere.jpg", "trip/broken.jpg")
    os.symlink("itself.jpg", "trip/itself.jpg")
    notes = []
    names = [source for source, _ in found("trip", on_warning=notes.append)]
    assert names == [
        "trip/a.jpg", "trip/broken.jpg", "trip/c.PNG", "trip/itself.jpg", "trip/.hidden/d.tif",
        "trip/day 1/b.tar.png", "trip/other/b.tar.png",
    ]  # fmt: skip
    assert notes == [
        f"trip/{folder}: leads back to trip and was not searched again"
        for folder in ("day 1/loop", "day 1/up", "other/loop", "other/up")
    ] + [NO_IMAGES]


def test_a_link_to_a_folder_above_ends_where_it_comes_back(archive):
    os.symlink("..", "trip/up")
    touch("aside/e.jpg")
    notes = []
    names = [source for source, _ in found("trip", on_warning=notes.append)]
    assert "trip/up/aside/e.jpg" in names
    assert notes[0] == "trip/up/trip: leads back to trip and was not searched again"


def test_an_unreadable_folder_is_a_problem_and_the_search_goes_on(archive, monkeypatch):
    scandir = os.scandir

    def refusing(path):
        if str(path).endswith((".hidden", "locked")):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    os.mkdir("locked")
    monkeypatch.setattr(os, "scandir", refusing)
    sources = list(find(["trip", "locked"]))
    assert [source.name for source in sources if not source.problem] == [
        "trip/a.jpg", "trip/c.PNG", "trip/day 1/b.tar.png",
    ]  # fmt: skip
    assert [source for source in sources if source.problem] == [
        Source(
            name, stem, f"{name}: could not be searched (Permission denied)"
        )
        for name, stem in (("trip/.hidden", ".hidden"), ("locked", "locked"))
    ]  # fmt: skip


# --- where maps go -----------------------------------------------------------


@pytest.mark.parametrize("output", ["trip/maps", "./trip/../trip/maps/", "link", "absolute"])
def test_where_maps_go_is_not_searched(archive, output):
    touch("trip/maps/a.png", "trip/maps/day 1/b.png")
    os.symlink("trip/maps", "link")
    output = str(archive / "trip/maps") if output == "absolute" else output
    notes = []
    names = [source for source, _ in found("trip", output=output, on_warning=notes.append)]
    assert names == ["trip/a.jpg", "trip/c.PNG", "trip/.hidden/d.tif", "trip/day 1/b.tar.png"]
    assert notes == [f"{output}: is where results go and was not searched", NO_IMAGES]
    notes.clear()
    names = [source for source, _ in found("**/*.png", output=output, on_warning=notes.append)]
    assert names == ["trip/day 1/b.tar.png"]
    assert notes == [f"{output}: is where results go and was not searched"]


def test_what_a_link_finds_where_maps_go_is_left_out_too(archive):
    touch("maps/day/a.png")
    os.symlink("../maps/day", "trip/yesterday")
    assert ("trip/yesterday/a.png", "yesterday/a") in found("trip")
    assert not [s for s, _ in found("trip", output="maps") if "yesterday" in s]


def test_maps_made_during_the_search_are_not_found_by_it(archive):
    names = []
    for source in find(["."], output="trip/day 2"):
        names.append(source.name)
        touch("trip/day 2/map.png")
    assert names[0] == "trip/a.jpg"
    assert "trip/day 2/map.png" not in names


@pytest.mark.parametrize(
    ("name", "output", "says", "other"),
    [
        ("trip", "trip", "trip", "trip-saliency"),
        ("trip/", "./trip", "trip/", "trip-saliency"),
        (".", ".", ".", "saliency"),
        ("trip/*.jpg", "trip", "trip/*.jpg", "trip-saliency"),
        ("*/a.jpg", ".", "*/a.jpg", "saliency"),
    ],
)
def test_a_folder_is_not_searched_where_maps_go(archive, name, output, says, other):
    with pytest.raises(ValueError, match="is searched") as told:
        find(["trip/a.jpg", name], output=output)
    assert str(told.value) == (
        f"{says}: is searched for images and is where results go too; "
        f"choose another output folder, such as {other}"
    )


def test_what_is_named_where_maps_go_is_mapped(archive):
    assert found("trip/a.jpg", "trip/missing.jpg", output="trip")[0] == ("trip/a.jpg", "a")
    assert found("trip/day 1", output="trip") == [("trip/day 1/b.tar.png", "b.tar")]
    assert found("trip/day 1/*", output=".") == [("trip/day 1/b.tar.png", "b.tar")]
    assert found("a.jpg", output="a.jpg") == [("a.jpg", "a")]


# --- manifests ---------------------------------------------------------------


def write_csv(name, *cells, column="image"):
    import csv

    with open(name, "w", newline="", encoding="utf-8-sig") as file:
        rows = csv.writer(file)
        rows.writerow(["n", column, "label"])
        rows.writerows([n, cell, "x"] for n, cell in enumerate(cells))


def write_parquet(name, *cells, column="image"):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    columns = {"n": range(len(cells)), column: list(cells), "label": ["x"] * len(cells)}
    parquet.write_table(pyarrow.table(columns), name)


WRITERS = [("list.csv", write_csv), ("LIST.Parquet", write_parquet)]


@pytest.mark.parametrize(("name", "write"), WRITERS)
def test_rows_name_images_from_the_manifest_s_folder(archive, name, write):
    name = f"trip/{name}"
    write(
        name, "a.jpg", "day 1/b.tar.png", "./x//y.png", "../c.jpg", "/data/x/a.jpg",
        "s3://bucket/x/a.jpg", "https://me:pw@host/x/a.jpg?size=2", "file:///data/b.jpg",
        "day 1/../a.jpg", "a/../../b.jpg", "-", "two\nlines, and more.jpg", "*.jpg", "list.csv",
    )  # fmt: skip
    here = str(archive).strip("/")
    assert found(name) == [
        ("trip/a.jpg", "a"),
        ("trip/day 1/b.tar.png", "day 1/b.tar"),
        ("trip/x/y.png", "x/y"),
        ("trip/../c.jpg", f"{here}/c"),
        ("/data/x/a.jpg", "data/x/a"),
        ("s3://bucket/x/a.jpg", "bucket/x/a"),
        ("https://me:pw@host/x/a.jpg?size=2", "host/x/a"),
        ("/data/b.jpg", "data/b"),
        ("trip/day 1/../a.jpg", "a"),
        ("trip/a/../../b.jpg", f"{here}/b"),
        ("trip/-", "-"),
        ("trip/two\nlines, and more.jpg", "two\nlines, and more"),
        ("trip/*.jpg", "*"),
        ("trip/list.csv", "list"),
    ]
    os.chdir("trip")
    assert ("./-", "-") in found(name[5:])


@pytest.mark.parametrize("row", ["..", ".", "/", "a/..", "../../../../../../../../x.jpg", "/../x"])
def test_no_row_leads_out_of_the_output(archive, row):
    write_csv("list.csv", row)
    ((_, stem),) = found("list.csv")
    assert stem
    assert not stem.startswith("/")
    assert ".." not in stem.split("/")


@pytest.mark.parametrize(("name", "write"), WRITERS)
def test_an_empty_cell_is_a_problem_and_the_next_row_is_not(archive, name, write):
    write(name, "a.jpg", "b.jpg", "", None, " ", "b\0.jpg", "c.jpg")
    sources = list(find([name]))
    assert [source.name for source in sources if not source.problem] == ["a.jpg", "b.jpg", "c.jpg"]
    assert [source.problem for source in sources if source.problem] == [
        f"{name}: row {n} names no image" for n in (3, 4, 5, 6)
    ]
    assert len({source.name for source in sources}) == len({source.stem for source in sources}) == 7


def test_rows_may_be_short_and_lines_empty(archive):
    Path("list.csv").write_text("label,image\n\nx,a.jpg\nx\n\nx,b.jpg,more\n")
    assert [source.problem or source.name for source in find(["list.csv"])] == [
        "a.jpg", "list.csv: row 2 names no image", "b.jpg",
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "write"), WRITERS)
def test_a_column_is_chosen_and_a_missing_one_is_told_before_work(archive, name, write):
    write(name, "a.jpg", column="file")
    assert found(name, column="file") == [("a.jpg", "a")]
    with pytest.raises(ValueError, match="no column") as told:
        find(["trip", name])
    assert str(told.value) == (
        f"{name}: has no column 'image'; it has n, file, label; call one image, or pass column="
    )


def test_a_column_of_numbers_names_no_images(archive):
    write_parquet("list.parquet", "a.jpg")
    with pytest.raises(ValueError, match="column") as told:
        find(["list.parquet"], column="n")
    assert str(told.value) == (
        "list.parquet: column 'n' must hold names of images, got int64; "
        "write names into it, or pass column="
    )


@pytest.mark.parametrize("kind", ["large_string", "string_view", "dictionary"])
def test_text_of_any_kind_names_images(archive, kind):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    text = pyarrow.array(["a.jpg", "b.jpg"])
    try:
        if kind == "dictionary":
            column = text.dictionary_encode()
        else:
            column = text.cast(getattr(pyarrow, kind)())
        parquet.write_table(pyarrow.table({"image": column}), "list.parquet")
    except pyarrow.ArrowNotImplementedError:
        pytest.skip(f"pyarrow {pyarrow.__version__} cannot write {kind}")
    assert found("list.parquet") == [("a.jpg", "a"), ("b.jpg", "b")]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.csv", None, "a.csv: could not be read (No such file or directory); check the name"),
        ("a.csv", b"", "a.csv: is empty (0 bytes); a column 'image' that names images was exp"),
        ("a.parquet", b"", "a.parquet: is empty (0 bytes); a column 'image' that names images"),
        ("a.csv", b"\n", "a.csv: has no column 'image'; it has none; call one image, or pass"),
        ("a.csv", b"\xff\xfei\0m\0", "a.csv: has no column 'image'; it has '\\udcff"),
        ("a.csv", b"x" * 200_000, "a.csv: is damaged (field larger than field limit (131072)); "),
        ("a.parquet", b"words", "a.parquet: is damaged (Parquet "),
    ],
)
def test_a_manifest_that_cannot_be_read_is_one_sentence(archive, name, data, says):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    if data is not None:
        Path(name).write_bytes(data)
    with pytest.raises(ValueError, match=name) as told:
        find([name])
    assert str(told.value).startswith(says)
    assert str(told.value).isprintable()


def test_a_manifest_damaged_further_on_is_a_problem_where_it_is(archive):
    Path("list.csv").write_text('image\na.jpg\n"' + "x" * 200_000)
    sources = list(find(["list.csv", "b.jpg"]))
    assert [source.problem or source.name for source in sources] == [
        "a.jpg",
        "list.csv: is damaged after row 1 (field larger than field limit (131072)); get it anew",
        "b.jpg",
    ]


def test_parquet_says_what_to_install(archive, monkeypatch):
    Path("list.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r'pyarrow, .* run: .* -m pip install "psysal\[batch\]"'):
        find(["list.parquet"])


def test_a_folder_or_a_glob_may_be_named_as_a_manifest(archive):
    touch("all.csv/a.jpg")
    assert found("all.csv") == [("all.csv/a.jpg", "a")]
    write_csv("trip/1.csv", "a.jpg")
    write_csv("trip/2.csv", "b.jpg")
    assert found("trip/*.csv") == [("trip/a.jpg", "a"), ("trip/b.jpg", "b")]


# --- laziness ----------------------------------------------------------------


@pytest.fixture
def long_csv(archive):
    with open("long.csv", "w") as file:
        file.write("image\n")
        file.writelines(f"folder {n // 1000}/image {n}.jpg\n" for n in range(200_000))
    return "long.csv"


def test_the_first_item_is_there_before_the_manifest_is_read(long_csv, monkeypatch):
    opened, text = [], module._text

    def remembered(path):
        opened.append(text(path))
        return opened[-1]

    monkeypatch.setattr(module, "_text", remembered)
    sources = find([long_csv])
    assert next(sources) == Source("folder 0/image 0.jpg", "folder 0/image 0")
    assert opened[0].closed
    assert opened[1].buffer.tell() < 100_000 < os.path.getsize(long_csv)
    sources.close()
    assert opened[1].closed


GROWTH = """
import resource, sys
from psysal.archive.inputs import find
def peak():
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
sources = find(sys.argv[1:])
next(sources)
before = peak()
print(1 + sum(1 for _ in sources), peak() - before)
"""


@pytest.mark.parametrize(("kind", "most"), [("csv", 5e6), ("parquet", 3e7)])
def test_memory_does_not_grow_with_the_archive(long_csv, kind, most):
    """In a process of its own, whose peak is known; a list of these sources takes 60 MB."""
    name = f"long.{kind}"
    if kind == "parquet":  # of which a batch is held
        write_parquet(name, *(f"folder/image {n}.jpg" for n in range(200_000)))
    done = subprocess.run(
        [sys.executable, "-c", GROWTH, name], capture_output=True, text=True, check=True
    )
    count, growth = map(int, done.stdout.split())
    assert count == 200_000
    assert growth < most


def test_folders_are_listed_when_their_turn_comes(archive, monkeypatch):
    touch(*(f"big/{n:03}/a.jpg" for n in range(100)))
    listed, scandir = [], os.scandir

    def counting(path):
        listed.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", counting)
    assert len(list(itertools.islice(find(["big"]), 3))) == 3
    assert len(listed) == 4


# --- addresses ---------------------------------------------------------------


@pytest.fixture
def memory():
    fsspec = pytest.importorskip("fsspec")
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    for name in ("a.jpg", "c.PNG", "notes.txt", "day 1/b.png", "day 1/maps/b.png", "day 0/..jpg"):
        files.write(f"memory://trip/{name}", b"")
    yield fs
    fs.store.clear()


def test_a_folder_at_an_address_keeps_its_tree(memory):
    expected = [
        ("memory://trip/a.jpg", "a"),
        ("memory://trip/c.PNG", "c"),
        ("memory://trip/day 0/..jpg", "day 0/..jpg"),
        ("memory://trip/day 1/b.png", "day 1/b"),
        ("memory://trip/day 1/maps/b.png", "day 1/maps/b"),
    ]
    assert found("memory://trip") == found("memory://trip/") == expected
    notes = []
    options = {"output": "memory://trip/day 1/maps/", "on_warning": notes.append}
    assert found("memory://trip", **options) == expected[:-1]
    assert found("memory://trip/**/*.png", **options) == [("memory://trip/day 1/b.png", "b")]
    avoided = "memory://trip/day 1/maps/: is where results go and was not searched"
    assert notes == [avoided, f"memory://{NO_IMAGES}", avoided]
    with pytest.raises(ValueError, match="output folder, such as memory://trip-saliency"):
        find(["memory://trip/"], output="memory://trip")


def test_a_folder_at_an_address_that_cannot_be_listed_is_a_problem(memory, monkeypatch):
    listed = type(memory).ls

    def refusing(self, path, **options):
        if path.endswith("day 0"):
            raise PermissionError("Forbidden")
        return listed(self, path, **options)

    monkeypatch.setattr(type(memory), "ls", refusing)
    assert [source.problem or source.stem for source in find(["memory://trip"])] == [
        "a", "c", "memory://trip/day 0: could not be searched (Forbidden)",
        "day 1/b", "day 1/maps/b",
    ]  # fmt: skip


def test_a_glob_at_an_address_that_cannot_be_searched_is_a_problem(memory, monkeypatch):
    def refusing(*_, **__):
        raise PermissionError("Forbidden")

    monkeypatch.setattr(type(memory), "find", refusing)
    problem = "memory://trip/*.jpg: could not be searched (Forbidden)"
    assert list(find(["memory://trip/*.jpg"])) == [Source("memory://trip/*.jpg", "*", problem)]
    with pytest.raises(ValueError, match=r"^memory://trip/\*\.csv: could not be searched \(Forb"):
        find(["memory://trip/*.csv"])


def test_a_scheme_that_no_one_knows_is_told_before_work(archive):
    pytest.importorskip("fsspec")
    for inputs, output in ((["trip", "wais://x"], None), (["trip"], "wais://x")):
        with pytest.raises(ValueError, match=r"^wais://x: could not be reached \(an addr"):
            find(inputs, output=output)


def test_web_pages_are_files_whatever_they_are_called(web):
    pytest.importorskip("aiohttp")
    start = f"http://me:secret@{web.host}"
    assert found(f"{start}/x/a.jpg?size=2#b", f"{start}/x/", f"{start}/a*?b", f"{start}/") == [
        (f"{start}/x/a.jpg?size=2#b", "a"),
        (f"{start}/x/", "x"),
        (f"{start}/a*?b", "a*"),
        (f"{start}/", "127.0.0"),
    ]
    assert web.asked == []


def test_a_manifest_of_the_web(web, archive):
    pytest.importorskip("aiohttp")
    touch("www/sets/list.csv", data=b'image\na.jpg\n./x//b.jpg?size=2\n../c.jpg\n/data/d.jpg\n""')
    name = f"http://me:secret@{web.host}/sets/list.csv?token=secret"
    start = f"http://me:secret@{web.host}"
    *sources, empty = find([name])
    assert [(source.name, source.stem) for source in sources] == [
        (f"{start}/sets/a.jpg", "a"),
        (f"{start}/sets/x/b.jpg?size=2", "x/b"),
        (f"{start}/c.jpg", f"{web.host}/c"),
        ("/data/d.jpg", "data/d"),
    ]
    shown = f"http://***@{web.host}/sets/list.csv?token=***"
    assert empty.problem == f"{shown}: row 5 names no image"
    for wrong, says in (
        (f"{name}&x=1", "has no column 'x'"),
        (f"{start}/none.csv", "No such file"),
    ):
        with pytest.raises(ValueError, match=says) as told:
            find([wrong], column="x")
        assert "secret" not in str(told.value)


def test_the_copy_of_a_manifest_is_gone_in_the_end(web, archive, monkeypatch):
    pytest.importorskip("aiohttp")
    import tempfile

    (archive / "copies").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(archive / "copies"))
    touch("www/list.csv", data=b"image\na.jpg\nb.jpg\n")
    for sources in (find([f"{web.address}/list.csv"]) for _ in range(2)):
        assert len(os.listdir("copies")) == 1
        del sources  # never asked
        break
    sources = find([f"{web.address}/list.csv"])
    next(sources)
    assert os.listdir("copies")
    sources.close()
    assert os.listdir("copies") == []


def test_a_bucket_is_searched(bucket, archive):
    write_csv("list.csv", "a b.jpg", "/data/x.jpg")
    keys = ["trip/a b.jpg", "trip/c::d.PNG", "trip/notes.txt", "trip/day 1/two lines;.png",
            "trip/empty/", "trip/day 2/日本[1].png"]  # fmt: skip
    for key in keys:
        bucket.put_object(Bucket="photos", Key=key, Body=b"1")
    bucket.put_object(Bucket="photos", Key="trip/list.CSV", Body=Path("list.csv").read_bytes())
    expected = [
        ("s3://photos/trip/a b.jpg", "a b"),
        ("s3://photos/trip/c::d.PNG", "c::d"),
        ("s3://photos/trip/day 1/two lines;.png", "day 1/two lines;"),
        ("s3://photos/trip/day 2/日本[1].png", "day 2/日本[1]"),
    ]
    assert found("s3://photos/trip") == expected
    assert found("s3://photos") == [(source, f"trip/{stem}") for source, stem in expected]
    assert found("s3://photos/trip/*/*.png") == [
        (source, stem.split("/")[1]) for source, stem in expected[2:]
    ]
    assert found("s3://photos/trip/a b.jpg", "s3://photos/none", "s3://photos/none*.jpg") == [
        ("s3://photos/trip/a b.jpg", "a b"),
        ("s3://photos/none", "none"),
        ("s3://photos/none*.jpg", "none*"),
    ]
    assert found("s3://photos/trip/day 2/日本[1].png") == [
        ("s3://photos/trip/day 2/日本[1].png", "日本[1]")
    ]
    assert found("s3://photos/trip/list.CSV") == [
        ("s3://photos/trip/a b.jpg", "a b"), ("/data/x.jpg", "data/x"),
    ]  # fmt: skip
    assert files.read(expected[2][0])[0] == b"1"


def test_what_comes_into_a_bucket_is_found_by_the_next_search(bucket):
    assert found("s3://photos/later") == [("s3://photos/later", "later")]
    bucket.put_object(Bucket="photos", Key="later/a.jpg", Body=b"1")
    assert found("s3://photos/later") == [("s3://photos/later/a.jpg", "a")]
    bucket.put_object(Bucket="photos", Key="later/b.jpg", Body=b"1")
    assert len(found("s3://photos/later")) == 2
