"""Videos and cameras: maps follow what moves, time is kept, nothing is lost or half-written."""

from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.videos import COLS, COUNT, RADIUS, RATE, ROWS, center, moving_disc, read, write

import psysal
from psysal import video


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def frames(rng):
    return moving_disc(rng)


@pytest.fixture
def film(frames):
    return write("film.avi", frames)


def peak(saliency):
    """x, y of the middle of what is nearly as high as the maximum."""
    y, x = np.nonzero(saliency > 0.9 * saliency.max())
    return x.mean(), y.mean()


def test_maps_are_those_of_the_frames(film):
    found = list(video.maps(film))
    expected, _ = read(film)
    assert len(found) == len(expected) == COUNT
    for number, ((frame, saliency, seconds), own) in enumerate(zip(found, expected, strict=True)):
        np.testing.assert_array_equal(frame, own)
        np.testing.assert_array_equal(saliency, psysal.saliency(own))
        assert (frame.dtype, saliency.dtype) == (np.uint8, np.float32)
        assert seconds == pytest.approx(number / RATE)


def test_the_peak_of_the_map_stays_on_a_red_disc_that_moves(film):
    for number, (_, saliency, _) in enumerate(video.maps(film)):
        assert np.hypot(*np.subtract(peak(saliency), center(number))) < RADIUS


@pytest.mark.parametrize("options", [{}, {"every": 3}, {"smooth": 0.2, "every": 2}])
def test_any_number_of_threads_gives_the_same_bytes(film, options):
    one, four = (list(video.maps(film, threads=threads, **options)) for threads in (1, 4))
    for (frame, saliency, seconds), other in zip(one, four, strict=True):
        assert frame.tobytes() == other[0].tobytes()
        assert saliency.tobytes() == other[1].tobytes()
        assert seconds == other[2]


def test_between_every_third_frame_the_map_stays(film):
    found = list(video.maps(film, every=3))
    expected, _ = read(film)
    for number, (frame, saliency, _) in enumerate(found):
        np.testing.assert_array_equal(frame, expected[number])
        np.testing.assert_array_equal(saliency, psysal.saliency(expected[number - number % 3]))


@pytest.mark.parametrize("every", [1, 4])
def test_smoothing_is_an_exponential_average_in_time(film, every):
    plain = [saliency for _, saliency, _ in video.maps(film, every=every)]
    share, average = 1 - np.exp(-every / RATE / 0.3), plain[0].astype(float)
    for number, (_, saliency, _) in enumerate(video.maps(film, every=every, smooth=0.3)):
        if number and number % every == 0:
            average = (1 - share) * average + share * plain[number]
        np.testing.assert_allclose(saliency, average, atol=1e-5)


def test_smoothing_lessens_flicker(rng):
    still = [rng.integers(90, 166, (ROWS, COLS, 3), dtype=np.uint8) for _ in range(COUNT)]
    path = write("noise.avi", still)

    def flicker(**options):
        maps = np.array([saliency for _, saliency, _ in video.maps(path, **options)])
        return np.abs(np.diff(maps[5:], axis=0)).mean()

    assert flicker(smooth=0.5) < 0.25 * flicker()


@pytest.mark.parametrize("name", ["out.mp4", "out.avi"])
def test_a_written_video_keeps_frames_and_rate(film, name):
    progress = []
    made = video.write_video(video.VideoSource(film), name, progress=progress.append)
    found, rate = read(name)
    assert (made.frames, made.size, made.remarks) == (COUNT, (ROWS, COLS), ())
    assert (len(found), rate, progress) == (COUNT, RATE, list(range(1, COUNT + 1)))
    for (frame, saliency, _), seen in zip(video.maps(film), found, strict=True):
        expected = psysal.overlay.overlay(frame, saliency)
        assert np.abs(seen.astype(float) - expected).mean() < 12, "more than what codecs lose"
    assert sorted(path.name for path in Path().iterdir()) == ["film.avi", name]


def test_map_only_is_grey_and_has_its_peak_on_the_disc(film):
    video.write_video(video.VideoSource(film), "map.avi", map_only=True)
    for number, seen in enumerate(read("map.avi")[0]):
        assert np.ptp(seen.astype(int), axis=2).max() <= 3
        assert np.hypot(*np.subtract(peak(seen[:, :, 0]), center(number))) < RADIUS


