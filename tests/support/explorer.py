"""Files and processes that tests of the explorer share."""

import io
import json
import socket
import subprocess
import sys
from contextlib import closing

import numpy as np
import pytest
from PIL import Image

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>document.title = "mine"</script></svg>'


def png(pixels, kind="PNG", **options):
    """The bytes of an image file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def decode_reply(data):
    """A reply of the explorer, as page.js reads it."""
    start = 4 + int.from_bytes(data[:4], "little")

    def array(value):
        if "dtype" not in value:
            return value
        shape, offset = value["shape"], start + value["offset"]
        count = int(np.prod(shape))
        return np.frombuffer(data, value["dtype"], count, offset).reshape(shape)

    return json.loads(data[4:start], object_hook=array)


def free_port():
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command(port, *options):
    """The command line of an explorer."""
    code = "from psysal.cli.main import main; main()"
    return [sys.executable, "-c", code, "explore", "--port", str(port), *options]


def start_explorer(port, *options):
    """The process of an explorer that listens, and its address."""
    process = subprocess.Popen(
        command(port, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    address = process.stdout.readline().strip()
    if not address.startswith("http://"):
        process.kill()
        pytest.fail(process.communicate()[1])
    return process, address
