"""The server: it listens to this machine alone, and ends without a traceback."""

import http.client
import socket
import subprocess
from contextlib import closing

import pytest
from support.explorer import command
from typer.testing import CliRunner

from psysal.cli.commands import app
from psysal.explorer import server as server_module


def test_the_browser_opens_when_it_is_asked_for(monkeypatch):
    calls = []
    monkeypatch.setattr(server_module, "serve", lambda *where, **options: calls.append(options))
    for arguments in (["explore"], ["explore", "--open"]):
        assert CliRunner().invoke(app, arguments).exit_code == 0
    assert [options["open_browser"] for options in calls] == [False, True]


def test_a_port_in_use_is_a_sentence(server):
    port = int(server.rstrip("/").rpartition(":")[2])
    second = subprocess.run(command(port), capture_output=True, text=True, timeout=60)
    assert second.returncode == 1
    assert f"cannot listen on 127.0.0.1, port {port}" in second.stderr
    assert "--port" in second.stderr
    assert "Traceback" not in second.stderr


def test_it_listens_on_this_machine_alone(server):
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            pytest.skip("this machine has no other address")
        own = probe.getsockname()[0]
    if own.startswith("127."):
        pytest.skip("this machine has no other address")
    with pytest.raises(OSError, match=r"refused|timed out"):
        socket.create_connection((own, int(server.rstrip("/").rpartition(":")[2])), timeout=2)


def test_other_pages_of_the_browser_cannot_use_it(server):
    host = server.split("/")[2]
    headers = {
        "Origin": "http://elsewhere.example", "Connection": "Upgrade", "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }  # fmt: skip
    with closing(http.client.HTTPConnection(host, timeout=9)) as asks:
        asks.request("GET", "/ws", headers=headers)
        assert asks.getresponse().status == 403


def test_a_page_that_a_late_websocket_opens_has_its_styles_from_here(server):
    from bokeh.client import pull_session
    from bokeh.models import ImportedStyleSheet

    session = pull_session(url=server)
    styles = [m.url for m in session.document.models if isinstance(m, ImportedStyleSheet)]
    session.close()
    assert styles
    assert all(url.startswith("static/") for url in styles), styles
