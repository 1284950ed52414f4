"""The guides in `docs/` as pages of the product: one per kind of user, and what they point to, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from layers.errors import NotFound
from layers.messages import Sentence, declare
from layers.spec import Label, Role

ADDRESS = "https://onemap.example"  # stands in the guides for the address of the server that shows them
DOCS = Path(__file__).resolve().parents[1] / "docs"
PICTURES = DOCS / "pictures"

GUIDES: Mapping[str, Label] = {  # in the order in which they are listed
    "duty-officer": Label("值班员", "Duty officer"),
    "planner": Label("规划员", "Planner"),
    "gis-staff": Label("数据员", "GIS staff"),
    "drill-controller": Label("演练导调员", "Drill controller"),
    "administrator": Label("管理员", "Administrators"),
}
REFERENCES: Mapping[str, Label] = {
    "connect": Label("连接 QGIS、ArcGIS、脚本", "Connect QGIS, ArcGIS, a script"),
    "layers": Label("图层与字段", "Layers and fields"), "api": Label("程序接口", "Interface for programs"), "real-input": Label("真实数据试装", "Real files tried"),
    "operate": Label("运行与维护", "Operation"),
}
_OF_ROLE = {Role.PLANNER: "planner", Role.GIS_STAFF: "gis-staff", Role.DRILL_CONTROLLER: "drill-controller",
            Role.SYSTEM_ADMIN: "administrator", Role.SECURITY_ADMIN: "administrator", Role.AUDIT_ADMIN: "administrator"}
_ENGLISH = re.compile(r"^---\n+## English\n", re.MULTILINE)
_LINK = re.compile(r"(?:guide-)?(?P<name>[a-z-]+)\.md(?P<place>#.*)?")
_PICTURE = re.compile(r"pictures/(?P<name>[a-z0-9_]+\.png)")

declare({"guide-not-found": Sentence(Label("没有这一页帮助", "There is no such page of help"), Label("见 /help 的目录", "See the list at /help"))})


class GuideNotFound(NotFound):
    """There is no guide or reference of that name."""

    code = "guide-not-found"


@dataclass(frozen=True)
class Guide:
    """A page of help, rendered: `title` in the reader's language, `html` safe to put into a page."""

    name: str
    title: str
    html: Markup


def guide_of(roles: frozenset[Role]) -> str:
    """The guide that somebody with these roles begins with; for several roles the first listed, for a viewer the duty officer's."""
    wanted = {_OF_ROLE.get(role, "duty-officer") for role in roles}
    return next((name for name in GUIDES if name in wanted), "duty-officer")


@cache
def guide(name: str, language: str) -> Guide:
    """A guide or reference in `zh` or `en`; what has no English part is shown as it is. Raises GuideNotFound."""
    if name not in GUIDES and name not in REFERENCES:
        raise GuideNotFound(name=name[:64])
    title, text = _part((DOCS / (f"guide-{name}.md" if name in GUIDES else f"{name}.md")).read_text(encoding="utf-8"), language)
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    for token in tokens:
        if token.attrs.pop("style", None):  # the policy lets no inline style through; only columns of figures have one
            token.attrSet("class", "to-the-right")
        _led_home(token.children or [])
    return Guide(name, title, Markup(markdown.renderer.render(tokens, markdown.options, {})))  # our own files, and no HTML of theirs passes


def _part(text: str, language: str) -> tuple[str, str]:
    """The title and the part in that language, without the title's line."""
    first, rest = text.split("\n", 1)
    titles = first.removeprefix("# ").split(" · ")
    chinese, *english = _ENGLISH.split(rest, maxsplit=1)
    if language == "en" and english:
        return titles[-1], english[0]
    return titles[0], chinese.replace("*English below.*", "")


def _led_home(tokens: list[Token]) -> None:
    """Pictures and pages are found where the product serves them; what it does not serve is words without a link."""
    opened: list[Token] = []
    for token in tokens:
        if token.type == "image":
            picture = _PICTURE.fullmatch(str(token.attrGet("src")))
            token.attrSet("src", f"/help/pictures/{picture['name']}" if picture else "")
            token.attrSet("loading", "lazy")
        elif token.type == "link_open":
            opened.append(token)
            link = _LINK.fullmatch(str(token.attrGet("href")))
            if link and (link["name"] in GUIDES or link["name"] in REFERENCES):
                token.attrSet("href", f"/help/{link['name']}{link['place'] or ''}")
            else:
                token.tag, token.attrs = "span", {}
        elif token.type == "link_close":
            token.tag = opened.pop().tag
