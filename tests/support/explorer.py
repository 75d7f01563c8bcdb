"""Files and processes that tests of the explorer share."""

import io
import socket
import subprocess
import sys
from contextlib import closing

import pytest
from PIL import Image

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>document.title = "mine"</script></svg>'


def png(pixels, kind="PNG", **options):
    """The bytes of an image file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def free_port():
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command(port):
    """The command line of an explorer."""
    code = "from psysal.cli.main import main; main()"
    return [sys.executable, "-c", code, "explore", "--port", str(port)]


def start_explorer(port):
    """The process of an explorer that listens, and its address."""
    process = subprocess.Popen(
        command(port), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    address = process.stdout.readline().strip()
    if address != f"http://127.0.0.1:{port}/":
        process.kill()
        pytest.fail(process.communicate()[1])
    return process, address
