"""What can help: shelters, depots with their stock lines, rescue teams."""

from __future__ import annotations

from datetime import date, datetime

from layers import rules
from layers.catalogue.fields import ADDRESS, CODE, NAME, REMARK, person, phone
from layers.fitness import Aged, Lacks, Need, Ordered, Reached, Short
from layers.ledger import Effect, Ledger
from layers.parts import Refuge, SetOff
from layers.spec import DUTY_ACCESS, Action, Choice, Family, Field, Geometry, Group, Label, Layer, Measure, OutOfService, Style

GOVERNMENT_LEVELS = (
    Choice("province", Label("省级", "Province"), ("省", "自治区级")),
    Choice("city", Label("市级", "City"), ("市", "盟市级")),
    Choice("county", Label("县级", "County"), ("县", "区级", "旗县级", "旗县区级")),
    Choice("town", Label("乡镇级", "Town"), ("乡镇", "街道级", "苏木镇级")),
    Choice("village", Label("村级", "Village"), ("村", "社区级", "嘎查村级")),
)

HAZARDS = (
    Choice("earthquake", Label("地震", "Earthquake")),
    Choice("flood", Label("洪水", "Flood"), ("洪涝", "水灾", "防汛")),
    Choice("ice_flood", Label("凌汛", "Ice flood"), ("冰凌",)),
    Choice("geological", Label("地质灾害", "Geological"), ("地质", "山洪", "泥石流")),
    Choice("weather", Label("气象灾害", "Weather"), ("气象", "大风", "暴雪", "沙尘")),
    Choice("fire", Label("火灾", "Fire"), ("森林草原火灾",)),
    Choice("chemical", Label("危化品事故", "Chemical accident"), ("危化", "化学事故")),
    Choice("health", Label("公共卫生", "Public health"), ("公共卫生事件",)),
    Choice("ecological", Label("生态环境", "Ecological"), ("生态",)),
)

CONTACT_OLD = Aged("verified_at", "contact_days", "contact-old", Label("联系方式 {age}未核实（限 {limit}）", "Contact not verified for {age} (limit {limit})"),
                   Label("从未核实", "Never verified"))

# An order keeps its team until it is released, and its goods until they have left: from then on the stock itself tells.
TEAM_ORDERED = Ordered("dispatch_orders", "team", "incident", "status", ("ordered", "under_way", "on_site"), "ordered-elsewhere",
                       Label("已调派他处", "Ordered elsewhere"))
GOODS_ORDERED = Ordered("dispatch_orders", "depot", "incident", "status", ("ordered",), "ordered-elsewhere", Label("已调派他处", "Ordered elsewhere"))

