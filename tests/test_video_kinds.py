"""Kinds of video files: whatever the container, frames have the times, shape and colors of players.

The files are written by PyAV and Pillow with the arithmetic of ``support.videos``; those in
``cases/video`` by FFmpeg's own program.
"""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image
from support.videos import PATCHES, heard, length, patches, read, worst_code, write

from psysal import video
from psysal.image import normalize
from psysal.overlay import overlay

CASES = Path(__file__).parent / "cases" / "video"
CASE_COLORS = np.array(
    [
        [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)],
        [(0, 0, 0), (128, 128, 128), (255, 255, 0), (0, 255, 255)],
    ],
    np.uint8,
)
CONTAINERS = [".mp4", ".mov", ".mkv", ".ts", ".avi", ".webm"]
STAMPED = [".mp4", ".mov", ".mkv", ".ts", ".webm"]  # whose frames have times of their own
H264 = [".mp4", ".mov", ".mkv", ".ts"]
UNEVEN = [0, 0.04, 0.08, 0.2, 0.25, 1.0, 1.04, 1.5, 1.54, 1.58, 2.6, 3.0]
ONE = 1 << 16  # of a display matrix


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def opened(path, **limits):
    """Source, times and frames of a file."""
    source = video.VideoSource(path, **limits)
    frames = list(source)
    return source, [seconds for seconds, _ in frames], [pixels for _, pixels in frames]


def flat(pixels, threads=1):
    """A model that takes no time."""
    return pixels[:, :, 0].astype(np.float32)


def opencv(path):
    """Frames, BGR, by a reader that takes no notice of tags of color."""
    capture = cv2.VideoCapture(path)
    while (answer := capture.read())[0]:
        yield answer[1]


def matrix(a, b, c, d):
    return [a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 1 << 30]


# --- time --------------------------------------------------------------------


@pytest.mark.parametrize("suffix", CONTAINERS)
@pytest.mark.parametrize("rate", [25, 24000 / 1001, 30000 / 1001, 12.5])
def test_times_are_those_of_the_file_at_usual_rates(suffix, rate):
    path = write(f"film{suffix}", patches(), rate)
    source, times, frames = opened(path)
    expected = read(path)[1]
    np.testing.assert_allclose(times, np.subtract(expected, expected[0]), atol=1e-3)
    np.testing.assert_allclose(times, np.arange(12) / rate, atol=1e-3)
    assert source.duration == pytest.approx(12 / rate, abs=1e-3)
    assert (source.rate, source.remarks) == (pytest.approx(rate, rel=1e-3), ())
    assert max(worst_code(pixels) for pixels in frames) <= 2


@pytest.mark.parametrize("suffix", STAMPED)
@pytest.mark.parametrize("start", [0, 5])
def test_times_are_those_of_the_file_at_a_variable_rate_and_after_a_shift(suffix, start):
    path = write(f"film{suffix}", patches(), 25, times=[start + t for t in UNEVEN])
    source, times, _ = opened(path)
    stamps = read(path)[1]
    assert source.start == pytest.approx(stamps[0], abs=1e-3)
    np.testing.assert_allclose(np.add(times, source.start), stamps, atol=1e-3)
    np.testing.assert_allclose(times, UNEVEN, atol=1e-3)
    for name in ("out.mp4", "out.mov", "out.mkv", "out.webm"):
        made = video.write_video(video.VideoSource(path), name, model=flat)
        np.testing.assert_allclose(read(name)[1], UNEVEN, atol=1e-3)
        assert length(name) == pytest.approx(source.duration, abs=1e-3)
        assert (made.frames, made.seconds) == (12, pytest.approx(source.duration))
    video.write_video(video.VideoSource(path), "out.avi", model=flat)
    assert length("out.avi") == pytest.approx(source.duration, abs=0.04)


