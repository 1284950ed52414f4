"""Two incidents of the demonstration with their zones and the orders given for them: a leak in the chemical park, ice on the river."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.command.demo.marks import Marks, numbered
from app.command.demo.metres import Position, at
from geodata.store.batch import Row


@dataclass(frozen=True)
class Ring:
    """A round zone of an incident: how it is called, its kind, on what it rests, how far it reaches."""

    name: str
    kind: str
    basis: str
    radius_m: float
    rule: str


_LEAK, _ICE = "SJ-001", "SJ-002"
_PLACES: dict[str, Position] = {_LEAK: (109.6620, 40.6010), _ICE: (109.5050, 40.5360)}
_RINGS = (
    (_LEAK, Ring("液氨泄漏危险区", "danger", "modelled", 500, "演示推算，非导则数值")),
    (_LEAK, Ring("液氨泄漏警戒区", "cordon", "ordered", 800, "现场指挥部划定（演示）")),
    (_ICE, Ring("打不素卡冰警戒区", "cordon", "ordered", 600, "现场指挥部划定（演示）")),
)
# Whom or which line (named by its goods), for which incident, how far it has come.
_TEAMS = ((_LEAK, "园区危化应急救援队", "on_site", "堵漏"), (_LEAK, "煤化工企业专职消防队", "under_way", "水幕稀释"),
          (_ICE, "打不素防凌抢险队", "on_site", "破冰、巡堤"), (_ICE, "昭君坟防汛抢险队", "ordered", "加固险段"), (_LEAK, "九原区医疗应急队", "released", "现场救护"))
_GOODS = ((_ICE, "打不素防汛物资库", "编织袋", 0.5), (_ICE, "昭君坟防汛物资库", "编织袋", 0.7))


def incident_rows(marks: Marks) -> tuple[list[Row], list[Row]]:
    """The incidents, and their zones tied by the incident's code."""
    facts = {
        _LEAK: {"name": "园区液氨泄漏（演示）", "kind": "leak", "hazard": "chemical", "level": "general", "place": "九原工业园区", "injured": 2, "dead": 0, "trapped": 0,
                "description": "液氨管道法兰泄漏，厂内人员已撤离（演示）"},
        _ICE: {"name": "打不素河段卡冰（演示）", "kind": "ice_flood", "hazard": "ice_flood", "level": "general", "place": "打不素险工", "dead": 0, "injured": 0,
               "description": "流冰堆积，水位上涨（演示）"},
    }
    incidents = [marks.row({"code": code, **said, "status": "open", "occurred_at": marks.ago(0.1), "reported_at": marks.ago(0.09),
                            "reporter": marks.person(), "phone": marks.phone()}, at(*_PLACES[code])) for code, said in facts.items()]
    zones = [marks.row({"code": code, "name": ring.name, "incident": incident, "kind": ring.kind, "basis": ring.basis, "rule": ring.rule,
                        "from_time": marks.ago(0.08)}, at(*_PLACES[incident]).buffer(ring.radius_m))
             for code, (incident, ring) in zip(numbered("FW", len(_RINGS)), _RINGS, strict=True)]
    return incidents, zones


def order_rows(marks: Marks, teams: list[Row], depots: list[Row], stock: list[Row]) -> list[Row]:
    """Orders to teams, and for goods that have not left their depot yet."""
    team_of = {row.properties["name"]: row.properties["code"] for row in teams}
    depot_of = {row.properties["name"]: row.properties["code"] for row in depots}
    orders: list[dict[str, Any]] = [{"incident": incident, "team": team_of[name], "status": status, "task": task, "ordered_at": marks.ago(0.07),
                                     "departed_at": None if status == "ordered" else marks.ago(0.06),
                                     "arrived_at": marks.ago(0.03) if status in ("on_site", "released") else None,
                                     "released_at": marks.ago(0.01) if status == "released" else None} for incident, name, status, task in _TEAMS]
    for incident, name, article, share in _GOODS:
        line = next(row.properties for row in stock if row.properties["depot"] == depot_of[name] and row.properties["name"] == article)
        orders.append({"incident": incident, "depot": depot_of[name], "line": line["code"], "quantity": float(round(float(line["quantity"]) * share)),
                       "status": "ordered", "task": f"调运{article}", "ordered_at": marks.ago(0.05)})
    return [marks.row({"code": code, **order, "ordered_by": marks.person()}, None) for code, order in zip(numbered("ZL", len(orders)), orders, strict=True)]
