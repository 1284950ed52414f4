"""What the bureau does: scenario areas that a drill controller plots."""

from __future__ import annotations

from datetime import datetime

from layers import rules
from layers.catalogue.fields import NAME, REMARK
from layers.spec import DRILL_ACCESS, Choice, Family, Field, Geometry, Group, Label, Layer, Style

SCENARIO_AREAS = Layer(
    id="scenario_areas",
    label=Label("演练情景区", "Scenario areas"),
    description=Label("演练导调标绘的情景范围，只在演练空间内可写", "Areas that a drill controller plots; written in drill spaces only"),
    geometry=Geometry.POLYGON,
    group=Group.RESPONSE,
    title="name",
    summary=("kind", "from_time", "to_time"),
    drill_only=True,
    access=DRILL_ACCESS,
    style=Style(Family.SCENARIO, order=30, label_zoom=10),
    rules=(rules.starts_before_end,),
    fields=(
        NAME,
        Field("kind", Label("情景类型", "Kind"), required=True, choices=(
            Choice("leak", Label("危化品泄漏", "Chemical leak"), ("泄漏",)),
            Choice("fire", Label("火灾蔓延", "Fire spread"), ("火场", "火灾")),
            Choice("flood", Label("洪水淹没", "Flood"), ("淹没",)),
            Choice("ice_flood", Label("凌汛淹没", "Ice flood"), ("凌汛",)),
            Choice("flash_flood", Label("山洪", "Flash flood"), ("山洪沟",)),
            Choice("earthquake", Label("地震影响", "Earthquake"), ("地震",)),
            Choice("cordon", Label("警戒区域", "Cordon"), ("警戒",)),
            Choice("other", Label("其他", "Other")),
        ), read_from=("类型", "LX", "type")),
        Field("from_time", Label("开始时间", "From"), datetime, read_from=("起始时间", "KSSJ", "start")),
        Field("to_time", Label("结束时间", "To"), datetime, read_from=("终止时间", "JSSJ", "end")),
        REMARK,
    ),
)

LAYERS = (SCENARIO_AREAS,)
