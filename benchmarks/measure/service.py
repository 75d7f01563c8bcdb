"""The explorer among many visitors and hostile ones: answers, times and the server's memory.

    python benchmarks/measure/service.py [--wait SECONDS]

Starts an explorer on this machine, visits it over the loopback, and prints a table; takes two
minutes, one of which it waits for memory to come back. Linux only.
"""

import argparse
import asyncio
import io
import json
import os
import secrets
import signal
import statistics
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

PORT = 5318
ORIGIN = f"http://127.0.0.1:{PORT}"
SERVE = "from psysal.cli.main import main; main()"
HEADERS = (
    "Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy",
    "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy",
)  # fmt: skip
HOSTILE = {
    "number of 400 digits": '{"set": ["center", %s]}' % ("9" * 400),
    "1e999": '{"set": ["center", 1e999]}',
    "NaN": '{"set": ["ppd", NaN]}',
    "text for a number": '{"set": ["center", "many"]}',
    "JSON 10,000 deep": "[" * 10_000 + "]" * 10_000,
    "JSON 900 deep": '{"set": ["center", %s]}' % ("[" * 900 + "]" * 900),
    "text of 2 MB": json.dumps({"set": ["name", "x" * 2_000_000]}),
    "CSV of 1 MB": json.dumps({"csv": "1,2\n" * 250_000, "name": "a.csv"}),
    "address of 2 MB": json.dumps({"view": "x" * 2_000_000}),
    "address of a stranger": '{"view": "model=<script>&center=1e999&picture=/etc/passwd"}',
    "upload of 1 TB": '{"upload": "a.png", "size": 1000000000000}',
}


