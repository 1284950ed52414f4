"""Longitudes and latitudes in the forms that people type: decimal, degrees with minutes and seconds, one or two in a cell."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.files.table import Column, Kind

_MARKED = r"[-+]?\d+(?:\.\d+)?\s*[°度d:]\s*(?:\d+(?:\.\d+)?\s*['′分m:]\s*)?(?:\d+(?:\.\d+)?\s*(?:[\"″”]|''|′′|秒|s)?)?"
_DMS = re.compile(
    r"^([+-]?\d+(?:\.\d+)?)\s*[°度d:]\s*(?:(\d+(?:\.\d+)?)\s*['′’分m:]\s*)?(?:(\d+(?:\.\d+)?)\s*(?:[\"″”]|''|′′|秒|s)?)?$", re.IGNORECASE
)
_SPACED = re.compile(r"^([+-]?\d{1,3})[\s-]+(\d{1,2})[\s-]+(\d{1,2}(?:\.\d+)?)$")
_DOTTED = re.compile(r"^([+-]?\d{1,3})\.(\d{1,2})\.(\d{1,2}(?:\.\d+)?)$")
_BOTH_NAMED = re.compile(r"^(东经|西经|经度|北纬|南纬|纬度|[ewns])\s*:?\s*(.+?)\s*(东经|西经|经度|北纬|南纬|纬度|[ewns])\s*:?\s*(.+)$", re.IGNORECASE)
_BOTH_MARKED = re.compile(rf"^({_MARKED}\s*[ew]?)\s*({_MARKED}\s*[ns]?)$", re.IGNORECASE)
_LOOKALIKES = str.maketrans({"−": "-", "º": "°", "˚": "°", "’": "′", "‘": "′", "`": "′", "´": "′"})  # before NFKC, which makes letters of two of them
DECIMAL, DOTTED, WHOLE, MINUTES, MILLIONTHS = "decimal", "d.mmss", "dddmmss", "dddmm.mm", "e6"
FORMS = (DECIMAL, DOTTED, WHOLE, MINUTES, MILLIONTHS)  # in which bare numbers may say an angle: 109.80833 is 109.4830, 1094830, 10948.5 and 109808333
_PACKED_ROWS = 8  # so many rows of digits all under 60 are chance once in three thousand


def coordinate(value: Any) -> float | None:
    """One coordinate as typed: `109.5`, `１０９．５`, `109,5`, `109°34′30″`, `109度34分30秒`, `109.34.30`, `E109 34 30`, `4,496,845.5`; None when it is none."""
    if not isinstance(value, str):
        return None
    if value[-1:].isdigit() and value.isascii():  # as most are written
        try:
            return float(value)
        except ValueError:
            pass
    text = unicodedata.normalize("NFKC", value.translate(_LOOKALIKES)).strip()
    text, sign = _without_hemisphere(text)
    text = _without_commas(text) if "," in text else text
    try:
        return sign * float(text)
    except ValueError:
        pass
    match = _DMS.match(text) or _SPACED.match(text) or _DOTTED.match(text)
    if not match:
        return None
    degrees, minutes, seconds = (float(one) if one else 0.0 for one in match.groups())
    if minutes >= 60 or seconds >= 60:
        return None
    size = abs(degrees) + minutes / 60 + seconds / 3600
    return sign * (-size if match[1].startswith("-") else size)


def _without_commas(text: str) -> str:
    """Commas between thousands taken out (4,496,845.5), a comma before decimals made a point (109,5): three digits before one comma are degrees up to 180."""
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+\.\d+|[+-]?\d{1,3}(,\d{3}){2,}", text):
        return text.replace(",", "")
    if re.fullmatch(r"[+-]?\d{1,3},\d+", text):
        return text.replace(",", "." if abs(int(text.partition(",")[0])) <= 180 else "")
    return text


def _without_hemisphere(text: str) -> tuple[str, float]:
    """The number without 东经, N, S ... before or after it, and -1 for west and south. `30m15s` ends in seconds, not in the south."""
    seconds = bool(re.search(r"(?i)m\s*[\d.]+\s*s$", text))
    match = re.match(r"(?is)^(东经|西经|北纬|南纬|经度|纬度|[nsew])?\s*:?\s*(.*?)\s*([nsew])?$", text if not seconds else text[:-1])
    assert match
    west_or_south = bool(re.search(r"(?i)西经|南纬|[sw]", (match[1] or "") + (match[3] or "")))
    return match[2], -1.0 if west_or_south else 1.0


def pair(value: Any) -> tuple[float, float] | None:
    """Longitude and latitude from one cell, in the order written unless N or 北纬 stands at the first; None when there are not two."""
    if not isinstance(value, str):
        return None
    text = unicodedata.normalize("NFKC", value.translate(_LOOKALIKES)).strip(" ()[]")
    pieces = [one.strip() for one in re.split(r"[,;、/|]", text) if one.strip()]  # the strong marks first: 109 48 00, 40 36 00
    if len(pieces) != 2:
        pieces = [one for one in re.split(r"[,;\s]+", text) if one]
    if len(pieces) != 2 and (match := _BOTH_NAMED.match(text)):
        pieces = [match[1] + match[2], match[3] + match[4]]
    elif len(pieces) != 2 and (match := _BOTH_MARKED.match(text)):
        pieces = [match[1], match[2]]
    if len(pieces) != 2:
        return None
    numbers = [coordinate(one) for one in pieces]
    if numbers[0] is None or numbers[1] is None:
        return None
    first_is_lat = bool(re.match(r"(?i)北|N|.*N$", pieces[0]))
    return (numbers[1], numbers[0]) if first_is_lat else (numbers[0], numbers[1])


def in_three(columns: Sequence[Column], degrees: Column) -> Column | None:
    """Degrees, minutes and seconds in three columns as one of degrees, told by the two columns after that of the degrees; None where it is not so."""
    place = next(number for number, one in enumerate(columns) if one is degrees)
    beside = columns[place + 1 : place + 3]
    endings = [re.sub(r"[\W_\d]+", "", one.name)[-1:] for one in beside]
    if endings != ["分", "秒"] and [re.sub(r"[\W_\d]+", "", one.name.casefold())[-3:] for one in beside] != ["min", "sec"]:
        return None
    return Column(degrees.name, Kind.REAL, [_summed(*row) for row in zip(degrees.values, beside[0].values, beside[1].values, strict=True)])


def _summed(degrees: Any, minutes: Any, seconds: Any) -> float | str | None:
    """One angle; what is none of that stays as it is written, so that its row is told."""
    try:
        whole, sixtieths, rest = (float(one) if one is not None else 0.0 for one in (degrees, minutes, seconds))
    except ValueError:
        return f"{degrees} {minutes} {seconds}"
    if degrees is None:
        return None
    if not (0 <= sixtieths < 60 and 0 <= rest < 60) or whole != int(whole):
        return f"{degrees:g} {minutes} {seconds}" if isinstance(degrees, float) else f"{degrees} {minutes} {seconds}"
    return math.copysign(abs(whole) + sixtieths / 60 + rest / 3600, whole)


def look_packed(values: Sequence[Any]) -> bool:
    """Whether decimal degrees are all written as degrees.minutes-seconds (109.4830 for 109°48′30″): the first four decimals are pairs under 60."""
    texts = {str(one).strip() for one in values if one is not None}
    if len(texts) < _PACKED_ROWS:
        return False
    decimals = [match[1].ljust(4, "0") for one in texts if (match := re.fullmatch(r"\d{1,3}\.(\d{2,8})", one))]
    return len(decimals) == len(texts) and any(one[2:] != "00" for one in decimals) and all(one[:2] < "60" and one[2:4] < "60" for one in decimals)


def as_degrees(numbers: NDArray[np.float64], form: str) -> NDArray[np.float64]:
    """Numbers of one of the forms in decimal degrees; NaN where minutes or seconds are 60 and more."""
    if form == DECIMAL:
        return numbers
    if form == MILLIONTHS:
        return numbers / 1e6
    size = np.abs(numbers) * {DOTTED: 1e4, WHOLE: 1.0, MINUTES: 100.0}[form]
    size = np.round(size, 6)  # 109.4830 is a trifle under itself in binary, and its minute must not become one less
    degrees, rest = np.divmod(size, 10_000)
    minutes, seconds = (np.divmod(rest, 100) if form != MINUTES else (rest / 100, np.zeros_like(rest)))
    found = degrees + minutes / 60 + seconds / 3600
    return np.copysign(np.where((minutes < 60) & (seconds < 60), found, np.nan), numbers)
