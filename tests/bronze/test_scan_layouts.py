"""Every layout, in every compression, with all that may hang on to it: one and the same table."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.chain import ODD, partition, publish_silver, rows
from support.dumps import COMPRESS, dump
from support.scans import seen
from workbench.bronze.scanning import scan

DOCUMENTS = [d for d in ODD if isinstance(d, dict)]
TEXTS = [json.dumps(d, separators=(",", ":")) for d in DOCUMENTS]
LAYOUTS = {
    "ndjson": "\n".join(TEXTS) + "\n",
    "array of lines": "[" + ",\n".join(TEXTS) + "]\n",
    "pretty array": json.dumps(DOCUMENTS, indent=2) + "\n",
    "minified array": "[" + ",".join(TEXTS) + "]",
    "pretty objects": "\n".join(json.dumps(d, indent=2) for d in DOCUMENTS) + "\n",
    "objects on one line": "".join(TEXTS),
}
COMPRESSIONS = ["none", *COMPRESS]
# All of them on Sail; Spark is slow to start a job, and sees no more than the staged rows.
MATRIX = [
    *(("sail", *pair) for pair in itertools.product(LAYOUTS, COMPRESSIONS)),
    *(("spark", *pair) for pair in zip(LAYOUTS, itertools.cycle(COMPRESSIONS), strict=False)),
]
TRIMMINGS: dict[str, Callable[[bytes], bytes]] = {
    "byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "CRLF": lambda data: data.replace(b"\n", b"\r\n"),
    "blank lines": lambda data: b"\n \n" + data.replace(b"\n", b"\n\n") + b"\n\t\n",
    "NUL padding": lambda data: data + b"\x00" * 5000,
    "all": lambda data: b"\xef\xbb\xbf\r\n" + data.replace(b"\n", b"\r\n\r\n") + b"\x00" * 77,
}


@pytest.fixture(scope="module")
def expected(sail_session: Any, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The silver table of the plain lines."""
    folder = tmp_path_factory.mktemp("expected")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_PII_KEY", "one key of tests")
        patch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")
        publish_silver(sail_session, Path(dump(folder, LAYOUTS["ndjson"])), folder / "lake")
    return rows(partition(folder / "lake", "silver.users"))


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(("engine", "layout", "compression"), MATRIX)
def test_every_layout_and_compression_gives_the_same_silver_table(
    spark: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    expected: list[dict[str, Any]],
    layout: str,
    compression: str,
) -> None:
    monkeypatch.setenv("WORKBENCH_PII_KEY", "one key of tests")
    data = COMPRESS.get(compression, bytes)(LAYOUTS[layout].encode())
    publish_silver(spark, Path(dump(tmp_path, data, "dump.dat")), tmp_path / "lake")
    assert rows(partition(tmp_path / "lake", "silver.users")) == expected


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("trimming", TRIMMINGS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_hangs_on_to_a_dump_changes_nothing(
    tmp_path: Path, layout: str, trimming: str, compression: str
) -> None:
    plain = scan([dump(tmp_path, LAYOUTS["ndjson"], "plain.json")], tmp_path / "plain")
    data = COMPRESS.get(compression, bytes)(TRIMMINGS[trimming](LAYOUTS[layout].encode()))
    found = scan([dump(tmp_path, data)], tmp_path / "staged", block_size=400)
    assert (seen(found), found.reasons) == (seen(plain), {})


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("trimming", TRIMMINGS)
def test_one_object_is_a_dump(tmp_path: Path, trimming: str) -> None:
    text = json.dumps(DOCUMENTS[0], indent=2) + "\n"
    found = scan([dump(tmp_path, TRIMMINGS[trimming](text.encode()))], tmp_path / "staged")
    assert (found.documents, found.good) == (1, 1)


@pytest.mark.usefixtures("in_process")
def test_a_folder_of_all_layouts_is_one_table(
    spark: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    expected: list[dict[str, Any]],
) -> None:
    monkeypatch.setenv("WORKBENCH_PII_KEY", "one key of tests")
    folder = tmp_path / "dumps"
    folder.mkdir()
    compressions = ["none", *COMPRESS, "none", "gzip"]
    for number, (layout, compression) in enumerate(zip(LAYOUTS, compressions, strict=True)):
        part = DOCUMENTS[number : number + 1] if number < 5 else DOCUMENTS[5:]
        text = "\n".join(map(json.dumps, part)) if "array" not in layout else json.dumps(part)
        dump(folder, COMPRESS.get(compression, bytes)(text.encode()), f"{number}.json")
    publish_silver(spark, folder, tmp_path / "lake")
    assert rows(partition(tmp_path / "lake", "silver.users")) == expected
