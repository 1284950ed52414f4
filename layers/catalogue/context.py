"""What the rest lies in: divisions, towns, villages with their population, facilities, roads, water and land."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from layers import rules
from layers.catalogue.fields import ADDRESS, BANK, CODE, NAME, REMARK, RIVER, chainage, person, phone
from layers.chainage import Chainage
from layers.network import Network, Profiles
from layers.parts import Residents, SetOff
from layers.spec import DUTY_ACCESS, Choice, Family, Field, Geometry, Group, Label, Layer, Measure, Style

# A population says what it counts and from when, because two figures of one place may both be right (domain.md section 4).
POPULATION = Field("population", Label("人口", "Population"), int, unit="persons", minimum=0, maximum=100_000_000, counts_as=Measure.PEOPLE,
                   read_from=("人口数", "常住人口", "总人口", "RK", "RKS", "pop"))
POPULATION_BASIS = Field("population_basis", Label("人口口径", "Population basis"), max_length=200,
                         read_from=("统计口径", "RKKJ", "pop_basis"))
POPULATION_DATE = Field("population_date", Label("人口截至", "Population as of"), date, read_from=("人口统计日期", "RKRQ", "pop_date"))

DIVISIONS = Layer(
    id="divisions",
    label=Label("行政区划", "Divisions"),
    geometry=Geometry.POLYGON,
    group=Group.CONTEXT,
    key="code",
    title="name",
    summary=("level",),
    style=Style(Family.BASE, paint="b-bound", order=12, label_zoom=10),
    fields=(
        Field("code", Label("区划编码", "Division"), max_length=12, required=True, read_from=("编码", "代码", "BM", "district_adcode")),
        Field("name", Label("名称", "Name"), max_length=100, required=True, read_from=("区划名称", "MC", "district_name")),
        Field("level", Label("层级", "Level"), choices=(
            Choice("province", Label("省级", "Province"), ("省",)),
            Choice("city", Label("地级", "City"), ("市", "盟")),
            Choice("county", Label("县级", "County"), ("县", "区", "旗")),
            Choice("town", Label("乡级", "Town"), ("乡", "镇", "街道", "苏木")),
        ), read_from=("级别", "JB")),
        Field("area_km2", Label("面积（平方公里）", "Area (km2)"), float, minimum=0, maximum=10_000_000, read_from=("面积", "MJ", "area")),
        REMARK,
    ),
)

TOWNS = Layer(
    id="towns",
    label=Label("乡镇街道", "Towns"),
    description=Label("乡镇街道范围与网格责任人", "Town areas with the responsible person of the grid"),
    geometry=Geometry.POINT_OR_POLYGON,
    group=Group.CONTEXT,
    key="code",
    title="name",
    summary=("kind",),
    style=Style(Family.BASE, paint="b-town", order=11, label_zoom=11),
    fields=(
        CODE,
        NAME,
        Field("kind", Label("类型", "Kind"), choices=(
            Choice("street", Label("街道", "Subdistrict")),
            Choice("town", Label("镇", "Town")),
            Choice("sumu", Label("苏木", "Sumu")),
            Choice("grid", Label("网格", "Grid")),
        ), read_from=("LX",)),
        person("responsible_person", "责任人", "Responsible person", "网格员", "网格责任人", "ZRR", "resp_pers"),
        phone("phone", "值班电话", "Duty phone", "联系电话", "电话", "LXDH", "tel"),
        REMARK,
    ),
)

VILLAGES = Layer(
    id="villages",
    label=Label("村庄与社区", "Villages and communities"),
    description=Label("行政村、嘎查与社区，附人口及其口径", "Villages, gacha and communities with population and its basis"),
    geometry=Geometry.POINT_OR_POLYGON,
    group=Group.TARGETS,
    key="code",
    title="name",
    summary=("town", "population"),
    exposed=True,
    style=Style(Family.TARGET, symbol="village", order=40, label_zoom=12),
    parts=(Residents("population", "population_basis", "population_date"),),
    fields=(
        CODE,
        NAME,
        Field("kind", Label("类型", "Kind"), choices=(
            Choice("village", Label("行政村", "Village"), ("村", "村庄")),
            Choice("gacha", Label("嘎查", "Gacha")),
            Choice("community", Label("社区", "Community"), ("居委会",)),
        ), read_from=("LX", "type")),
        Field("town", Label("所属乡镇", "Town"), max_length=60, read_from=("乡镇", "街道", "所属街道", "SSXZ")),
        POPULATION,
        Field("households", Label("户数", "Households"), int, unit="households", minimum=0, maximum=10_000_000, read_from=("HS",)),
        Field("elderly", Label("60岁以上人口", "Aged 60 and over"), int, unit="persons", minimum=0, maximum=10_000_000,
              read_from=("老年人口", "LNRK")),
        POPULATION_BASIS,
        POPULATION_DATE,
        person("responsible_person", "责任人", "Responsible person", "村主任", "书记", "ZRR", "resp_pers"),
        phone("phone", "联系电话", "Phone", "电话", "LXDH", "tel"),
        REMARK,
    ),
)

FACILITIES = Layer(
    id="facilities",
    label=Label("学校医院等设施", "Facilities"),
    description=Label("学校、医院、消防站、养老机构等防护目标与服务设施",
                      "Schools, hospitals, fire stations, care homes: protected targets and services"),
    geometry=Geometry.POINT_OR_POLYGON,
    group=Group.TARGETS,
    key="code",
    title="name",
    summary=("kind", "people"),
    exposed=True,
    # A variant of shade_by that has a symbol of its name is drawn with it.
    style=Style(Family.TARGET, symbol="school", shade_by="kind", order=50, min_zoom=11, label_zoom=14),
    parts=(SetOff(),),
    fields=(
        CODE,
        NAME,
        Field("kind", Label("类型", "Kind"), choices=(
            Choice("school", Label("学校", "School"), ("小学", "中学", "幼儿园", "大学")),
            Choice("hospital", Label("医院", "Hospital"), ("卫生院", "卫生服务中心")),
            Choice("fire_station", Label("消防站", "Fire station"), ("消防救援站",)),
            Choice("care_home", Label("养老机构", "Care home"), ("养老院", "敬老院", "福利院")),
        ), read_from=("类别", "设施类型", "LX", "type")),
        ADDRESS,
        Field("people", Label("在册人数", "People"), int, unit="persons", minimum=0, maximum=1_000_000, counts_as=Measure.PEOPLE,
              read_from=("人数", "师生人数", "入住人数", "RS")),
        Field("beds", Label("床位数", "Beds"), int, unit="beds", minimum=0, maximum=100_000, counts_as=Measure.CAPACITY,
              read_from=("床位", "CWS")),
        person("person", "负责人", "Person in charge", "联系人", "FZR", "manager"),
        phone("phone", "联系电话", "Phone", "电话", "LXDH", "tel"),
        REMARK,
    ),
)

ROAD_CLASSES = (
    Choice("motorway", Label("高速公路", "Motorway"), ("高速", "motorway_link")),
    Choice("national", Label("国道", "National road"), ("trunk", "trunk_link")),
    Choice("provincial", Label("省道", "Provincial road"), ("primary", "primary_link")),
    Choice("county", Label("县道", "County road"), ("县乡道", "secondary", "secondary_link", "主干路")),
    Choice("village", Label("乡村道路", "Village road"), ("乡道", "村道", "tertiary", "tertiary_link", "unclassified")),
    Choice("street", Label("城市道路", "Street"), ("支路", "residential", "living_street", "次干路")),
)

ROADS = Layer(
    id="roads",
    label=Label("道路", "Roads"),
    description=Label("可计算路径的道路：在交叉处断开，注明单行、桥梁与封闭",
                      "Roads to route on: broken at crossings, with one-way, bridges and closures"),
    geometry=Geometry.LINE,
    group=Group.CONTEXT,
    key="code",
    title="name",
    summary=("road_class", "number"),
    access=DUTY_ACCESS,
    style=Style(Family.BASE, paint="road", shade_by="road_class", order=10, label_zoom=12),
    chainage=Chainage(("number", "name"), "chainage_from_m", "chainage_to_m"),
    network=Network("road_class", "one_way", "bridge", "speed_kmh", "closed", "max_weight_t", joined_at_ends=("motorway",)),
    parts=(SetOff(),),
    fields=(
        CODE,
        Field("name", Label("道路名称", "Name"), max_length=100, read_from=("路名", "名称", "DLMC", "NAME_CN")),
        Field("number", Label("路线编号", "Number"), max_length=20, read_from=("道路编号", "LXBH", "ref")),
        Field("road_class", Label("道路等级", "Class"), choices=ROAD_CLASSES, read_from=("等级", "DLDJ", "highway", "fclass")),
        Field("one_way", Label("单行", "One-way"), bool, read_from=("单向", "单行道", "oneway")),
        Field("bridge", Label("桥梁", "Bridge"), bool, read_from=("是否桥梁", "QL")),
        Field("speed_kmh", Label("设计时速", "Speed"), float, unit="km/h", minimum=1, maximum=150,
              read_from=("限速", "车速", "maxspeed", "speed")),
        Field("lanes", Label("车道数", "Lanes"), int, unit="lanes", minimum=1, maximum=20, read_from=("CDS",)),
        Field("max_weight_t", Label("限重", "Weight limit"), float, unit="t", minimum=0, maximum=1000,
              read_from=("载重", "XZ", "maxweight")),
        *chainage(10_000_000),
        Field("closed", Label("封闭", "Closed"), bool, read_from=("是否封闭", "阻断", "FB")),
        REMARK,
    ),
)

# Our assumptions, to be replaced by what the bureau measures. A fire engine on a call is not bound by the direction of a road
# (Road Traffic Safety Law, article 53); on foot one goes anywhere but on a motorway.
_ASSUMED = "本系统假定值，未经实测"
_SPEEDS = (("fire_engine", "消防车", (80, 60, 50, 45, 30, 35), False, 18.0), ("truck", "载重货车", (70, 55, 45, 40, 20, 30), True, 31.0),
           ("on_foot", "步行", (None, 5, 5, 5, 5, 5), False, None))
DEFAULT_PROFILES = tuple(
    {"code": code, "name": name, **{f"{one.value}_kmh": speed and float(speed) for one, speed in zip(ROAD_CLASSES, speeds, strict=True)},
     "keeps_one_way": keeps, "weight_t": weight_t, "source": _ASSUMED} for code, name, speeds, keeps, weight_t in _SPEEDS)

VEHICLE_PROFILES = Layer(
    id="vehicle_profiles",
    label=Label("车型与行进速度", "Vehicle profiles"),
    description=Label("各车型在各级道路上的行进速度，用于按道路估算到达时间；空白为不能通行",
                      "How fast each kind of vehicle goes on each class of road, to estimate when it arrives; empty means that it may not go there"),
    geometry=Geometry.NONE,
    group=Group.CONTEXT,
    key="code",
    title="name",
    summary=("national_kmh", "county_kmh", "street_kmh", "weight_t"),
    style=Style(Family.BASE, visible=False),
    profiles=Profiles("code", tuple((str(one.value), f"{one.value}_kmh") for one in ROAD_CLASSES), "keeps_one_way", "weight_t",
                      DEFAULT_PROFILES),
    fields=(
        Field("code", Label("编号", "Code"), required=True, max_length=40, read_from=("编码", "代码", "BM")),
        NAME,
        *(Field(f"{one.value}_kmh", Label(f"{one.label.zh}时速", f"Speed on {one.label.en.lower()}"), float, unit="km/h", minimum=1, maximum=150)
          for one in ROAD_CLASSES),
        Field("keeps_one_way", Label("遵守单行", "Keeps to one-way"), bool),
        Field("weight_t", Label("总质量", "Weight"), float, unit="t", minimum=0, maximum=1000, read_from=("总重", "车重", "ZZL"),
              description=Label("超过道路限重则不能通行", "It may not go where the weight limit is less")),
        REMARK,
    ),
)

RAILWAYS = Layer(
    id="railways",
    label=Label("铁路", "Railways"),
    geometry=Geometry.LINE,
    group=Group.CONTEXT,
    key="code",
    title="name",
    style=Style(Family.BASE, paint="rail", order=9, label_zoom=12),
    fields=(
        CODE,
        Field("name", Label("铁路名称", "Name"), max_length=100, read_from=("名称", "TLMC")),
        Field("bridge", Label("桥梁", "Bridge"), bool, read_from=("QL",)),
        REMARK,
    ),
)

RIVERS = Layer(
    id="rivers",
    label=Label("河流沟道", "Rivers and gullies"),
    geometry=Geometry.LINE,
    group=Group.CONTEXT,
    key="code",
    title="name",
    summary=("kind",),
    style=Style(Family.BASE, paint="b-stream", shade_by="kind", order=6, label_zoom=11),
    rules=(rules.chainage_in_order,),
    chainage=Chainage(("name", "river", "bank"), "chainage_from_m", "chainage_to_m"),
    fields=(
        CODE,
        Field("name", Label("河流名称", "Name"), max_length=100, read_from=("名称", "HLMC")),
        Field("kind", Label("类型", "Kind"), choices=(
            Choice("river", Label("河流", "River"), ("河", "干流")),
            Choice("gully", Label("山洪沟", "Gully"), ("沟", "沟道", "季节河")),
            Choice("canal", Label("渠道", "Canal"), ("干渠", "渠")),
            Choice("dike", Label("堤防", "Dike"), ("大堤", "堤")),
        ), read_from=("LX", "type")),
        replace(RIVER, description=Label("堤防沿哪条河", "Which river a dike is along"), read_from=("所属河流",)),
        BANK,
        *chainage(6_000_000),
        REMARK,
    ),
)

LANDUSE = Layer(
    id="landuse",
    label=Label("用地底图", "Land"),
    description=Label("本局自绘底图：水面、城镇、工业、滩区、山地",
                      "A basemap of our own: water, built-up, industry, flood plain, mountain"),
    geometry=Geometry.POLYGON,
    group=Group.CONTEXT,
    key="code",
    title="name",
    style=Style(Family.BASE, paint="b-land", shade_by="kind", order=1, label_zoom=13),
    fields=(
        CODE,
        Field("name", Label("名称", "Name"), max_length=100, read_from=("MC",)),
        Field("kind", Label("类型", "Kind"), required=True, choices=(
            Choice("mountain", Label("山地", "Mountain"), ("山地草原",)),
            Choice("flood_plain", Label("滩区", "Flood plain"), ("河漫滩", "滩地")),
            Choice("urban", Label("城镇", "Built-up"), ("建成区", "居住")),
            Choice("industry", Label("工业", "Industry"), ("工业区", "园区")),
            Choice("water", Label("水面", "Water"), ("河流水面", "水域")),
        ), read_from=("LX", "YDLX", "type")),
        REMARK,
    ),
)

LAYERS = (VILLAGES, FACILITIES, DIVISIONS, TOWNS, ROADS, VEHICLE_PROFILES, RAILWAYS, RIVERS, LANDUSE)
