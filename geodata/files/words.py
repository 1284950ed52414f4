"""What the sentences of this room are made of, and the advice that several of them give."""

from __future__ import annotations

from layers.messages import Sentence
from layers.spec import Label


def said(zh: str, en: str, todo_zh: str = "", todo_en: str = "", page_zh: str = "", page_en: str = "") -> Sentence:
    """What is said, what to do about it (on the command line, and everywhere else), and what somebody at the page does instead."""
    return Sentence(Label(zh, en), Label(todo_zh, todo_en) if todo_zh else None, Label(page_zh, page_en) if page_zh else None)


SAVE_AGAIN = ("重新导出或重新上传原文件", "Export or upload the original again")
AS_KNOWN = ("改用 Shapefile、GeoPackage、GDB、GeoJSON、KML、MapInfo、DXF、CSV 或 XLSX", "Use Shapefile, GeoPackage, GDB, GeoJSON, KML, MapInfo, DXF, CSV or XLSX")
BY_SIGHT = ("看下面的小图选：点落在该在的地方的那一种；拿不准就问数据提供方", "Choose below by where the points fall; ask the data's keeper when unsure")
CHANGE_CRS = ("在「坐标系」一行点「更改」，看点落在哪里；拿不准就问数据提供方", "Press “change” beside the system and look where the points fall; ask the data's keeper when unsure")
TO_SAY_CRS = ("向数据提供方核实坐标系，用 --crs EPSG:编号 指明", "Ask the data's keeper for its CRS and pass --crs EPSG:number")
TO_SAY_ONE = (f"{TO_SAY_CRS[0]}；落在本区附近的可能有：{{candidates}}", f"{TO_SAY_CRS[1]}; these would fall near the district: {{candidates}}")
CHANGE_ENCODING = ("请核对文字，不对时在「编码」一行点「更改」", "Look at the text; press “change” beside the encoding when it is wrong")
ANGLES = (
    {"decimal": "十进制度", "d.mmss": "度.分秒（d.mmss）", "dddmmss": "度分秒连写（dddmmss）", "dddmm.mm": "度分连写（dddmm.mm）", "e6": "百万分之一度"},
    {"decimal": "decimal degrees", "d.mmss": "degrees.minutes-seconds (d.mmss)", "dddmmss": "degrees, minutes and seconds (dddmmss)", "dddmm.mm": "degrees and minutes (dddmm.mm)", "e6": "millionths of a degree"},
)  # forms of angles in bare numbers, in Chinese and English
KINDS = {
    "Point": "点",
    "LineString": "线",
    "Polygon": "面",
    "MultiPoint": "多点",
    "MultiLineString": "多线",
    "MultiPolygon": "多面",
    "GeometryCollection": "混合图形",
    "LinearRing": "环",
    "Geometry": "各种图形",
}  # of shapes, as every standard names them, in plain Chinese