def test_odd_sides_are_padded_and_nothing_is_cut(frames):
    """OpenCV would drop the last row and column."""
    coded = [cv2.imencode(".jpg", frame[:-1, :-1])[1].tobytes() for frame in frames]
    Path("film.mjpeg").write_bytes(b"".join(coded))
    for name in ("out.mp4", "out.avi"):
        made = video.write_video(video.VideoSource("film.mjpeg"), name)
        assert (made.frames, made.size) == (COUNT, (ROWS, COLS))
        assert made.remarks == ("film.mjpeg: odd sides of frames were padded by a pixel",)
        assert read(name)[0][0].shape == (ROWS, COLS, 3)


def damaged(path):
    """Overwrite one frame in the middle of a Motion JPEG."""
    data = bytearray(Path(path).read_bytes())
    starts = [i for i in range(data.index(b"movi"), len(data)) if data[i : i + 4] == b"00dc"]
    data[starts[7] + 8 : starts[8]] = bytes(starts[8] - starts[7] - 8)
    Path("damaged.avi").write_bytes(data)
    return "damaged.avi"


def test_a_damaged_frame_is_left_out_and_its_time_kept(film):
    found = list(video.maps(damaged(film)))
    times = [round(seconds * RATE) for _, _, seconds in found]
    assert times == [number for number in range(COUNT) if number != 7]
    made = video.write_video(video.VideoSource("damaged.avi"), "out.avi")
    assert (made.frames, len(read("out.avi")[0])) == (COUNT, COUNT)
    assert made.remarks == ("damaged.avi: frames that could not be read: 1",)
    before, instead = (frame.astype(int) for frame in read("out.avi")[0][6:8])
    assert np.abs(instead - before).max() == 0


def test_a_film_cut_short_gives_what_is_there(film):
    data = Path(film).read_bytes()
    Path("cut.avi").write_bytes(data[: len(data) // 2])
    made = video.write_video(video.VideoSource("cut.avi"), "out.avi")
    assert 5 < made.frames < 15
    assert "cut.avi: frames that could not be read" in made.remarks[0]


class Camera:
    """Gives frames for ever, or until its end."""

    def __init__(self, frames):
        self.frames, self.end, self.taken, self.open = frames, None, 0, True

    def isOpened(self):
        return True

    def get(self, what):
        return {cv2.CAP_PROP_FPS: RATE}.get(what, -1.0)

    def read(self):
        if self.taken == self.end:
            return False, None
        self.taken += 1
        return True, self.frames[self.taken % COUNT]

    def release(self):
        self.open = False


@pytest.fixture
def camera(frames, monkeypatch):
    """Camera 0, which gives every second frame only of what its rate tells."""
    made, real = Camera(frames), cv2.VideoCapture
    monkeypatch.setattr(video.cv2, "VideoCapture", lambda s: made if s == 0 else real(s))
    monkeypatch.setattr(video.time, "monotonic", lambda: 100 + 2 * made.taken / RATE)
    return made


def test_a_camera_is_limited_and_its_time_is_that_of_the_clock(camera):
    film = video.VideoSource(0, frames=11)
    assert (film.total, film.live, film.rate) == (11, True, RATE)
    times = [seconds for _, _, seconds in video.maps(film)]
    np.testing.assert_allclose(times, np.arange(0, 11, 2) / RATE)
    assert not camera.open
    assert video.VideoSource(0).total is None
    assert video.VideoSource(0, seconds=2).total == 25


def test_a_camera_that_is_slow_still_gives_a_video_of_the_right_length(camera):
    made = video.write_video(video.VideoSource(0, frames=11), "out.avi")
    assert made.frames == len(read("out.avi")[0]) == 11


def test_frames_of_another_size_are_resized_to_the_first(camera):
    """Of a file OpenCV does so itself."""
    camera.frames[4:] = [cv2.resize(frame, (96, 72)) for frame in camera.frames[4:]]
    camera.end = 9
    made = video.write_video(video.VideoSource(0), "out.avi")
    assert made.size == (ROWS, COLS)
    assert made.remarks == ("camera 0: frames of another size, resized to the first's: 6",)
    assert {frame.shape for frame, _, _ in video.maps("out.avi")} == {(ROWS, COLS, 3)}


def test_a_camera_that_goes_away_ends_the_film(camera):
    camera.end = 4
    assert len(list(video.maps(0))) == 4


def test_a_camera_is_let_go_when_the_loop_ends(camera):
    for _ in islice(video.maps(0), 3):
        pass
    assert camera.taken < 30
    assert not camera.open


def interrupt(done):
    if done >= 5:
        raise KeyboardInterrupt


def test_an_interrupted_camera_keeps_what_was_recorded(camera):
    made = video.write_video(video.VideoSource(0), "out.mp4", progress=interrupt)
    assert made.remarks == ("camera 0: interrupted; what was recorded is kept",)
    assert made.frames == len(read("out.mp4")[0]) >= 5
    assert not camera.open


def test_a_camera_interrupted_while_a_frame_is_written_is_kept(camera, monkeypatch):
    class Writer:
        def __init__(self, *place):
            self.real, self.done, self.release = real(*place), 0, lambda: self.real.release()

        def write(self, picture):
            self.real.write(picture)
            self.done += 1
            interrupt(self.done)

    real = video._open_writer
    monkeypatch.setattr(video, "_open_writer", Writer)
    made = video.write_video(video.VideoSource(0), "out.mp4")
    assert made.frames == len(read("out.mp4")[0]) == 5


def test_an_interrupted_file_leaves_nothing(film):
    with pytest.raises(KeyboardInterrupt):
        video.write_video(video.VideoSource(film), "out.mp4", progress=interrupt)
    assert [path.name for path in Path().iterdir()] == ["film.avi"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"x.mp4: could not be opened \(No such file or directory\); check the name"),
        (b"", "x.mp4: is not a video that OpenCV can read; an MP4 or AVI was expected"),
        (b"words" * 99, "x.mp4: is not a video that OpenCV can read"),
    ],
)
def test_what_is_no_video_is_named(content, message):
    if content is not None:
        Path("x.mp4").write_bytes(content)
    with pytest.raises((ValueError, OSError), match=message):
        video.maps("x.mp4")


