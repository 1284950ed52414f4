"""KML, OpenStreetMap, warnings and features on lines: what they say becomes columns, and nothing they point to is fetched."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest
import shapely

from geodata.crs import GEOD
from geodata.files.kml import read_kml
from geodata.files.loading import LoadOptions, plan
from geodata.files.notices import Refused
from geodata.files.packing import Part
from geodata.files.reading import read
from geodata.files.sniffing import Source
from geodata.files.table import Table
from geodata.store.spaces import Space
from layers.spec import OPERATOR
from tests.geodata.files.making import point, zipped

KML = '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}</Document></kml>'
PIN = "<Placemark><name>{}</name>{}<Point><coordinates>109.8,40.6</coordinates></Point></Placemark>"
WAY = {"type": "Feature", "properties": {"name": "甲"}, "geometry": point(109.8, 40.6)}


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def refused(path: Path, **options: object) -> Refused:
    with pytest.raises(Refused) as caught:
        read(path, **options)  # type: ignore[arg-type]
    return caught.value


def values(table: Table) -> dict[str, list[object]]:
    return {one.name: one.values for one in table.columns}


def codes(table: Table) -> set[str]:
    return {one.code for one in table.notices}


# KML and KMZ


def test_all_that_a_placemark_says_becomes_columns(tmp_path: Path) -> None:
    extended = (
        "<description>说明</description><TimeStamp><when>2024-05-01</when></TimeStamp><ExtendedData><Data name='编号'><value>A1</value></Data>"
        "<SchemaData schemaUrl='#s'><SimpleData name='人数'>50</SimpleData></SchemaData></ExtendedData>"
    )
    table = read(written(tmp_path / "a.kml", KML.format(PIN.format("甲", extended))))
    assert values(table) == {"name": ["甲"], "description": ["说明"], "time": ["2024-05-01"], "编号": ["A1"], "人数": ["50"]}
    assert table.crs_text == "EPSG:4326" and next(iter(table.shapes or ())).coords[0] == (109.8, 40.6)


def test_the_table_in_a_balloon_is_read_as_columns(tmp_path: Path) -> None:
    balloon = "<description><![CDATA[<html><table><tr><td>编号</td><td>A1</td></tr><tr><td>人数</td><td>&lt;50</td></tr></table></html>]]></description>"
    table = read(written(tmp_path / "a.kml", KML.format(PIN.format("甲", balloon))))
    assert values(table) == {"name": ["甲"], "description": [None], "编号": ["A1"], "人数": ["<50"]}


def test_folders_are_layers_and_one_is_chosen(tmp_path: Path) -> None:
    inner = f"<Folder><name>里层</name>{PIN.format('乙', '')}</Folder>"
    text = KML.format(f"<Folder><name>避难</name>{PIN.format('甲', '') * 2}{inner}</Folder><Folder><name>空</name></Folder>")
    path = written(tmp_path / "a.kml", text)
    assert [(one["name"], one["count"]) for one in refused(path).values["layers"]] == [("避难", 2), ("避难/里层", 1)]
    assert values(read(path, sublayer="避难/里层")) == {"name": ["乙"]}


def test_a_kmz_is_opened_and_what_it_points_to_is_not(tmp_path: Path) -> None:
    link = "<NetworkLink><Link><href>http://192.0.2.1/secret.kml</href></Link></NetworkLink>"
    overlay = "<GroundOverlay><Icon><href>files/a.png</href></Icon></GroundOverlay>"
    path = zipped(tmp_path / "a.kmz", {"doc.kml": KML.format(PIN.format("甲", "") + link + overlay).encode(), "files/a.png": b"\x89PNG"})
    assert {"links-not-followed", "overlays-left-out"} <= codes(read(path))
    assert refused(written(tmp_path / "b.kml", KML.format(link))).code == "kml-only-links"


@pytest.mark.parametrize(("said", "codec"), [("UTF-8", "gbk"), ("GBK", "gbk"), ("GB2312", "utf-8"), ("UTF-8", "utf-16")])
def test_a_kml_is_read_by_its_bytes_when_its_declaration_is_wrong(said: str, codec: str, tmp_path: Path) -> None:
    text = KML.format(PIN.format("九原区第一中学避难场所", "")).replace("UTF-8", said)
    assert values(read(written(tmp_path / "a.kml", text, codec))) == {"name": ["九原区第一中学避难场所"]}


def test_shapes_of_a_kml_and_their_faults(tmp_path: Path) -> None:
    ring = "<outerBoundaryIs><LinearRing><coordinates>{}</coordinates></LinearRing></outerBoundaryIs>"
    marks = [
        f"<Polygon>{ring.format('109.8,40.6,5 109.9,40.6,5 109.9,40.7,5')}</Polygon>",  # not closed, with heights
        "<MultiGeometry><Point><coordinates>109.8, 40.6</coordinates></Point><Point><coordinates>109.9,40.6</coordinates></Point></MultiGeometry>",
        "<gx:Track><gx:coord>109.8 40.6 0</gx:coord><gx:coord>109.9 40.6 0</gx:coord></gx:Track>",  # a prefix never declared
        "<Point><coordinates>经度,40.6</coordinates></Point>",
        "<LineString><coordinates>109.8,40.6</coordinates></LineString>",
    ]
    text = KML.format("".join(f"<Placemark><name>n</name>{one}</Placemark>" for one in marks))
    table = read(written(tmp_path / "a.kml", text.replace("2.2\">", "2.2\" xmlns:xsi=\"http://x\">")))
    assert [one.geom_type for one in list(table.shapes or ())] == ["Polygon", "GeometryCollection", "LineString"]
    assert [(one.row, one.code) for one in table.rejected] == [(4, "position-not-read"), (5, "line-too-short")]
    assert "zm-dropped" in codes(table)


def test_a_shape_of_many_megabytes_is_read_in_one_go(tmp_path: Path) -> None:
    places = " ".join(f"{109.8 + n / 1e7:.9f},40.6" for n in range(300_000))
    table = read(written(tmp_path / "a.kml", KML.format(f"<Placemark><LineString><coordinates>{places}</coordinates></LineString></Placemark>")))
    assert shapely.get_num_coordinates(table.shapes[0]) == 300_000  # type: ignore[index]


def test_a_kml_that_is_cut_endlessly_deep_or_has_entities_is_refused(tmp_path: Path) -> None:
    whole = KML.format(PIN.format("甲", ""))
    assert refused(written(tmp_path / "cut.kml", whole[:-20])).code == "xml-damaged"
    assert refused(written(tmp_path / "deep.kml", KML.format("<Folder>" * 5000 + "</Folder>" * 5000))).code == "too-deep"
    bomb = '<?xml version="1.0"?>' + f"<!--{'x' * 70_000}-->" + '<!DOCTYPE k [<!ENTITY a "b">]>' + whole.split("?>")[1]
    assert refused(written(tmp_path / "bomb.kml", bomb)).code in ("xml-entities", "format-unsupported")


# OpenStreetMap

OSM = """<?xml version="1.0"?><osm version="0.6"><node id="1" lat="40.6" lon="109.8" version="1"/><node id="2" lat="40.61" lon="109.81" version="1"/>
<node id="3" lat="40.62" lon="109.82" version="1"><tag k="place" v="village"/><tag k="name" v="麻池"/></node>
<way id="10" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="trunk"/><tag k="name" v="110国道"/><tag k="ref" v="G110"/><tag k="oneway" v="-1"/><tag k="bridge" v="viaduct"/></way>
<way id="11" version="1"><nd ref="2"/><nd ref="3"/><tag k="waterway" v="river"/><tag k="name" v="昆都仑河"/></way></osm>"""


def test_roads_and_places_of_openstreetmap_are_layers_of_their_own(tmp_path: Path) -> None:
    path = written(tmp_path / "a.osm", OSM)
    listed = [(one["name"], one["count"]) for one in refused(path).values["layers"]]
    assert listed == [("highway", 1), ("place", 1), ("points", 1), ("lines", 2)]
    roads = read(path, sublayer="highway")
    said = values(roads)
    assert (said["name"], said["highway"], said["ref"], said["oneway"], said["bridge"]) == (["110国道"], ["trunk"], ["G110"], ["yes"], ["yes"])
    assert next(iter(roads.shapes or ())).coords[0] == (109.81, 40.61) and "ways-turned" in codes(roads)
    assert values(read(path, sublayer="place"))["name"] == ["麻池"]
    assert refused(written(tmp_path / "b.osm", '<osm version="0.6"><node id="1" lat="40" lon="109" version="1"/></osm>')).code == "tags-none"
    assert refused(path, sublayer="railways").code == "no-such-sublayer"


def test_roads_of_openstreetmap_fill_the_road_layer_by_their_tags(space: Space, tmp_path: Path) -> None:
    path = written(tmp_path / "a.osm", OSM.replace("</osm>", '<way id="12" version="1"><nd ref="2"/><nd ref="3"/><tag k="highway" v="secondary_link"/></way></osm>'))
    made = plan(space, "roads", path, LoadOptions(sublayer="highway", mapping={"osm_id": "code"}, dry_run=True), OPERATOR)
    assert made.report.refused is None and made.report.rejected == 0
    said = [{name: row.properties.get(name) for name in ("code", "name", "number", "road_class", "one_way", "bridge")} for row in made.rows]
    assert said == [
        {"code": "10", "name": "110国道", "number": "G110", "road_class": "national", "one_way": True, "bridge": True},
        {"code": "12", "name": None, "number": None, "road_class": "county", "one_way": None, "bridge": None},
    ]


def test_roads_are_cut_where_they_share_a_node_and_nowhere_else(tmp_path: Path) -> None:
    """Way 1 runs west to east through node 2; 3 meets it there, 4 crosses it on a bridge with no node in common, 5 is a roundabout on its end."""
    spots = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (1, 1), 5: (1.5, -1), 6: (1.5, 1), 7: (3, 1), 8: (3, -1)}
    nodes = "".join(f'<node id="{name}" lon="{109.8 + x / 100}" lat="{40.6 + y / 100}" version="1"/>' for name, (x, y) in spots.items())
    ways = {1: (1, 2, 3), 3: (2, 4), 4: (5, 6), 5: (3, 7, 8, 3)}
    refs = {name: "".join(f"<nd ref='{one}'/>" for one in along) for name, along in ways.items()}
    tagged = "".join(f"<way id='{name}' version='1'>{inside}<tag k='highway' v='tertiary'/></way>" for name, inside in refs.items())
    river = '<way id="9" version="1"><nd ref="7"/><nd ref="8"/><tag k="waterway" v="river"/></way>'
    table = read(written(tmp_path / "a.osm", f'<osm version="0.6">{nodes}{tagged}{river}</osm>'), sublayer="highway")
    assert values(table)["osm_id"] == ["1", "1-2", "3", "4", "5"]
    shapes = list(table.shapes or ())
    assert [len(one.coords) for one in shapes] == [2, 2, 2, 2, 4] and shapes[0].coords[-1] == shapes[1].coords[0] == shapes[2].coords[0]
    (told,) = [one for one in table.notices if one.code == "ways-cut"]
    assert (told.values["count"], told.values["pieces"]) == (1, 5)


def test_a_pbf_that_is_none_is_refused(tmp_path: Path) -> None:
    head = b"\x00\x00\x00\x0e\x0a\x09OSMHeader\x18\x7f" + bytes(200)
    (tmp_path / "a.osm.pbf").write_bytes(head)
    assert refused(tmp_path / "a.osm.pbf").code in ("file-damaged", "tags-none")
    (tmp_path / "b.pbf").write_bytes(b"name,lon\na,1\n")
    assert refused(tmp_path / "b.pbf").code == "content-differs"


# warnings

CAP = """<?xml version="1.0" encoding="UTF-8"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>150207-1</identifier><sender>jy</sender>
<sent>2024-07-01T08:00:00+08:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>{}</alert>"""
INFO = """<info><language>{}</language><category>Met</category><event>暴雨</event><urgency>Immediate</urgency><severity>Severe</severity>
<certainty>Likely</certainty><effective>2024-07-01T08:00:00+08:00</effective><expires>2024-07-01T20:00:00+08:00</expires><headline>暴雨红色预警</headline>{}</info>"""
AREAS = """<area><areaDesc>麻池镇</areaDesc><polygon>40.6,109.8 40.6,109.9 40.7,109.9 40.6,109.8</polygon></area>
<area><areaDesc>化工厂</areaDesc><circle>40.65,109.85 3.5</circle></area><area><areaDesc>九原区</areaDesc><geocode><valueName>GB/T 2260</valueName><value>150207</value></geocode></area>"""


def test_areas_of_a_warning_are_rows_with_what_is_warned_of(tmp_path: Path) -> None:
    table = read(written(tmp_path / "a.xml", CAP.format(INFO.format("zh-CN", AREAS))))
    said = values(table)
    assert {name: said[name][0] for name in ("headline", "severity", "certainty", "urgency", "effective", "expires")} == {
        "headline": "暴雨红色预警", "severity": "Severe", "certainty": "Likely", "urgency": "Immediate",
        "effective": "2024-07-01T08:00:00+08:00", "expires": "2024-07-01T20:00:00+08:00",
    }  # fmt: skip
    assert said["areaDesc"] == ["麻池镇", "化工厂", "九原区"] and said["geocode"][2] == "GB/T 2260=150207"
    triangle, circle, none = list(table.shapes or ())
    assert triangle.exterior.coords[0] == (109.8, 40.6) and none is None and "circles-as-polygons" in codes(table)
    radii = [GEOD.inv(109.85, 40.65, *one)[2] for one in circle.exterior.coords]
    assert min(radii) == pytest.approx(3500, abs=0.01) and max(radii) == pytest.approx(3500, abs=0.01)


def test_a_warning_in_two_languages_is_asked_about_and_a_broken_area_named(tmp_path: Path) -> None:
    both = CAP.format(INFO.format("zh-CN", AREAS) + INFO.format("en-US", "<area><areaDesc>x</areaDesc><polygon>109.8,40.6</polygon></area>"))
    path = written(tmp_path / "a.xml", both)
    assert [one["name"] for one in refused(path).values["layers"]] == ["zh-CN", "en-US"]
    table = read(path, sublayer="en-US")
    assert [(one.row, one.code) for one in table.rejected] == [(1, "cap-area-not-read")]
    assert refused(written(tmp_path / "b.xml", CAP.format(""))).code == "empty-layer"


# features on lines


@pytest.mark.parametrize("form", ["lines", "records", "records of many lines", "collections"])
def test_features_on_lines_or_in_a_text_sequence_are_one_layer(form: str, tmp_path: Path) -> None:
    one = json.dumps(WAY, ensure_ascii=False)
    text = {
        "lines": f"{one}\n\n{one}\r\n",
        "records": f"\x1e{one}\n\x1e{one}\n",
        "records of many lines": f"\x1e{json.dumps(WAY, indent=1)}\n\x1e{json.dumps(WAY, indent=1)}\n",
        "collections": f'{{"type": "FeatureCollection", "features": [{one}]}}\n{one}\n',
    }[form]
    table = read(written(tmp_path / "a.geojsonl", text))
    assert values(table) == {"name": ["甲", "甲"]} and len(table.rows) == 2


def test_a_line_that_is_no_json_is_named_by_its_number(tmp_path: Path) -> None:
    caught = refused(written(tmp_path / "a.ndjson", json.dumps(WAY) + "\n" + json.dumps(WAY)[:-3] + "\n"))
    assert (caught.code, caught.values["line"]) == ("not-json", 2)


def test_a_kml_of_many_placemarks_is_not_held_as_a_tree(tmp_path: Path) -> None:
    """The wrong build holds each element, and needs 26 times the size of the file."""
    mark = '<Placemark><name>村{0}</name><ExtendedData><Data name="n"><value>{0}</value></Data></ExtendedData><Point><coordinates>109.8,40.6,0</coordinates></Point></Placemark>'
    path = tmp_path / "a.kml"
    path.write_text("<kml><Document>" + "".join(mark.format(number) for number in range(8_000)) + "</Document></kml>")
    source = Source("KML", "a", Part("a.kml", path))
    tracemalloc.start()
    try:
        table = read_kml(source, sublayer=None, encoding=None)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(table.rows) == 8_000 and peak < 14 * path.stat().st_size, f"{peak / path.stat().st_size:.1f} times the file"
