"""Files are read back value by value, in whatever way they store them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.proof import as_they_are, of_folder
from workbench.proof.contents import keyed
from workbench.proof.folders import repeated

ROWS = [
    {"_id": n, "kind": "card" if n % 3 else None, "inside": {"of": ["a", "a", "é"][: n % 4]}}
    for n in range(900)
]
KIND = pa.struct(
    {"_id": pa.int64(), "kind": pa.string(), "inside": pa.struct({"of": pa.list_(pa.string())})}
)


@pytest.mark.parametrize("stored_once", [True, False])
def test_texts_that_are_stored_once_each_count_as_often_as_they_stand(
    tmp_path: Path, stored_once: bool
) -> None:
    rows = pa.array(ROWS, KIND)
    part = tmp_path / "part.parquet"
    table = pa.Table.from_struct_array(rows)
    pq.write_table(table, part, use_dictionary=stored_once, row_group_size=400)
    there = {"kind", "inside.of.list.element"} if stored_once else set()
    assert {*repeated(pq.read_metadata(part).row_group(0))} == there

    with_keys, plain = of_folder(tmp_path, lambda r: keyed([("_id",)], r), as_they_are)
    assert with_keys == keyed([("_id",)], rows) and plain == as_they_are(rows)
