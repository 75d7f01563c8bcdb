"""Shared fixtures: a server, and an upload that is too large."""

import io
import signal

import pytest
from PIL import Image
from support.explorer import free_port, start_explorer


@pytest.fixture(scope="module")
def huge():
    """A file of few bytes and 200 million pixels."""
    buffer = io.BytesIO()
    Image.new("1", (20000, 10000)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def server():
    """The address of an explorer; it must still be there when all is done."""
    pytest.importorskip("bokeh")
    process, address = start_explorer(free_port())
    try:
        yield address
        assert process.poll() is None, process.stderr.read()
    finally:
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=20)
    assert process.returncode == 0, stderr
    lines = [line for line in stderr.splitlines() if "compiles its kernels" not in line]
    assert lines == ["the explorer is running; press Ctrl-C to stop it", "the explorer has ended"]