SHELTERS = Layer(
    id="shelters",
    label=Label("应急避难场所", "Shelters"),
    description=Label("应急避难场所（GB/T 44013 分级分类）", "Emergency shelters (classes of GB/T 44013)"),
    geometry=Geometry.POINT_OR_POLYGON,
    group=Group.RESOURCES,
    key="code",
    title="name",
    summary=("kind", "capacity", "status"),
    ranked=True,
    exposed=True,
    style=Style(Family.RESOURCE, symbol="shelter", order=80),
    rules=(rules.effective_area_within_area, rules.capacity_fits_area),
    access=DUTY_ACCESS,
    out_of_service=(
        OutOfService("status", ("closed",), "closed", Label("已停用", "Closed"), Label("使用状态未知", "Status not known")),
        OutOfService("status", ("full",), "full", Label("已满", "Full")),
        Reached("people_now", "capacity", "full", Label("已满", "Full"), Label("余位未知", "Room left not known")),
        Lacks("suits", Need.HAZARD, "not-suited", Label("不适用于{missing}", "Not suited to {missing}"), Label("适用灾种未知", "Hazards it suits not known")),
        CONTACT_OLD,
    ),
    parts=(Refuge("capacity", "people_now", "suits", "status", opened=("open",)), SetOff()),
    fields=(
        CODE,
        NAME,
        ADDRESS,
        Field("level", Label("级别", "Level"), choices=GOVERNMENT_LEVELS, read_from=("场所级别", "JB", "grade")),
        Field("scope", Label("综合类别", "Scope"), choices=(
            Choice("comprehensive", Label("综合性", "Comprehensive"), ("综合",)),
            Choice("special", Label("单一性", "Special"), ("特定", "专项")),
        ), read_from=("综合性",)),
        Field("kind", Label("类型", "Kind"), choices=(
            Choice("emergency", Label("紧急", "Emergency"), ("紧急型", "紧急避难场所")),
            Choice("short", Label("短期", "Short-term"), ("短期型", "短期避难场所", "固定")),
            Choice("long", Label("长期", "Long-term"), ("长期型", "长期避难场所", "中长期")),
        ), read_from=("场所类型", "避难时长", "LX", "type")),
        Field("setting", Label("室内外", "Setting"), choices=(
            Choice("indoor", Label("室内", "Indoor"), ("室内型", "场馆型")),
            Choice("outdoor", Label("室外", "Outdoor"), ("室外型", "场地型")),
            Choice("both", Label("室内外", "Both"), ("综合型", "室内室外")),
        ), read_from=("空间类型", "室内室外")),
        Field("suits", Label("适用灾种", "Suits"), choices=HAZARDS, many=True, read_from=("适用灾害", "灾种", "SYZZ", "hazards")),
        Field("area_m2", Label("占地面积", "Area"), float, unit="m2", minimum=0, maximum=100_000_000, counts_as=Measure.AREA,
              read_from=("总面积", "面积", "ZDMJ", "area")),
        Field("effective_area_m2", Label("有效避难面积", "Effective area"), float, unit="m2", minimum=0, maximum=100_000_000,
              read_from=("有效面积", "避难面积", "YXMJ", "eff_area")),
        Field("capacity", Label("可容纳人数", "Capacity"), int, unit="persons", minimum=0, maximum=10_000_000, counts_as=Measure.CAPACITY,
              read_from=("容纳人数", "容量", "避难人数", "容纳能力", "RNRS", "RL")),
        Field("people_now", Label("现有人数", "People in now"), int, unit="persons", minimum=0, maximum=10_000_000,
              counts_as=Measure.PEOPLE, read_from=("已安置人数", "XYRS", "people")),
        Field("service_radius_m", Label("服务半径", "Service radius"), float, unit="m", minimum=0, maximum=100_000,
              read_from=("FWBJ", "radius")),
        Field("functions", Label("功能区", "Functions"), max_length=300, read_from=("功能区设置", "设施", "GNQ")),
        Field("operator", Label("管理单位", "Operator"), max_length=100, read_from=("主管单位", "产权单位", "GLDW")),
        person("person", "负责人", "Person in charge", "联系人", "FZR", "manager"),
        phone("phone", "联系电话", "Phone", "电话", "负责人电话", "值班电话", "LXDH", "tel"),
        Field("status", Label("启用状态", "Status"), choices=(
            Choice("open", Label("已启用", "Open"), ("启用", "开放", "启用中", "开启")),
            Choice("standby", Label("待启用", "Stand-by"), ("未启用", "备用", "平时")),
            Choice("full", Label("已满", "Full"), ("满员",)),
            Choice("closed", Label("停用", "Closed"), ("关闭", "维修", "损毁")),
        ), read_from=("状态", "是否启用", "QYZT")),
        REMARK,
    ),
)

DEPOTS = Layer(
    id="depots",
    label=Label("应急物资库", "Depots"),
    description=Label("应急物资储备库；库存见「物资库存」", "Emergency supply depots; their stock is in “Stock lines”"),
    geometry=Geometry.POINT_OR_POLYGON,
    group=Group.RESOURCES,
    key="code",
    title="name",
    summary=("kind", "level", "area_m2"),
    ranked=True,
    exposed=True,
    style=Style(Family.RESOURCE, symbol="depot", order=82),
    access=DUTY_ACCESS,
    out_of_service=(
        OutOfService("status", ("closed",), "closed", Label("已停用", "Closed"), Label("使用状态未知", "Status not known")),
        Short("supplies", "depot", ("name", "item_code"), "quantity", "quantity_unit", "expires_on", "no-stock", Label("没有{article}", "No {article}"),
              Label("{article}数量不明", "Quantity of {article} not known"), taken=GOODS_ORDERED, line="line", amount="quantity"),
        CONTACT_OLD,
    ),
    parts=(SetOff(),),
    fields=(
        CODE,
        NAME,
        ADDRESS,
        Field("kind", Label("类型", "Kind"), choices=(
            Choice("general", Label("综合", "General"), ("综合库", "综合物资库")),
            Choice("flood", Label("防汛抗旱", "Flood and drought"), ("防汛", "防汛库")),
            Choice("fire", Label("森林草原防火", "Forest and grassland fire"), ("防火", "扑火物资")),
            Choice("relief", Label("救灾", "Relief"), ("救灾库", "生活救助")),
            Choice("chemical", Label("危化救援", "Chemical rescue"), ("危化",)),
            Choice("medical", Label("医疗卫生", "Medical"), ("医药",)),
        ), read_from=("仓库类型", "物资库类型", "LX", "type")),
        Field("level", Label("级别", "Level"), choices=GOVERNMENT_LEVELS, read_from=("JB", "grade")),
        Field("area_m2", Label("面积", "Area"), float, unit="m2", minimum=0, maximum=10_000_000, counts_as=Measure.AREA,
              read_from=("建筑面积", "仓储面积", "MJ", "area")),
        Field("operator", Label("主管单位", "Operator"), max_length=100, read_from=("管理单位", "ZGDW")),
        person("keeper", "保管员", "Keeper", "管理员", "负责人", "联系人", "BGY"),
        phone("phone", "24小时值班电话", "24 h phone", "值班电话", "联系电话", "电话", "LXDH", "tel"),
        Field("status", Label("状态", "Status"), choices=(
            Choice("open", Label("在用", "In use"), ("启用", "正常", "使用中")),
            Choice("closed", Label("停用", "Closed"), ("关闭",)),
        ), read_from=("使用状态", "ZT")),
        REMARK,
    ),
)

