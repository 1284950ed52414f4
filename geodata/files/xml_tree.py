"""XML as a tree of elements, read strictly: no document type, no entity, no namespace to look after, no endless depth."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from geodata.files.encodings import Decision, for_text
from geodata.files.notices import Refused
from geodata.files.sampling import cells, sampled
from geodata.files.sniffing import Source

_DEEPEST = 64  # folders in folders in a KML; no file of a person goes so deep
_AT_ONCE = 1_000_000  # characters
_LOOKED_AT = 300_000  # bytes, for values to show
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


@dataclass(slots=True)
class Element:
    """One element: its name without prefix, its attributes likewise, its text, and what it holds."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def every(self, name: str) -> Iterator[Element]:
        """The children of that name."""
        return (one for one in self.children if one.name == name)

    def first(self, name: str) -> Element | None:
        """The first child of that name, or None."""
        return next(self.every(name), None)

    def said(self, name: str) -> str | None:
        """The text of the first child of that name, None where there is none or it is blank."""
        child = self.first(name)
        return (child.text.strip() or None) if child else None


Lighter = Callable[[Element], Element]


def read_tree(source: Source, *, encoding: str | None, lighter: Lighter | None = None) -> tuple[Element, Decision]:
    """The root of an XML file, its text decoded by what it says and its bytes. Raises Refused for entities, depth, or what is not XML.

    `lighter` is asked of each element that ends, and what it gives stands for it: a tree of millions of elements need not be held whole.
    """
    data = source.main.read()
    said = re.match(rb"""\s*<\?xml[^>]*encoding=["']([\w-]+)["']""", data[:200])
    text, decision = decoded(data, said[1].decode() if said else None, encoding)
    text = _DECLARATION.sub("", text.lstrip("\ufeff"), count=1)
    return parsed(text, source.main.name, lighter), sampled(decision, cells(re.sub(rb"<[^>]*>", b",", data[:_LOOKED_AT])))


def decoded(data: bytes, said: str | None, given: str | None) -> tuple[str, Decision]:
    """What the user gave, else what the bytes show, else what the declaration says: a declaration that the bytes deny is not believed."""
    if given:
        return for_text(data, given=given)
    try:
        text, decision = for_text(data)
    except Refused:
        if said is None:
            raise
        return for_text(data, given=said)
    decision.notices[:] = [one for one in decision.notices if one.code != "not-utf8" or said is None or said.lower() in ("utf-8", "utf8")]
    return text, decision


def parsed(text: str, name: str, lighter: Lighter | None = None) -> Element:
    """The root element of a text. Raises Refused as `read_tree`."""
    top = Element("", {})
    stack = [top]
    pieces: list[list[str]] = [[]]  # of the text of each open element: the coordinates of one shape may be megabytes long
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def opened(tag: str, attributes: dict[str, str]) -> None:
        if len(stack) > _DEEPEST:
            raise Refused("too-deep", limit=_DEEPEST)
        one = Element(tag.rpartition(" ")[2], {key.rpartition(" ")[2]: value for key, value in attributes.items()})
        stack[-1].children.append(one)
        stack.append(one)
        pieces.append([])

    def closed(_: str) -> None:
        one = stack.pop()
        one.text = "".join(pieces.pop())
        if lighter is not None:
            stack[-1].children[-1] = lighter(one)

    def written(words: str) -> None:
        pieces[-1].append(words)

    def refused(*_: object) -> None:
        raise Refused("xml-entities", path=name)

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = opened, closed, written
    parser.StartDoctypeDeclHandler, parser.EntityDeclHandler = refused, refused
    try:
        for start in range(0, len(text), _AT_ONCE):
            parser.Parse(text[start : start + _AT_ONCE], False)
        parser.Parse("", True)
    except expat.ExpatError as error:
        if "unbound prefix" in str(error) and "xmlns" in text[:2000]:
            return parsed(_bound(text), name, lighter)
        raise Refused("xml-damaged", path=name, line=error.lineno, column=error.offset + 1) from error
    return top.children[0]


def _bound(text: str) -> str:
    """The text with prefixes that were never declared taken off its tags, as map programs write `gx:` and `xsi:` without a word."""
    known = set(re.findall(r"xmlns:([\w.-]+)=", text))
    bare = re.sub(r"(</?)([\w.-]+):(?=[\w.-]+[\s/>])", lambda one: one[0] if one[2] in known else one[1], text)
    return re.sub(r"(\s)([\w.-]+):([\w.-]+=[\"'])", lambda one: one[0] if one[2] in {*known, "xmlns", "xml"} else one[1] + one[3], bare)