@pytest.mark.parametrize("suffix", [".mkv", ".webm", ".ts"])
def test_a_recording_without_a_duration_keeps_its_times(suffix):
    path = write(f"film{suffix}", patches(), 25, times=UNEVEN, live=True)
    _, times, _ = opened(path)
    np.testing.assert_allclose(times, UNEVEN, atol=1e-3)


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_frames_before_the_start_of_an_edit_list_are_not_shown(suffix):
    path = write(f"film{suffix}", patches(20), 25, times=[(k - 8) / 25 for k in range(20)])
    source, times, _ = opened(path)
    np.testing.assert_allclose(times, np.arange(12) / 25, atol=1e-3)
    assert (source.broken, source.remarks, source.complete) == (0, (), True)


def test_seconds_cut_by_time_and_not_by_number():
    path = write("film.mkv", patches(), 25, times=UNEVEN)
    source, times, _ = opened(path, seconds=1)
    np.testing.assert_allclose(times, UNEVEN[:5], atol=1e-3)
    assert (source.duration, source.complete) == (pytest.approx(0.29), False)
    source, times, _ = opened(path, seconds=0.22)
    assert (len(times), source.duration) == (4, 0.22)


def test_a_clock_that_was_set_back_goes_on():
    first, second = (write(f"{n}.ts", patches(6), 25) for n in (1, 2))
    Path("joined.ts").write_bytes(Path(first).read_bytes() + Path(second).read_bytes())
    source, times, _ = opened("joined.ts")
    np.testing.assert_allclose(times, np.arange(12) / 25, atol=1e-3)
    assert source.remarks == ("joined.ts: jumps of its clock, after which time goes on evenly: 1",)


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_animations_have_their_delays_as_browsers_take_them(suffix):
    pictures = [Image.fromarray(np.roll(frame, k, 1)) for k, frame in enumerate(patches(4))]
    delays = [100, 0, 300, 50]
    pictures[0].save(
        f"x{suffix}", save_all=True, append_images=pictures[1:], duration=delays, lossless=True
    )
    source, times, frames = opened(f"x{suffix}")
    np.testing.assert_allclose(times, [0, 0.1, 0.2, 0.5], atol=1e-3)
    assert source.duration == pytest.approx(0.55, abs=1e-3)
    assert worst_code(frames[0]) <= 2
    made = video.write_video(video.VideoSource(f"x{suffix}"), "out.mp4", model=flat)
    assert (made.frames, made.audio) == (4, "none")
    assert length("out.mp4") == pytest.approx(0.55, abs=1e-3)


