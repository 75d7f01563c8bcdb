"""The server: whom it answers, with what, and that it ends without a traceback."""

import asyncio
import http.client
import socket
import subprocess
from contextlib import closing

import pytest
from support.explorer import command, free_port, start_explorer
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


def test_a_host_that_is_not_this_machine_is_a_sentence():
    run = subprocess.run(
        command(free_port(), "--host", "192.0.2.1"), capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 1
    assert "give an address of this machine as --host" in run.stderr
    assert run.stderr.count("\n") == 1


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


HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def ask(address, path, method="GET", **headers):
    """The response to a request, and its text."""
    with closing(http.client.HTTPConnection(address.split("/")[2], timeout=9)) as client:
        client.request(method, path, headers=headers)
        response = client.getresponse()
        return response, response.read().decode()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/page.js", 200),
        ("GET", "/page_figures.js", 200),
        ("GET", "/page_shell.js", 200),
        ("GET", "/page.css", 200),
        ("GET", "/bokeh.min.js", 200),
        ("POST", "/", 405),
        ("GET", "/ws", 403),
        *[
            ("GET", path, 404)
            for path in (
                "/page.html", "/server.py", "/lessons.toml", "/page_x.js", "/bokeh.js",
                "/../setup.cfg", "/page.js/../server.py",
                "/metadata", "/autoload.js", "/static/js/bokeh.min.js", "/%2e%2e/%2e%2e/etc/passwd",
            )
        ],
    ],
)  # fmt: skip
def test_every_response_has_headers_that_keep_other_pages_out(server, method, path, status):
    response, text = ask(server, path, method)
    assert response.status == status
    for name, value in HEADERS.items():
        assert value in response.headers[name]
    assert response.headers["Server"] is None
    if status != 200:
        assert text == f"{status}: {response.reason}\n"


def test_a_host_that_is_not_ours_is_not_answered(server):
    for host in ("evil.example", "localhost.evil.example", "192.0.2.1", "[bad", ""):
        assert ask(server, "/", Host=host)[0].status == 403, host


def socket_status(address, origin, **headers):
    """Status of the answer to a page of this origin that opens a socket."""
    headers |= {"Origin": origin} if origin else {}
    _, _, host, path = address.split("/", 3)
    headers |= {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }  # fmt: skip
    with closing(http.client.HTTPConnection(host, timeout=9)) as client:
        client.request("GET", f"/ws{path}", headers=headers)
        return client.getresponse().status


def test_other_pages_of_the_browser_cannot_use_it(server):
    own = server.rstrip("/")
    assert socket_status(server, own) == 101
    assert socket_status(server, own.replace("127.0.0.1", "localhost"), Host=own[7:]) == 403
    for origin in ("http://elsewhere.example", "null", "", "http://127.0.0.1:1", f"{own}.evil"):
        assert socket_status(server, origin) == 403, origin
    evil = "evil.example:80"
    assert socket_status(server, f"http://{evil}", Host=evil) == 403


@pytest.fixture(scope="module")
def public():
    """The address of an explorer that others can reach, with its token."""
    pytest.importorskip("bokeh")
    port = free_port()
    origin = ("--host", "0.0.0.0", "--allow-origin", "https://lab.example.org")
    process, address = start_explorer(port, *origin)
    yield f"http://127.0.0.1:{port}/{address.partition('/?')[2].join(['?', ''])}"
    process.kill()
    process.communicate()


def test_others_need_the_token(public):
    bare, query = public.split("?")
    assert len(query) > 30
    assert ask(public, "/")[0].status == 403
    assert ask(public, "/?token=")[1] == "403: Open the address that psysal explore printed\n"
    assert ask(public, "/?token=%FF")[0].status in (400, 403)
    assert ask(public, f"/?{query[:-1]}")[0].status == 403
    assert ask(public, f"/?{query}")[0].status == 200
    assert socket_status(bare, bare.rstrip("/")) == 403
    assert socket_status(public, bare.rstrip("/")) == 101


def test_a_proxy_may_be_allowed(public):
    origin = "https://lab.example.org"
    assert socket_status(public, origin, Host="lab.example.org") == 101
    assert socket_status(public, origin) == 101
    assert socket_status(public, "https://evil.example.org") == 403


def test_a_message_that_is_too_long_ends_the_session(server):
    from tornado.httpclient import HTTPRequest
    from tornado.websocket import websocket_connect

    async def send():
        request = HTTPRequest(f"ws{server[4:]}ws", headers={"Origin": server.rstrip("/")})
        client = await websocket_connect(request)
        await client.write_message("x" * 3_000_000)
        while await client.read_message() is not None:
            pass
        client.close()
        return client.close_code

    assert asyncio.run(send()) == 1009


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--host", ""], "host must be an address or a name"),
        (["--allow-origin", "lab.example.org"], "--allow-origin must be origins such as"),
        (["--allow-origin", "https://lab.example.org/x"], "without a path"),
    ],
)
def test_an_address_that_cannot_be_served_is_a_sentence(options, sentence):
    result = CliRunner().invoke(app, ["explore", "--port", str(free_port()), *options])
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
