"""Grouping in parts gives what grouping at once gives."""

import itertools
from typing import Any

import pytest

from workbench.columns import frames as key_parts
from workbench.gold.summaries import users_per_type_and_range

ROWS = [(at % 7 or None, str(at % 3) if at % 4 else None) for at in range(40)]


def test_each_part_has_all_rows_of_its_keys(spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_parts, "ROWS", 10)
    df = spark.createDataFrame(ROWS, "key long, kind string")
    parts = [[tuple(row) for row in part.collect()] for part in
             key_parts.key_parts(df, ["key"], len(ROWS))]  # fmt: skip
    keys = [{key for key, _ in part} for part in parts]
    assert len(parts) == 4 and sum(map(len, keys)) == len(set().union(*keys)) == 7
    assert sorted(itertools.chain(*parts), key=str) == sorted(ROWS, key=str)


def test_users_per_product_type_are_the_same_in_parts(
    spark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    df = spark.createDataFrame(ROWS, "key long, kind string")
    asked: dict[str, Any] = {"key": "key", "product_type": "kind", "score": "key", "edges": [2, 4]}
    at_once = users_per_type_and_range(df, **asked)
    monkeypatch.setattr(key_parts, "ROWS", 10)
    in_parts = users_per_type_and_range(df, **asked)
    assert sorted(in_parts.to_numpy().tolist(), key=str) == sorted(
        at_once.to_numpy().tolist(), key=str
    )