def test_a_camera_that_is_absent():
    with pytest.raises(ValueError, match="camera 77: could not be opened; check that it is conn"):
        video.maps(77)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"every": 0}, "every must be a whole number from 1 on, got 0; 1 maps all frames"),
        ({"smooth": -1}, "smooth must be a positive number of seconds, got -1; leave it out"),
        ({"smooth": float("nan")}, "smooth must be a positive number of seconds, got nan"),
        ({"threads": 0}, "threads must be a whole number from 1 on, got 0"),
        ({"model": "nix"}, "model must be one of murray2011, .* got 'nix'"),
    ],
)
def test_options_without_a_meaning_are_refused_at_once(film, options, message):
    with pytest.raises(ValueError, match=message):
        video.maps(film, **options)


def test_limits_without_a_meaning(film):
    with pytest.raises(ValueError, match="seconds must be positive, got 0; leave it out for all"):
        video.VideoSource(film, seconds=0)
    with pytest.raises(ValueError, match="frames must be positive, got -3"):
        video.VideoSource(film, frames=-3)


def test_limits_of_a_file(film):
    assert len(list(video.maps(video.VideoSource(film, seconds=0.4)))) == 5
    assert len(list(video.maps(video.VideoSource(film, frames=7)))) == 7
    assert video.VideoSource(film, frames=99).total == COUNT


def test_a_film_of_zero_frames(film, monkeypatch):
    monkeypatch.setattr(video.VideoSource, "_frames", lambda self: iter(()))
    with pytest.raises(ValueError, match=r"film.avi: has no frame that could be read; nothing was"):
        video.write_video(video.VideoSource(film), "out.mp4")
    assert not Path("out.mp4").exists()


def test_frames_that_are_too_small_for_the_model():
    write("tiny.avi", [np.zeros((6, 40, 3), np.uint8)] * 3)
    with pytest.raises(ValueError, match="the model needs at least 8 x 8 pixels, got 6 x 40"):
        video.write_video(video.VideoSource("tiny.avi"), "out.mp4")


def test_outputs_that_would_do_harm_or_cannot_be(film):
    before = Path(film).read_bytes()
    with pytest.raises(ValueError, match=r"film.avi: would replace its own source; choose"):
        video.write_video(video.VideoSource(film), "film.avi", overwrite=True)
    with pytest.raises(ValueError, match=r"output must end in .mp4 or .avi, got out.gif"):
        video.write_video(video.VideoSource(film), "out.gif")
    with pytest.raises(OSError, match=r"none/out.mp4: could not be written as mp4v; check"):
        video.write_video(video.VideoSource(film), "none/out.mp4")
    Path("out.mp4").write_bytes(b"mine")
    with pytest.raises(FileExistsError, match=r"out.mp4: is already there .*; overwrite=True"):
        video.write_video(video.VideoSource(film), "out.mp4")
    assert (Path("out.mp4").read_bytes(), Path(film).read_bytes()) == (b"mine", before)
    video.write_video(video.VideoSource(film), "out.mp4", overwrite=True)
    assert len(read("out.mp4")[0]) == COUNT
