"""No value lost or doubled, no row lost, no name that hangs on the order of documents.

The tables of the relational form against `reference`, which is written from the design alone:
documents that nobody thought of on the default engine, and a recorded corpus on both.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from decimal import Decimal
from functools import reduce
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from support import reference
from workbench.bronze import POSITION, DumpRequest, StagedDump, read_staged, stage_dump
from workbench.flatten import plan_tables, relational
from workbench.flatten import wide_structs as taking
from workbench.schema.names import quote

CORPUS = Path(__file__).parents[1] / "support" / "corpus" / "documents.json"
KEYS = ["a", "A", "a_b", "aB", "a b", "a.b", "a`b", "$x", "é", "", "1a", "_pos", "_parent", "value"]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.integers(0, 9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
    ),
    max_leaves=10,
)
OBJECTS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4)
DUMPS = st.lists(OBJECTS, min_size=1, max_size=4)


def check(spark: Any, dump: list[dict[str, Any]]) -> None:
    """Flattens the documents, and asks the reference."""
    keyed = [{"_id": number, **document} for number, document in enumerate(dump)]
    with tempfile.TemporaryDirectory() as folder:
        staged = stage(keyed, Path(folder) / "a")
        planned, found = flattened(spark, staged)
        backwards = stage(keyed[::-1], Path(folder) / "b")
        assert plan_tables(staged.schema).names == plan_tables(backwards.schema).names
    values: Counter[Any] = Counter()
    exact = reference.kept_exact(keyed)
    made: dict[Any, list[tuple[int, ...]]] = {}
    places: dict[Any, dict[str, tuple[int, ...]]] = {}
    for at, table in enumerate(planned.tables):
        rows = found[at]
        paths = [c.path for c in table.columns]
        for row in rows:
            values.update(
                (path, reference.normal(Decimal(value) if path in exact else value))
                for path, value in zip(paths, row[3:], strict=True)
                if value is not None
            )
        known = places.setdefault(table.path, {})
        for key, parent, position, *_ in rows:
            if table.parent is None:
                known[str(key)] = (key,)
            else:
                place = (*places[table.parent][parent], position)
                assert place[0] == key
                known[f"{parent}/{table.step}/{position}"] = place
        assert len(known) == len(rows)
        made[table.path] = sorted(known.values())
        lower = [name.lower() for name in [*table.own, *(c.name for c in table.columns)]]
        assert len(set(lower)) == len(lower)
    assert values == reference.leaves(keyed)
    assert made == {path: sorted(rows) for path, rows in reference.rows(keyed).items()}


def flattened(spark: Any, staged: StagedDump) -> tuple[Any, list[list[list[Any]]]]:
    """The plan, and the rows of each table: key, parent, position, values; by one job."""
    tables = relational(read_staged(spark, staged).drop(POSITION))
    texts = []
    for at, (table, rows) in enumerate(zip(tables.plan.tables, tables.values(), strict=True)):
        own = table.own or (table.columns[0].name, None, None)
        columns = [F.lit(None) if n is None else F.col(quote(n)) for n in own]
        columns += [as_written(F.col(quote(c.name)), rows.schema[c.name]) for c in table.columns]
        named = [column.alias(f"c{i}") for i, column in enumerate(columns)]
        texts.append(
            rows.select(F.lit(at).alias("table"), F.to_json(F.struct(*named)).alias("row"))
        )
    found: list[list[list[Any]]] = [[] for _ in texts]
    for at, text in reduce(lambda left, right: left.unionAll(right), texts).collect():
        row = json.loads(text)
        found[at].append([row.get(f"c{i}") for i in range(3 + len(tables.plan.tables[at].columns))])
    return tables.plan, found


def as_written(column: Column, field: T.StructField) -> Column:
    """The column, decimals as texts: an engine's own JSON may have them as doubles."""
    return column.cast("string") if isinstance(field.dataType, T.DecimalType) else column


def stage(dump: list[Any], folder: Path) -> StagedDump:
    folder.mkdir()
    path = folder / "dump.json"
    path.write_text("".join(json.dumps(d, ensure_ascii=False) + "\n" for d in dump))
    return stage_dump(DumpRequest([str(path)], key="_id"), folder)


def test_documents_that_nobody_thought_of(sail_session: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")

    @settings(max_examples=500)
    @given(DUMPS)
    def holds(dump: list[dict[str, Any]]) -> None:
        check(sail_session, dump)

    holds()


def test_the_recorded_corpus(spark: Any) -> None:
    for dump in json.loads(CORPUS.read_text(encoding="utf-8")):
        check(spark, dump)


def test_the_recorded_corpus_with_every_struct_opened_at_once(
    sail_session: Any, monkeypatch: Any
) -> None:
    monkeypatch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")
    monkeypatch.setattr(taking, "WIDE", 0)
    for dump in json.loads(CORPUS.read_text(encoding="utf-8")):
        check(sail_session, dump)
