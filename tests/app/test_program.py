"""A checkout that the service's user cannot enter is served from a copy that is kept up to date."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import program
from app.program import ProgramClosed
from geodata.store.system_user import SystemUser
from tests.app.test_service_user import nobody, open_folder  # noqa: F401  (fixtures)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="is about what root starts")


@pytest.fixture
def checkout(open_folder: Path) -> Path:  # noqa: F811
    """A small program of the same form in a closed folder."""
    root = open_folder / "root/checkout"
    root.mkdir(parents=True)
    root.parent.chmod(0o700)
    for name in ("app", "geodata", "layers", "app/static"):
        (root / name).mkdir()
        (root / name / "__init__.py").write_text("")
        (root / name / "__init__.py").chmod(0o600)
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", str(root / ".venv")], check=True)
    site = next(root.glob(".venv/lib/python*/site-packages"))
    (site / "click.py").write_text("")
    (site / "onemap.pth").write_text(f"{root}\n")
    (root / ".venv/set-up").write_text("of today")
    return root


def test_a_closed_checkout_is_copied_once_and_again_when_it_changed(checkout: Path, open_folder: Path, nobody: SystemUser) -> None:  # noqa: F811
    said: list[str] = []
    assert not program.runs_for(nobody, checkout)
    place = program.copied(checkout, open_folder / "apart", nobody, said.append)
    assert program.runs_for(nobody, place) and len(said) == 2
    where = nobody.run([str(place / ".venv/bin/python"), "-P", "-c", "import app; print(app.__file__)"]).stdout
    assert where.strip() == str(place / "app/__init__.py"), "and not the closed original"
    program.copied(checkout, open_folder / "apart", nobody, said.append)
    assert len(said) == 2, "nothing to do"
    (checkout / "app/new.py").write_text("")
    program.copied(checkout, open_folder / "apart", nobody, said.append)
    assert len(said) == 3 and (place / "app/new.py").exists()
    (checkout / ".venv/set-up").write_text("of tomorrow")
    program.copied(checkout, open_folder / "apart", nobody, said.append)
    assert len(said) == 4 and program.runs_for(nobody, place)
    assert not [one for one in place.rglob("*") if not one.is_symlink() and one.stat().st_mode & 0o022], "nobody may change what root runs"


def test_a_python_below_a_closed_folder_is_said(checkout: Path, open_folder: Path, nobody: SystemUser) -> None:  # noqa: F811
    python = checkout.parent / "python3"
    python.write_bytes(Path(os.path.realpath("/usr/bin/python3")).read_bytes())
    python.chmod(0o755)
    for name in ("python", "python3"):
        (checkout / ".venv/bin" / name).unlink()
        (checkout / ".venv/bin" / name).symlink_to(python)
    with pytest.raises(ProgramClosed) as refused:
        program.copied(checkout, open_folder / "apart", nobody, print)
    assert refused.value.values == {"user": "nobody", "python": str(python)}


def test_this_checkouts_own_python_is_in_reach_of_any_user(nobody: SystemUser) -> None:  # noqa: F811
    """The set-up passes over a Python in root's home (setpriv itself would start it there, the readers of files would not)."""
    assert nobody.run(["test", "-x", os.path.realpath(sys.executable)]).returncode == 0  # the checkout itself may be closed
