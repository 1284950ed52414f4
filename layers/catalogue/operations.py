"""What the bureau does: incidents, their zones, the orders given for them, roads that it blocks, and scenario areas that a drill controller plots."""

from __future__ import annotations

from datetime import datetime

from layers import rules
from layers.catalogue.fields import CODE, NAME, REMARK, person, phone
from layers.catalogue.resources import HAZARDS
from layers.fitness import ZoneOf
from layers.network import Blocks
from layers.spec import DRILL_ACCESS, DUTY_ACCESS, Choice, Family, Field, Geometry, Group, Label, Layer, Style

INCIDENTS = Layer(
    id="incidents",
    label=Label("突发事件", "Incidents"),
    description=Label("接报的突发事件；位置为事发点或事发范围", "Incidents as reported; where each happened, a place or an area"),
    geometry=Geometry.POINT_OR_POLYGON,
    group=Group.RESPONSE,
    key="code",
    title="name",
    summary=("kind", "level", "status"),
    style=Style(Family.EVENT, symbol="incident", order=90, label_zoom=10),
    access=DUTY_ACCESS,
    rules=(rules.occurs_before_closing,),
    fields=(
        CODE,
        NAME,
        Field("kind", Label("事件类型", "Kind"), choices=(
            Choice("leak", Label("危化品泄漏", "Chemical leak"), ("泄漏", "危化品事故")),
            Choice("explosion", Label("爆炸", "Explosion")),
            Choice("fire", Label("火灾", "Fire"), ("建筑火灾",)),
            Choice("wildfire", Label("森林草原火灾", "Forest or grassland fire"), ("森林火灾", "草原火灾")),
            Choice("flood", Label("洪水", "Flood"), ("洪涝",)),
            Choice("ice_flood", Label("凌汛", "Ice flood"), ("冰凌",)),
            Choice("flash_flood", Label("山洪", "Flash flood")),
            Choice("earthquake", Label("地震", "Earthquake")),
            Choice("geological", Label("地质灾害", "Landslide"), ("滑坡", "泥石流")),
            Choice("weather", Label("气象灾害", "Weather"), ("暴雪", "大风", "沙尘")),
            Choice("mine", Label("矿山事故", "Mine accident"), ("矿难",)),
            Choice("traffic", Label("交通事故", "Traffic accident"), ("道路交通事故",)),
            Choice("collapse", Label("坍塌", "Collapse"), ("垮塌",)),
            Choice("other", Label("其他", "Other")),
        ), read_from=("类型", "事件种类", "LX", "type")),
        Field("hazard", Label("灾种", "Hazard"), choices=HAZARDS, read_from=("灾害种类", "ZZ")),
        Field("level", Label("事件等级", "Level"), choices=(  # domain.md section 3
            Choice("extraordinary", Label("特别重大", "Extraordinary"), ("I级", "一级")),
            Choice("major", Label("重大", "Major"), ("II级", "二级")),
            Choice("larger", Label("较大", "Larger"), ("III级", "三级")),
            Choice("general", Label("一般", "General"), ("IV级", "四级")),
        ), read_from=("等级", "级别", "DJ", "grade")),
        Field("status", Label("处置状态", "Status"), required=True, choices=(
            Choice("open", Label("处置中", "Open"), ("进行中", "未结束")),
            Choice("closed", Label("已结束", "Closed"), ("结束", "办结")),
        ), read_from=("状态", "ZT")),
        Field("place", Label("事发地点", "Place"), max_length=200, read_from=("地点", "地址", "SFDD", "address")),
        Field("occurred_at", Label("事发时间", "Happened at"), datetime, read_from=("发生时间", "FSSJ")),
        Field("reported_at", Label("接报时间", "Reported at"), datetime, read_from=("报告时间", "JBSJ")),
        Field("closed_at", Label("结束时间", "Closed at"), datetime, read_from=("办结时间", "JSSJ")),
        Field("dead", Label("死亡人数", "Dead"), int, unit="persons", minimum=0, maximum=10_000_000, read_from=("死亡", "SWRS")),
        Field("injured", Label("受伤人数", "Injured"), int, unit="persons", minimum=0, maximum=10_000_000, read_from=("受伤", "SSRS")),
        Field("missing", Label("失联人数", "Missing"), int, unit="persons", minimum=0, maximum=10_000_000, read_from=("失踪", "失联", "SLRS")),
        Field("trapped", Label("被困人数", "Trapped"), int, unit="persons", minimum=0, maximum=10_000_000, read_from=("被困", "BKRS")),
        Field("description", Label("事件描述", "What happened"), max_length=2000, read_from=("描述", "简要经过", "SJMS")),
        person("reporter", "报告负责人", "Reported by", "报告人", "报警人", "BGR"),
        phone("phone", "现场联系电话", "Phone on site", "联系电话", "电话", "LXDH", "tel"),
        REMARK,
    ),
)

