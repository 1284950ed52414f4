"""Whether what is stored is whole: shapes, references, balances, and a history that folds to the live tables."""

from __future__ import annotations

from sqlalchemy import Connection, DateTime, Table, text

from geodata.store.database import Database
from geodata.store.ledgers import ledgers
from geodata.store.metadata import LIVE_SCHEMA
from geodata.store.soundness import Fault, Look, looking
from geodata.store.tables import geometry_rule
from layers.ledger import Ledger
from layers.messages import Sentence, declare
from layers.spec import Geometry, Label, Layer

WHOLE = 200_000  # history rows of a layer that are folded in about 2 s; of more, a part of the features with all their history

declare({
    "broken-shapes": Sentence(
        Label("图层 {table} 有 {count} 个图形无效、为空或超出范围", "{count} shapes of layer {table} are invalid, empty or out of range"),
        Label("在地图上重画，或改正源文件后重新导入；并查出是谁停用了检查约束", "Draw them anew, or load the corrected file; and find out who disabled the CHECK")),
    "history-differs": Sentence(
        Label("图层 {table} 的历史与现状不符：{lost} 个无故消失，{unknown} 个无历史，{changed} 个与历史不同",
              "The history of {table} does not fold to what is there: {lost} gone without a word, {unknown} without history, {changed} not as last recorded"),
        Label("有人绕过触发器改了数据：查数据库日志，按历史恢复", "Somebody changed data past the triggers: look into the database's log, restore by the history")),
    "reference-nowhere": Sentence(
        Label("图层 {table} 有 {count} 处 {field} 指向不存在的 {target}", "{count} values of {field} in layer {table} point to a {target} that is not there"),
        Label("改正这些引用，恢复外键约束", "Correct them, and put back the foreign key")),
    "ledger-differs": Sentence(
        Label("{table} 有 {count} 个条目的 {field} 与 {entries} 的账目不符，如 {example}",
              "In {count} features of {table}, {field} is not what the entries of {entries} come to, such as {example}"),
        Label("有人绕过触发器改了数量或账目：查数据库日志，盘点实物后记一笔盘点", "Somebody changed numbers or entries past the triggers: look into the database's log, count what is there and enter the count")),
})


def shapes(database: Database) -> Look:
    """Shapes that break the rule their table declares, whether or not its CHECK stands."""
    counted, faults = 0, []
    space = database.space()
    with looking(database) as connection:
        for layer in space.catalogue.values():
            if layer.geometry is not Geometry.NONE:
                all_, bad = connection.execute(text(
                    f'SELECT count(*), count(*) FILTER (WHERE NOT ({geometry_rule(layer)})) FROM "{LIVE_SCHEMA}"."{layer.id}"')).one()
                counted += all_
                faults += [Fault("broken-shapes", {"table": layer.id, "count": bad})] if bad else []
    return Look(f"{counted}", tuple(faults))


def references(database: Database) -> Look:
    """References to features that are not there."""
    counted, faults = 0, []
    with looking(database) as connection:
        for layer in database.space().catalogue.values():
            for one in layer.references:
                counted += 1
                nowhere = connection.scalar(text(
                    f'SELECT count(*) FROM "{LIVE_SCHEMA}"."{layer.id}" f WHERE f."{one.id}" IS NOT NULL '
                    f'AND NOT EXISTS (SELECT FROM "{LIVE_SCHEMA}"."{one.reference}" t WHERE t.id = f."{one.id}")'))
                if nowhere:
                    faults.append(Fault("reference-nowhere", {"table": layer.id, "field": one.id, "target": one.reference, "count": nowhere}))
    return Look(f"{counted}", tuple(faults))


def balances(database: Database) -> Look:
    """That every balance is the sum of its entries, each of which is there."""
    counted, faults = 0, []
    with looking(database) as connection:
        for layer, ledger, accounts in ledgers(database.space().catalogue):
            entries, wrong, example = connection.execute(text(_balances(layer, ledger, accounts))).one()
            counted += entries
            if wrong:
                faults.append(Fault("ledger-differs", {"table": accounts.id, "field": ledger.balance, "entries": layer.id, "count": wrong, "example": str(example)}))
    return Look(f"{counted}", tuple(faults))


