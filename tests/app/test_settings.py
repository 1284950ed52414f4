"""Settings are read once, strictly, and the operator's table tells all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import settings
from app.settings import BadSetting, Settings, UnknownSetting
from layers.errors import Misconfigured

GIVEN = {"ONEMAP_DATABASE_URL": "postgresql://x", "ONEMAP_SECRET_KEY": "k"}
OPERATE = Path(__file__).resolve().parents[2] / "docs/operate.md"


def test_defaults_environment_and_command_line_in_that_order(tmp_path: Path) -> None:
    environment = {**GIVEN, "ONEMAP_PORT": "9000", "ONEMAP_WORKERS": "3", "ONEMAP_PRODUCTION": "yes", "ONEMAP_HOME": str(tmp_path)}
    read = settings.read(environment, port=9001, workers=None)
    assert (read.port, read.workers, read.production, read.home, read.host) == (9001, 3, True, tmp_path, "127.0.0.1")


def test_an_unknown_name_is_an_error_that_tells_the_nearest() -> None:
    with pytest.raises(UnknownSetting) as refused:
        settings.read({**GIVEN, "ONEMAP_PROT": "9000"})
    assert refused.value.values == {"name": "ONEMAP_PROT", "nearest": "ONEMAP_PORT"}


@pytest.mark.parametrize(("name", "value"), [("PORT", "high"), ("PORT", "70000"), ("WORKERS", "0"), ("PRODUCTION", "perhaps"), ("THREADS", "-1")])
def test_a_value_that_makes_no_sense_is_an_error(name: str, value: str) -> None:
    with pytest.raises(BadSetting) as refused:
        settings.read({**GIVEN, f"ONEMAP_{name}": value})
    assert refused.value.values["name"] == f"ONEMAP_{name}"


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://from-file\n")
    assert settings.read({"ONEMAP_DATABASE_URL_FILE": str(tmp_path / "url"), "ONEMAP_SECRET_KEY": "k"}).database_url == "postgresql://from-file"
    with pytest.raises(BadSetting):
        settings.read({"ONEMAP_DATABASE_URL_FILE": str(tmp_path / "none"), "ONEMAP_SECRET_KEY": "k"})
    with pytest.raises(UnknownSetting):
        settings.read({**GIVEN, "ONEMAP_PORT_FILE": str(tmp_path / "url")})


def test_without_a_database_nothing_is_read() -> None:
    with pytest.raises(Misconfigured):
        settings.read({})


def test_the_operators_table_is_not_stale() -> None:
    assert settings.table() in OPERATE.read_text("utf-8"), "write app.settings.table() into docs/operate.md"
    assert all(f"`ONEMAP_{name.upper()}`" in settings.table() for name in Settings.__dataclass_fields__)
