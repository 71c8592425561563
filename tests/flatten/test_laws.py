"""No value lost or doubled, no row lost, no name that hangs on the order of documents.

The tables of the relational form against `reference`, which is written from the design alone:
documents that nobody thought of on the default engine, and a recorded corpus on both.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from support import reference
from workbench.bronze import POSITION, DumpRequest, StagedDump, read_staged, stage_dump
from workbench.flatten import TablesPlan, plan_tables, relational
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
TOGETHER = 20  # dumps


def check(spark: Any, dumps: list[list[dict[str, Any]]]) -> None:
    """Flattens the documents of each dump, asks for all rows by one job, and then the reference."""
    with tempfile.TemporaryDirectory() as folder:
        asked = [Asked(spark, dump, Path(folder) / str(at)) for at, dump in enumerate(dumps)]
        texts = [text.select(F.lit(at), "*") for at, one in enumerate(asked) for text in one.texts]
        for at, table, text in one_frame(texts).collect():
            asked[at].found[table].append(json.loads(text))
    for one in asked:
        holds(one.documents, one.plan, one.rows())


class Asked:
    """The tables of a dump, in frames of one form: the table's number, and a row as JSON text."""

    def __init__(self, spark: Any, dump: list[dict[str, Any]], folder: Path) -> None:
        self.documents = [{"_id": number, **document} for number, document in enumerate(dump)]
        staged = stage(self.documents, folder / "a")
        if len(dump) > 1:
            backwards = stage(self.documents[::-1], folder / "b")
            assert plan_tables(staged.schema).names == plan_tables(backwards.schema).names
        tables = relational(read_staged(spark, staged).drop(POSITION))
        self.plan = tables.plan
        self.texts = [
            as_text(at, table, rows)
            for at, (table, rows) in enumerate(
                zip(tables.plan.tables, tables.values(), strict=True)
            )
        ]
        self.found: list[list[dict[str, Any]]] = [[] for _ in self.texts]

    def rows(self) -> list[list[list[Any]]]:
        """The rows of each table: key, parent, position, values."""
        widths = [3 + len(table.columns) for table in self.plan.tables]
        return [
            [[row.get(f"c{i}") for i in range(width)] for row in found]
            for width, found in zip(widths, self.found, strict=True)
        ]


def as_text(at: int, table: Any, rows: Any) -> Any:
    own = table.own or (table.columns[0].name, None, None)
    columns = [F.lit(None) if n is None else F.col(quote(n)) for n in own]
    columns += [as_written(F.col(quote(c.name)), c.kind) for c in table.columns]
    named = [column.alias(f"c{i}") for i, column in enumerate(columns)]
    return rows.select(F.lit(at).alias("table"), F.to_json(F.struct(*named)).alias("row"))


def one_frame(frames: list[Any]) -> Any:
    """All rows; no plan is deeper than it must be."""
    while len(frames) > 1:
        pairs = zip(frames[::2], [*frames[1::2], None], strict=False)
        frames = [one if other is None else one.unionAll(other) for one, other in pairs]
    return frames[0]


def holds(documents: list[dict[str, Any]], plan: TablesPlan, found: list[list[list[Any]]]) -> None:
    """Whether the reference says the same of the documents."""
    values: Counter[Any] = Counter()
    exact = reference.kept_exact(documents)
    made: dict[Any, list[tuple[int, ...]]] = {}
    places: dict[Any, dict[str, tuple[int, ...]]] = {}
    for table, rows in zip(plan.tables, found, strict=True):
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
                assert place[0] == key, documents
                known[f"{parent}/{table.step}/{position}"] = place
        assert len(known) == len(rows), documents
        made[table.path] = sorted(known.values())
        lower = [name.lower() for name in [*table.own, *(c.name for c in table.columns)]]
        assert len(set(lower)) == len(lower), documents
    assert values == reference.leaves(documents), documents
    assert made == {path: sorted(rows) for path, rows in reference.rows(documents).items()}


def as_written(column: Column, kind: T.DataType | None) -> Column:
    """The column, decimals as texts: an engine's own JSON may have them as doubles."""
    return column.cast("string") if isinstance(kind, T.DecimalType) else column


def stage(dump: list[Any], folder: Path) -> StagedDump:
    folder.mkdir(parents=True)
    path = folder / "dump.json"
    path.write_text("".join(json.dumps(d, ensure_ascii=False) + "\n" for d in dump))
    return stage_dump(DumpRequest([str(path)], key="_id"), folder)


def test_documents_that_nobody_thought_of(sail_session: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")
    thought_of: list[list[dict[str, Any]]] = []

    @settings(max_examples=500)
    @given(DUMPS)
    def think(dump: list[dict[str, Any]]) -> None:
        thought_of.append(dump)

    think()
    assert len(thought_of) >= 500
    for first in range(0, len(thought_of), TOGETHER):
        check(sail_session, thought_of[first : first + TOGETHER])


def test_the_recorded_corpus(spark: Any) -> None:
    check(spark, json.loads(CORPUS.read_text(encoding="utf-8")))


def test_the_recorded_corpus_with_every_struct_opened_at_once(
    sail_session: Any, monkeypatch: Any
) -> None:
    monkeypatch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")
    monkeypatch.setattr(taking, "WIDE", 0)
    check(sail_session, json.loads(CORPUS.read_text(encoding="utf-8")))
