"""A web process for the bench of streams: ours, with one more route that computes for 100 ms and holds the interpreter."""

from __future__ import annotations

import socket
import sys
import time


def main() -> None:
    """Serve on the inherited socket."""
    import uvicorn

    from app import create_app, settings
    from app.connections import PatientProtocol
    from app.dispatcher import Dispatcher
    from app.security import Permission, requires

    app = create_app(settings.read())

    @requires(Permission.PUBLIC)
    def compute() -> str:
        until = time.thread_time() + 0.1
        while time.thread_time() < until:
            sum(range(1000))
        return "computed"

    app.add_url_rule("/compute", view_func=compute)
    config = uvicorn.Config(Dispatcher(app), http=PatientProtocol, ws="none", log_config=None, access_log=False)  # type: ignore[arg-type]
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


if __name__ == "__main__":
    main()