def test_an_animation_cut_short_gives_what_is_there_and_says_so():
    pictures = [Image.fromarray(np.roll(frame, k, 1)) for k, frame in enumerate(patches(8))]
    for suffix in (".gif", ".webp"):
        pictures[0].save(f"x{suffix}", save_all=True, append_images=pictures[1:], duration=40)
        data = Path(f"x{suffix}").read_bytes()
        Path(f"x{suffix}").write_bytes(data[: len(data) // 2])
    source, times, _ = opened("x.gif")
    assert 2 <= len(times) <= 6
    assert source.remarks[0].endswith("s, without the mark of its end; it was cut short")
    with pytest.raises(ValueError, match=r"x.webp: is a WebP that is damaged or cut short"):
        video.VideoSource("x.webp")


# --- shape -------------------------------------------------------------------


@pytest.mark.parametrize("suffix", H264)
@pytest.mark.parametrize("aspect", [Fraction(16, 11), Fraction(8, 9)])
def test_pixels_are_made_square(suffix, aspect):
    path = write(f"film{suffix}", patches(), 25, aspect=aspect)
    source, _, frames = opened(path)
    assert source.size == (64, round(128 * aspect))
    assert worst_code(frames[5]) <= 2


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize(
    ("turn", "shown"),
    [
        (matrix(0, 1, -1, 0), np.rot90(PATCHES, -1)),
        (matrix(-1, 0, 0, -1), np.rot90(PATCHES, 2)),
        (matrix(0, -1, 1, 0), np.rot90(PATCHES)),
        (matrix(-1, 0, 0, 1), PATCHES[:, ::-1]),
        (matrix(1, 0, 0, -1), PATCHES[::-1]),
        (matrix(0, 1, 1, 0), PATCHES.transpose(1, 0, 2)),
    ],
)
def test_frames_are_turned_and_mirrored_as_players_show_them(suffix, turn, shown):
    source, _, frames = opened(write(f"film{suffix}", patches(3), 25, turn=turn))
    assert source.size == (32 * shown.shape[0], 32 * shown.shape[1])
    assert worst_code(frames[1], shown) <= 2


def test_a_turn_by_no_right_angle_is_said():
    turn = [46341, 46341, 0, -46341, 46341, 0, 0, 0, 1 << 30]
    source, _, frames = opened(write("film.mp4", patches(3), 25, turn=turn))
    assert "turned by no right angle, and were not" in source.remarks[0]
    assert worst_code(frames[1]) <= 2


@pytest.mark.parametrize("first", ["tff", "bff"])
@pytest.mark.parametrize(
    ("suffix", "codec"),
    [(".mp4", "libx264"), (".mkv", "libx264"), (".ts", "libx264"), (".ts", "mpeg2video")],
)
def test_interlaced_frames_have_no_combs(suffix, codec, first):
    """A bar that moves on from field to field."""
    pictures = [np.full((64, 128, 3), 30, np.uint8) for _ in range(12)]
    for number, picture in enumerate(pictures):
        for line in (0, 1):
            late = line if first == "tff" else 1 - line
            left = 8 + 4 * (2 * number + late)
            picture[line::2, left : left + 12] = 220
    options = {"crf": "2", "flags": "+ildct+ilme"}
    if codec == "mpeg2video":
        options = {"flags": "+ildct+ilme+qscale", "global_quality": "236"}
    path = write(f"f{suffix}", pictures, 25, codec=codec, options=options, field=first)
    source, times, frames = opened(path)
    np.testing.assert_allclose(times, np.arange(12) / 25, atol=1e-3)
    assert source.duration == pytest.approx(12 / 25, abs=1e-3)

    def comb(pixels):
        grey = pixels[:, :, 0].astype(int)
        return np.abs(2 * grey[1:-1] - grey[:-2] - grey[2:]).mean()

    assert comb(read(path)[0][5]) > 20
    for number, pixels in enumerate(frames):
        assert comb(pixels) < 0.1
        middle = np.nonzero(pixels[30, :, 0] > 125)[0].mean()
        assert middle == pytest.approx(8 + 8 * number + 5.5, abs=1)


# --- color -------------------------------------------------------------------


@pytest.mark.parametrize("suffix", H264)
@pytest.mark.parametrize("standard", [5, 1, 9])
@pytest.mark.parametrize("pixels", ["yuv420p", "yuvj420p", "yuv420p10le", "yuv444p"])
def test_colors_are_those_of_their_matrix_range_and_depth(suffix, standard, pixels):
    path = write(f"film{suffix}", patches(), 25, matrix=standard, pixels=pixels)
    source, _, frames = opened(path)
    assert max(worst_code(frame) for frame in frames) <= 2
    assert source.remarks == ()


@pytest.mark.parametrize("suffix", H264)
def test_colors_without_a_tag_are_of_bt601_as_in_ffmpeg(suffix):
    path = write(f"film{suffix}", patches(), 25, tagged=False)
    assert worst_code(opened(path)[2][1]) <= 2


@pytest.mark.parametrize("pixels", ["bgr0", "gbrp10le", "bgra", "yuv444p10le"])
def test_colors_of_formats_without_loss(pixels):
    yuv = pixels.startswith("yuv")
    path = write("film.mkv", patches(3), 25, codec="ffv1", options={"level": "3"}, pixels=pixels,
                 tagged=yuv)  # fmt: skip
    assert worst_code(opened(path)[2][1]) <= yuv


def test_shades_of_grey():
    options = {"codec": "ffv1", "options": {"level": "3"}, "pixels": "gray", "tagged": False}
    grey = [np.repeat(frame[:, :, 1:2], 3, axis=2) for frame in patches(3)]
    path = write("film.mkv", grey, 25, **options)
    colors = np.repeat(PATCHES[:, :, 1:2], 3, axis=2)
    assert worst_code(opened(path)[2][1], colors) <= 1


@pytest.mark.parametrize("name", ["out.mp4", "out.mov", "out.mkv", "out.webm", "out.avi"])
def test_colors_that_are_written_are_those_that_were_drawn(name):
    path = write("film.mkv", patches(), 25)
    video.write_video(video.VideoSource(path), name, model=flat)
    frame = opened(path)[2][0]
    drawn = overlay(frame, normalize(flat(frame)))[16::32, 16::32]
    allowed = 5 if name == "out.avi" else 2
    assert max(worst_code(frame, drawn) for frame in opened(name)[2]) <= allowed
    untagged = [cv2.cvtColor(frame, cv2.COLOR_BGR2RGB) for frame in opencv(name)]
    assert max(worst_code(frame, drawn) for frame in untagged) <= allowed + 2


@pytest.mark.parametrize(("curve", "name"), [(16, r"PQ \(HDR10\)"), (18, "HLG")])
def test_a_high_dynamic_range_is_refused_with_the_line_that_converts_it(curve, name):
    path = write("hdr.mp4", patches(3), 25, pixels="yuv420p10le", matrix=9, color_trc=curve)
    message = f"hdr.mp4: has a high dynamic range, {name}; .*ffmpeg -i hdr.mp4 -vf .*tonemap="
    with pytest.raises(ValueError, match=message):
        opened(path)
    with pytest.raises(ValueError, match=message):
        video.write_video(video.VideoSource(path), "out.mp4", model=flat)
    assert not Path("out.mp4").exists()


def test_codes_that_are_no_colors_of_a_screen_are_refused():
    path = write("film.mkv", patches(3), 25, color_trc=8)
    with pytest.raises(ValueError, match=r"film.mkv: has linear codes of light; .*ffmpeg -i film"):
        opened(path)
    path = write("film.mkv", patches(3), 25, tagged=False, colorspace=8)
    with pytest.raises(ValueError, match=r"film.mkv: has colors of matrix 8 of H.273; .*ffmpeg -i"):
        opened(path)


def test_wide_primaries_are_said():
    path = write("film.mkv", patches(3), 25, color_primaries=12)
    assert "colors of Display P3 were taken for those of sRGB" in opened(path)[0].remarks[0]


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [("a.mov", "prores_ks", "yuva444p10le"), ("a.mov", "png", "rgba"), ("a.mkv", "ffv1", "bgra")],
)
def test_transparency_is_composited_on_white_and_said(name, codec, pixels):
    clear = [np.dstack([f, np.full(f.shape[:2], 128, np.uint8)]) for f in patches(3)]
    with av.open(name, "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width, stream.pix_fmt = 64, 128, pixels
        for picture in clear:
            frame = av.VideoFrame.from_ndarray(picture, "rgba").reformat(format=pixels)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    source, _, frames = opened(name)
    expected = np.rint(PATCHES * (128 / 255) + 127).astype(np.uint8)
    assert worst_code(frames[1], expected) <= 3
    assert source.remarks == (f"{name}: transparency composited on white",)


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9"])
def test_transparency_beside_the_frames_of_a_webm_is_read(codec):
    picture = np.full((64, 128, 4), (255, 0, 0, 128), np.uint8)
    with av.open("a.webm", "w") as container:
        stream = container.add_stream(codec, rate=25, options={"auto-alt-ref": "0", "b": "2000000"})
        stream.height, stream.width, stream.pix_fmt = 64, 128, "yuva420p"
        for _ in range(3):
            frame = av.VideoFrame.from_ndarray(picture, "rgba").reformat(format="yuva420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    source, _, frames = opened("a.webm")
    np.testing.assert_allclose(frames[1][32, 64], (255, 127, 127), atol=3)
    assert source.remarks == ("a.webm: transparency composited on white",)


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_transparency_of_animations_is_composited_on_white(suffix):
    pictures = [Image.new("RGBA", (64, 48), (255, 0, 0, 0)) for _ in range(3)]
    for number, picture in enumerate(pictures):
        picture.paste((0, 0, 255, 255), (8 * number, 0, 8 * number + 8, 48))
    pictures[0].save(f"x{suffix}", save_all=True, append_images=pictures[1:], duration=40,
                     disposal=2, lossless=True)  # fmt: skip
    source, _, frames = opened(f"x{suffix}")
    assert frames[1][20, 40].tolist() == [255, 255, 255]
    assert frames[1][20, 12].tolist() == [0, 0, 255]
    assert source.remarks == (f"x{suffix}: transparency composited on white",)


# --- audio -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [(".mp4", "aac"), (".mov", "pcm_s16le"), (".mkv", "flac"), (".mkv", "libmp3lame"),
     (".avi", "pcm_s16le"), (".webm", "libopus"), (".ts", "mp2")],
)  # fmt: skip
@pytest.mark.parametrize("output", [".mp4", ".mov", ".mkv", ".webm", ".avi"])
def test_audio_is_copied_or_re_encoded(suffix, codec, output):
    path = write(f"film{suffix}", patches(), 25, audio=(codec, 0.48))
    before = heard(path)
    made = video.write_video(video.VideoSource(path), f"out{output}", model=flat)
    after = heard(f"out{output}")
    copied = after[0] == before[0]
    assert made.audio == ("copied" if copied else f"re-encoded as {after[0]}")
    assert copied or (suffix, output) != (suffix, suffix)
    assert after[2] - after[1] == pytest.approx(before[2] - before[1], abs=0.045)
    lead = read(path)[1][0] - before[1], read(f"out{output}")[1][0] - after[1]
    assert lead[0] == pytest.approx(lead[1], abs=0.045), "audio and frames have moved apart"
    assert length(f"out{output}") == pytest.approx(length(path), abs=0.041)


def test_audio_is_left_out_or_cut_where_the_frames_are():
    path = write("film.mp4", patches(50), 25, audio=("aac", 3.0))
    made = video.write_video(video.VideoSource(path), "whole.mp4", model=flat)
    assert (made.seconds, heard("whole.mp4")[2]) == (2.0, pytest.approx(3.0, abs=0.05))
    video.write_video(video.VideoSource(path, seconds=1), "cut.mp4", model=flat)
    assert length("cut.mp4") == pytest.approx(1.0)
    assert heard("cut.mp4")[2] == pytest.approx(1.0, abs=0.03)
    made = video.write_video(video.VideoSource(path), "mute.mp4", model=flat, audio=False)
    assert (made.audio, heard("mute.mp4")) == ("none", None)


def test_a_late_video_stays_late():
    path = write("film.mkv", patches(), 25, times=[0.7 + k / 25 for k in range(12)],
                 audio=("aac", 2.0), audio_start=0)  # fmt: skip
    for name in ("out.mp4", "out.mkv", "out.webm", "out.avi"):
        video.write_video(video.VideoSource(path), name, model=flat)
        times, first = read(name)[1], 1 if name == "out.avi" else 0  # whose first is shown before
        assert times[first] - heard(name)[1] == pytest.approx(0.7 + first / 25, abs=0.045)


# --- no video ----------------------------------------------------------------


def test_audio_alone_and_covers_are_refused_as_what_they_are():
    with av.open("a.mp3", "w") as container:
        sound = container.add_stream("libmp3lame", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.float32), "fltp", "mono")
        frame.sample_rate = 48000
        container.mux(sound.encode(frame))
        container.mux(sound.encode())
    with pytest.raises(ValueError, match=r"a.mp3: has no video, but audio \(mp3\); a file with"):
        video.VideoSource("a.mp3")
    with av.open("cover.mp3", "w") as container, av.open("a.mp3") as audio:
        sound = container.add_stream_from_template(audio.streams.audio[0])
        cover = container.add_stream("mjpeg", rate=1)
        cover.height, cover.width, cover.pix_fmt = 64, 128, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        container.mux(cover.encode(av.VideoFrame.from_ndarray(patches()[0]).reformat(
            format="yuvj420p")))  # fmt: skip
        container.mux(cover.encode())
        for packet in audio.demux():
            if packet.size:
                packet.stream = sound
                container.mux(packet)
    with pytest.raises(ValueError, match=r"cover.mp3: has no video, but audio and a cover picture"):
        video.VideoSource("cover.mp3")


