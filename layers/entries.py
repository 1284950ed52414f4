"""What is wrong with an entry of a ledger: what can be seen from it alone, and what the database refuses by the balances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layers.errors import Conflict, InvalidInput, OnemapError, Problem
from layers.ledger import Effect, Ledger
from layers.messages import Sentence, declare
from layers.spec import Label


class EntryRefused(InvalidInput):
    """An entry does not fit what its account stands at; nothing was changed."""

    code = "entry-refused"


class StockShort(EntryRefused):
    """More is asked than there is. `values`: line, stock, asked, unit."""

    code = "stock-short"


class StockUnknown(EntryRefused):
    """Something is to be taken from what nobody knows. `values`: line, asked, unit."""

    code = "stock-unknown"


class TransferDiffers(EntryRefused):
    """Two accounts do not hold the same thing in the same unit. `values`: line, other, field_zh, field_en, here, there."""

    code = "transfer-differs"


class LedgerFixed(Conflict):
    """Entries are only added: a mistake is put right by another entry. `values`: layer."""

    code = "ledger-fixed"


class AccountInUse(Conflict):
    """Something was moved in or out of it, so it stays with its entries. `values`: line, entries."""

    code = "account-in-use"


_BY_CODE: Mapping[str, type[OnemapError]] = {one.code: one for one in (StockShort, StockUnknown, TransferDiffers, LedgerFixed, AccountInUse)}


def refused(code: str, field: str | None, values: Mapping[str, Any]) -> OnemapError:
    """The error for what the database refused: a named one by its code, else InvalidInput at the field."""
    problems = [Problem(f"/properties/{field}", code, values)] if field else []
    kind = _BY_CODE.get(code)
    return kind(problems=problems, **values) if kind else InvalidInput(problems=problems)


def entry_problems(ledger: Ledger, values: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with an entry whatever its accounts stand at. A count may be 0; without a kind nothing can be said."""
    effect, quantity, other = ledger.effect(values.get(ledger.kind)), values.get(ledger.quantity), values.get(ledger.counterpart)
    if effect is None:
        return []
    found = []
    if quantity is None:
        found.append(Problem(f"/properties/{ledger.quantity}", "required", {"field": ledger.quantity}))
    elif quantity == 0 and effect is not Effect.SET:
        found.append(Problem(f"/properties/{ledger.quantity}", "quantity-zero", {}))
    if effect is Effect.MOVE and other is None:
        found.append(Problem(f"/properties/{ledger.counterpart}", "required", {"field": ledger.counterpart}))
    elif effect is not Effect.MOVE and other is not None:
        found.append(Problem(f"/properties/{ledger.counterpart}", "counterpart-unwanted", {}))
    elif effect is Effect.MOVE and other == values.get(ledger.account):
        found.append(Problem(f"/properties/{ledger.counterpart}", "counterpart-same", {}))
    return found


def _said(zh: str, en: str, todo_zh: str, todo_en: str) -> Sentence:
    return Sentence(Label(zh, en), Label(todo_zh, todo_en))


declare({
    "quantity-zero": _said("数量必须大于 0", "The quantity must be above 0", "填写实际数量；盘点为零请用“盘点”", "Write how many; for none left use a count"),
    "counterpart-unwanted": _said("只有调拨才填写调入条目", "Only a transfer has a line that receives", "删去调入条目，或改为调拨", "Leave it out, or make it a transfer"),
    "counterpart-same": _said("调出和调入是同一条目", "It goes out of the line that it comes into", "选择另一个库的同种物资", "Choose the same article in another depot"),
    "entry-ahead": _said("时间在将来，还没有发生", "It is dated in the future and has not happened yet", "填写实际发生的时间", "Write when it happened"),
    "entry-refused": _said("与账面不符，未记账", "The entry does not fit the stock; nothing was entered", "核对结存后重试", "Check the stock and try again"),
    "stock-short": _said("「{line}」现有 {stock} {unit}，不够 {asked} {unit}", "“{line}” has {stock} {unit}, not {asked} {unit}",
                         "减少数量；实物与账面不符时先盘点", "Ask for less; if what is there differs from the books, count first"),
    "stock-unknown": _said("「{line}」的结存未知，不能出 {asked} {unit}", "How much “{line}” has is unknown, so {asked} {unit} cannot be taken",
                           "先盘点，记下实有数量", "Count it first, and enter what is there"),
    "transfer-differs": _said("「{line}」与「{other}」的{field_zh}不同（{here} / {there}），不能调拨",
                              "“{line}” and “{other}” differ in {field_en} ({here} / {there}), so nothing can be transferred",
                              "选择品名、规格、单位都相同的条目", "Choose a line of the same article, specification and unit"),
    "ledger-fixed": _said("账目只增不改，不能修改或删除", "Entries are only added, never changed or deleted", "再记一笔更正", "Put it right by another entry"),
    "account-in-use": _said("「{line}」已有 {entries} 笔出入库，不能删除", "“{line}” has {entries} movements in the ledger and cannot be deleted",
                            "用报废或出库记到零", "Enter what became of the rest, down to zero"),
})
