"""Tables as programs of many countries and systems write them: equal fixations, or refused."""

import itertools
import unicodedata

import pytest
from PIL import Image

from psysal.gaze import dataset, read_table

NAMES = ("in/café.png", "in/cat, 2.png")
ROWS = [
    (name, subject, float(order), x, y)
    for name in NAMES
    for subject in ("01", "2")
    for order, (x, y) in enumerate([(12.5, 7.25), (3.0, 4.0)])
]
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
ENDS = ("", "separator", "blank lines", "windows", "comments")
FORMS = {
    "NFC": lambda name: unicodedata.normalize("NFC", name),
    "NFD": lambda name: unicodedata.normalize("NFD", name),
    "backslash": lambda name: name.replace("/", "\\"),
    "drive": lambda name: "C:\\data\\pictures\\" + name.replace("/", "\\"),
    "another folder": lambda name: "/home/ann/" + name,
    "case": str.upper,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A set of two pictures, without its table."""
    folder = tmp_path_factory.mktemp("set")
    (folder / "pictures" / "in").mkdir(parents=True)
    for name in NAMES:
        Image.new("L", (40, 30)).save(folder / "pictures" / name)
    (folder / "dataset.toml").write_text('images = "pictures/*/*.png"\nfixations = "f.csv"\n')
    return folder


def text(separator, decimal, end, form):
    def cell(value):
        value = str(value).replace(".", decimal) if isinstance(value, float) else str(value)
        return f'"{value}"' if separator in value else value

    rows = [("image", "subject", "order", "x", "y")]
    rows += [(FORMS[form](name), *values) for name, *values in ROWS]
    lines = [separator.join(map(cell, row)) for row in rows]
    if end == "separator":
        lines = [line + separator for line in lines[:1]] + [
            line + 2 * separator for line in lines[1:]
        ]
    elif end == "blank lines":
        lines = ["", *itertools.chain.from_iterable((line, "  ") for line in lines)]
    elif end == "comments":
        lines = ["# written by a program; x, y", *lines, "# end"]
    return ("\r\n" if end == "windows" else "\n").join(lines) + "\n"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("separator", SEPARATORS)
def test_all_ways_to_write_a_table_are_the_same_fixations(folder, separator, decimal, end, form):
    written = text(SEPARATORS[separator], decimal, end, form)
    for encoding in ENCODINGS:
        (folder / "f.csv").write_bytes(written.encode(encoding))
        read = dataset(folder).fixations
        columns = (read.image, read.subject, read.order, read.x, read.y)
        assert list(zip(*(column.tolist() for column in columns), strict=True)) == ROWS, encoding


def refuse(tmp_path, content, message):
    path = tmp_path / "f.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=rf"f\.csv: {message}"):
        read_table(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("image,x,y\na,1,024.5,3\n", r"line 2: 3 values were expected, found 4; with decimal com"),
        ("image;x;y\na;1,024.5;3\n", r"line 2: x must have one decimal mark, got '1,024\.5'"),
        ("image;x;y\na;1,5;3\nb;1.5;3\n", "line 2: x must have one decimal mark, got '1,5'"),
        ("image,order,x,y\na,1.5,2,3\n", "line 2: order must be an integer, got '1.5'"),
        ("image,order,x,y\na,1_0,2,3\n", "line 2: order must be an integer, got '1_0'"),
        ("image,x,y\na,1_0,2\n", "line 2: x must be a number, got '1_0'"),
        ("# notes\n\nimage,x,y,y\na,1,2,3\n", "line 3: one column y was expected, found 2"),
        ("# notes\nimage x y\n", "line 2: columns image, x, y were expected, found image x y"),
        ("image,x,y\ncaf\u00e9,1,2\n".encode("latin-1"), r"UTF-8 .* found the byte 0xe9 at 13; .*"
         r"iconv -f WINDOWS-1252 -t UTF-8 f\.csv > utf8-f\.csv"),
    ],
)  # fmt: skip
def test_a_table_that_could_be_read_in_two_ways_is_refused(tmp_path, content, message):
    refuse(tmp_path, content, message)


def test_a_doubled_column_that_nobody_asks_for_is_none_of_our_business(tmp_path):
    (tmp_path / "f.csv").write_text("image,x,y,note,note\na,1,2,,\n")
    assert read_table(tmp_path / "f.csv").x.tolist() == [1.0]


def test_two_paths_of_one_image_are_refused(folder):
    (folder / "f.csv").write_text("image,x,y\na/cat, 2.png,1,1\n".replace("cat, 2", "café"))
    assert dataset(folder).fixations.images == ("in/café.png",)
    (folder / "f.csv").write_text("image,x,y\na/café.png,1,1\nb/café.png,2,2\n")
    with pytest.raises(ValueError, match=r"one name of the image in/café\.png was expected, fou"):
        dataset(folder)


def test_orders_from_1_are_taken_as_stated(folder):
    layout = (folder / "dataset.toml").read_text()
    (folder / "f.csv").write_text("image,order,x,y\nin/café.png,1,3,3\nin/café.png,2,4,4\n")
    try:
        for first, order in ((0, [1, 2]), (1, [0, 1])):
            (folder / "dataset.toml").write_text(f"{layout}first = {first}\n")
            assert dataset(folder).fixations.order.tolist() == order
    finally:
        (folder / "dataset.toml").write_text(layout)


def test_orders_that_run_on_from_image_to_image_are_said(folder):
    layout = (folder / "dataset.toml").read_text()
    rows = [("café", n) for n in (1, 2)] + [("cat, 2", n) for n in (3, 4)]
    lines = [f'"in/{name}.png",{s},{n},3,3' for s in (1, 2) for name, n in rows]
    lines += ['"in/café.png",3,9,3,3', '"in/cat, 2.png",3,7,3,3']
    (folder / "f.csv").write_text("image,subject,order,x,y\n" + "\n".join(lines))
    message = r"f\.csv: orders that begin at 1 .* in 4 of 6 scanpaths.*\.toml:\nfirst = \"each\"$"
    with pytest.warns(UserWarning, match=message):
        dataset(folder)
    try:
        (folder / "dataset.toml").write_text(f'{layout}first = "each"\n')
        assert dataset(folder).fixations.order.tolist() == [0, 1, 0, 1, 0, 1, 0, 1, 0, 0]
        (folder / "dataset.toml").write_text(f"{layout}first = true\n")
        with pytest.raises(ValueError, match="first must be an integer or each, got True"):
            dataset(folder)
    finally:
        (folder / "dataset.toml").write_text(layout)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("MediaName\tFixationPointX (MCSpx)\n", r"dataset\.toml:\nformat = \"tobii\"$"),
        ("MSG 1 TRIALID\nEFIX R 1 2 3 4 5 6\n", r"dataset\.toml:\nformat = \"eyelink\"$"),
        (b"PK\x03\x04\x00\x00", "UTF-8 text was expected, found a binary file; save a spreadshe"),
    ],
)
def test_an_export_that_is_not_called_one_says_which_it_is(tmp_path, content, message):
    refuse(tmp_path, content, f"(.|\n)*{message}")


def test_the_line_of_excel_that_tells_the_separator_is_read(tmp_path):
    (tmp_path / "f.csv").write_text("sep=;\nimage;x;y\na;1,5;2\n")
    assert read_table(tmp_path / "f.csv").x.tolist() == [1.5]
