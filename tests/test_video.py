"""Videos and cameras: maps follow what moves, time is kept, nothing is lost or half-written."""

import sys
import time
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.ndimage import zoom
from support.oracles import yuv_420
from support.videos import (
    COLS,
    COUNT,
    RADIUS,
    RATE,
    ROWS,
    center,
    length,
    moving_disc,
    read,
    write,
)

import psysal
from psysal import image, video
from psysal.overlay import overlay
from psysal.video import drawing, drawing_kernels


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def frames(rng):
    return moving_disc(rng)


@pytest.fixture
def film(frames):
    return motion_jpeg("film.avi", frames)


def motion_jpeg(path, frames):
    """Frames, BGR, in an .avi of which any frame can be damaged alone."""
    options = {"flags": "+qscale", "global_quality": "236"}
    rgb = [np.ascontiguousarray(frame[:, :, ::-1]) for frame in frames]
    return write(path, rgb, codec="mjpeg", options=options, pixels="yuvj420p")


def source(path="film.avi", **limits):
    return video.VideoSource(path, **limits)


def peak(saliency):
    """x, y of the middle of what is nearly as high as the maximum."""
    y, x = np.nonzero(saliency > 0.9 * saliency.max())
    return x.mean(), y.mean()


def test_maps_are_those_of_the_frames(film):
    found = list(video.maps(film))
    expected, _ = read(film)
    assert len(found) == len(expected) == COUNT
    for number, ((frame, saliency, seconds), own) in enumerate(zip(found, expected, strict=True)):
        assert np.abs(frame.astype(int) - own).mean() < 1.5, "more than ways of rounding"
        np.testing.assert_array_equal(saliency, psysal.saliency(frame))
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
    for number, (_, saliency, _) in enumerate(found):
        mapped = found[number - number % 3][0]
        np.testing.assert_array_equal(saliency, psysal.saliency(mapped))


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
    path = motion_jpeg("noise.avi", still)

    def flicker(**options):
        maps = np.array([saliency for _, saliency, _ in video.maps(path, **options)])
        return np.abs(np.diff(maps[5:], axis=0)).mean()

    assert flicker(smooth=0.5) < 0.25 * flicker()


@pytest.mark.parametrize("name", ["out.mp4", "out.mov", "out.mkv", "out.webm", "out.avi"])
def test_a_written_video_keeps_frames_and_times(film, name):
    progress = []
    made = video.write_video(source(film), name, progress=progress.append)
    found, times = read(name)
    assert (made.frames, made.size, made.remarks) == (COUNT, (ROWS, COLS), ())
    assert (made.seconds, made.audio) == (pytest.approx(COUNT / RATE), "none")
    assert (len(found), progress) == (COUNT, list(range(1, COUNT + 1)))
    np.testing.assert_allclose(times, np.arange(COUNT) / RATE, atol=1e-3)
    for (frame, saliency, _), seen in zip(video.maps(film), found, strict=True):
        expected = psysal.overlay.overlay(frame, saliency)
        assert np.abs(seen.astype(float) - expected).mean() < 12, "more than what codecs lose"
    assert sorted(path.name for path in Path().iterdir()) == ["film.avi", name]


def test_map_only_is_grey_and_has_its_peak_on_the_disc(film):
    video.write_video(source(film), "map.avi", map_only=True)
    for number, seen in enumerate(read("map.avi")[0]):
        assert np.ptp(seen.astype(int), axis=2).max() <= 3
        assert np.hypot(*np.subtract(peak(seen[:, :, 0]), center(number))) < RADIUS


