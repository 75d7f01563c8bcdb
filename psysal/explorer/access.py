"""Access to the explorer: hosts it answers to, origins that may talk to it, and its token.

Place in the pipeline: request of a browser -> [access] -> server.  Needs no server.

A page of another origin can have a visitor's browser send requests here, and a name that its owner
points to this machine makes them look like ours.  So the host of a request must be ours, and a
socket must come from the page that is served at that host.
"""

import hmac
import secrets
import socket
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

__all__ = ["Access"]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def _address(name: str) -> IPv4Address | IPv6Address | None:
    """Address that a text is, if it is one."""
    try:
        return ip_address(name)
    except ValueError:
        return None


@dataclass(frozen=True)
class Access:
    """Rules about the requests that are answered.

    Parameters
    ----------
    host : str
        Address or name that is listened on.
    allow_origins : tuple of str
        Further origins that may open a socket, such as "https://lab.example.org".

    Attributes
    ----------
    token : str
        Secret that the address of the page must have; empty, and not asked for, if only this
        machine can reach the page.

    Raises
    ------
    ValueError
        The host is empty, or an origin is none.

    Examples
    --------
    >>> here = Access("127.0.0.1")
    >>> here.permits_host("localhost:5006"), here.permits_host("evil.example:5006")
    (True, False)
    >>> here.permits_origin("http://localhost:5006", "localhost:5006"), here.token
    (True, '')
    """

    host: str
    allow_origins: tuple[str, ...] = ()
    token: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.host:
            raise ValueError("host must be an address or a name, got ''; 0.0.0.0 stands for all")
        for origin in self.allow_origins:
            parts = urlsplit(origin)
            if origin != f"{parts.scheme}://{parts.netloc}".lower() or not parts.hostname:
                raise ValueError(
                    "allow_origins must be origins such as https://lab.example.org, without a "
                    f"path and in lower case, got {origin!r}"
                )
        token = "" if self._local and not self.allow_origins else secrets.token_urlsafe(24)
        object.__setattr__(self, "token", token)

    @property
    def _local(self) -> bool:
        address = _address(self.host)
        return address.is_loopback if address else self.host == "localhost"

    @property
    def _everywhere(self) -> bool:
        address = _address(self.host)
        return address is not None and address.is_unspecified

    @property
    def public_name(self) -> str:
        """Name of this machine in the address of the page."""
        return socket.gethostname() if self._everywhere else self.host

    def permits_host(self, netloc: str) -> bool:
        """True if a request for this host is meant for the explorer.

        Parameters
        ----------
        netloc : str
            Header Host of the request.

        Returns
        -------
        bool
        """
        try:
            name = urlsplit(f"//{netloc}").hostname or ""
        except ValueError:
            return False
        names = {self.public_name.lower(), *(urlsplit(o).hostname for o in self.allow_origins)}
        if self._local or self._everywhere:
            names |= LOOPBACK
        address = _address(name)  # which no name of somebody else can stand for
        return name in names or (
            address is not None and (self._everywhere or address == _address(self.host))
        )

    def permits_origin(self, origin: str | None, netloc: str) -> bool:
        """True if a page of this origin may open a socket.

        Parameters
        ----------
        origin : str or None
            Header Origin of the request; browsers send it with every socket.
        netloc : str
            Header Host of the request.

        Returns
        -------
        bool
        """
        same = (f"http://{netloc}".lower(), f"https://{netloc}".lower())
        return origin in self.allow_origins or origin in same

    def permits_token(self, token: str) -> bool:
        """True if no token is needed, or this is it; takes the same time for every other one.

        Parameters
        ----------
        token : str
            Argument ``token`` of the request's address.

        Returns
        -------
        bool
        """
        return not self.token or hmac.compare_digest(token.encode(), self.token.encode())
