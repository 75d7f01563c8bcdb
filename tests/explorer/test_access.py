"""Hosts, origins and tokens that are let in, for every kind of host that is listened on."""

import socket

import pytest

from psysal.explorer.access import Access


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.9.10"])
def test_on_this_machine_only_its_own_names_are_hosts_and_no_token_is_needed(host):
    access = Access(host)
    assert access.token == ""
    assert access.permits_token("")
    assert access.permits_token("any")
    for name in ("localhost", "127.0.0.1", "[::1]"):
        assert access.permits_host(f"{name}:5006")
    for name in ("evil.example", "192.0.2.1", "[2001:db8::1]", "localhost.evil", "", "[", "a b"):
        assert not access.permits_host(f"{name}:5006"), name


@pytest.mark.parametrize(
    ("host", "own", "others"),
    [
        ("192.0.2.1", ["192.0.2.1"], ["192.0.2.2", "localhost", "lab.example"]),
        ("2001:db8::1", ["[2001:db8::1]", "[2001:0db8:0::1]"], ["[2001:db8::2]", "[::1]"]),
        ("Lab.example", ["lab.example", "LAB.EXAMPLE"], ["192.0.2.1", "evil.example", "localhost"]),
        ("0.0.0.0", ["192.0.2.1", "[2001:db8::1]", "localhost", socket.gethostname()], ["evil.ex"]),
        ("::", ["192.0.2.1", "[2001:db8::1]", "localhost"], ["evil.example"]),
    ],
)
def test_of_another_host_only_its_own_names_are_hosts_and_a_token_is_needed(host, own, others):
    access = Access(host)
    for name in own:
        assert access.permits_host(name), name
        assert access.permits_host(f"{name}:81"), name
    for name in others:
        assert not access.permits_host(f"{name}:81"), name
    assert access.permits_token(access.token)
    for token in ("", "x", access.token[:-1], access.token + "x", "\xe9"):
        assert not access.permits_token(token)
    assert access.token != Access(host).token
    assert access.token not in repr(access)


def test_the_origin_is_that_of_the_page_or_one_that_was_allowed():
    access = Access("127.0.0.1", ("https://lab.example.org",))
    assert access.token  # others can come by the proxy
    for origin in ("http://localhost:5006", "https://localhost:5006", "https://lab.example.org"):
        assert access.permits_origin(origin, "localhost:5006"), origin
    for origin in (
        None, "", "null", "file://", "http://localhost", "http://localhost:5007",
        "http://127.0.0.1:5006", "http://lab.example.org", "https://lab.example.org.evil",
        "http://localhost:5006/", "ftp://localhost:5006",
    ):  # fmt: skip
        assert not access.permits_origin(origin, "localhost:5006"), origin
    assert access.permits_host("lab.example.org")


@pytest.mark.parametrize(
    "origin", ["lab.example.org", "https://", "https://lab.example.org/", "*", "", "HTTPS://a.b"]
)
def test_what_is_no_origin_is_a_sentence(origin):
    with pytest.raises(ValueError, match="allow_origins must be origins"):
        Access("127.0.0.1", (origin,))
