"""`python -m app.cli` is `onemap`."""

from app.cli import main

main(prog_name="onemap")
