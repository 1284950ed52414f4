"""What the bureau does: roads that it blocks, scenario areas that a drill controller plots."""

from __future__ import annotations

from datetime import datetime

from layers import rules
from layers.catalogue.fields import CODE, NAME, REMARK
from layers.network import Blocks
from layers.spec import DRILL_ACCESS, DUTY_ACCESS, Choice, Family, Field, Geometry, Group, Label, Layer, Style

ROAD_BLOCKS = Layer(
    id="road_blocks",
    label=Label("道路阻断", "Road blocks"),
    description=Label("阻断道路的点、线、面：生效期间所触及的道路不能通行，路径与到达时间随即改变",
                      "Points, lines and areas that close the roads they touch while they are in force; routes and travel times follow at once"),
    geometry=Geometry.ANY,
    group=Group.RESPONSE,
    key="code",
    title="name",
    summary=("reason", "from_time", "to_time"),
    access=DUTY_ACCESS,
    style=Style(Family.EVENT, symbol="road_block", order=90, label_zoom=12),
    rules=(rules.starts_before_end,),
    blocks=Blocks("from_time", "to_time"),
    fields=(
        CODE,
        NAME,
        Field("reason", Label("阻断原因", "Reason"), required=True, choices=(
            Choice("flood", Label("积水淹没", "Flooded"), ("淹没", "积水", "洪水")),
            Choice("collapse", Label("塌方断道", "Collapsed"), ("塌方", "滑坡", "泥石流", "路基损毁")),
            Choice("bridge_out", Label("桥梁中断", "Bridge out"), ("断桥", "桥毁", "浮桥拆除")),
            Choice("ice_snow", Label("冰雪", "Ice or snow"), ("积雪", "结冰")),
            Choice("accident", Label("交通事故", "Accident"), ("事故",)),
            Choice("works", Label("施工", "Works"), ("施工封闭",)),
            Choice("cordon", Label("警戒管制", "Cordon"), ("警戒", "交通管制", "管制")),
            Choice("other", Label("其他", "Other")),
        ), read_from=("原因", "类型", "YY", "reason")),
        Field("from_time", Label("开始时间", "From"), datetime, read_from=("起始时间", "KSSJ", "start")),
        Field("to_time", Label("结束时间", "To"), datetime, read_from=("终止时间", "JSSJ", "end"),
              description=Label("空白为直至另行通知", "Empty: until further notice")),
        REMARK,
    ),
)

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

LAYERS = (ROAD_BLOCKS, SCENARIO_AREAS)
