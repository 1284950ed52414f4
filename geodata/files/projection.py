"""Which coordinate reference system a table is in: said, plain from its values, or refused with what was considered."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.crs import (
    STORAGE,
    STORAGE_EPSG,
    ProjError,
    UnknownCRS,
    UnsureTransformation,
    crs,
    gauss_kruger_candidates,
    is_degrees,
    is_modern,
    transformer,
)
from geodata.files.notices import Found, Notice, Refused
from geodata.files.table import Table
from geodata.whereabouts import near
from layers.district import District

_WGS84 = 4326
_WEB_MERCATOR = 3857
_UNITS_M = (1_000, 10_000)  # coordinates in kilometres, and in units of ten thousand metres
_OLD = re.compile(r"(?i)krass|beijing|北京|bj_?54|xi_?['’]?_?an|西安|iag_?\W*(19)?75|d_?xian|1980_?xi")

OLD_IN_WORDS = re.compile(r"(?i)(北京|beijing|bj)\W{0,2}(19)?54|(西安|xi'?_?an|xa)\W{0,2}(19)?80|1954\W{0,2}(年)?(北京|beijing)|1980\W{0,2}(年)?(西安|国家|xi'?an)|[五5]四坐标|[八8]零坐标|54坐标|80坐标")

Bounds = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """The system to read coordinates in (`source`, anything `geodata.crs` takes), what to report and what to warn of."""

    source: str | int
    found: Found
    notices: list[Notice] = field(default_factory=list)

    @property
    def target(self) -> int:
        """Where to transform to: storage, or WGS84, which we hold equal, where PROJ only knows the way there."""
        return STORAGE_EPSG if is_modern(self.source) else _WGS84

    @property
    def is_identity(self) -> bool:
        """Whether the numbers are longitudes and latitudes already and stay as they are."""
        return is_degrees(self.source) and is_modern(self.source) and _in_degrees(self.source)


def judge(table: Table, bounds: Bounds, *, given: str | None, district: District, assume: bool) -> Judged:
    """The CRS of a table whose rows have these bounds (n, 4: sane ones only).

    `assume` lets plain degrees anywhere pass without a word of the file (a new layer), with a warning. Raises Refused when it is
    unknown, contradicts the values, or stands on a datum without public parameters.
    """
    if given:
        return _given(table, given)
    plain = _plain_degrees(bounds)
    if table.crs_text and not table.crs_declared_unknown:
        judged = _declared(table, bounds, plain, district)
        if judged is not None:
            return judged
        why = Notice("crs-unreadable", {"said": table.crs_text[:80], "by": table.crs_source or ""})
        return _undeclared(table, bounds, plain, district, assume, [why])
    if table.crs_source in ("RFC 7946", "columns") and not table.crs_declared_unknown:
        code = "crs-by-rfc7946" if table.crs_source == "RFC 7946" else "crs-by-columns"
        if len(bounds) and not plain:
            _refuse_metres(bounds, district, "CRS84" if code == "crs-by-rfc7946" else STORAGE)
        return Judged(STORAGE, Found("OGC:CRS84" if code == "crs-by-rfc7946" else STORAGE, code))
    return _undeclared(table, bounds, plain, district, assume, [])


def candidates(bounds: Bounds, district: District) -> str:
    """In words: the systems in which the middle of the data would fall near the district, as a person would try them."""
    if not len(bounds):
        return "-"
    x, y = float(np.median(bounds[:, [0, 2]])), float(np.median(bounds[:, [1, 3]]))
    west, south, east, north = district.bbox
    box = (west - 0.6, south - 0.45, east + 0.6, north + 0.45)
    listed = []
    smaller = [(first * factor, second * factor, f"{note} (×{factor:,} 后 first)") for factor in _UNITS_M for first, second, note in ((x, y, ""), (y, x, " (X/Y 互换 swapped)"))]
    for first, second, swapped in ((x, y, ""), (y, x, " (X/Y 互换 swapped)"), *smaller):
        if not 1_000_000 < abs(second) < 10_000_000:
            continue
        found: list[int] = []
        try:
            found = gauss_kruger_candidates(first, second, box)
            lon, lat = transformer(_WEB_MERCATOR).transform(first, second)
        except ProjError:
            continue
        if box[0] <= lon <= box[2] and box[1] <= lat <= box[3]:
            found.append(_WEB_MERCATOR)
        listed += [f"EPSG:{epsg} {crs(epsg).name}{swapped}" for epsg in found]
    return "; ".join(listed[:6]) or "无 none"


def _given(table: Table, given: str) -> Judged:
    try:
        crs(given)
    except UnknownCRS as error:
        raise Refused("crs-not-known", about="crs", crs=given[:80]) from error
    source = usable(given)
    if source is None:
        raise Refused("crs-no-way", about="crs", crs=given[:80])
    notices = list(source[1])
    if table.crs_text:
        said = _named(table.crs_text)
        if said and said != _named(given):
            notices.append(Notice("crs-overruled", {"said": said, "given": given}))
    return Judged(source[0], Found(given.upper(), "crs-given", {"crs": given}), notices)


def _declared(table: Table, bounds: Bounds, plain: bool, district: District) -> Judged | None:
    """What the file says, held against its values; None where it cannot be used."""
    text = table.crs_text or ""
    try:
        system = crs(text)
    except UnknownCRS:
        if OLD_IN_WORDS.search(text):  # 北京54坐标系, written by hand
            raise Refused("datum-without-parameters", about="crs", crs=text[:80]) from None
        return None
    nameless = "undefined" in system.name.lower() or (
        not system.is_projected and re.search(r"(?i)^unknown$|^unknown based on", system.name)
    )
    if system.is_engineering or nameless:
        table.crs_declared_unknown = True
        return None
    source = usable(text)
    if source is None:
        return None
    name = _named(text) or system.name
    if len(bounds):
        if is_degrees(source[0]) and not plain and _in_degrees(source[0]):
            _refuse_metres(bounds, district, name)
        if not is_degrees(source[0]) and plain:
            raise Refused("degrees-called-metres", about="crs", said=name, sample=_sample(bounds))
    return Judged(source[0], Found(name, "crs-declared", {"by": table.crs_source or "", "name": system.name}), list(source[1]))


def _undeclared(table: Table, bounds: Bounds, plain: bool, district: District, assume: bool, notices: list[Notice]) -> Judged:
    here = near(bounds, district)
    if len(bounds) and (plain or here.mean() > 0.5):
        if here.mean() > 0.5:  # rows that lie elsewhere, or nowhere, are told one by one
            notice = Notice("crs-assumed-here", {"sample": _sample(bounds)})
            return Judged(STORAGE, Found(STORAGE, "crs-assumed-here", notice.values), [*notices, notice])
        if plain and assume and not table.crs_declared_unknown:
            notice = Notice("crs-assumed", {"sample": _sample(bounds)})
            return Judged(STORAGE, Found(STORAGE, "crs-assumed", notice.values), [*notices, notice])
    if len(bounds) and not plain and np.abs(bounds).max() <= 180 and near(bounds[:, [1, 0, 3, 2]], district).mean() > 0.5:
        raise Refused("axes-swapped", about="crs", sample=_sample(bounds))
    if not len(bounds) and plain:
        return Judged(STORAGE, Found(None, "crs-not-needed"), notices)
    said = {"said": table.crs_text[:80]} if table.crs_text else {"said": "没有", "said_en": "none"}
    raise Refused("crs-unknown", about="crs", **said, sample=_sample(bounds), candidates=candidates(bounds, district))


def usable(text: str) -> tuple[str | int, list[Notice]] | None:
    """The source to transform from, with what to say of its datum. Raises Refused for Beijing 54, Xian 80 and their like."""
    system = crs(text)
    base = system.geodetic_crs
    ellipsoid = system.ellipsoid
    names = " ".join(
        one
        for one in (
            system.name,
            base.name if base else "",
            base.datum.name if base and base.datum else "",
            ellipsoid.name if ellipsoid else "",
        )
        if one
    )
    old = ellipsoid is not None and (abs(ellipsoid.semi_major_metre - 6_378_245.0) < 1 or abs(ellipsoid.semi_major_metre - 6_378_140.0) < 1)
    if old or _OLD.search(names):
        raise Refused("datum-without-parameters", about="crs", crs=_named(text) or system.name)
    try:
        target = STORAGE_EPSG if is_modern(text) else _WGS84
        transformer(text, target).transform(0.0, 0.0)
        return text, []
    except UnsureTransformation:
        pass
    except (ProjError, UnknownCRS):
        return None
    if (
        ellipsoid is None
        or abs(ellipsoid.semi_major_metre - 6_378_137.0) > 1
        or abs((ellipsoid.inverse_flattening or 0) - 298.2572) > 0.001
    ):
        raise Refused("datum-without-parameters", about="crs", crs=_named(text) or system.name)
    return _on_wgs84(text)


def _on_wgs84(text: str) -> tuple[str | int, list[Notice]] | None:
    """The same projection on WGS84: for a datum that PROJ does not know by name but whose ellipsoid is that of GRS80."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # what a PROJ string loses is the datum, and that is what we replace
            spoken: dict[str, Any] = crs(text).to_dict()
    except ProjError:
        return None
    for name in ("ellps", "a", "b", "rf", "datum", "towgs84", "type", "no_defs", "nadgrids"):
        spoken.pop(name, None)
    if "proj" not in spoken:
        return None
    proj = (
        " ".join(f"+{name}={value}" if value is not None and value is not True else f"+{name}" for name, value in spoken.items())
        + " +datum=WGS84 +type=crs"
    )
    try:
        transformer(proj, STORAGE_EPSG).transform(0.0, 0.0)
    except (ProjError, UnknownCRS, UnsureTransformation):
        return None
    return proj, [Notice("datum-held-equal", {"name": crs(text).name})]


