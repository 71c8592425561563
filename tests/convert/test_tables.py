"""What was staged is changed before tables are made of it: each change is seen, none is published.

Most values are not looked at where they are staged: the tables are held against the source.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.chain import write_dump
from workbench.bronze import StagedDump
from workbench.convert import dump_to_tables
from workbench.convert.documents import Request
from workbench.convert.dump_to_tables import flatten_dump
from workbench.errors import LeavesLost

DOCUMENTS = [
    {
        "_id": n,
        "name": f"n{n}",
        "o": {"p": n},
        "o.p": -n,
        "a": [{"x": n, "e": [{}, {}]}, {"x": -n, "e": []}],
        "nulls": [None, None],
        "mix": [n] if n % 2 else {"k": n},
    }
    for n in range(4)
]

Row = dict[str, Any]


def swap(key: str) -> Callable[[list[Row]], None]:
    def changed(rows: list[Row]) -> None:
        rows[0][key], rows[1][key] = rows[1][key], rows[0][key]

    return changed


def of_element(rows: list[Row]) -> None:
    rows[1]["a"][0]["x"] += 1


def of_order(rows: list[Row]) -> None:
    rows[1]["a"].reverse()


def of_size(rows: list[Row]) -> None:
    del rows[1]["a"][0]["e"][1]


def of_nulls(rows: list[Row]) -> None:
    del rows[1]["nulls"][0]


def of_rows(rows: list[Row]) -> None:
    del rows[2]


@pytest.mark.parametrize(
    "change",
    [
        *map(swap, ("name", "o", "o.p", "_id", "mix")),
        of_element,
        of_order,
        of_size,
        of_nulls,
        of_rows,
    ],
)
def test_a_change_of_staged_values_is_seen(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[list[Row]], None]
) -> None:
    stage = dump_to_tables.stage

    def staged(*given: Any) -> StagedDump:
        made = stage(*given)
        (file,) = (made.scan.folder / "documents").iterdir()
        table = pq.read_table(file, partitioning=None)
        rows = table.to_pylist()
        change(rows)
        changed = pa.Table.from_pylist(rows, table.schema)
        assert changed != table
        pq.write_table(changed, file)
        return made

    monkeypatch.setattr(dump_to_tables, "stage", staged)
    source = write_dump(tmp_path / "dump.json", DOCUMENTS)
    with pytest.raises(LeavesLost):
        flatten_dump(Request([str(source)], key="_id"), tmp_path / "out", lambda: spark)
    assert [p.name for p in tmp_path.iterdir()] == ["dump.json"]


def test_names_with_dots_are_not_taken_for_fields_within(spark: Any, tmp_path: Path) -> None:
    source, out = write_dump(tmp_path / "dump.json", DOCUMENTS), tmp_path / "out"
    made = flatten_dump(Request([str(source)], key="_id"), out, lambda: spark)
    assert {table.table: table.rows for table in made.tables} == {
        "root": 4, "root_a": 8, "root_a_e": 8, "root_nulls": 8,
    }  # fmt: skip
    root = pq.read_table(out / "root").sort_by("_id").to_pydict()
    assert sorted(root) == ["_id", "mix", "name", "o_p", "o_p_2"]
    assert {tuple(root["o_p"]), tuple(root["o_p_2"])} == {(0, 1, 2, 3), (0, -1, -2, -3)}
