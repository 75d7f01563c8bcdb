"""Servers of this process alone: a web server of a folder, and an S3 with one bucket."""

import functools
import http.server
import threading
import urllib.request

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
    reset = urllib.request.Request(f"http://{host}:{port}/moto-api/reset", method="POST")
    urllib.request.urlopen(reset).close()  # what other modules left
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
