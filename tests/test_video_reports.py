"""Faults that users of other readers of videos reported in public: none of them is here.

Each test names the report; its file is made here.
"""

from fractions import Fraction

import numpy as np
import pytest

pytest.importorskip("av")

import av
from PIL import Image
from support import videos

from psysal.video import VideoSource, write_video


def frames_of(path):
    source = VideoSource(path)
    frames = list(source)
    return [seconds for seconds, _ in frames], [pixels for _, pixels in frames], source


def test_times_of_a_variable_rate_are_those_of_the_frames(tmp_path):  # opencv #8834, #12112
    times = [0, 0.04, 0.5, 0.54, 2.0, 2.04]
    path = videos.write(tmp_path / "a.mp4", videos.patches(6), times=times)
    np.testing.assert_allclose(frames_of(path)[0], times, atol=1e-3)


def test_prores_with_a_display_matrix_is_turned(tmp_path):  # opencv #26876
    _, frames, _ = frames_of(_prores(tmp_path / "a.mov"))
    assert videos.worst_code(frames[0], videos.PATCHES[::-1, ::-1]) <= 12


def _prores(path):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("prores_ks", rate=Fraction(25))
        picture = videos.patches(1)[0]
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuv422p10le"
        stream.set_display_matrix([-65536, 0, 0, 0, -65536, 0, 0, 0, 1 << 30])
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(picture).reformat(format="yuv422p10le")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return str(path)


def test_sizes_are_those_of_turned_frames(tmp_path):  # datachain #1823, decord #24
    quarter = [0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30]
    path = videos.write(tmp_path / "a.mp4", videos.patches(2), turn=quarter)
    _, frames, source = frames_of(path)
    assert source.size == frames[0].shape[:2] == (4 * videos.SIDE, 2 * videos.SIDE)


def webp(path, pictures, **options):
    pictures[0].save(path, save_all=True, append_images=pictures[1:], lossless=True, **options)
    return str(path)


def test_delays_of_0_are_those_of_browsers(tmp_path):  # webp-pixbuf-loader #79
    pictures = [Image.new("RGB", (16, 12), (90 * i, 0, 0)) for i in range(3)]
    times, frames, source = frames_of(webp(tmp_path / "a.webp", pictures, duration=0))
    np.testing.assert_allclose(times, [0, 0.1, 0.2])
    assert source.duration == pytest.approx(0.3)
    assert len(frames) == 3


def test_the_background_color_of_a_webp_is_not_painted(tmp_path):  # SerenityOS #24697
    pictures = [Image.new("RGBA", (16, 12), (0, 0, 0, 0)) for _ in range(2)]
    for number, picture in enumerate(pictures):
        picture.paste((200, 10, 10, 255), (number, 0, number + 4, 12))
    path = webp(tmp_path / "a.webp", pictures, duration=100, background=(0, 0, 255, 255))
    _, frames, source = frames_of(path)
    for frame in frames:
        assert (frame[:, -4:] == 255).all()
    assert "white" in " ".join(source.remarks)


@pytest.mark.parametrize("lead", [-0.4, 0.6])
def test_audio_that_starts_earlier_or_later_keeps_its_distance(tmp_path, lead):  # RecordRTC #459
    path = videos.write(
        tmp_path / "a.mkv", videos.patches(20), times=[1 + i / 10 for i in range(20)],
        audio=("flac", 2.0), audio_start=1 + lead,
    )  # fmt: skip
    write_video(VideoSource(path), tmp_path / "out.mkv", threads=1)
    with av.open(str(tmp_path / "out.mkv")) as written:
        first = {}
        for packet in written.demux():
            if packet.pts is not None:
                first.setdefault(packet.stream.type, float(packet.pts * packet.time_base))
    assert first["audio"] - first["video"] == pytest.approx(lead, abs=0.03)


def test_frames_that_are_stored_out_of_order_have_times_in_order(tmp_path):  # opencv #17999
    path = videos.write(
        tmp_path / "a.avi", videos.patches(12), 15, codec="mpeg4", options={"bf": "2"}
    )
    times, _, source = frames_of(path)
    np.testing.assert_allclose(times, np.arange(12) / 15, atol=1e-3)
    assert source.broken == 0
