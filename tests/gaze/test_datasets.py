"""Data sets: folders with images and fixations, published sets and downloads."""

import functools
import hashlib
import http.server
import threading
import zipfile

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from psysal.gaze import Dataset, Fixations, Layout, dataset, fetch, published, write_hdf5


@pytest.fixture
def own(tmp_path):
    """A set of one's own: pictures in folders, a table, and its layout."""
    folder = tmp_path / "own"
    for name, (rows, cols) in {
        "in/2.png": (6, 9),
        "in/10.png": (5, 5),
        "out/1.png": (7, 3),
    }.items():
        (folder / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (cols, rows)).save(folder / "photos" / name)
    (folder / "table.csv").write_text("file,x,y\nin/2.png,3,4\nin/2.png,5,1\nout/1.png,1,1\n")
    (folder / "dataset.toml").write_text(
        'images = "photos/*/*.png"\nfixations = "table.csv"\ncolumns = {image = "file"}\n'
        'ppd = 40\nsource = "made for a test"\n'
    )
    return folder


def test_a_set_of_one_s_own_is_read(own):
    read = dataset(own)
    assert (read.name, read.ppd, read.source) == ("own", 40.0, "made for a test")
    assert list(read.images) == ["in/2.png", "in/10.png", "out/1.png"]
    assert read.sizes == {"in/2.png": (6, 9), "in/10.png": (5, 5), "out/1.png": (7, 3)}
    assert read.fixations.images == ("in/2.png", "out/1.png")
    assert read.images["in/2.png"].exists()


def test_a_bare_name_is_looked_up_among_the_sets(own, monkeypatch):
    monkeypatch.setenv("PSYSAL_DATA", str(own.parent))
    assert dataset("own").name == "own"
    hint = r'cat2000: .* none here, nor in .*; get it from http.*, or pass "cat2000" to psysal'
    with pytest.raises(ValueError, match=hint):
        dataset("cat2000")
    monkeypatch.delenv("PSYSAL_DATA")
    with pytest.raises(ValueError, match="PSYSAL_DATA names no folder of sets"):
        dataset("own")
    with pytest.raises(ValueError, match="found none; check the path"):
        dataset(own / "elsewhere")


def test_sizes_are_read_when_asked_for_and_are_those_of_upright_pictures(own):
    read = dataset(own)
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("L", (9, 6)).save(own / "photos" / "in" / "2.png", exif=turned)
    assert read.sizes["in/2.png"] == (9, 6)
    (own / "photos" / "in" / "10.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"10\.png: "):
        _ = dataset(own).sizes


def test_fixations_on_images_that_are_not_there_are_an_error(own):
    rows = "".join(f"dog{n}.png,1,1\n" for n in range(5))
    (own / "table.csv").write_text("file,x,y\nin/2.png,3,4\n" + rows)
    message = r"not there: dog0\.png, dog1\.png, dog2\.png and 2 more; there are in/2\.png, in/10"
    with pytest.raises(ValueError, match=message):
        dataset(own)
    with pytest.raises(ValueError, match="not there: a; there are none"):
        Dataset("mine", {}, Fixations(["a"], [0], [0], [1], [1]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("images = ", r"dataset\.toml: TOML was expected"),
        ("ppd = 3", r"dataset\.toml: images was expected"),
        ('images = "*"\nfixation = "a"', r"keys must be among images, .*, got fixation"),
        ('images = "*"', r"dataset\.toml: either fixations or maps must be given"),
        ('images = "*"\nmaps = "a"\nfixations = "b"', "either fixations or maps"),
        ('images = 3\nmaps = "a"', "images must be a string, got 3"),
        ('images = "*"\nmaps = "a"\nppd = -1', r"dataset\.toml: ppd must be a positive number"),
        ('images = "*"\nmaps = "a"\ncolumns = {x = 1}', "columns must be named by strings"),
        ('images = "/*"\nmaps = "a"', r"images must be below the folder of the set, got '/\*'"),
        ('images = "*.jpg"\nmaps = "a"', r"images \*\.jpg were expected, found dataset\.toml"),
        ('images = "photos/*/*"\nmaps = "gaze"', "gaze was expected, found dataset.toml, photos"),
    ],
)
def test_a_description_that_cannot_be_right_is_refused(own, text, message):
    (own / "dataset.toml").write_text(text)
    with pytest.raises(ValueError, match=message):
        dataset(own)


def test_a_folder_of_another_layout_says_what_was_expected(tmp_path):
    (tmp_path / "osie").mkdir()
    with pytest.raises(
        ValueError, match=r"osie: images images/\*\.jpg were expected, found nothin"
    ):
        dataset(tmp_path / "osie")
    (tmp_path / "osie" / "images").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "osie" / "images" / "1001.jpg")
    with pytest.raises(ValueError, match=r"osie: fixations\.mat was expected, found images; put"):
        dataset(tmp_path / "osie")
    with pytest.raises(ValueError, match=r"a dataset\.toml was expected, or a folder called osie,"):
        dataset(tmp_path)


