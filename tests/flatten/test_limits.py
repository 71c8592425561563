"""Wide and deep: flattened, or refused in words; never an engine's own error."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.chain import is_connect, typed
from workbench.convert.documents import Request
from workbench.convert.dump_to_tables import flatten_dump
from workbench.errors import EngineError, SourceError
from workbench.flatten import as_map, flatten, plan, relational, verify


def deep(levels: int) -> dict[str, Any]:
    """A document with so many objects in each other, and an array at the bottom."""
    value: Any = {"x": 1, "l": [1, 2]}
    for _ in range(levels - 2):
        value = {"b": value}
    return {"_id": 1, "a": value}


def test_two_thousand_columns_are_planned_and_flattened(spark: Any, tmp_path: Path) -> None:
    row: dict[str, dict[str, int]] = {f"group{n // 100}": {} for n in range(2000)}
    for n in range(2000):
        row[f"group{n // 100}"][f"Field {n}"] = n
    pq.write_table(pa.Table.from_pylist([{"_id": 1, **row}] * 3), tmp_path / "wide.parquet")
    df = spark.read.parquet(str(tmp_path / "wide.parquet"))
    rows = flatten(df).collect()
    assert len(rows) == 3
    assert sorted(rows[0]) == sorted([1, *range(2000)])
    assert len(plan(df.schema).tables["root"]) == 2001


def test_sixty_levels_are_flat_or_refused_by_their_number(spark: Any, tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_text(json.dumps(deep(60)))
    request = Request([str(tmp_path / "deep.json")], key="_id")
    if is_connect(spark):
        with pytest.raises(EngineError, match=r"nested 61 levels deep.*carries 32.*--engine spark"):
            flatten_dump(request, tmp_path / "out", lambda: spark)
    else:
        outcome = flatten_dump(request, tmp_path / "out", lambda: spark)
        assert [(t.rows, t.leaves) for t in outcome.tables] == [(1, 2), (2, 2)]


def no_engine() -> Any:
    raise AssertionError("an engine was started")


@pytest.mark.parametrize(
    "text", ['{"a":' * 5000 + "1" + "}" * 5000, '{"a":' + "[" * 200 + "]" * 200 + "}"]
)
def test_a_document_too_deep_to_be_read_is_refused_by_its_levels(tmp_path: Path, text: str) -> None:
    (tmp_path / "deep.json").write_text(text)
    with pytest.raises(SourceError, match=r"1 of .*deep.json: nested deeper than 100 levels"):
        flatten_dump(Request([str(tmp_path / "deep.json")]), tmp_path / "out", no_engine)


def test_thirty_levels_are_flat(spark: Any, tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_text(json.dumps(deep(28)))
    request = Request([str(tmp_path / "deep.json")], key="_id")
    outcome = flatten_dump(request, tmp_path / "out", lambda: spark)
    assert [(t.rows, t.leaves) for t in outcome.tables] == [(1, 2), (2, 2)]


@pytest.mark.parametrize("work", [flatten, relational, plan])
def test_a_frame_too_deep_for_the_engine_is_refused_in_words(
    sail_session: Any, monkeypatch: Any, tmp_path: Path, work: Any
) -> None:
    monkeypatch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")
    pq.write_table(pa.Table.from_pylist([deep(60)]), tmp_path / "deep.parquet")
    with pytest.raises(EngineError, match=r"nested deeper than the 32 levels.*--engine spark"):
        work(sail_session.read.parquet(str(tmp_path / "deep.parquet")))


def proved(df: Any) -> int:
    return verify(df, flatten(df))


@pytest.mark.parametrize("work", [proved, partial(as_map, path="a")])
def test_rows_too_deep_for_python_are_refused_by_their_levels(
    spark_session: Any, work: Any
) -> None:
    shape: Any = {"x": "int"}
    for _ in range(98):
        shape = {"b": shape}
    df = spark_session.createDataFrame([], typed({"a": shape}))
    assert len(flatten(df).columns) == 1
    with pytest.raises(
        EngineError, match=r"nested 100 levels deep \(below a\S+\), and 64.*to_json"
    ):
        work(df)