IMPACT_ZONES = Layer(
    id="impact_zones",
    label=Label("影响范围", "Impact zones"),
    description=Label("事件的危险、管控、疏散范围；位于其中的资源不参与该事件的就近排序",
                      "Areas of an incident that are dangerous, closed or to be left; what lies in them is not ranked for it"),
    geometry=Geometry.POLYGON,
    group=Group.RESPONSE,
    key="code",
    title="name",
    summary=("kind", "basis", "from_time"),
    style=Style(Family.EVENT, order=32, label_zoom=10),
    access=DUTY_ACCESS,
    rules=(rules.starts_before_end,),
    zone_of=ZoneOf("incident", "from_time", "to_time", hazard="hazard"),
    fields=(
        CODE,
        NAME,
        Field("incident", Label("所属事件", "Incident"), required=True, reference="incidents", read_from=("事件编号", "SJBH", "incident_code")),
        Field("kind", Label("范围类型", "Kind"), required=True, choices=(
            Choice("danger", Label("危险区", "Danger area"), ("热区", "蔓延区域")),
            Choice("control", Label("控制区域", "Control area"), ("控制区", "温区", "管控区")),
            Choice("cordon", Label("警戒区域", "Cordon"), ("警戒区", "警戒")),
            Choice("evacuation", Label("疏散区", "Evacuation area"), ("疏散范围", "转移区")),
        ), read_from=("类型", "LX", "type")),
        Field("basis", Label("依据方式", "Basis"), required=True, choices=(
            Choice("modelled", Label("推算", "Modelled"), ("估算", "模拟")),
            Choice("measured", Label("实测", "Measured"), ("侦检",)),
            Choice("ordered", Label("指令划定", "Ordered"), ("划定",)),
        ), read_from=("划定方式", "HDFS")),
        Field("rule", Label("依据说明", "By which rule"), max_length=300, read_from=("依据", "标准", "YJ")),
        Field("from_time", Label("生效时间", "From"), datetime, read_from=("开始时间", "KSSJ", "start")),
        Field("to_time", Label("解除时间", "To"), datetime, read_from=("结束时间", "JSSJ", "end")),
        REMARK,
    ),
)

DISPATCH_ORDERS = Layer(
    id="dispatch_orders",
    label=Label("调度指令", "Dispatch orders"),
    description=Label("向队伍或物资库下达的指令；未解除前，该队伍或所调物资不再供其他事件使用",
                      "Orders to a team or a depot; until it is released, the team or the goods are not free for another incident"),
    geometry=Geometry.NONE,
    group=Group.RESPONSE,
    key="code",
    summary=("status", "task", "ordered_at"),
    style=Style(Family.EVENT, visible=False),
    access=DUTY_ACCESS,
    fields=(
        CODE,
        Field("incident", Label("所属事件", "Incident"), reference="incidents", read_from=("事件编号", "SJBH", "incident_code")),
        Field("team", Label("受令队伍", "Team"), reference="rescue_teams", read_from=("队伍编号", "DWBH", "team_code")),
        Field("depot", Label("调出物资库", "Depot"), reference="depots", read_from=("物资库编号", "仓库编号", "depot_code")),
        Field("line", Label("调出条目", "Stock line"), reference="supplies", read_from=("库存编号", "条目编号", "line_code")),
        Field("quantity", Label("数量", "Quantity"), float, minimum=0, maximum=1_000_000_000, read_from=("调拨数量", "SL", "qty"),
              description=Label("按该库存条目的计量单位", "In the unit of the stock line")),
        Field("status", Label("执行状态", "Status"), required=True, choices=(
            Choice("ordered", Label("已下达", "Ordered"), ("下达", "待命")),
            Choice("under_way", Label("途中", "Under way"), ("已出发", "行进中")),
            Choice("on_site", Label("已到场", "On site"), ("到场", "处置中")),
            Choice("released", Label("已解除", "Released"), ("解除", "归建", "完成", "取消")),
        ), read_from=("状态", "ZT")),
        Field("task", Label("任务", "Task"), max_length=500, read_from=("任务内容", "RW")),
        Field("destination", Label("目的地", "Destination"), max_length=200, read_from=("集结点", "MDD")),
        Field("ordered_at", Label("下达时间", "Ordered at"), datetime, read_from=("指令时间", "XDSJ")),
        Field("departed_at", Label("出发时间", "Left at"), datetime, read_from=("出动时间", "CFSJ")),
        Field("arrived_at", Label("到场时间", "Arrived at"), datetime, read_from=("到达时间", "DCSJ")),
        Field("released_at", Label("解除时间", "Released at"), datetime, read_from=("归建时间", "JCSJ")),
        person("ordered_by", "下达负责人", "Ordered by", "下达人", "XDR"),
        person("received_by", "受令负责人", "Received by", "接收人", "受令人", "SLR"),
        REMARK,
    ),
)

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

LAYERS = (INCIDENTS, IMPACT_ZONES, DISPATCH_ORDERS, ROAD_BLOCKS, SCENARIO_AREAS)