def test_maps_are_matched_to_pictures_by_name_without_suffix(fixation_map, tmp_path):
    folder = tmp_path / "CAT2000"
    for kind in ("Stimuli", "FIXATIONLOCS"):
        (folder / kind / "Action").mkdir(parents=True)
    Image.new("L", (9, 6)).save(folder / "Stimuli" / "Action" / "001.jpg")
    savemat(folder / "FIXATIONLOCS" / "Action" / "001.mat", {"fixLocs": fixation_map((4, 3))})
    read = dataset(folder)
    assert (read.fixations.images, read.ppd) == (("Action/001.jpg",), 38)
    Image.new("L", (9, 6)).save(folder / "Stimuli" / "Action" / "001.png")
    (folder / "dataset.toml").write_text('images = "Stimuli/*/*"\nmaps = "FIXATIONLOCS"')
    with pytest.raises(ValueError, match="not there: Action/001; there are"):  # which of the two?
        dataset(folder)


def test_toronto_is_read_as_it_is_published(fixation_map, tmp_path):
    folder = tmp_path / "toronto"
    (folder / "Original Image Set").mkdir(parents=True)
    for number in (1, 2):
        Image.new("L", (9, 6)).save(folder / "Original Image Set" / f"{number}.jpg")
    cells = np.empty(2, dtype=object)
    cells[:] = [fixation_map((3, 2)), fixation_map((1, 1))]
    savemat(folder / "origfixdata.mat", {"white": cells})
    assert dataset(folder).fixations.images == ("1.jpg", "2.jpg")


def test_hdf5_belongs_to_a_set_too(own, h5py):
    write_hdf5(Fixations(["in/2.png"], [0], [0], [1], [1]), own / "table.h5")
    (own / "dataset.toml").write_text('images = "photos/*/*"\nfixations = "table.h5"')
    assert dataset(own).fixations.images == ("in/2.png",)


def test_the_known_sets_have_the_pixels_per_degree_of_their_displays():
    ppd = {name: layout.ppd for name, layout in published.LAYOUTS.items()}
    assert ppd == {"osie": 24, "mit1003": 35, "toronto": 32, "cat2000": 38, "kth": 34,
                   "interiors": None, "crowd": None, "salicon": None, "figrim": None,
                   "doves": 60}  # fmt: skip
    assert all(isinstance(layout, Layout) for layout in published.LAYOUTS.values())


def test_osie_is_read_whole(data):
    osie = dataset(data / "osie")
    fixations = osie.fixations
    assert (len(osie.images), len(fixations.images), len(fixations.subjects)) == (700, 700, 15)
    assert (len(fixations), osie.ppd) == (98_321, 24)
    assert set(osie.sizes.values()) == {(600, 800)}
    assert fixations.of("1001.jpg").x[:3].tolist() == [395.5, 390.6, 370.8]
    inside, dropped = fixations.inside(osie.sizes)
    assert len(inside) + dropped == len(fixations)
    others = fixations.others("1001.jpg", osie.sizes)
    assert len(others) == len(fixations) - len(fixations.of("1001.jpg"))
    assert np.isfinite(fixations.duration).all()


def test_interiors_are_read_whole(data):
    interiors = dataset(data / "interiors")
    fixations = interiors.fixations
    assert (len(interiors.images), len(fixations), len(fixations.subjects)) == (67, 6959, 57)
    assert set(fixations.order.tolist()) == {1, 2}  # the second and the third
    assert len(fixations.without_first()) == len(fixations)
    assert fixations.inside(interiors.sizes)[1] == 0
    assert interiors.ppd is None


