"""One web process: takes requests from a listening socket that `onemap serve` opened, until it is told to stop."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Mapping
from typing import Any

GRACE_S = 3  # for answers under way when the service stops; the streams are ended at the signal


def preload() -> None:
    """Import all that a web process needs, once, before it is forked as often as wanted."""
    from importlib import import_module

    from app.api import BLUEPRINTS, SITE_BLUEPRINTS

    for name in ("uvicorn", "uvloop", "app.site", "app.dispatcher", "app.connections", *SITE_BLUEPRINTS, *BLUEPRINTS):
        import_module(name)


def serve(listening: socket.socket, environment: Mapping[str, str]) -> None:
    """Serve on this socket, with the settings of this environment, until SIGTERM or SIGINT."""
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # found anew: the supervisor's may be closed to this user
    import uvicorn

    from app.asgi import SETTINGS, application
    from app.connections import PatientProtocol

    proxies = SETTINGS.trusted_proxies
    protocol: Any = PatientProtocol
    config = uvicorn.Config(application, http=protocol, ws="none", log_config=None, access_log=False, server_header=False,
                            timeout_graceful_shutdown=GRACE_S, proxy_headers=bool(proxies), forwarded_allow_ips=proxies or None)
    uvicorn.Server(config).run(sockets=[listening])
