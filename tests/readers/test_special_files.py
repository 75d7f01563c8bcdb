"""Pipes, devices and sockets that are called as pictures: no run waits for them."""

import io
import os
import socket
import threading

import numpy as np
import pytest
from PIL import Image

from psysal import files, image
from psysal.archive import inputs
from psysal.video import VideoSource

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")


@pytest.fixture
def png():
    buffer = io.BytesIO()
    Image.fromarray(np.arange(75, dtype=np.uint8).reshape(5, 5, 3)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["", "*.png", "list.csv"])
def test_a_pipe_that_is_found_is_refused_and_the_next_picture_is_not(tmp_path, png, name):
    os.mkfifo(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(png)
    (tmp_path / "list.csv").write_text("image\na.png\nb.png\n")
    pipe, picture = inputs.find([str(tmp_path / name)])
    assert "a.png: is a pipe, where a file was expected" in pipe.problem
    assert picture.problem is None


def test_a_pipe_that_is_named_is_read(tmp_path, png):
    path = tmp_path / "a.png"
    os.mkfifo(path)
    (source,) = inputs.find([str(path)])
    assert source.problem is None
    for read in (lambda: files.read(source.place)[0], lambda: image.read(path)):
        writer = threading.Thread(target=path.write_bytes, args=(png,))
        writer.start()
        read()
        writer.join()


def test_what_is_read_in_parts_is_no_pipe(tmp_path):
    path = tmp_path / "a.png"
    os.mkfifo(path)
    for ask in (image.size, image.color_profile, VideoSource):
        with pytest.raises(ValueError, match=r"a\.png: is a pipe"):
            ask(path)


def test_a_device_and_a_socket_are_no_pictures(tmp_path):
    path = tmp_path / "a.png"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        for place, kind in ((path, "socket"), ("/dev/zero", "device")):
            for read in (files.read, image.read, image.size):
                with pytest.raises(ValueError, match=f"is a {kind}, where a file was expected"):
                    read(str(place))


def test_a_folder_called_as_a_picture_is_searched_or_refused(tmp_path, png):
    folder = tmp_path / "x.png"
    folder.mkdir()
    (folder / "b.png").write_bytes(png)
    assert [source.name for source in inputs.find([str(tmp_path)])] == [str(folder / "b.png")]
    with pytest.raises(OSError, match="directory"):
        image.read(folder)