def test_eyecrowd_is_read_whole(data):
    crowd = dataset(data / "crowd")
    fixations = crowd.fixations
    assert (len(crowd.images), len(fixations), len(fixations.subjects)) == (500, 126_345, 16)
    assert set(crowd.sizes.values()) == {(600, 800)}
    assert fixations.of("001.jpg").x[:2].tolist() == [374.45, 393.28]


# --- downloads ---------------------------------------------------------------


@pytest.fixture
def served(own, tmp_path, monkeypatch):
    """A set as a ZIP file on a server of this machine; gives its address and checksum."""
    pytest.importorskip("pooch")
    public = tmp_path / "public"
    public.mkdir()
    with zipfile.ZipFile(public / "own.zip", "w") as archive:
        for file in sorted(own.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(own.parent))

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(public))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "sets").mkdir()
    monkeypatch.setenv("PSYSAL_DATA", str(tmp_path / "sets"))
    checksum = "md5:" + hashlib.md5((public / "own.zip").read_bytes()).hexdigest()
    yield f"http://127.0.0.1:{server.server_port}/own.zip", checksum
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_set_is_downloaded_checked_and_read(served, monkeypatch, tmp_path):
    url, checksum = served
    monkeypatch.setitem(published.DOWNLOADS, "cats", published.Download(url, checksum, "own"))
    folder = fetch("cats")
    assert folder == tmp_path / "sets" / "cats"
    assert len(dataset("cats").fixations) == 3
    assert [path.name for path in folder.parent.iterdir()] == ["cats"]
    (folder / "mine.txt").write_text("kept")
    assert fetch("cats") == folder
    assert (folder / "mine.txt").read_text() == "kept"


def test_a_download_that_is_not_what_was_expected_leaves_nothing(served, monkeypatch, tmp_path):
    url, checksum = served
    wrong = {
        "could not be downloaded from .*hash": published.Download(url, "md5:" + "0" * 32),
        "could not be downloaded from .*404": published.Download(url + "x", checksum),
        "a folder elsewhere was expected in": published.Download(url, checksum, "elsewhere"),
    }
    for message, source in wrong.items():
        monkeypatch.setitem(published.DOWNLOADS, "cats", source)
        with pytest.raises(ValueError, match=message):
            fetch("cats")
        assert list((tmp_path / "sets").iterdir()) == []


def test_a_set_without_a_public_address_says_who_has_it(monkeypatch):
    with pytest.raises(ValueError, match=r"got 'osie'; get it from https://github\.com/NUS-VIP/"):
        fetch("osie")
    with pytest.raises(ValueError, match="got 'kth'; ask its authors"):
        fetch("kth")
    monkeypatch.setitem(published.DOWNLOADS, "cats", published.Download("http://a", "0"))
    monkeypatch.delenv("PSYSAL_DATA", raising=False)
    with pytest.raises(ValueError, match="PSYSAL_DATA must name a folder"):
        fetch("cats")


# --- maps and their images ---------------------------------------------------


@pytest.fixture
def mapped(tmp_path):
    """Function that writes a set of one picture, 60 x 40, and its map; gives the folder."""

    def write(fixation_map, more="", **options):
        (tmp_path / "maps").mkdir(exist_ok=True)
        Image.new("L", (60, 40)).save(tmp_path / "a.png")
        Image.fromarray(fixation_map).save(tmp_path / "maps" / "a.png", **options)
        (tmp_path / "dataset.toml").write_text(f'images = "*.png"\nmaps = "maps"\n{more}')
        return tmp_path

    return write


def spot(rows, cols, y, x):
    pixels = np.zeros((rows, cols), np.uint8)
    pixels[y, x] = 255
    return pixels