class Server:
    """The explorer, and its memory and processor time."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE, "explore", "--port", str(PORT)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.process.stdout.readline()
        self.folder = Path("/proc", str(self.process.pid))

    def megabytes(self, field="VmRSS"):
        for line in self.folder.joinpath("status").read_text().splitlines():
            if line.startswith(field):
                return int(line.split()[1]) / 1000
        raise RuntimeError(f"{field} is not there")

    def forget_peak(self):
        self.folder.joinpath("clear_refs").write_text("5")

    def cpu_seconds(self):
        user, system = self.folder.joinpath("stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


async def connect(origin=ORIGIN, **headers):
    request = HTTPRequest(f"ws://127.0.0.1:{PORT}/ws", headers={"Origin": origin, **headers})
    client = await websocket_connect(request, max_message_size=100_000_000)
    await client.write_message('{"view": ""}')  # as a page begins
    return client


async def reply(client):
    """The JSON of the next reply; None once the server has closed the connection."""
    data = await asyncio.wait_for(client.read_message(), 120)
    return data and json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")])


async def shows(client, name):
    """Wait until the picture of this name is shown."""
    while (await reply(client)).get("picture") != name:
        pass


def photograph(rows=3000, cols=4000):
    random = np.random.default_rng(0)
    small = random.integers(0, 256, (rows // 8, cols // 8, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(small).resize((cols, rows)).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


async def get(path="/", method="GET", host=f"127.0.0.1:{PORT}"):
    request = HTTPRequest(ORIGIN + path, method, headers={"Host": host}, body=None)
    try:
        return await AsyncHTTPClient().fetch(request)
    except HTTPClientError as error:
        return error.response


async def gets(server):
    before, times = server.cpu_seconds(), []
    for _ in range(500):
        start = time.perf_counter()
        await get()
        times.append(1e3 * (time.perf_counter() - start))
    cpu = 1e3 * (server.cpu_seconds() - before) / len(times)
    return f"median {statistics.median(times):.1f} ms, processor {cpu:.1f} ms, longest " \
           f"{max(times):.0f} ms"  # fmt: skip


async def headers(server):
    paths = [
        "/",
        "/page.js",
        "/page.css",
        "/bokeh.min.js",
        "/ws",
        "/metadata",
        "/autoload.js",
        "/static/js/bokeh.min.js",
        "/page.html",
        "/../setup.cfg",
        "/%00",
        "/?token=%FF",
    ]
    responses = [await get(path, method) for path in paths for method in ("GET", "HEAD", "DELETE")]
    responses.append(await get(host="evil.example"))
    whole = sum(all(name in r.headers for name in HEADERS) for r in responses)
    told = sum("Server" in r.headers or b"Traceback" in (r.body or b"") for r in responses)
    return f"{whole} of {len(responses)} responses have all; {told} tell of the server"


async def foreign(server):
    own = f"127.0.0.1:{PORT}"
    cases = [(o, own) for o in (
        "http://evil.example", "null", "", f"http://127.0.0.1:{PORT + 1}", f"{ORIGIN}.evil.example",
        f"http://localhost:{PORT}", f"http://[::1]:{PORT}", "file://", "chrome-extension://x",
    )] + [(f"http://{h}", h) for h in (
        "evil.example", f"evil.example:{PORT}", "192.0.2.1", "localhost.evil.example", "0.0.0.0",
    )]  # fmt: skip
    refused = 0
    for origin, host in cases:
        try:
            (await connect(origin, Host=host)).close()
        except HTTPClientError as error:
            refused += error.code == 403
    return f"{refused} of {len(cases)} sockets refused"


async def hostile(server):
    client, slowest, answers = await connect(), 0.0, 0
    await shows(client, "coffee")
    for name, text in HOSTILE.items():
        start = time.perf_counter()
        await client.write_message(text)
        alert = (await reply(client)).get("alert")
        slowest = max(slowest, 1e3 * (time.perf_counter() - start))
        answers += bool(alert) and len(alert) <= 400
        if not alert:
            print(f"not refused: {name}", file=sys.stderr)
    await client.write_message('{"set": ["center", 7]}')
    goes_on = "(7, 26)" in (await reply(client))["code"]
    client.close()
    return f"{answers} of {len(HOSTILE)} refused by a sentence within {slowest:.0f} ms; session " \
           f"goes on: {goes_on}"  # fmt: skip


async def raw_socket():
    """Connection whose frames are written by hand."""
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    writer.write(
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nOrigin: {ORIGIN}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    return writer


async def long_message(server):
    writer = await raw_socket()
    start, sent = time.perf_counter(), 0
    writer.write(b"\x82\xff" + (600_000_000).to_bytes(8, "big") + b"\0\0\0\0")
    with suppress(ConnectionError):
        while sent < 600:
            writer.write(bytes(1_000_000))
            await writer.drain()
            sent += 1
    writer.close()
    return f"closed after {sent} of 600 MB, {1e3 * (time.perf_counter() - start):.0f} ms"


async def long_upload(server):
    """Pieces without end after an honest announcement."""
    client, alerts = await connect(), 0
    await shows(client, "coffee")
    await client.write_message('{"upload": "a.png", "size": 20000000}')
    for _ in range(60):
        await client.write_message(bytes(1_000_000), binary=True)
    alerts = bool((await reply(client)).get("alert"))
    client.close()
    return f"refused by a sentence: {alerts}"


async def flood(server):
    """A visitor that asks and asks, and reads nothing."""
    writer = await raw_socket()
    end, sent = time.monotonic() + 10, 0
    while time.monotonic() < end:
        text = b'{"picture": "%s"}' % (b"coffee" if sent % 2 else b"astronaut")
        mask = secrets.token_bytes(4)
        body = bytes(c ^ mask[k % 4] for k, c in enumerate(text))
        writer.write(bytes([0x81, 0x80 | len(text)]) + mask + body)
        with suppress(TimeoutError):
            await asyncio.wait_for(writer.drain(), 1)
        sent += 1
        await asyncio.sleep(0.001)
    start = time.perf_counter()
    other = await connect()
    await shows(other, "coffee")
    waited = time.perf_counter() - start
    other.close()
    writer.transport.abort()
    return f"{sent} messages in 10 s; another visitor is served after {waited:.1f} s"


async def visitors(server, count=30):
    data = photograph()

    async def visit(k):
        client = await connect()
        name, size = f"{k}.jpg", len(data)
        await shows(client, "coffee")
        await client.write_message(json.dumps({"upload": name, "size": size}))
        for start in range(0, size, 1_000_000):
            await client.write_message(data[start : start + 1_000_000], binary=True)
        await shows(client, name)
        for center in range(5, 10):
            await client.write_message(json.dumps({"set": ["center", center]}))
            while f"({center}, 26)" not in (await reply(client)).get("code", ""):
                pass
        client.close()

    start = time.perf_counter()
    await asyncio.gather(*map(visit, range(count)))
    seconds = time.perf_counter() - start
    return f"all served in {seconds:.0f} s: each 12 megapixels, then 5 changes"


async def outcome(client):
    """What becomes of a page: "picture" if it is served, "last" if it is told that it is not."""
    while said := await reply(client):
        for key in ("picture", "last"):
            if said.get(key):
                return key
    return None


async def connects(server, count=200):
    clients = await asyncio.gather(*(connect() for _ in range(count)))
    outcomes = await asyncio.gather(*(outcome(client) for client in clients))
    served, told = outcomes.count("picture"), outcomes.count("last")
    for client in clients:
        client.close()
    await asyncio.sleep(1)
    client = await connect()
    await shows(client, "coffee")
    client.close()
    return f"{served} served, {told} told by a sentence; afterwards another is served"


async def measure(wait):
    server = Server()
    try:
        client = await connect()
        await shows(client, "coffee")
        client.close()
        await visitors(server, 1)  # all is compiled and loaded
        await asyncio.sleep(8)
        start = server.megabytes()
        print(f"memory at the start: {start:.0f} MB\n")
        print("| case | result | peak above start, MB | s |")
        print("|---|---|---|---|")
        for case in (gets, headers, foreign, hostile, long_message, long_upload, flood, visitors,
                     connects):  # fmt: skip
            server.forget_peak()
            began = time.perf_counter()
            result = await case(server)
            peak = server.megabytes("VmHWM") - start
            seconds = time.perf_counter() - began
            print(f"| {case.__name__} | {result} | {peak:.0f} | {seconds:.1f} |", flush=True)
        await asyncio.sleep(wait)
        print(f"\n{wait} s later: {server.megabytes() - start:+.0f} MB")
    finally:
        server.process.send_signal(signal.SIGINT)
        _, said = server.process.communicate(timeout=30)
        print(f"exit status {server.process.returncode}; lines on standard error: "
              f"{said.count(chr(10))}, tracebacks: {said.count('Traceback')}")  # fmt: skip
        if "Traceback" in said:
            print(said[:3000], file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--wait", type=int, default=60, help="seconds until memory is read again")
    asyncio.run(measure(parser.parse_args().wait))
