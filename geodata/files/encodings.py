"""Which encoding a text is in: said by the file, found in its bytes, or not known, always with the reason."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from geodata.files.codec_names import LANGUAGE_BYTES, codec_named, shown
from geodata.files.notices import Found, Notice, Refused
from geodata.files.plausibility import plausibility

_DOUBTFUL = 0.6  # under this the sample looks more like chance than like prose
_HOPELESS = 0.3
_WIDE = ("utf-16", "utf-16-le", "utf-16-be", "utf-32")
_SAMPLE = 200_000  # bytes of distinct text looked at: more does not change the answer

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)


_EASTERN = ("cp932", "cp949", "shift", "euc", "johab", "iso2022")  # nobody sends a Chinese county files in these; a guess of one is chance
_WESTERN = frozenset({"cp1252", "cp437", "cp850", "iso8859-1", "latin-1"})
_CLEARLY = 0.3  # Big5 must read so much better than the GB18030 that is said: rare names read poorly in their own encoding, too
_DAILY = 0.85  # nearly all characters of daily use: names of places and people; West European words read so are far below


@dataclass
class Decision:
    """The Python codec to read with, what to report, and what else a person should know."""

    codec: str
    found: Found
    notices: list[Notice] = field(default_factory=list)


def decode(raw: bytes, codec: str, *, full: bool = False) -> tuple[str | None, bool]:
    """The text, and whether a last character cut by the field's width (`full`) was dropped; None when it is not text in this codec."""
    try:
        return raw.decode(codec), False
    except UnicodeDecodeError as error:
        if full and error.start >= max(1, len(raw) - 3) and len(raw) > 1:
            try:
                return raw[: error.start].decode(codec), True
            except UnicodeDecodeError:
                return None, False
        return None, False


def stray(raw: bytes, codec: str, text: str | None) -> tuple[str, str] | None:
    """The codec and text of a value that is in another encoding than its table (None: it is not).

    Only between UTF-8 and GB18030, two characters or more, and when the other reading is all words in daily use and the table's
    own is not: long runs of bytes are clean UTF-8 by chance next to never.
    """
    other = "gb18030" if codec == "utf-8" else "utf-8"
    if codec not in ("utf-8", "gb18030", "cp950") or (text is not None and codec == "utf-8"):
        return None
    try:
        reading = raw.decode(other)
    except UnicodeDecodeError:
        return None
    score = plausibility(reading)
    enough = sum(1 for one in reading if one > "\x7f") >= 2
    return (other, reading) if enough and score >= 0.9 and (text is None or plausibility(text) < score - 0.15) else None


def for_fields(values: Sequence[tuple[bytes, bool]], *, given: str | None, cpg: bytes | None, language_byte: int) -> Decision:
    """The encoding of attribute values (bytes, whether they fill their field) of a dBASE table.

    Order: what the user gave, .cpg, the dBASE language byte, the bytes themselves; what is said is held against the bytes and
    overruled, aloud, when they do not fit. Raises Refused when a given encoding is not known or nothing fits.
    """
    sample = _sample(values)
    if given:
        return _given(given, sample)
    notices: list[Notice] = []
    said: list[tuple[str, str, str]] = []
    if cpg is not None:
        text = _cpg_text(cpg[:60])
        codec = codec_named(text) if len(cpg) <= 64 else None
        if codec:
            said.append((codec, "encoding-by-cpg", text))
        else:
            notices.append(Notice("cpg-unreadable", {"text": re.sub(r"\s+", " ", text)[:40]}))
    if codec := LANGUAGE_BYTES.get(language_byte):
        said.append((codec, "encoding-by-language-byte", f"0x{language_byte:02X}"))
    if not sample:
        named, code, text = said[0] if said else ("utf-8", "encoding-ascii", "")
        return Decision(named, Found(shown(named), code, {"said": text, "name": shown(named)}), notices)
    for named, code, text in said:
        fits, score = _fit(sample, named)
        if named in _WIDE and score < _DOUBTFUL:  # almost any bytes are characters of these, but few are words
            fits = 0.0
        rival = _rival(sample, named, score)
        if fits >= 0.8 and rival is None:
            doubt = [_doubt(sample, [named, "gb18030"])] if named == "cp949" and _fit(sample, "gb18030") >= (1.0, _DAILY) else []
            return Decision(named, Found(shown(named), code, {"said": text, "name": shown(named)}), notices + doubt)
        notices.append(Notice("encoding-contradicted", {"said": text, "name": shown(named), "by": code}))
    decision = _detected(sample)
    decision.notices[:0] = notices
    return decision