def test_odd_sides_are_padded_and_nothing_is_cut(frames):
    """Players show no H.264 with odd sides."""
    coded = [cv2.imencode(".jpg", frame[:-1, :-1])[1].tobytes() for frame in frames]
    Path("film.mjpeg").write_bytes(b"".join(coded))
    for name in ("out.mp4", "out.avi"):
        made = video.write_video(source("film.mjpeg"), name)
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
    left = [number for number in range(COUNT) if number != 7]
    assert [round(seconds * RATE) for _, _, seconds in found] == left
    for name in ("out.avi", "out.mp4"):
        made = video.write_video(source("damaged.avi"), name)
        _, times = read(name)
        assert made.frames == len(times) == COUNT - 1
        assert made.remarks == ("damaged.avi: frames that could not be read: 1",)
        np.testing.assert_allclose(times, np.array(left) / RATE, atol=1e-3)


@pytest.mark.parametrize("name", ["film.avi", "film.mkv", "film.mp4", "film.ts"])
def test_a_film_cut_short_gives_what_is_there_and_says_so(film, frames, name):
    if name != film:
        write(name, frames, audio=("aac", 1.6))
    data = Path(name).read_bytes()
    if name == "film.mp4":  # its index is at the end: before it, then, as for the web
        Path(name).write_bytes(data[: len(data) // 2])
        with pytest.raises(
            ValueError, match=r"film.mp4: is an MP4 whose index \(moov\) is missing"
        ):
            source(name)
        write(name, frames, muxer={"movflags": "+faststart"})
        data = Path(name).read_bytes()
    Path(name).write_bytes(data[: len(data) // 2])
    made = video.write_video(source(name), "out.avi")
    assert 5 <= made.frames < 15
    assert f"{name}: ends " in made.remarks[0]
    assert made.remarks[0].endswith("; it was cut short")


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
    monkeypatch.setattr(cv2, "VideoCapture", lambda s: made if s == 0 else real(s))
    monkeypatch.setattr(time, "monotonic", lambda: 100 + 2 * made.taken / RATE)
    return made


def test_a_camera_is_limited_and_its_time_is_that_of_the_clock(camera):
    film = source(0, frames=11)
    assert (film.total, film.live, film.rate) == (11, True, RATE)
    times = [seconds for _, _, seconds in video.maps(film)]
    np.testing.assert_allclose(times, np.arange(0, 22, 2) / RATE)
    assert not camera.open
    assert source(0).total is None
    assert source(0, seconds=2).total == 25
    assert len(list(video.maps(source(0, seconds=2)))) == 13


@pytest.mark.parametrize("name", ["out.avi", "out.mp4"])
def test_a_camera_that_is_slow_still_gives_a_video_of_the_right_length(camera, name):
    made = video.write_video(source(0, frames=11), name)
    assert (made.frames, made.audio) == (11, "none")
    np.testing.assert_allclose(read(name)[1], np.arange(0, 22, 2) / RATE, atol=1e-3)
    assert length(name) == pytest.approx(made.seconds, abs=1e-3)


def test_a_camera_needs_no_pyav(camera, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    assert len(list(video.maps(source(0, frames=3)))) == 3
    with pytest.raises(ImportError, match=r"video files are .* with av, .*psysal\[video\]"):
        source("out.mp4") if Path("out.mp4").write_bytes(b"x") else None


def test_frames_of_another_size_are_resized_to_the_first(camera):
    camera.frames[4:] = [cv2.resize(frame, (96, 72)) for frame in camera.frames[4:]]
    camera.end = 9
    made = video.write_video(source(0), "out.avi")
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
    made = video.write_video(source(0), "out.mp4", progress=interrupt)
    assert made.remarks == ("camera 0: interrupted; what was recorded is kept",)
    assert made.frames == len(read("out.mp4")[0]) >= 5
    assert not camera.open


def test_a_camera_interrupted_while_a_frame_is_written_is_kept(camera, monkeypatch):
    real = video.encoding.VideoWriter.write

    def write_and_interrupt(writer, seconds, picture):
        real(writer, seconds, picture)
        interrupt(writer.frames)

    monkeypatch.setattr(video.encoding.VideoWriter, "write", write_and_interrupt)
    made = video.write_video(source(0), "out.mp4")
    assert made.frames == len(read("out.mp4")[0]) == 5


def test_an_interrupted_file_leaves_nothing(film):
    with pytest.raises(KeyboardInterrupt):
        video.write_video(source(film), "out.mp4", progress=interrupt)
    assert [path.name for path in Path().iterdir()] == ["film.avi"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"x.mp4: could not be opened \(No such file or directory\); check the name"),
        (b"", r"x.mp4: is empty \(0 bytes\); a video was expected"),
        (b"words" * 99, "x.mp4: is not a video that PyAV can read .*`ffmpeg -i x.mp4 out.mp4`"),
        (b"\0\0\0\x18ftypisom" + bytes(99), r"x.mp4: is an MP4 whose index \(moov\) is missing"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "x.mp4: is a WebP that is damaged or cut short"),
    ],
)
def test_what_is_no_video_is_named(content, message):
    if content is not None:
        Path("x.mp4").write_bytes(content)
    with pytest.raises((ValueError, OSError), match=message):
        video.maps("x.mp4")


def test_a_reduced_frame_is_mapped_as_one_seen_from_nearer(rng):
    small = cv2.GaussianBlur(rng.integers(0, 256, (60, 80, 3), np.uint8), (0, 0), 2)
    frames = [np.kron(small, np.ones((2, 2, 1), np.uint8))] * 3
    path = write("film.mkv", frames, codec="ffv1", options={"level": "3"}, pixels="bgr0")
    for model, near in (
        (psysal.Murray2011(), psysal.Murray2011(ppd=16)),
        (psysal.Murray2011(ppd=50), psysal.Murray2011(ppd=25)),
        (psysal.Achanta2009(), psysal.Achanta2009()),
    ):
        expected = zoom(image.normalize(near(small)), 2, order=1, mode="nearest", grid_mode=True)
        for frame, saliency, _ in video.maps(path, model=model, reduce=2):
            assert frame.shape[:2] == saliency.shape == (120, 160)
            assert saliency.dtype == np.float32
            assert np.abs(saliency - expected).max() < 1e-5


def test_a_frame_can_be_reduced_too_far(film):
    message = "reduce must leave at least 8 rows and columns of 144 x 192 pixels, got 30; pass a sm"
    with pytest.raises(ValueError, match=message):
        list(video.maps(film, reduce=30))


@pytest.mark.parametrize(
    ("size", "factor"), [((720, 1280), 1), ((1080, 1920), 2), ((2160, 3840), 3)]
)
def test_frames_of_a_camera_are_reduced_to_keep_up_with_it(camera, size, factor):
    seen = []

    def model(pixels, threads):
        seen.append(pixels.shape[:2])
        return pixels[:, :, 0].astype(np.float32)

    camera.frames[:] = [np.zeros((*size, 3), np.uint8)] * 3
    camera.frames[0][:9] = 255
    camera.end = 2
    made = video.write_video(source(0), "out.mp4", model=model)
    assert seen == [(size[0] // factor, size[1] // factor)] * 2
    assert made.size == size
    sentence = f"camera 0: its frames were mapped at 1/{factor} of their size, to keep up with it"
    assert [remark.split(";")[0] for remark in made.remarks] == [sentence] * (factor > 1)


def test_a_camera_s_frames_are_whole_on_request(camera):
    camera.frames[:] = [np.zeros((1080, 1920, 3), np.uint8)] * 3
    camera.end = 1
    seen = []
    model = lambda pixels, threads: seen.append(pixels.shape) or pixels[:, :, 0].astype("f4")  # noqa: E731
    assert video.write_video(source(0), "out.mp4", model=model, reduce=1).remarks == ()
    assert seen == [(1080, 1920, 3)]


@pytest.mark.parametrize(
    "kernel",
    [
        pytest.param(drawing_kernels.draw_overlay, id="compiled"),
        pytest.param(drawing_kernels.draw_overlay.py_func, id="python"),
    ],
)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("shape", [(6, 8), (7, 5), (1, 4), (9, 1)])
def test_planes_that_are_drawn_are_those_of_the_overlay(rng, monkeypatch, shape, full, kernel):
    monkeypatch.setattr(drawing_kernels, "draw_overlay", kernel)
    frame = rng.integers(0, 256, (*shape, 3), np.uint8)
    saliency = rng.random(shape, np.float32)
    saliency.flat[0] = 1
    drawn = drawing.draw_overlay(frame, saliency, full=full)
    for plane, expected in zip(drawn, yuv_420(overlay(frame, saliency), full), strict=True):
        assert plane.shape == expected.shape
        assert np.abs(plane - expected).max() <= 1


@pytest.mark.parametrize("full", [False, True])
def test_planes_of_a_map_are_those_of_greys(full):
    saliency = np.linspace(0, 1, 255 * 3, dtype=np.float32).reshape(255, 3)
    luma, blue, red = drawing.draw_map(saliency, full=full)
    assert luma.shape == (256, 4)
    assert blue.shape == red.shape == (128, 2)
    code = np.rint(np.pad(saliency, ((0, 1), (0, 1)), "edge").astype(float) * 255)
    assert np.abs(luma - (code if full else 16 + 219 / 255 * code)).max() <= 0.6
    assert (blue == 128).all()
    assert (red == 128).all()


def test_a_camera_that_is_absent():
    with pytest.raises(ValueError, match="camera 77: could not be opened; check that it is conn"):
        video.maps(77)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"every": 0}, "every must be a whole number from 1 on, got 0; 1 maps all frames"),
        ({"smooth": -1}, "smooth must be a positive number of seconds, got -1; leave it out"),
        ({"smooth": float("nan")}, "smooth must be a positive number of seconds, got nan"),
        ({"reduce": 0.5}, "reduce must be a whole number.*, got 0.5; 1 maps frames whole"),
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
    assert len(list(video.maps(source(seconds=0.4)))) == 5
    assert len(list(video.maps(source(frames=7)))) == 7
    assert source(frames=99).total == COUNT


def test_a_film_of_zero_frames(film, monkeypatch):
    monkeypatch.setattr(video.VideoSource, "_frames", lambda self: iter(()))
    with pytest.raises(ValueError, match=r"film.avi: has no frame that could be read; nothing was"):
        video.write_video(source(film), "out.mp4")
    assert not Path("out.mp4").exists()


def test_frames_that_are_too_small_for_the_model():
    motion_jpeg("tiny.avi", [np.zeros((6, 40, 3), np.uint8)] * 3)
    with pytest.raises(ValueError, match="the model needs at least 8 x 8 pixels, got 6 x 40"):
        video.write_video(video.VideoSource("tiny.avi"), "out.mp4")


def test_outputs_that_would_do_harm_or_cannot_be(film):
    before = Path(film).read_bytes()
    with pytest.raises(ValueError, match=r"film.avi: would replace its own source; choose"):
        video.write_video(source(film), "film.avi", overwrite=True)
    with pytest.raises(ValueError, match=r"output must end in .mp4, .mov, .* .avi, got out.gif"):
        video.write_video(source(film), "out.gif")
    with pytest.raises(
        OSError, match=r"none/out.mp4: could not be written \(No such file .*; check"
    ):
        video.write_video(source(film), "none/out.mp4")
    Path("out.mp4").write_bytes(b"mine")
    with pytest.raises(FileExistsError, match=r"out.mp4: is already there .*; overwrite=True"):
        video.write_video(source(film), "out.mp4")
    assert (Path("out.mp4").read_bytes(), Path(film).read_bytes()) == (b"mine", before)
    video.write_video(source(film), "out.mp4", overwrite=True)
    assert len(read("out.mp4")[0]) == COUNT
