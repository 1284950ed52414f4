"""The set-up: scripts that say what to do, locks that any mirror serves, containers in step with the settings."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import tomllib
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = [ROOT / "scripts" / name for name in ("setup.sh", "up", "test", "bench")] + [ROOT / ".ci/run", ROOT / "docker/init-database.sh"]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
TOOLS = ("bash", "grep", "sh", "readlink", "env", "dirname", "cat", "tr", "sed", "awk", "df", "sort", "tail", "head", "ls", "mktemp", "rm", "cut", "date", "sha256sum", "flock", "setpriv", "id")


SHELLCHECK = ROOT / ".venv/bin/shellcheck"  # by the lock where there is a wheel, else Debian's


def shellcheck(script: Path) -> str:
    tool = str(SHELLCHECK) if SHELLCHECK.exists() else "shellcheck"
    return subprocess.run([tool, "--external-sources", "--format=gcc", str(script)], capture_output=True, text=True, check=False, cwd=ROOT).stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_sound_bash(script: Path) -> None:
    assert shellcheck(script) == ""
    assert script.name == "setup.sh" or os.access(script, os.X_OK)


@pytest.mark.parametrize("lock", [*LOCKS, ROOT / "package-lock.json"], ids=lambda path: path.name)
def test_a_lock_names_no_download_address(lock: Path) -> None:
    text = lock.read_text()
    if lock.suffix == ".json":
        packages = json.loads(text)["packages"]
        assert not any("resolved" in package for package in packages.values())
        assert all("integrity" in package for name, package in packages.items() if name)
    else:
        assert not re.search(r"https?://|^-|^ +-[^-]", text, re.M)
        for entry in re.split(r"^(?=\S)", text, flags=re.M):
            assert not entry or "--hash=sha256:" in entry, entry


def test_every_dependency_is_locked_and_the_tests_lock_holds_the_services() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime, test = (pins(ROOT / name) for name in ("requirements.lock", "requirements-test.lock"))
    assert runtime.items() <= test.items()
    assert names(project["project"]["dependencies"]) <= runtime.keys()
    assert names(project["dependency-groups"]["test"]) <= test.keys()


def test_shellcheck_finds_an_unquoted_name(tmp_path: Path) -> None:
    (tmp_path / "it").write_text("#!/bin/bash\nrm -r $1\n")
    assert "SC2086" in shellcheck(tmp_path / "it")


def pins(lock: Path) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+)", lock.read_text(), re.M):
        found.setdefault(name, []).append(version)
    return found


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[>=<~!; ]", one)[0].lower() for one in requirements}


def test_what_the_page_takes_from_npm_is_in_the_lock() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for name, version in {**package["dependencies"], **package["devDependencies"]}.items():
        assert locked[f"node_modules/{name}"]["version"] == version, "pin exact versions, then npm install --package-lock-only"
    for source in package["vendor"].values():
        name = "/".join(source.split("/")[: 2 if source.startswith("@") else 1])
        assert name in package["dependencies"]


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder of programs as on a machine with little more than bash; tests add what they want found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool, path="/usr/bin:/bin:/usr/sbin:/sbin")
        if found:
            (folder / tool).symlink_to(found)
    return folder


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).unlink(missing_ok=True)
    (folder / name).write_text(f"#!/bin/bash\n{text}\n")
    (folder / name).chmod(0o755)


def run(bare: Path, words: str) -> subprocess.CompletedProcess[str]:
    script = f"source {ROOT}/scripts/setup.sh\n{words}"
    return subprocess.run([str(bare / "bash"), "-c", script], capture_output=True, text=True, env={"PATH": str(bare), "HOME": "/nonexistent"}, stdin=subprocess.DEVNULL, check=False)


NOTHING_HERE = "has_postgis() { return 1; }; good_python() { return 1; }; "


def test_without_apt_it_says_what_to_install(bare: Path) -> None:
    done = run(bare, NOTHING_HERE + "system_packages runtime")
    assert done.returncode == 1 and "PostGIS 3" in done.stderr and "docker/compose.yaml" in done.stderr


def test_without_root_it_says_the_exact_command(bare: Path) -> None:
    program(bare, "apt-get", "exit 1")
    program(bare, "apt-cache", "echo 'Depends: postgresql-16'")
    done = run(bare, NOTHING_HERE + "may_be_root() { return 1; }; postgres_major() { echo 16; }; system_packages runtime")
    assert done.returncode == 1
    assert "apt-get install --no-install-recommends python3 python3-venv postgresql-16 postgresql-16-postgis-3" in done.stderr


def test_the_default_cluster_is_switched_off_while_packages_are_installed(bare: Path, tmp_path: Path) -> None:
    log, rules = tmp_path / "log", tmp_path / "rules"
    for name in ("mkdir", "tee"):
        (bare / name).symlink_to(shutil.which(name) or "")
    program(bare, "apt-get", f'echo "$* / $(cat {rules}/onemap.conf 2>/dev/null)" >> {log}')
    # the same function, with its folder of rules put where the test may write
    moved = f"declare -f install_packages | sed 's#/etc/postgresql-common/createcluster.d#{rules}#'"
    body = f'as_root() {{ "$@"; }}; eval "$({moved})"; install_packages postgresql-16'
    done = run(bare, body)
    assert done.returncode == 0, done.stderr
    first, second = log.read_text().splitlines()
    assert "postgresql-common" in first and first.endswith("/ ")
    assert "postgresql-16" in second and second.endswith("create_main_cluster = false")
    assert not (rules / "onemap.conf").exists(), "the machine's own habits are as before"


def test_a_taken_port_is_said_before_minutes_of_set_up(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for words in (["--port", str(port)], [f"--port={port}"]):
            done = subprocess.run([str(tmp_path / "scripts/up"), *words], capture_output=True, text=True, timeout=20, check=False)
            assert done.returncode == 1 and f"--port {port + 1}" in done.stderr and str(port) in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_second_set_up_waits_for_the_first(bare: Path, tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    body = (f"here={tmp_path}; mkdir() {{ :; }}; room_on_disk() {{ :; }}; system_packages() {{ :; }}; python_packages() {{ echo began; read -r -t 20 _ || :; }}; "
            "front_end() { echo ended; }; set_up runtime")
    script = f"source {ROOT}/scripts/setup.sh\n{body}"
    start = partial(subprocess.Popen, [str(bare / "bash"), "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"PATH": str(bare), "HOME": "/nonexistent"})
    with start() as first:
        assert first.stdout and first.stdin and first.stdout.readline() == "began\n"
        with start() as second:
            assert second.stdout and "waiting" in second.stdout.readline()
            first.stdin.write("\n")
            first.stdin.flush()
            assert first.stdout.readline() == "ended\n"
            out, _ = second.communicate("\n", timeout=20)
            assert out == "began\nended\n"


def test_on_ubuntu_it_says_where_a_browser_comes_from(bare: Path) -> None:
    program(bare, "chromium-browser", "echo 'Command requires the chromium snap to be installed.' >&2; exit 1")  # Ubuntu's stub
    done = run(bare, "is_ubuntu() { return 0; }; browser")
    assert done.returncode == 1 and "snap install chromium" in done.stderr and "ONEMAP_TEST_BROWSER" in done.stderr
    assert "chromium" not in run(bare, "is_ubuntu() { return 0; }; missing_packages test").stdout, "apt would bring the stub"
    assert "chromium" in run(bare, "is_ubuntu() { return 1; }; missing_packages test").stdout
    program(bare, "google-chrome", "echo 'Google Chrome 141.0.7390.54'")
    assert run(bare, "is_ubuntu() { return 0; }; browser").returncode == 0


def test_a_python_below_a_folder_that_only_root_enters_is_passed_over(bare: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        assert run(bare, "in_reach sh").returncode == 0  # whoever is not root runs the service as itself
        return
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    program(closed, "python3", "exit 0")
    for tool in ("readlink", "sh", "test"):
        (bare / tool).unlink(missing_ok=True)
        (bare / tool).symlink_to(shutil.which(tool) or "")
    assert run(bare, f"in_reach {closed}/python3").returncode == 1
    assert run(bare, "in_reach /bin/sh").returncode == 0


def test_a_failed_step_shows_its_last_words_and_what_to_do(bare: Path) -> None:
    done = run(bare, "step 'fetching' 'check the network' bash -c 'echo no route; exit 3'")
    assert done.returncode == 1 and "no route" in done.stderr and "check the network" in done.stderr


def test_a_step_says_how_long_it_took(bare: Path) -> None:
    assert re.search(r"looking … \d+\.\d s", run(bare, "step looking - true").stdout)


def test_a_full_disk_is_said_before_anything_is_fetched(bare: Path) -> None:
    program(bare, "df", "printf 'x\\n/dev/x 100 90 10 90%% /\\n'")
    done = run(bare, "here=/nonexistent; room_on_disk")
    assert done.returncode == 1 and "10 MB" in done.stderr


def test_ci_runs_what_a_developer_runs() -> None:
    assert "scripts/test" in (ROOT / ".ci/run").read_text()


def test_slow_tests_are_left_out_unless_asked_for(request: pytest.FixtureRequest) -> None:
    assert "not slow" in request.config.getini("addopts") and any(one.startswith("slow:") for one in request.config.getini("markers"))
    assert 'pytest -m slow --timeout 1800 "$@"' in (ROOT / "scripts/test").read_text()
    drills = [path for path in (ROOT / "tests").rglob("test_*.py") if "pytest.mark.slow" in path.read_text() and path != Path(__file__)]
    assert drills