def _balances(layer: Layer, ledger: Ledger, accounts: Layer) -> str:
    """How many entries there are, how many accounts differ from theirs, and one of these. Sums to 1/10000: a number has 15 digits."""
    entries = f'"{LIVE_SCHEMA}"."{layer.id}"'
    return (f'WITH e AS (SELECT "{ledger.account}" AS account, "{ledger.number}" AS n, "{ledger.change}" AS c, "{ledger.after}" AS a FROM {entries} '
            f'UNION ALL SELECT "{ledger.counterpart}", "{ledger.other_number}", -"{ledger.change}", "{ledger.other_after}" FROM {entries} WHERE "{ledger.counterpart}" IS NOT NULL), '
            "s AS (SELECT account, count(*) AS entries, max(n) AS last, sum(c::text::numeric) AS total, (array_agg(a ORDER BY n DESC))[1] AS a FROM e GROUP BY account), "
            f'd AS (SELECT t.id FROM "{LIVE_SCHEMA}"."{accounts.id}" t LEFT JOIN s ON s.account = t.id WHERE t."{ledger.balance}" IS DISTINCT FROM s.a '
            f'OR round(s.total, 4) <> round(t."{ledger.balance}"::text::numeric, 4) OR s.entries <> s.last) '
            f"SELECT (SELECT count(*) FROM {entries}), (SELECT count(*) FROM d), (SELECT min(id::text) FROM d)")


def history(database: Database) -> Look:
    """That the last record of each feature is what the table holds; of long histories a fixed part of the features."""
    parts, faults = 1, []
    space = database.space()
    with looking(database) as connection:
        for name in space.catalogue:
            part, fault = _fold(connection, space.tables.layers[name], space.catalogue[name])
            parts = max(parts, part)
            faults += [fault] if fault else []
    return Look("1/1" if parts == 1 else f"1/{parts}", tuple(faults))


def _fold(connection: Connection, table: Table, layer: Layer) -> tuple[int, Fault | None]:
    rows = connection.scalar(text(f"SELECT count(*) FROM {LIVE_SCHEMA}.history WHERE layer = :layer"), {"layer": table.name}) or 0
    part = -(-rows // WHOLE) or 1
    differs = [_differs(one.id, stamped=isinstance(table.c[one.id].type, DateTime)) for one in layer.all_fields]
    differs += ["t.version IS DISTINCT FROM l.version"]
    differs += ["ST_AsEWKB(t.geom) IS DISTINCT FROM ST_AsEWKB(l.geom_after)"] if "geom" in table.c else []
    lost, unknown, changed = connection.execute(text(
        "WITH l AS (SELECT DISTINCT ON (feature_id) feature_id, version, op, after, geom_after "
        f'FROM {LIVE_SCHEMA}.history WHERE layer = :layer AND {_chosen("feature_id")} ORDER BY feature_id, id DESC), '
        f't AS (SELECT * FROM "{LIVE_SCHEMA}"."{table.name}" WHERE {_chosen("id")}) '
        "SELECT count(*) FILTER (WHERE t.id IS NULL AND l.op <> 'delete'), count(*) FILTER (WHERE l.feature_id IS NULL OR (t.id IS NOT NULL AND l.op = 'delete')), "
        f"count(*) FILTER (WHERE l.op <> 'delete' AND t.id IS NOT NULL AND ({' OR '.join(differs)})) FROM l FULL JOIN t ON t.id = l.feature_id"),
        {"layer": table.name, "part": part}).one()
    values = {"table": table.name, "lost": lost, "unknown": unknown, "changed": changed}
    return part, Fault("history-differs", values) if lost or unknown or changed else None


def _chosen(column: str) -> str:
    """One in `:part` features, the same ones on both sides, by the random end of their ids."""
    return f"('x' || right({column}::text, 4))::bit(16)::int % :part = 0"


def _differs(name: str, *, stamped: bool) -> str:
    """A moment is compared as one: history writes it in the zone of whoever edited."""
    quoted = name.replace("'", "''")
    if stamped:
        return f"t.\"{name}\" IS DISTINCT FROM (l.after ->> '{quoted}')::timestamptz"
    return f"coalesce(to_jsonb(t.\"{name}\"), 'null') IS DISTINCT FROM coalesce(l.after -> '{quoted}', 'null')"
