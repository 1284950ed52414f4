"""One tile from another host, asked as a stranger is asked: only configured hosts, no redirect, nothing but a picture, three seconds."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 3.0
MAX_BYTES = 2_000_000  # a tile of 512 px in full colour is under 1 MB
_SIGNS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))
_NONE = (204, 404)


class Failed(Exception):
    """The source did not give a picture; the text says what it did, without its address."""


def picture_type(content: bytes) -> str | None:
    """The media type by what the bytes are, whatever the source calls them."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for sign, kind in _SIGNS if content.startswith(sign)), None)


def permitted(address: str, *, intranet: bool) -> bool:
    """Whether a host of this address may be asked: public ones, and with `intranet` private and own ones; never link-local, multicast, reserved."""
    ip: Any = ipaddress.ip_address(address.split("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False
    if ip.is_global:
        return True
    return intranet and (ip.is_private or ip.is_loopback)


def fetch(url: str, hosts: frozenset[str], *, intranet: bool, timeout_s: float = TIMEOUT_S) -> bytes | None:
    """The picture, or None where the source says that it has none there. Raises Failed within `timeout_s` and a name look-up."""
    parts = urlsplit(url)
    if parts.hostname not in hosts or parts.scheme not in ("http", "https"):
        raise Failed("host")
    ends = time.monotonic() + timeout_s
    port = parts.port or (443 if parts.scheme == "https" else 80)
    connection = _Pinned(parts.hostname, port, _resolved(parts.hostname, port, intranet), secure=parts.scheme == "https", timeout=timeout_s)
    try:
        connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""), headers={"User-Agent": "onemap", "Accept": "image/*"})
        answer = connection.getresponse()
        if answer.status in _NONE:
            return None
        if answer.status != 200:
            raise Failed(f"HTTP {answer.status}")
        content = _body(answer, connection, ends)
    except (OSError, http.client.HTTPException) as error:
        raise Failed(type(error).__name__) from error
    finally:
        connection.close()
    if picture_type(content) is None:
        raise Failed("not a picture")
    return content


def _body(answer: http.client.HTTPResponse, connection: http.client.HTTPConnection, ends: float) -> bytes:
    content = b""
    while True:
        left = ends - time.monotonic()
        if left <= 0:
            raise Failed("timeout")
        if connection.sock is not None:
            connection.sock.settimeout(left)
        piece = answer.read1(65_536)
        if not piece:
            return content
        content += piece
        if len(content) > MAX_BYTES:
            raise Failed("too large")


def _resolved(host: str, port: int, intranet: bool) -> str:
    """One address of the host, which is then the one asked: a name that answers differently the next time changes nothing."""
    try:
        found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError as error:
        raise Failed("name") from error
    if not found or not all(permitted(one, intranet=intranet) for one in found):
        raise Failed("address not permitted")
    return found[0]


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was checked, under the host's name."""

    def __init__(self, host: str, port: int, address: str, *, secure: bool, timeout: float) -> None:
        self.default_port = 443 if secure else 80  # the Host header names a port only where it is another
        super().__init__(host, port, timeout=timeout)
        self._address = address
        self._secure = secure

    def connect(self) -> None:
        sock = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = ssl.create_default_context().wrap_socket(sock, server_hostname=self.host) if self._secure else sock