@pytest.mark.parametrize("name", ["x.jpg", "x.png", "x.webp"])
def test_a_picture_is_refused_as_what_it_is(name):
    Image.fromarray(patches()[0]).save(name)
    with pytest.raises(ValueError, match=f"{name}: is a picture, not a video; `psysal map {name}`"):
        video.VideoSource(name)


def test_frames_that_are_too_large_are_refused(monkeypatch):
    path = write("film.mp4", patches(3), 25, aspect=Fraction(16, 11))
    monkeypatch.setattr("psysal.video.container.MAX_PIXELS", 9000)
    with pytest.raises(ValueError, match=r"film.mp4: has frames of 128 x 64 pixels of shape 16/11"):
        opened(path)
    monkeypatch.setattr("psysal.video.container.MAX_PIXELS", 8000)
    with pytest.raises(ValueError, match=r"film.mp4: has frames of 128 x 64 pixels, more than 8,0"):
        video.VideoSource(path)


def test_a_gif_that_claims_to_be_huge_has_no_frames():
    Image.new("L", (8, 8)).save("x.gif", save_all=True, append_images=[Image.new("L", (8, 8), 9)])
    data = bytearray(Path("x.gif").read_bytes())
    data[6:10] = b"\xff\xff\xff\xff"
    Path("x.gif").write_bytes(data)
    with pytest.raises(ValueError, match=r"x.gif: has no frame that could be read; nothing was"):
        video.write_video(video.VideoSource("x.gif"), "out.mp4", model=flat)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi", ".ts", ".webm"])
