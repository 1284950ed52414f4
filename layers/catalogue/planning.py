"""What plans are reckoned with: who of those inside a zone needs shelter, and what people need there. Editable, each figure with its source."""

from __future__ import annotations

from layers.catalogue.fields import CODE, REMARK
from layers.catalogue.resources import HAZARDS
from layers.parts import Shares, Standards
from layers.spec import Choice, Family, Field, Geometry, Group, Label, Layer, Style

EDITION = Field("edition", Label("依据和版本", "Basis and edition"), max_length=200, read_from=("依据", "标准", "版本"))

SHELTER_SHARES = Layer(
    id="shelter_shares",
    label=Label("安置比例", "Shelter shares"),
    description=Label("各灾种下范围内人口需安置的比例；没有公开标准，演示数据是本系统的假定，按本地预案改",
                      "Which share of the people inside needs shelter, by hazard; there is no public standard, the demonstration has assumptions of ours: set them by the local plan"),
    geometry=Geometry.NONE,
    group=Group.RESOURCES,
    key="code",
    title="name",
    summary=("hazard", "share_percent"),
    style=Style(Family.RESOURCE, visible=False),
    parts=(Shares("hazard", "share_percent", "edition"),),
    fields=(
        CODE,
        Field("name", Label("名称", "Name"), required=True, max_length=100, read_from=("名字", "MC", "NAME_CN")),
        Field("hazard", Label("灾种", "Hazard"), required=True, choices=HAZARDS, read_from=("灾害种类", "适用灾种", "ZZ")),
        Field("share_percent", Label("需安置比例", "Share that needs shelter"), float, unit="percent", minimum=0, maximum=100,
              read_from=("比例", "安置比例", "BL", "share")),
        EDITION,
        REMARK,
    ),
)

NEED_STANDARDS = Layer(
    id="need_standards",
    label=Label("安置保障标准", "Needs of those sheltered"),
    description=Label("安置人员的饮水、食品、帐篷、厕所等保障标准，注明来源和版本",
                      "Water, food, tents, toilets and the like for those sheltered, with source and edition"),
    geometry=Geometry.NONE,
    group=Group.RESOURCES,
    key="code",
    title="name",
    summary=("amount", "amount_unit", "persons", "period"),
    style=Style(Family.RESOURCE, visible=False),
    parts=(Standards("name", "amount", "amount_unit", "persons", "period", "whole_pieces", "edition", daily=("day",)),),
    fields=(
        CODE,
        Field("name", Label("保障项目", "Article"), required=True, max_length=100, read_from=("项目", "物资名称", "名称", "item")),
        Field("amount", Label("标准数量", "Amount"), float, minimum=0, maximum=1_000_000, read_from=("数量", "定额", "SL")),
        Field("amount_unit", Label("计量单位", "Counted in"), max_length=20, read_from=("单位", "JLDW")),
        Field("persons", Label("每多少人", "Per persons"), int, unit="persons", minimum=1, maximum=1_000_000, read_from=("人数", "RS")),
        Field("period", Label("频次", "How often"), choices=(
            Choice("day", Label("每天", "Each day"), ("每日", "日")),
            Choice("once", Label("一次", "Once"), ("一次性", "固定")),
        ), read_from=("周期", "PC")),
        Field("whole_pieces", Label("按整件计", "Whole pieces"), bool, read_from=("整件", "取整")),
        EDITION,
        REMARK,
    ),
)

LAYERS = (SHELTER_SHARES, NEED_STANDARDS)
