"""Text that a spreadsheet would compute: made harmless on its way out, and meant as it was on its way in (bars.md E9)."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def harmless(text: str) -> str:
    """Text that a spreadsheet shows and does not compute."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_meant(text: str) -> str:
    """The text of which `harmless` made this."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
