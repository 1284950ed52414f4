"""The generated pages of docs/ say what the program says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner

from app.cli.docs import command
from app.reference import layers_page, stale_pages, write_pages
from layers.catalogue import CATALOGUE
from layers.collection import Catalogue
from layers.spec import Label


def test_the_kept_pages_are_not_stale() -> None:
    assert stale_pages() == [], "run: .venv/bin/onemap docs"


def test_a_changed_layer_makes_its_page_stale(tmp_path: Path) -> None:
    write_pages(tmp_path)
    assert stale_pages(tmp_path) == []
    shelters = replace(CATALOGUE["shelters"], label=Label("避难点", "Refuges"))
    changed = Catalogue(tuple(shelters if layer.id == "shelters" else layer for layer in CATALOGUE.values()))
    assert layers_page(changed) != (tmp_path / "layers.md").read_text(encoding="utf-8")


def test_every_layer_and_field_is_on_the_page() -> None:
    page = layers_page()
    for layer in CATALOGUE.values():
        assert f"(`{layer.id}`)" in page
        for field in layer.fields:
            assert f"| `{field.id}`" in page and field.label.zh in page and field.label.en in page


def test_a_seventh_layer_is_on_the_page_without_further_ado() -> None:
    wells = replace(CATALOGUE["villages"], id="wells", label=Label("水源井", "Wells"))
    assert "### 水源井 · Wells (`wells`)" in layers_page(CATALOGUE.with_layers(wells))


def test_the_command_checks_without_writing(tmp_path: Path) -> None:
    asked = CliRunner().invoke(command, ["--check", "--folder", str(tmp_path)])
    assert asked.exit_code == 1 and asked.output.split() == ["layers.md"]
    assert list(tmp_path.iterdir()) == []
    assert CliRunner().invoke(command, ["--folder", str(tmp_path)]).exit_code == 0
    assert CliRunner().invoke(command, ["--check", "--folder", str(tmp_path)]).exit_code == 0
