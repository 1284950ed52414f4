"""The map's page as a folium figure: our own frame around it, our own files instead of other hosts', nothing inline."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import folium
from branca.element import Figure, MacroElement
from folium.template import Template
from markupsafe import Markup

VENDOR = "vendor/"  # copied from npm at set-up, see package.json
_FOR_JINJA = re.compile(r"\{(?=[{%#])")  # branca renders text as a template once more; in JSON these occur in strings only
_FOR_SCRIPT = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def script_json(value: Any) -> Markup:
    """JSON that may stand in a script tag of a figure: nothing in it can end the tag, open a comment or speak to Jinja."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_FOR_SCRIPT)
    return Markup(_FOR_JINJA.sub(r"\\u007b", text))


class Page(Figure):
    """The document around the map. `nonce` goes on every script; words come in the reader's language."""

    _template = Template("""<!doctype html>
<html lang="{{ this.language }}" data-theme="{{ this.theme }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ this.title|e }}</title>
<link rel="icon" href="{{ this.icon }}" type="image/svg+xml">
{{ this.header.render(**kwargs) }}
</head>
<body class="live-page {{ this.theme }}-page">
{{ this.html.render(**kwargs) }}
{{ this.script.render(**kwargs) }}
</body>
</html>
""")

    def __init__(self, title: str, language: str, icon: str, theme: str) -> None:
        super().__init__(title=title)
        self.icon = icon
        self.header._children.clear()  # its own <meta> is in our frame already
        self.language = language
        self.theme = theme


class LiveMap(folium.Map):
    """folium's map without folium's assets and scripts: a container whose options our modules read.

    folium would put `var map = L.map(...)` and inline styles into the page and load Leaflet, jQuery, Bootstrap and icon
    fonts from other hosts; this one asks for the few files we serve ourselves and leaves starting to `StartModules`.
    """

    _template = Template("""
{% macro header(this, kwargs) %}{% endmacro %}
{% macro html(this, kwargs) %}{{ this.frame(this.container()) }}{% endmacro %}
{% macro script(this, kwargs) %}{% endmacro %}
""")

    def __init__(self, bbox: tuple[float, float, float, float], assets: Assets, frame: Any) -> None:
        west, south, east, north = bbox
        self.default_js: list[tuple[str, str]] = []  # folium's script tags would hold up the first paint
        self.default_css = [(name, assets.url(path)) for name, path in assets.styles]
        super().__init__(location=[(south + north) / 2, (west + east) / 2], zoom_start=11, tiles=None, zoom_control=False)
        self.frame = frame

    def container(self) -> Markup:
        """The element that becomes the map, with folium's options as data."""
        options = json.dumps({"center": list(self.location), "zoom": self.options["zoom"]})
        return Markup('<div class="folium-map" id="{}" tabindex="0" data-options="{}"></div>').format(self.get_name(), options)


class Assets:
    """Our own files, in the order the page needs them; `url` makes the address of one."""

    scripts = (("leaflet", VENDOR + "leaflet/leaflet.js"), ("geoman", VENDOR + "leaflet-geoman/leaflet-geoman.min.js"))
    styles = (
        ("leaflet_css", VENDOR + "leaflet/leaflet.css"), ("geoman_css", VENDOR + "leaflet-geoman/leaflet-geoman.css"),
        *((name, f"css/{name}.css") for name in ("tokens", "page", "shell", "controls", "tree", "panel", "map", "table", "load", "plan")),
    )
    modules = (  # bare names that vendored modules import one another by
        ("pbf", VENDOR + "pbf/index.js"),
        ("@mapbox/vector-tile", VENDOR + "vector-tile/index.js"),
        ("@mapbox/point-geometry", VENDOR + "point-geometry/index.js"),
    )

    def __init__(self, url: Any, sheets: Sequence[str] = ()) -> None:
        self.url = url
        self.styles = (*self.styles, *((name, f"css/{name}.css") for name in sheets))


class StartModules(MacroElement):
    """The configuration as one JSON script tag, the scripts and modules that the page starts with, and its first question.

    Nothing here holds up the first paint: scripts run in order once the frame stands, and what they need comes meanwhile.
    """

    _template = Template("""
{% macro header(this, kwargs) %}<script type="importmap" nonce="{{ this.nonce }}">{{ this.imports }}</script>
{% for address in this.scripts %}<script defer nonce="{{ this.nonce }}" src="{{ address }}"></script>
{% endfor %}{% for address in this.modules %}<link rel="modulepreload" href="{{ address }}">
{% endfor %}{% for address in this.asked %}<link rel="preload" as="fetch" crossorigin="anonymous" href="{{ address }}">
{% endfor %}{% endmacro %}
{% macro script(this, kwargs) %}
<script type="application/json" id="onemap-config">{{ this.config }}</script>
<script type="module" nonce="{{ this.nonce }}" src="{{ this.main }}"></script>
{% endmacro %}
""")

    def __init__(self, config: Mapping[str, Any], assets: Assets, nonce: str, modules: Sequence[str], main: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "StartModules"
        self.config = script_json(config)
        self.imports = script_json({"imports": {name: assets.url(path) for name, path in assets.modules}})
        self.main = assets.url(main)
        self.nonce = nonce
        self.scripts = [assets.url(path) for _, path in assets.scripts]
        vendored = [path for _, path in assets.modules] if modules else []
        self.modules = [assets.url(one) for one in (main, *vendored, *modules)]  # at once, not one import after the other
        self.asked = [f"{config['api']}/layers"]  # what the modules ask first


def compose(config: Mapping[str, Any], *, title: str, language: str, nonce: str, url: Any, frame: Any, main: str, modules: Sequence[str] = (),
            theme: str = "day", sheets: Sequence[str] = ()) -> str:
    """The whole page. `url` makes the address of a static file, `frame` puts the map's element into our layout,
    `main` is the script that it starts with, `modules` what that will import, `sheets` style sheets of its own.
    """
    assets = Assets(url, sheets)
    page = Page(title, "zh-CN" if language == "zh" else language, url("icon.svg"), theme)
    live = LiveMap(tuple(config["district"]["bbox"]), assets, frame)
    live.add_child(StartModules(config, assets, nonce, modules, main))
    page.add_child(live)
    return page.render()
