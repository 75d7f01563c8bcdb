"""Servers of these tests alone: a web server of a folder, an S3 with one bucket, a cluster."""

import asyncio
import functools
import http.server
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager

import pytest


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files, and remembers what it was asked; ``busy`` counts refusals to come."""

    def log_message(self, *_):
        pass

    def send_head(self):
        self.server.asked.append((self.command, self.path, self.headers.get("Authorization")))
        if self.server.busy:
            self.server.busy -= 1
            self.send_error(503)
            return None
        return super().send_head()

    def do_PUT(self):
        self.send_error(403)


@pytest.fixture
def web(tmp_path):
    """An address whose files are those of the folder ``web.folder``."""
    folder = tmp_path / "www"
    folder.mkdir()
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))
    )
    server.asked, server.busy, server.folder = [], 0, folder
    server.host = f"127.0.0.1:{server.server_address[1]}"
    server.address = f"http://{server.host}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def bucket():
    """The client of an S3 that lives as long as a module's tests, with a bucket "photos"."""
    pytest.importorskip("s3fs")
    moto = pytest.importorskip("moto.server")
    boto3 = pytest.importorskip("boto3")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    forget = urllib.request.Request(f"http://{host}:{port}/moto-api/reset", method="POST")
    urllib.request.urlopen(forget).close()  # of another module's tests
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = boto3.client("s3")
        client.create_bucket(Bucket="photos")
        yield client
        client.close()
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


def start(*words):
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]],
        env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def cluster(tmp_path):
    """Starts a cluster of so many workers; ended with the block it is used in."""
    pytest.importorskip("distributed")
    return functools.partial(_cluster, tmp_path)


async def _met(address, count):
    """Wait for so many workers; without the thread of a client, which may start late."""
    import distributed

    async with distributed.Client(address, asynchronous=True, set_as_default=False) as client:
        await client.wait_for_workers(count, timeout=60)


@contextmanager
def _cluster(tmp_path, count):
    """A real scheduler and worker processes, on loopback; ends them, and whom they started."""
    told = tmp_path / "scheduler.json"
    quiet = ["--host", "127.0.0.1", "--no-dashboard"]
    started = [start("scheduler", *quiet, "--port", "0", "--scheduler-file", str(told))]
    try:
        for number in range(count):
            words = ["--scheduler-file", str(told), "--nthreads", "1", "--no-nanny", *quiet]
            folder = tmp_path / f"worker{number}"
            started.append(start("worker", *words, "--local-directory", str(folder)))
        end = time.monotonic() + 60
        while not (told.exists() and told.read_text()) and time.monotonic() < end:
            time.sleep(0.05)
        address = json.loads(told.read_text())["address"]
        asyncio.run(_met(address, count))
        yield address, started
    finally:
        for process in started:
            process.kill()
            process.wait()
