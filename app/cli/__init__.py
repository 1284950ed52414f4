"""The command line `onemap`: one command a file, each imported only when it is asked for."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from layers import messages
from layers.errors import OnemapError

REFUSED = 2  # the exit code of a command that was refused and changed nothing


class Commands(click.Group):
    """Finds a command by its file: `app/cli/load.py` holds `load` as `command`. Files that begin with `_` hold none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        places = Path(__file__).parent.glob("[a-z]*.py")
        return sorted(path.stem.replace("_", "-") for path in places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        found: click.Command = import_module(f"app.cli.{cmd_name.replace('-', '_')}").command
        return found

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OnemapError as error:
            for line in explained(error):
                click.echo(line, err=True)
            ctx.exit(REFUSED)


def explained(error: OnemapError) -> list[str]:
    """What went wrong and what to do, in Chinese and English, as lines for a terminal."""
    import app.problems  # noqa: F401  (its import declares the sentences of every code)

    lines = [f"{error.code}:"]
    for language in ("zh", "en"):
        remedy = messages.remedy(error.code, error.values, language)
        lines.append(f"  {messages.message(error.code, error.values, language)}" + (f"。{remedy}" if remedy and language == "zh" else f". {remedy}" if remedy else ""))
    for problem in error.problems:
        lines.append(f"  {problem.pointer or '/'}: {messages.message(problem.code, problem.values, 'zh')} · {messages.message(problem.code, problem.values, 'en')}")
    return lines


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), help="数据目录 · the folder of the installation (or ONEMAP_HOME; default .onemap)")
@click.pass_context
def main(ctx: click.Context, home: Path | None) -> None:
    """应急指挥一张图 · the emergency-command one map."""
    from app.cli._installation import Installation

    ctx.obj = Installation(home)
    if not sys.stdout.isatty():  # a report in a pipe or a file is UTF-8 whatever the locale
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(encoding="utf-8")