@pytest.mark.parametrize(
    ("fixation_map", "shown", "place"),
    [
        (spot(20, 30, 10, 12), "stretched", (25, 21)),
        (spot(80, 120, 30, 40), "centered", (10.5, 10.5)),
        (spot(20, 60, 5, 20), "fitted", (11, 11)),
    ],
)
def test_maps_of_another_size_are_mended_by_the_line_that_is_printed(
    mapped, fixation_map, shown, place
):
    rows, cols = fixation_map.shape
    message = rf"maps: .* of 60 x 40 pixels, .* a\.png, .* one of {cols} x {rows}; .*dataset\.toml:"
    with pytest.raises(ValueError, match=message) as error:
        dataset(mapped(fixation_map))
    lines = str(error.value).partition("dataset.toml:\n")[2]
    assert lines == f'shown = "{shown}"'
    read = dataset(mapped(fixation_map, lines)).fixations
    np.testing.assert_allclose([read.x[0], read.y[0]], place)


def test_maps_of_the_same_size_are_pixels_as_they_stand(mapped):
    for more in ("", 'shown = "stretched"'):
        read = dataset(mapped(spot(40, 60, 7, 9), more)).fixations
        assert (read.x.tolist(), read.y.tolist()) == ([9], [7])
    with pytest.raises(ValueError, match=r"units, origin, .* are of fixations, not of maps"):
        dataset(mapped(spot(40, 60, 7, 9), 'units = "share"'))


def alpha_map(color, alpha):
    """Picture of 60 x 40 with two marked pixels, of a color and alpha on another."""
    pixels = np.empty((40, 60, 4), np.uint8)
    pixels[..., :3], pixels[..., 3] = color[0], alpha[0]
    pixels[[5, 30], [6, 50], :3], pixels[[5, 30], [6, 50], 3] = color[1], alpha[1]
    return pixels


@pytest.mark.parametrize(
    ("color", "alpha"),
    [((0, 255), (0, 255)), ((255, 255), (0, 255)), ((0, 0), (0, 255)), ((0, 255), (255, 255)),
     ((255, 9), (0, 1))],
)  # fmt: skip
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_pixels_of_a_map_are_no_fixations(mapped, color, alpha, mode):
    pixels = alpha_map(color, alpha)
    folder = mapped(pixels[..., 2:] if mode == "LA" else pixels)
    if mode == "P":
        indexes = Image.fromarray(alpha_map((0, 1), (0, 0))[..., 0])
        indexes.putpalette([*[color[0]] * 3, *[color[1]] * 3])
        indexes.save(folder / "maps" / "a.png", transparency=bytes(alpha))
    read = dataset(folder).fixations
    assert (read.x.tolist(), read.y.tolist()) == ([6, 50], [5, 30])


def test_the_lower_bits_of_deep_maps_count(mapped):
    folder = mapped(spot(40, 60, 1, 1))
    pixels = np.zeros((40, 60, 4), np.uint16)
    pixels[..., 3], pixels[7, 9, :3] = 65535, 1
    cv2.imwrite(str(folder / "maps" / "a.png"), pixels)
    assert dataset(folder).fixations.x.tolist() == [9]


def blurred(sigma, dtype=np.uint8):
    from scipy.ndimage import gaussian_filter

    points = np.zeros((40, 60))
    points[[10, 20, 30], [15, 30, 45]] = 1
    density = gaussian_filter(points, sigma, truncate=3)
    return (density / density.max() * 255).astype(dtype)


@pytest.mark.parametrize(
    ("fixation_map", "kind"),
    [
        (blurred(4), "blurred density"),
        (blurred(1.2), "blurred density"),
        (((blurred(4) > 100) * 255).astype(np.uint8), "spots"),
        (np.kron(spot(20, 30, [2, 9, 15], [3, 8, 20]), np.ones((2, 2), np.uint8)), "spots"),
        (255 - spot(40, 60, [2, 9], [3, 8]), r"inverted; magick a\.png -negate"),
    ],
)
def test_maps_in_which_fixations_are_no_pixels_are_refused(mapped, fixation_map, kind):
    with pytest.raises(ValueError, match=rf"a\.png: one pixel for each fixation .*{kind}"):
        dataset(mapped(fixation_map))


def test_counts_and_durations_in_a_map_are_fixations(mapped, rng):
    fixation_map = np.zeros((40, 60), np.uint8)
    fixation_map.flat[rng.permutation(2400)[:60]] = rng.integers(1, 255, 60)
    assert len(dataset(mapped(fixation_map)).fixations) == 60
