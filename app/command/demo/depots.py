"""Depots of the demonstration with their stock lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from app.command.demo.ground import TOWNS
from app.command.demo.marks import Marks, Spots, numbered
from app.command.demo.metres import Position, at
from geodata.store.batch import Row


@dataclass(frozen=True)
class Item:
    """A thing in stock: a sample code in the form of GB/T 38565-2020 (its first digit is the category), unit, usual amount, shelf life."""

    code: str
    name: str
    specification: str
    unit: str
    usual: int
    years: int | None = None

    @property
    def category(self) -> str:
        return {"1": "living", "2": "equipment", "3": "engineering"}[self.code[0]]


ITEMS: dict[str, tuple[Item, ...]] = {
    "relief": (
        Item("1010101", "救灾帐篷", "12 m2 单帐篷", "顶", 120, 8), Item("1010201", "棉被", "1.5 m x 2.0 m", "床", 600, 8),
        Item("1010202", "棉大衣", "均码", "件", 400, 8), Item("1010301", "折叠床", "190 cm", "张", 300, 10),
        Item("1020101", "瓶装饮用水", "550 mL x 24", "箱", 500, 1), Item("1020201", "方便食品", "12 份装", "箱", 300, 1),
        Item("1030101", "应急照明灯", "移动式", "台", 20, 6),
    ),
    "flood": (
        Item("3010101", "编织袋", "50 cm x 90 cm", "条", 20_000, 3), Item("3010201", "土工布", "400 g/m2", "平方米", 6_000, 5),
        Item("3010301", "铅丝", "8 号", "千克", 2_500, 10), Item("2040101", "救生衣", "成人", "件", 300, 5), Item("2040201", "冲锋舟",
            "5.1 m", "艘", 4, 8),
        Item("2040301", "抽水泵", "150 m3/h", "台", 8, 8), Item("3020101", "块石", "抢险备石", "立方米", 1_200), Item("2040401",
            "破冰工具", "成套", "套", 30, 10),
    ),
    "fire": (
        Item("2030101", "风力灭火机", "背负式", "台", 60, 8), Item("2030201", "二号工具", "橡胶条", "把", 400, 5), Item("2030301",
            "灭火水枪", "背负式", "支", 80, 6),
        Item("2030401", "阻燃服", "成套", "套", 120, 5), Item("2030501", "油锯", "高把", "台", 15, 8), Item("2030601", "对讲机", "数字",
            "部", 40, 6),
    ),
    "chemical": (
        Item("2010101", "正压式空气呼吸器", "6.8 L", "套", 30, 5), Item("2010201", "重型防化服", "一级", "套", 18, 5), Item("2010202",
            "轻型防化服", "二级", "套", 60, 5),
        Item("2010301", "有毒气体检测仪", "四合一", "台", 16, 4), Item("2010401", "堵漏器材", "成套", "套", 10, 10), Item("3030101",
            "吸附棉", "化学品", "箱", 80, 5),
        Item("2010501", "洗消帐篷", "公众洗消", "顶", 3, 8), Item("3030201", "消石灰", "25 kg", "袋", 600, 2),
    ),
    "medical": (
        Item("1040101", "急救包", "个人", "个", 500, 3), Item("1040201", "担架", "折叠", "副", 60, 8), Item("1040301", "医用防护口罩",
            "N95", "只", 8_000, 3),
    ),
}
ITEMS["general"] = ITEMS["relief"][:4] + ITEMS["flood"][:1] + ITEMS["fire"][:2] + ITEMS["chemical"][:1] + ITEMS["medical"][:2]

# Name, kind, level, area in m2, where (degrees). 180 m2 is the depot of the bureau's own plan.
_DEPOTS: tuple[tuple[str, str, str, int, Position], ...] = (
    ("九原区应急物资储备库", "general", "county", 180, (109.9460, 40.6060)),
    ("九原区救灾物资库", "relief", "county", 640, (109.9180, 40.5880)),
    ("园区危化救援物资库", "chemical", "county", 320, (109.6460, 40.5990)),
    ("打不素防汛物资库", "flood", "county", 420, (109.5040, 40.5400)),
    ("昭君坟防汛物资库", "flood", "county", 380, (109.6850, 40.5110)),
    ("梅力更防火物资库", "fire", "county", 260, (109.4830, 40.6930)),
    ("九原区医药储备点", "medical", "county", 150, (109.9010, 40.6010)),
)


def depot_rows(marks: Marks, spots: Spots) -> tuple[list[Row], list[Row]]:
    """Fifteen depots, and their stock lines tied by the depot's code."""
    wanted = [*_DEPOTS, *((f"{town.name}应急物资库", "general", "town", 120, town.seat) for town in TOWNS)]
    depots: list[Row] = []
    stock: list[Row] = []
    for code, (name, kind, level, area_m2, where) in zip(numbered("DP", len(wanted)), wanted, strict=True):
        point = spots.near(at(*where), 60, 380)
        depots.append(marks.row({
            "code": code, "name": name, "kind": kind, "level": level, "area_m2": float(area_m2), "operator": "九原区应急管理局" if level == "county" else name[:-5],
            "keeper": marks.person(), "phone": marks.phone(), "status": "closed" if name.startswith("白音席勒") else "open",
            "address": f"包头市九原区{name}（演示地址）",
        }, point))
        for number, item in enumerate(ITEMS[kind], 1):
            stock.append(marks.row(_line(marks, f"{code}-{number:02d}", code, item, level), None,
                                   adcode=str(depots[-1].properties["adcode"])))
    return depots, stock


def _line(marks: Marks, code: str, depot: str, item: Item, level: str) -> dict[str, object]:
    rng = marks.rng
    usual = item.usual if level == "county" else max(2, round(item.usual * 0.3))
    made = date(2026, 6, 1) - timedelta(days=rng.randrange(60, 365 * (item.years or 6)))
    # Every depot is short of something now and then: a stock under its minimum must be seen.
    return {
        "code": code, "depot": depot, "item_code": item.code, "category": item.category, "name": item.name, "specification": item.specification,
        "quantity": float(round(usual * marks.pick((rng.uniform(0.9, 1.3), 0.8), (rng.uniform(0.3, 0.8), 0.15),
                                                   (0.0, 0.05)))), "quantity_unit": item.unit,
        "minimum_quantity": float(round(usual * 0.8)), "made_on": made, "expires_on": made + timedelta(days=365 * item.years) if item.years else None,
        "place": f"{rng.choice('ABCD')}区{rng.randrange(1, 9)}号货架", "origin": marks.pick(("bought", 0.6), ("transferred", 0.25),
            ("agreed", 0.1), ("donated", 0.05)),
    }