def _cpg_text(raw: bytes) -> str:
    """What a .cpg says, as a person sees it: it should be ASCII, and people write Chinese into it."""
    try:
        return raw.decode("ascii").strip(" \x00\r\n\t")
    except UnicodeDecodeError:
        marked = next((codec for mark, codec, _ in _BOMS if raw.startswith(mark)), "gb18030")
        return raw.decode(marked, errors="replace").strip(" \x00\r\n\t")


def for_text(data: bytes, *, given: str | None = None) -> tuple[str, Decision]:
    """A whole text file decoded. Raises Refused when it is not text in any encoding that can be told."""
    for mark, codec, name in _BOMS:
        if data.startswith(mark) and not given:
            return _whole(data, codec), Decision(codec, Found(name, "encoding-by-bom", {"name": name}))
    if given:
        decision = _given(given, [(data[:_SAMPLE], True)])
        return _whole(data, decision.codec), decision
    if data.isascii() and b"\x00" not in data:
        return data.decode("ascii"), Decision("utf-8", Found("UTF-8", "encoding-ascii", {"name": "UTF-8"}))
    if wide := _without_mark(data):
        return _whole(data, wide), Decision(wide, Found(shown(wide), "encoding-by-zeros", {"name": shown(wide)}))
    try:
        return data.decode("utf-8"), Decision("utf-8", Found("UTF-8", "encoding-by-bytes", {"name": "UTF-8"}))
    except UnicodeDecodeError:
        pass
    _refuse_mixed(data)
    lines = list(dict.fromkeys(line for line in data.splitlines() if not line.isascii()))
    decision = _detected(_sample([(line, False) for line in lines]))
    decision.notices.append(Notice("not-utf8", {"name": shown(decision.codec)}))
    return _whole(data, decision.codec), decision


def _refuse_mixed(data: bytes) -> None:
    """Refuse text of which some lines are UTF-8 beyond doubt and others are not: no one encoding reads it all."""
    utf8: list[int] = []
    others: list[int] = []
    for number, line in enumerate(data.splitlines(), 1):
        if not line.isascii():
            text, _ = decode(line, "gb18030")
            if stray(line, "gb18030", text):
                utf8.append(number)
            elif decode(line, "utf-8")[0] is None:
                others.append(number)
    if utf8 and others:
        raise Refused("encoding-mixed", about="encoding", utf8=_some(utf8), others=_some(others))


def _some(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:5])) + (" …" if len(numbers) > 5 else "")


