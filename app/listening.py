"""The socket that the service listens on, opened before anything else so that a taken port is said at once."""

from __future__ import annotations

import errno
import socket
import time

from layers.errors import Misconfigured
from layers.messages import Sentence, declare
from layers.spec import Label

BACKLOG = 2048  # connections that wait while both web processes are busy


class PortTaken(Misconfigured):
    """Somebody listens there already. `values`: host, port, free."""

    code = "port-taken"


class NoAddress(Misconfigured):
    """This machine cannot listen there. `values`: host, port, why."""

    code = "no-address"


declare({
    "port-taken": Sentence(
        Label("端口 {port} 已被占用（{host}）", "Port {port} on {host} is taken"),
        Label("换一个端口：--port {free}", "Choose another: --port {free}")),
    "no-address": Sentence(
        Label("不能在 {host}:{port} 上监听：{why}", "Cannot listen on {host}:{port}: {why}"),
        Label("更正 --host 或 --port（1024 以下的端口需要特权）", "Correct --host or --port (ports below 1024 need privilege)")),
})


def listen(host: str, port: int, *, patience_s: float = 0.0) -> socket.socket:
    """A listening socket; a taken port is asked again for `patience_s`. Raises PortTaken (with a free one), NoAddress."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return _listen(host, port)
        except OSError as error:
            if isinstance(error, socket.gaierror) or error.errno != errno.EADDRINUSE:
                raise NoAddress(host=host, port=port, why=error.strerror) from error
            if time.monotonic() > deadline:
                raise PortTaken(host=host, port=port, free=_free_port(host, port)) from error
        time.sleep(0.1)


def _listen(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # or a restart fails while old connections fade
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def _free_port(host: str, port: int) -> int:
    for candidate in (*range(port + 1, min(port + 100, 65536)), 0):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            try:
                probe.bind((host, candidate))
            except OSError:
                continue
            free: int = probe.getsockname()[1]
            return free
    return port


def reachable(host: str, port: int) -> str:
    """The URL at which this machine itself reaches a service that listens there."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
