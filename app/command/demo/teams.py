"""Rescue teams of the demonstration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.command.demo.ground import TOWNS
from app.command.demo.marks import Marks, Spots, numbered
from app.command.demo.metres import Position, at
from geodata.store.batch import Row


@dataclass(frozen=True)
class Team:
    """A team wanted: name, kind, what it can do, how many, where (degrees), what it has."""

    name: str
    kind: str
    skills: tuple[str, ...]
    size: int
    where: Position
    equipment: str
    owner: str = "九原区应急管理局"


_FIRE_SERVICE = "九原区消防救援大队"

TEAMS = (
    Team("九原区消防救援大队特勤站", "comprehensive", ("fire", "chemical", "earthquake", "water"), 42, (109.9420, 40.6110),
         "水罐车4、云梯车1、洗消车1、防化服24", _FIRE_SERVICE),
    Team("麻池消防救援站", "comprehensive", ("fire", "chemical"), 28, (109.8130, 40.5800), "水罐车3、泡沫车1、空气呼吸器30", _FIRE_SERVICE),
    Team("哈林格尔消防救援站", "comprehensive", ("fire", "chemical"), 24, (109.6440, 40.5770), "水罐车2、泡沫车1、防化服12", _FIRE_SERVICE),
    Team("萨如拉消防救援站", "comprehensive", ("fire", "earthquake"), 26, (109.8560, 40.6220), "水罐车2、抢险车1", _FIRE_SERVICE),
    Team("哈业胡同消防救援站", "comprehensive", ("fire", "forest_fire"), 18, (109.4840, 40.6010), "水罐车2、风力灭火机10", _FIRE_SERVICE),
    Team("内蒙古蓝天救援队九原分队", "volunteer", ("search", "water", "earthquake"), 36, (109.9150, 40.6040), "冲锋舟2、无人机3、声呐1",
         "内蒙古蓝天救援队"),
    Team("九原区民兵应急排", "militia", ("flood", "forest_fire", "search"), 40, (109.9600, 40.6030), "运输车2、工兵锹40",
         "九原区人民武装部"),
    Team("哈林格尔镇民兵应急班", "militia", ("flood",), 15, (109.6330, 40.5720), "编织袋2000、铁锹30", "哈林格尔镇"),
    Team("厂汉民兵应急班", "militia", ("flood", "forest_fire"), 14, (109.5960, 40.6010), "铁锹30、二号工具20", "哈林格尔镇"),
    Team("煤化工企业专职消防队", "firm", ("fire", "chemical"), 46, (109.6400, 40.6040), "泡沫车4、举高喷射车1、重型防化服16",
         "神华包头煤化工"),
    Team("园区危化应急救援队", "firm", ("chemical", "fire"), 22, (109.6720, 40.6000), "堵漏器材10、气体检测仪12、防化服18",
         "九原工业园区管委会"),
    Team("明天科技氯碱应急队", "firm", ("chemical",), 16, (109.7530, 40.5950), "氯气捕消器4、空气呼吸器20", "明天科技"),
    Team("麻池钢铁煤气防护站", "firm", ("chemical", "medical"), 18, (109.7480, 40.5880), "空气呼吸器24、苏生器4", "麻池钢铁厂"),
    Team("泉山金矿兼职救护队", "firm", ("mine", "medical"), 14, (109.5650, 40.7050), "氧气呼吸器14、支护器材", "泉山金矿"),
    Team("九原区矿山救护队", "professional", ("mine", "earthquake"), 30, (109.6110, 40.6450), "氧气呼吸器30、生命探测仪2"),
    Team("九原区森林草原专业扑火队", "professional", ("forest_fire",), 50, (109.5460, 40.6580), "风力灭火机30、水车2、运兵车3"),
    Team("梅力更半专业扑火队", "semi_professional", ("forest_fire",), 25, (109.4860, 40.6880), "风力灭火机12、二号工具60", "阿嘎如泰苏木"),
    Team("阿贵沟半专业扑火队", "semi_professional", ("forest_fire",), 20, (109.5900, 40.6880), "风力灭火机8、二号工具40", "阿嘎如泰苏木"),
    Team("大青山南麓半专业扑火队", "semi_professional", ("forest_fire",), 20, (109.9880, 40.6380), "风力灭火机8、二号工具40",
         "白音席勒街道"),
    Team("九原区黄河防汛抢险队", "professional", ("flood", "water"), 45, (109.8600, 40.5560), "冲锋舟6、抽水泵8、挖掘机2", "九原区水务局"),
    Team("打不素防凌抢险队", "semi_professional", ("flood",), 30, (109.5010, 40.5470), "破冰工具30、编织袋5000", "哈业胡同镇"),
    Team("昭君坟防汛抢险队", "semi_professional", ("flood", "water"), 26, (109.6880, 40.5160), "冲锋舟2、救生衣60", "哈林格尔镇"),
    Team("九原区医疗应急队", "professional", ("medical",), 24, (109.9260, 40.5990), "救护车5、移动手术车1", "九原区卫生健康委"),
    Team("哈林格尔医疗应急小队", "professional", ("medical",), 10, (109.6370, 40.5750), "救护车2", "九原区卫生健康委"),
    Team("哈业胡同医疗应急小队", "professional", ("medical",), 8, (109.4780, 40.5960), "救护车1", "九原区卫生健康委"),
    Team("九原供电抢修队", "firm", ("power",), 32, (109.8940, 40.6180), "发电车2、抢修车6", "九原供电公司"),
    Team("九原燃气抢修队", "firm", ("gas", "chemical"), 20, (109.8500, 40.6160), "抢修车4、检漏仪8", "九原燃气"),
    Team("九原区通信保障队", "firm", ("communication",), 12, (109.9680, 40.6080), "卫星通信车1、应急基站2", "通信运营单位"),
    Team("九原公路抢通队", "professional", ("road", "flood"), 28, (109.7780, 40.5980), "装载机4、挖掘机3、除雪车4", "九原区交通运输局"),
    Team("赛汗社会救援志愿队", "volunteer", ("search", "medical"), 22, (109.9100, 40.5860), "急救包40、无人机1", "赛汗街道"),
)


_LOST = "哈林格尔镇民兵应急班"  # has not said for three days where it is
_REPORTING = ("大队特勤站", "消防救援站", "医疗应急队", _LOST)  # the others are where they are based; nobody reports here, so a day later these are left out, with the reason


def team_rows(marks: Marks, spots: Spots) -> list[Row]:
    """Thirty teams where they are based, most on duty."""
    rows = []
    for code, team in zip(numbered("RT", len(TEAMS)), TEAMS, strict=True):
        point = spots.near(at(*team.where), 30, 300)
        duty = "off_duty" if team.name.startswith("厂汉") else marks.pick(("on_duty", 0.8), ("off_duty", 0.12), ("dispatched", 0.08))
        rows.append(marks.row({
            "code": code, "name": team.name, "kind": team.kind, "skills": list(team.skills), "size": team.size, "owner": team.owner,
            "base": f"{_town_of(marks.town_code(point))}（演示地址）", "leader": marks.person(), "leader_phone": marks.phone(), "phone": marks.phone(),
            "equipment": team.equipment, "duty": duty, "position_at": _reported(marks, team),
        }, point))
    return rows


def _reported(marks: Marks, team: Team) -> datetime | None:
    when = marks.ago(marks.rng.uniform(0, 0.4) + (3 if team.name == _LOST else 0))
    return when if team.name.endswith(_REPORTING) else None


def _town_of(code: str) -> str:
    return next((town.name for town in TOWNS if town.code == code), "九原区")