def _whole(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Refused("file-text-damaged", about="encoding", name=shown(codec), line=line) from error


def _without_mark(data: bytes) -> str | None:
    head = data[:4000]
    if len(head) < 4 or b"\x00" not in head:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > len(head) * 0.15 and even < odd / 4:
        return "utf-16-le"
    return "utf-16-be" if even > len(head) * 0.15 and odd < even / 4 else None


def _sample(values: Iterable[tuple[bytes, bool]]) -> list[tuple[bytes, bool]]:
    taken, size = [], 0
    for raw, full in values:
        if not raw.isascii():
            taken.append((raw, full))
            size += len(raw)
            if size > _SAMPLE:
                break
    return taken


def _given(name: str, sample: Sequence[tuple[bytes, bool]]) -> Decision:
    codec = codec_named(name)
    if codec is None:
        raise Refused("encoding-not-known", about="encoding", name=name)
    fits, _ = _fit(sample, codec)
    if sample and fits < 0.8:
        raise Refused("encoding-does-not-fit", about="encoding", name=shown(codec), share=round(100 * (1 - fits)))
    return Decision(codec, Found(shown(codec), "encoding-given", {"name": shown(codec)}))


def _fit(sample: Sequence[tuple[bytes, bool]], codec: str) -> tuple[float, float]:
    """Share of the values that decode, and how plausible the text is (-2 to 1)."""
    if not sample:
        return 1.0, 1.0
    texts = [text for text, _ in (decode(raw, codec, full=full) for raw, full in sample) if text is not None]
    return len(texts) / len(sample), plausibility("".join(texts))


def _rival(sample: Sequence[tuple[bytes, bool]], codec: str, score: float) -> str | None:
    """What the bytes are rather than what is said of them; None where nothing speaks against it.

    UTF-8, when they are clean UTF-8 and read far better so: chance makes that all but impossible. GB18030, when all is words in
    daily use, against a West European code page, which a program names by default and which decodes any bytes at all, and against
    others where they read worse; Big5 against GB18030 likewise. Korean read as GB18030 is all common words, too: it is only doubted.
    """
    if codec in ("utf-8", "ascii"):
        return None
    fits, as_utf8 = _fit(sample, "utf-8")
    if fits == 1.0 and as_utf8 > score + 0.3:
        return "utf-8"
    other = "cp950" if codec == "gb18030" else "gb18030"
    fits, as_other = _fit(sample, other)
    if fits < 1.0 or as_other < _DAILY or (codec in _WESTERN and all(_single_letters(raw) for raw, _ in sample)):
        return None
    if codec == "cp949":
        return other if _fit(sample, codec)[0] < 1.0 else None
    return other if codec in _WESTERN or as_other > score + (_CLEARLY if codec == "gb18030" else 0.1) else None


def _detected(sample: Sequence[tuple[bytes, bool]]) -> Decision:
    if not sample:
        return Decision("utf-8", Found("UTF-8", "encoding-ascii", {"name": "UTF-8"}))
    fits, score = _fit(sample, "utf-8")
    if fits == 1.0 and score > 0:
        return Decision("utf-8", Found("UTF-8", "encoding-by-bytes", {"name": "UTF-8"}))
    tried = sorted(
        ((score, fits, codec) for codec in ("gb18030", "cp950") for fits, score in [_fit(sample, codec)] if fits >= 0.8), reverse=True
    )
    if tried and tried[0][0] >= _HOPELESS:
        best, _, codec = tried[0]
        if codec != "gb18030" and len(tried) > 1 and best - tried[1][0] < 0.1:
            best, _, codec = tried[1]
        if best >= _DOUBTFUL or _likeliest(sample) in (None, codec):
            notices = [] if best >= _DOUBTFUL and not _close(tried) else [_doubt(sample, [one for *_, one in tried])]
            return Decision(codec, Found(shown(codec), "encoding-by-bytes", {"name": shown(codec)}), notices)
    if all(_single_letters(raw) for raw, _ in sample):
        return Decision("cp1252", Found(shown("cp1252"), "encoding-guessed", {"name": shown("cp1252")}), [_doubt(sample, ["cp1252"])])
    guess = _likeliest(sample)
    if guess and not guess.startswith(_EASTERN) and _fit(sample, guess)[0] == 1.0 and _fit(sample, guess)[1] >= _HOPELESS:
        return Decision(guess, Found(shown(guess), "encoding-guessed", {"name": shown(guess)}), [_doubt(sample, [guess])])
    if _fit(sample, "utf-16-le") >= (1.0, _DOUBTFUL):
        return Decision("utf-16-le", Found(shown("utf-16-le"), "encoding-guessed", {"name": shown("utf-16-le")}), [_doubt(sample, ["utf-16-le"])])
    raise Refused("encoding-unknown", about="encoding", tried="UTF-8, GB18030, Big5", sample=sample[0][0][:24].hex(" "))


def _single_letters(raw: bytes) -> bool:
    """Whether each byte beyond ASCII stands alone among Latin letters, as in West European words and in no Chinese text."""
    runs = re.findall(rb"[\x80-\xff]+", raw)
    return all(len(one) == 1 and one[0] >= 0xC0 for one in runs) and bool(re.search(rb"[A-Za-z][\xc0-\xff]|[\xc0-\xff][A-Za-z]", raw))


def _close(tried: Sequence[tuple[float, float, str]]) -> bool:
    return len(tried) > 1 and abs(tried[0][0] - tried[1][0]) < 0.1


def _doubt(sample: Sequence[tuple[bytes, bool]], codecs_tried: Sequence[str]) -> Notice:
    raw = sample[0][0][:60]
    readings = " / ".join(f"{shown(one)}: {raw.decode(one, errors='replace')[:20]}" for one in codecs_tried)
    return Notice("encoding-doubtful", {"readings": readings})


def _likeliest(sample: Sequence[tuple[bytes, bool]]) -> str | None:
    from charset_normalizer import from_bytes

    best = from_bytes(b"\n".join(raw for raw, _ in sample)[:20_000]).best()
    return codec_named(best.encoding) if best else None