SUPPLIES = Layer(
    id="supplies",
    label=Label("物资库存", "Stock lines"),
    description=Label("物资库的库存条目，按 GB/T 38565-2020 七位分类代码；不同单位不能相加",
                      "Stock lines of depots by the 7-digit codes of GB/T 38565-2020; different units cannot be added"),
    geometry=Geometry.NONE,
    group=Group.RESOURCES,
    key="code",
    title="name",
    summary=("quantity", "quantity_unit", "expires_on"),
    style=Style(Family.RESOURCE, visible=False),
    access=DUTY_ACCESS,
    rules=(rules.made_before_expiry,),
    fields=(
        CODE,
        Field("depot", Label("所属物资库", "Depot"), required=True, reference="depots",
              read_from=("仓库编号", "物资库编号", "物资库", "SSWZK", "depot_code")),
        Field("item_code", Label("物资分类代码", "Item code"), max_length=7, read_from=("物资代码", "分类代码", "WZDM"),
              description=Label("GB/T 38565-2020 四级七位：1 基本生活保障，2 应急装备及配套，3 工程材料与机械加工设备",
                                "Seven digits of GB/T 38565-2020: 1 living, 2 equipment, 3 engineering")),
        Field("category", Label("大类", "Category"), choices=(
            Choice("living", Label("基本生活保障", "Living"), ("生活", "生活保障", "1")),
            Choice("equipment", Label("应急装备及配套", "Equipment"), ("装备", "应急装备", "2")),
            Choice("engineering", Label("工程材料与机械加工设备", "Engineering"), ("工程", "工程材料", "3")),
        ), read_from=("物资大类", "WZDL")),
        Field("name", Label("物资名称", "Item"), required=True, max_length=100, read_from=("品名", "名称", "WZMC", "item")),
        Field("specification", Label("规格型号", "Specification"), max_length=100, read_from=("规格", "型号", "GGXH", "spec")),
        Field("quantity", Label("数量", "Quantity"), float, minimum=0, maximum=1_000_000_000, counts_as=Measure.QUANTITY,
              read_from=("库存数量", "现有数量", "SL", "qty")),
        Field("quantity_unit", Label("计量单位", "Counted in"), max_length=20, read_from=("单位", "JLDW", "unit")),
        Field("minimum_quantity", Label("最低储备量", "Minimum"), float, minimum=0, maximum=1_000_000_000,
              read_from=("储备下限", "计划数量", "ZDCBL", "min_qty")),
        Field("made_on", Label("生产日期", "Made on"), date, read_from=("出厂日期", "SCRQ")),
        Field("expires_on", Label("有效期至", "Expires on"), date, read_from=("失效日期", "有效期", "YXQ", "expiry")),
        Field("place", Label("存放位置", "Place"), max_length=100, read_from=("货位", "库位", "CFWZ")),
        Field("origin", Label("物资来源", "Origin"), choices=(
            Choice("bought", Label("采购", "Bought"), ("购置",)),
            Choice("transferred", Label("调拨", "Transferred"), ("上级调拨",)),
            Choice("donated", Label("捐赠", "Donated")),
            Choice("agreed", Label("协议储备", "By agreement"), ("协议", "代储")),
        ), read_from=("来源方式", "WZLY")),
        REMARK,
    ),
)