def test_a_file_with_random_bytes_ends_or_is_refused(suffix, rng):
    codec = "libopus" if suffix == ".webm" else "aac"
    data = Path(write(f"film{suffix}", patches(), 25, audio=(codec, 0.5))).read_bytes()
    for _ in range(8):
        broken = bytearray(data)
        for place in rng.integers(0, len(data), 30):
            broken[place] = rng.integers(256)
        Path(f"broken{suffix}").write_bytes(broken)
        refused = None
        try:
            source = video.VideoSource(f"broken{suffix}", frames=100)
            made = video.write_video(source, "out.mp4", model=flat, overwrite=True)
        except (ValueError, OSError) as error:
            refused = str(error)
        assert (
            made.frames <= 100
            if refused is None
            else refused.startswith((f"broken{suffix}: ", "out.mp4: could not be written"))
        )


# --- files that went wrong ---------------------------------------------------


@pytest.mark.parametrize(
    ("name", "size", "count", "seconds", "colors"),
    [
        ("avchd_interlaced.mts", (1080, 1920), 10, 0.4, CASE_COLORS),
        ("vfr.mkv", (96, 128), 50, 5.84, CASE_COLORS),
        ("recorder.webm", (96, 128), 50, 4.0, CASE_COLORS),
        ("elst.mp4", (96, 128), 35, 1.4, CASE_COLORS),
        ("sar.mp4", (96, 186), 50, 2.0, CASE_COLORS),
        ("hflip.mp4", (96, 128), 50, 2.0, CASE_COLORS[:, ::-1]),
    ],
)
def test_files_that_went_wrong_are_right(name, size, count, seconds, colors):
    source, times, frames = opened(CASES / name)
    expected = read(CASES / name)[1]
    np.testing.assert_allclose(times, np.subtract(expected, expected[0]), atol=1e-3)
    assert (source.size, len(frames), source.remarks) == (size, count, ())
    assert source.duration == pytest.approx(seconds, abs=1e-3)
    assert np.median([worst_code(frame, colors) for frame in frames]) <= 3
    made = video.write_video(video.VideoSource(CASES / name), "out.mp4", model=flat)
    assert made.frames == count
    assert length("out.mp4") == pytest.approx(seconds, abs=1e-3)
