"""What held in the data: proposed to a contract, without what points at one person."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.chain import write_dump
from workbench.bronze.scanning import scan
from workbench.schema import frozen, of_arrow, read_contract
from workbench.schema.kinds import Node
from workbench.silver import held

ROWS = [
    {
        "id": n,
        "age": 18 + n % 71,
        "name": f"name {n % 2}",
        "state": "ab"[n % 2],
        "rare": "x" if n else "y",
        "half": n / 2 if n % 2 else None,
        "l": [{"n": n - 1234}],
    }
    for n in range(100)
]


def rules_of(place: Path) -> dict[str, dict[str, object]]:
    pq.write_table(pa.Table.from_pylist(ROWS[:50]), place / "a.parquet")
    pq.write_table(pa.Table.from_pylist(ROWS[50:]), place / "b.parquet")
    return held(schema(), [place / "a.parquet", place / "b.parquet"], [("rare",)])


def schema() -> Node:
    return of_arrow(pa.Table.from_pylist(ROWS).to_struct_array().type)


def test_rules_are_those_that_hold_over_all_files(tmp_path: Path) -> None:
    assert rules_of(tmp_path) == {
        "id": {"required": True, "unique": True},
        "age": {"required": True, "min": 18, "max": 88},
        "name": {"required": True},
        "state": {"required": True, "values": ["a", "b"]},
        "rare": {"required": True},
        "half": {"min": 0.5, "max": 50.0},
        "l[].n": {"required": True, "min": -1300, "max": -1100},
    }


def test_a_frozen_contract_says_them_as_comments_that_can_be_switched_on(tmp_path: Path) -> None:
    text = frozen(schema(), "this", rules_of(tmp_path))
    off, on = tmp_path / "off.yml", tmp_path / "on.yml"
    off.write_text(text)
    assert read_contract(str(off))[1] == []
    assert "  age: int\n#  age: {type: int, required: true, min: 18, max: 88}\n" in text
    lines = [line for line in text.splitlines() if line.startswith("#  ") and ": {type" in line]
    on.write_text("\n".join(["fields:", *(line.replace("#", "", 1) for line in lines)]))
    contract, rules = read_contract(str(on))
    assert len(rules) == len(lines) == 7
    dump = write_dump(tmp_path / "dump.json", ROWS)
    found = scan([str(dump)], tmp_path / "out", key="id", contract=contract, held=rules)
    assert found.good == 100 and not found.reasons


@pytest.mark.parametrize(("times", "listed"), [([4, 4, 4], True), ([9, 1, 3], False)])
def test_values_are_listed_where_each_came_again(
    tmp_path: Path, times: list[int], listed: bool
) -> None:
    rows = [{"s": name} for name, count in zip("abc", times, strict=True) for _ in range(count)]
    pq.write_table(table := pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    node = of_arrow(table.to_struct_array().type)
    assert ("values" in held(node, [tmp_path / "a.parquet"], [])["s"]) == listed


def test_texts_with_personal_data_are_not_listed(tmp_path: Path) -> None:
    rows = [{"s": text} for text in ("call mary@example.com today", "nothing") for _ in range(9)]
    pq.write_table(table := pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    node = of_arrow(table.to_struct_array().type)
    assert held(node, [tmp_path / "a.parquet"], [])["s"] == {"required": True}
