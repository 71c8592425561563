"""What was changed between an engine's write and the reading back is seen, whatever it was."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.chain import DAY, write_dump
from support.tampering import CHANGES, KIND, Row, as_document, changed, rows
from workbench import silver
from workbench.errors import LeavesLost
from workbench.silver.proving import prove_silver


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> silver.Dump:
    """The rows, of the last an older version too, and one document that is none."""
    folder = tmp_path_factory.mktemp("tampering")
    older = as_document(rows()[-1]) | {"n": 5}
    source = write_dump(folder / "dump.json", [older, *map(as_document, rows()), "{"])
    return silver.read_dump([str(source)], str(folder / "lake"), DAY, key="_id", pii=())


def written(folder: Path, of: list[Row]) -> Path:
    """The table as an engine would leave it, in two files."""
    table = pa.Table.from_struct_array(pa.array(of, KIND))
    pq.write_table(table.slice(0, 3), folder / "a.parquet")
    pq.write_table(table.slice(3), folder / "b.parquet")
    return folder


def test_the_table_as_it_was_written_is_proved(dump: silver.Dump, tmp_path: Path) -> None:
    found = prove_silver(written(tmp_path, rows()[::-1]), dump.staged, {0})
    assert found[("n",)].total == sum(row["n"] for row in rows())


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen(dump: silver.Dump, tmp_path: Path, name: str) -> None:
    with pytest.raises(LeavesLost, match=r"silver\.users does not hold what it was made from"):
        prove_silver(written(tmp_path, changed(name)), dump.staged, {0})


def test_another_superseded_document_is_seen(dump: silver.Dump, tmp_path: Path) -> None:
    with pytest.raises(LeavesLost, match=r"\n  n: expected"):
        prove_silver(written(tmp_path, rows()), dump.staged, {1})
