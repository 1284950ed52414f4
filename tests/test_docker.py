"""The containers, as far as they can be held without an engine: in step with the settings, the set-up and one another."""

from __future__ import annotations

import ipaddress
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from app import settings
from app.api import events, health
from app.cli import serve, worker
from geodata.store.cluster import DATABASE, OWNER

ROOT = Path(__file__).resolve().parents[1]
DOCKER = ROOT / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROXY = (DOCKER / "proxy.conf").read_text()
HADOLINT = ROOT / ".venv/bin/hadolint"


def last_stage() -> list[str]:
    return re.split(r"^FROM .*$", DOCKERFILE, flags=re.M)[-1].splitlines()


def words(instruction: str) -> list[str]:
    """The values of an instruction in the last stage."""
    return [line.partition(" ")[2] for line in last_stage() if line.startswith(f"{instruction} ")]


def used() -> set[str]:
    """Every ONEMAP_ name that the containers set or read."""
    return set(re.findall(r"\b(ONEMAP_[A-Z_]+)\b", (DOCKER / "compose.yaml").read_text() + DOCKERFILE)) - {"ONEMAP_PUBLISH"}


def hadolint(text: str) -> str:
    return subprocess.run([str(HADOLINT), "--no-color", "-"], input=text, capture_output=True, text=True, check=False).stdout


def test_hadolint_finds_nothing_in_the_dockerfile_but_does_in_a_careless_one() -> None:
    assert hadolint(DOCKERFILE) == ""
    assert "DL3020" in hadolint("FROM debian:12\nADD app /srv/app\n")


def test_the_containers_settings_are_settings() -> None:
    settings.refuse_unknown(dict.fromkeys(used(), "1"))
    assert {"ONEMAP_HOME", "ONEMAP_HOST", "ONEMAP_PORT", "ONEMAP_DATABASE_URL_FILE", "ONEMAP_SECRET_KEY_FILE", "ONEMAP_PRODUCTION"} <= used()
    with pytest.raises(settings.UnknownSetting):
        settings.refuse_unknown({"ONEMAP_DATABASE": "1"})


def test_the_image_is_run_by_a_user_that_is_not_root() -> None:
    assert DOCKERFILE.count("\nFROM ") + DOCKERFILE.startswith("FROM ") == 3
    (user,) = words("USER")
    made = re.search(r"useradd .*--uid (\d+) .*--home-dir (\S+)", DOCKERFILE)
    assert made and user == made[1] != "0"
    home = re.search(r"ONEMAP_HOME=(\S+)", DOCKERFILE)
    assert home and home[1] == made[2] and words("VOLUME") == [home[1]] and words("WORKDIR") == [home[1]]
    for name in ("app", "worker"):
        assert "user" not in SERVICES[name] and SERVICES[name]["cap_drop"] == ["ALL"] and SERVICES[name]["read_only"]
        assert SERVICES[name]["volumes"] == [f"home:{home[1]}"] and SERVICES[name]["tmpfs"] == ["/tmp"]
    assert not any(service.get("privileged") for service in SERVICES.values())


def test_every_copied_file_is_there_and_let_through() -> None:
    copied = {word for line in DOCKERFILE.splitlines() if line.startswith("COPY") and "--from" not in line for word in line.split()[1:-1]}
    allowed = [rule.removeprefix("!") for rule in (ROOT / ".dockerignore").read_text().split() if rule.startswith("!")]
    for source in copied:
        assert (ROOT / source).exists() and any(Path(source) == Path(rule) or Path(rule) in Path(source).parents or Path(source).match(rule) for rule in allowed), source
    assert {"app", "geodata", "layers", "requirements.lock", "package-lock.json"} <= copied
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (DOCKER / source).is_file(), source


def test_the_healthcheck_asks_a_route_there_is_on_the_port_that_is_served() -> None:
    asked = re.search(r"http://127\.0\.0\.1:(\d+)(/\w+)", DOCKERFILE)
    assert asked
    bare = Flask("bare")
    bare.register_blueprint(health.blueprint)
    assert asked[2] in {str(rule) for rule in bare.url_map.iter_rules()}
    port = re.search(r"ONEMAP_PORT=(\d+)", DOCKERFILE)
    assert port and asked[1] == port[1] and words("EXPOSE") == [port[1]]
    assert set(re.findall(r"proxy_pass (\S+);", PROXY)) == {f"http://app:{port[1]}"}
    assert SERVICES["worker"]["healthcheck"] == {"disable": True}, "the worker serves no page"


