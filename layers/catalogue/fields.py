"""Fields that several layers share: codes, names, people and phones."""

from __future__ import annotations

from layers.spec import Choice, Field, Label, Sensitivity

CODE = Field("code", Label("编号", "Code"), max_length=40, read_from=("编码", "代码", "BH", "BM", "DM"))
NAME = Field("name", Label("名称", "Name"), required=True, max_length=100, read_from=("名字", "MC", "NAME_CN"))
ADDRESS = Field("address", Label("地址", "Address"), max_length=200, read_from=("详细地址", "位置", "DZ", "addr"))
REMARK = Field("remark", Label("备注", "Remark"), max_length=1000, read_from=("说明", "BZ", "note"))

# Warning colours by the Emergency Response Law: red is level 1, blue level 4 (domain.md section 3).
COLOURS = (
    Choice("red", Label("红", "Red"), ("红色", "重大")),
    Choice("orange", Label("橙", "Orange"), ("橙色", "较大")),
    Choice("yellow", Label("黄", "Yellow"), ("黄色", "一般")),
    Choice("blue", Label("蓝", "Blue"), ("蓝色", "低")),
)


def person(field_id: str, zh: str, en: str, *read_from: str) -> Field:
    """A field with a person's name, masked for those who may not reveal it."""
    return Field(field_id, Label(zh, en), max_length=60, sensitivity=Sensitivity.PERSONAL, read_from=read_from)


def phone(field_id: str, zh: str, en: str, *read_from: str) -> Field:
    """A field with a phone number, masked for those who may not reveal it."""
    return Field(field_id, Label(zh, en), max_length=40, sensitivity=Sensitivity.PERSONAL, read_from=read_from)


RIVER = Field("river", Label("所在河流", "River"), max_length=60, read_from=("河流", "河流名称", "HLMC"))
BANK = Field("bank", Label("岸别", "Bank"), choices=(
    Choice("left", Label("左岸", "Left bank"), ("左",)),
    Choice("right", Label("右岸", "Right bank"), ("右",)),
    Choice("both", Label("两岸", "Both banks"), ("双岸",)),
), read_from=("AB",))


def chainage(maximum: int) -> tuple[Field, Field]:
    """Where a line begins and ends by chainage, in metres."""
    return (Field("chainage_from_m", Label("起点桩号", "Chainage from"), float, unit="m", minimum=0, maximum=maximum,
                  read_from=("起始桩号", "桩号起", "QDZH", "chain_from")),
            Field("chainage_to_m", Label("终点桩号", "Chainage to"), float, unit="m", minimum=0, maximum=maximum,
                  read_from=("终止桩号", "桩号止", "ZDZH", "chain_to")))