def _refuse_metres(bounds: Bounds, district: District, said: str) -> None:
    """Refuse when most rows lie outside the range of degrees; a few are told row by row."""
    outside = (np.abs(bounds[:, [0, 2]]).max(axis=1) > 180) | (np.abs(bounds[:, [1, 3]]).max(axis=1) > 90)
    if outside.mean() <= 0.5:
        return
    if (np.abs(bounds[outside]).max() <= 180) and near(bounds[:, [1, 0, 3, 2]], district).mean() > 0.5:
        raise Refused("axes-swapped", about="crs", sample=_sample(bounds))
    raise Refused("metres-called-degrees", about="crs", said=said, sample=_sample(bounds), candidates=candidates(bounds, district))


def _plain_degrees(bounds: Bounds) -> bool:
    earth = np.array([180.0, 90.0, 180.0, 90.0])
    return not len(bounds) or bool((bounds.min(axis=0) >= -earth).all() and (bounds.max(axis=0) <= earth).all())


def _in_degrees(source: str | int) -> bool:
    axes = crs(source).axis_info
    return not axes or axes[0].unit_name.lower().startswith(("degree", "decimal_degree"))


def _named(text: str) -> str | None:
    """`EPSG:n` where the text is that of a registered system, else its name."""
    try:
        system = crs(text)
    except UnknownCRS:
        return None
    number = system.to_epsg(min_confidence=70)
    return f"EPSG:{number}" if number else system.name


def _sample(bounds: Bounds) -> str:
    return f"{bounds[0, 0]:.10g}, {bounds[0, 1]:.10g}" if len(bounds) else "-"