SUPPLY_MOVEMENTS = Layer(
    id="supply_movements",
    label=Label("出入库记录", "Stock movements"),
    description=Label("物资库的入库、出库、调拨、报废和盘点，只增不改；库存条目的数量由它们得出",
                      "What came into and out of depots, was transferred, written off or counted; only added to, and the quantity of a stock line follows from them"),
    geometry=Geometry.NONE,
    group=Group.RESOURCES,
    key="code",
    summary=("kind", "quantity", "quantity_unit", "at"),
    style=Style(Family.RESOURCE, visible=False),
    access={**DUTY_ACCESS, Action.DELETE: frozenset()},
    ledger=Ledger(
        account="line", counterpart="to_line", balance="quantity", unit="quantity_unit", alike=("name", "item_code", "specification", "quantity_unit"),
        least="minimum_quantity", expires="expires_on", kind="kind", quantity="quantity", at="at", reason="reason",
        effects=(("in", Effect.ADD), ("out", Effect.TAKE), ("transfer", Effect.MOVE), ("expiry", Effect.TAKE), ("count", Effect.SET)),
        number="number", change="change", after="balance", other_number="to_number", other_after="to_balance", counted_in="quantity_unit",
    ),
    fields=(
        CODE,
        Field("line", Label("库存条目", "Stock line"), required=True, reference="supplies", read_from=("条目编号", "库存编号", "物资编号", "line_code")),
        Field("kind", Label("类型", "Kind"), required=True, choices=(
            Choice("in", Label("入库", "In"), ("收", "收入", "进库")),
            Choice("out", Label("出库", "Out"), ("发", "发出", "领用")),
            Choice("transfer", Label("调拨", "Transfer"), ("调出", "移库")),
            Choice("expiry", Label("报废", "Written off"), ("过期", "核销", "过期报废")),
            Choice("count", Label("盘点", "Count"), ("清点", "期初")),
        ), read_from=("业务类型", "出入库类型", "LX", "type")),
        Field("quantity", Label("数量", "Quantity"), float, minimum=0, maximum=1_000_000_000, read_from=("出入库数量", "SL", "qty"),
              description=Label("盘点时为实有数量", "Of a count: how much was found")),
        Field("quantity_unit", Label("计量单位", "Counted in"), max_length=20),
        Field("to_line", Label("调入条目", "Into line"), reference="supplies", read_from=("调入条目编号", "to_line_code")),
        Field("at", Label("发生时间", "When"), datetime, read_from=("日期", "时间", "出入库时间", "RQ")),
        Field("voucher", Label("凭证号", "Voucher"), max_length=40, read_from=("单号", "凭证编号", "PZH")),
        Field("party", Label("往来单位", "Other party"), max_length=100, read_from=("领用单位", "供货单位", "来源单位")),
        person("handed_by", "经手人", "Handed by", "发放人", "JSR"),
        person("received_by", "接收人", "Received by", "领用人", "签收人"),
        Field("reason", Label("事由", "Reason"), max_length=200, read_from=("用途", "原因", "SY")),
        Field("number", Label("序号", "Entry"), int, minimum=1, description=Label("该条目的第几笔，由数据库编号", "Which entry of its line, numbered by the database")),
        Field("change", Label("增减", "Change"), float),
        Field("balance", Label("结存", "Balance"), float, minimum=0),
        Field("to_number", Label("调入序号", "Entry of the line received into"), int, minimum=1),
        Field("to_balance", Label("调入结存", "Balance received into"), float, minimum=0),
        REMARK,
    ),
)

