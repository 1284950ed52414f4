"""`application`, as uvicorn imports it in each worker; the settings come from the environment."""

from __future__ import annotations

from app import create_app, logs, metrics, settings
from app.dispatcher import Dispatcher

SETTINGS = settings.read()
metrics.prepare(SETTINGS.home)  # before the first series is made

logs.configure()
application = Dispatcher(create_app(SETTINGS))