def test_the_commands_are_commands() -> None:
    (cmd,) = words("CMD")
    assert cmd == '["serve", "--log-here"]' and words("ENTRYPOINT") == ['["onemap"]']
    name, *flags = SERVICES["app"]["command"]
    known = {flag for option in serve.command.params for flag in option.opts}
    assert name == "serve" and set(flags) == {"--log-here", "--no-jobs"} <= known
    assert SERVICES["worker"]["command"] == ["worker"] == [worker.__name__.rpartition(".")[2]]


def test_what_compose_names_is_declared() -> None:
    assert set(SERVICES) == {"database", "app", "worker", "proxy"}
    for service in SERVICES.values():
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        assert set(service.get("networks", [])) <= set(COMPOSE["networks"]) and set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
    waited_for = {name for service in SERVICES.values() for name in service.get("depends_on", {})}
    assert all("healthcheck" in SERVICES[name] or "HEALTHCHECK" in DOCKERFILE for name in waited_for)
    guide = (ROOT / "docs/operate.md").read_text()
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"./secrets/{name}"} and f" {name}" in guide.partition("mkdir -p docker/secrets")[2]
    for value in SERVICES["app"]["environment"].values():
        assert not str(value).startswith("/run/secrets/") or Path(str(value)).name in SERVICES["app"]["secrets"]


def test_only_the_proxy_is_reached_from_outside_and_is_believed() -> None:
    address = SERVICES["proxy"]["networks"]["inside"]["ipv4_address"]
    inside = COMPOSE["networks"]["inside"]
    assert SERVICES["app"]["environment"]["ONEMAP_TRUSTED_PROXIES"] == address
    assert ipaddress.ip_address(address) in ipaddress.ip_network(inside["ipam"]["config"][0]["subnet"]) and inside["internal"]
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    (published,) = SERVICES["proxy"]["ports"]
    assert f"listen {published.rpartition(':')[2]};" in PROXY


def test_the_proxy_lets_through_what_the_service_takes() -> None:
    body = settings.Settings.__dataclass_fields__["max_body_mb"].default
    assert f"client_max_body_size {body}m;" in PROXY
    unbuffered = re.search(r"location ~ (\S+) \{[^}]*proxy_buffering off", PROXY)
    assert unbuffered
    for path in ("/api/v1/events", "/spaces/d0501/api/v1/events"):
        assert events.PATH.fullmatch(path) and re.search(unbuffered[1], path)
    for header in ("X-Forwarded-For", "X-Forwarded-Proto", "Host"):
        assert PROXY.count(f"proxy_set_header {header} ") == PROXY.count("proxy_pass")


def test_the_database_is_as_the_service_makes_its_own() -> None:
    """Of one major version with the image's pg_dump, which refuses a newer server; with checksums; the owner no superuser."""
    image = re.fullmatch(r"postgis/postgis:(\d+)-3\.\d+", SERVICES["database"]["image"])
    debian = re.search(r" \*\) newest=(\d+)", (ROOT / "scripts/setup.sh").read_text())  # Debian 12's
    assert image and debian and image[1] == debian[1] and "bookworm" in re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)[-1]
    assert "--data-checksums" in SERVICES["database"]["environment"]["POSTGRES_INITDB_ARGS"]
    made = (DOCKER / "init-database.sh").read_text()
    assert f"CREATE ROLE {OWNER} LOGIN CREATEDB CREATEROLE PASSWORD" in made and f"CREATE DATABASE {DATABASE} OWNER {OWNER}" in made and "SUPERUSER" not in made
    assert f"//{OWNER}:" in (ROOT / "docs/operate.md").read_text() and f"@database/{DATABASE}" in (ROOT / "docs/operate.md").read_text()


def test_the_images_interpreters_are_those_the_set_up_asks_for() -> None:
    setup = (ROOT / "scripts/setup.sh").read_text()
    low, high = (int(one) for one in re.findall(r"\(3, (\d+)\)", setup)[:2])
    for minor in re.findall(r"^FROM python:3\.(\d+)-", DOCKERFILE, re.M):
        assert low <= int(minor) < high
    node = re.search(r"^FROM node:(\d+)-", DOCKERFILE, re.M)
    least = re.search(r'split\("\."\)\[0\] >= (\d+)', setup)
    assert node and least and int(node[1]) >= int(least[1])