RESCUE_TEAMS = Layer(
    id="rescue_teams",
    label=Label("救援队伍", "Rescue teams"),
    description=Label("各类应急救援队伍；位置为最近上报的所在地", "Rescue teams of every kind; the position is the last one reported"),
    geometry=Geometry.POINT,
    group=Group.RESOURCES,
    key="code",
    title="name",
    summary=("kind", "size", "duty"),
    ranked=True,
    exposed=True,
    style=Style(Family.RESOURCE, symbol="rescue_team", order=84),
    access=DUTY_ACCESS,
    out_of_service=(
        OutOfService("duty", ("off_duty",), "off-duty", Label("未在勤", "Off duty"), Label("值班状态未知", "Duty not known")),
        OutOfService("duty", ("dispatched",), "dispatched", Label("出动中", "Out on a call")),
        TEAM_ORDERED,
        Lacks("skills", Need.SKILLS, "wrong-skill", Label("无所需能力：{missing}", "Lacks the skill: {missing}"), Label("救援能力未知", "Skills not known")),
        Aged("position_at", "position_minutes", "position-old", Label("位置 {age}未更新（限 {limit}）", "Position {age} old (limit {limit})"),
             Label("位置时间未知", "Age of the position not known")),
        CONTACT_OLD,
    ),
    fields=(
        CODE,
        NAME,
        Field("kind", Label("队伍类型", "Kind"), choices=(
            Choice("professional", Label("专业", "Professional"), ("专业队", "专业救援队")),
            Choice("semi_professional", Label("半专业", "Semi-professional"), ("半专业队",)),
            Choice("comprehensive", Label("综合", "Comprehensive"), ("综合性消防救援队", "国家综合性消防救援队伍", "消防")),
            Choice("volunteer", Label("社会", "Volunteer"), ("社会力量", "志愿者", "公益")),
            Choice("firm", Label("企业", "Firm"), ("企业专职", "企业队")),
            Choice("militia", Label("民兵", "Militia"), ("民兵应急", "民兵排")),
        ), read_from=("类型", "DWLX", "type")),
        Field("skills", Label("救援能力", "Skills"), many=True, choices=(
            Choice("fire", Label("灭火", "Fire fighting"), ("消防",)),
            Choice("forest_fire", Label("森林草原灭火", "Forest and grassland fire"), ("扑火", "森林灭火")),
            Choice("chemical", Label("危化救援", "Chemical rescue"), ("危化品", "危化")),
            Choice("mine", Label("矿山救援", "Mine rescue"), ("矿山",)),
            Choice("flood", Label("抗洪抢险", "Flood fighting"), ("防汛", "抢险")),
            Choice("water", Label("水域救援", "Water rescue"), ("水上", "水域")),
            Choice("earthquake", Label("地震救援", "Earthquake rescue"), ("地震",)),
            Choice("medical", Label("医疗救护", "Medical"), ("医疗",)),
            Choice("road", Label("道路抢通", "Road clearing"), ("道桥", "抢通")),
            Choice("power", Label("电力抢修", "Power repair"), ("电力",)),
            Choice("gas", Label("燃气抢修", "Gas repair"), ("燃气",)),
            Choice("communication", Label("通信保障", "Communication"), ("通信",)),
            Choice("search", Label("搜索搜救", "Search"), ("搜救",)),
        ), read_from=("专业方向", "能力", "擅长", "JYNL")),
        Field("size", Label("人数", "Size"), int, unit="persons", minimum=0, maximum=100_000, counts_as=Measure.CAPACITY,
              read_from=("队伍人数", "队员人数", "总人数", "RS", "members")),
        Field("owner", Label("主管单位", "Owner unit"), max_length=100, read_from=("所属单位", "组建单位", "ZGDW")),
        Field("base", Label("驻地", "Base"), max_length=200, read_from=("驻地地址", "地址", "ZD", "address")),
        person("leader", "负责人", "Leader", "队长", "主要负责人", "FZR"),
        phone("leader_phone", "负责人电话", "Leader's phone", "队长电话", "lead_phone"),
        phone("phone", "值班电话", "Duty phone", "联系电话", "电话", "24小时值班电话", "LXDH", "tel"),
        Field("equipment", Label("关键装备", "Key equipment"), max_length=500, read_from=("装备", "主要装备", "GJZB", "equip")),
        Field("duty", Label("值勤状态", "Duty"), choices=(
            Choice("on_duty", Label("在勤", "On duty"), ("值班", "在岗", "备勤")),
            Choice("off_duty", Label("未在勤", "Off duty"), ("休整", "下勤", "不在岗")),
            Choice("dispatched", Label("出动中", "Out on a call"), ("出动", "执行任务")),
        ), read_from=("状态", "是否在勤", "ZQZT", "status")),
        Field("position_at", Label("位置时间", "Position at"), datetime, read_from=("定位时间", "WZSJ")),
        REMARK,
    ),
)

LAYERS = (SHELTERS, DEPOTS, SUPPLIES, SUPPLY_MOVEMENTS, RESCUE_TEAMS)
