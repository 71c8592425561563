"""Near-JSON in a dump: read as was asked, told and counted; else in quarantine with what to do."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow.parquet as pq
import pytest

from workbench.bronze.parsing import parser
from workbench.bronze.quarantine import quarantined
from workbench.bronze.reading.near_json import COMMAS, COMMENTS, HALVES, NAMES, SHELL
from workbench.bronze.results import INFINITE, Scan
from workbench.bronze.scanning import scan
from workbench.errors import NotJson
from workbench.schema.kinds import Node, walk

STRICT = [{"_id": n, "x": n / 2, "t": "it's // fine"} for n in range(400)]


def scanned(folder: Path, text: str | bytes, **options: Any) -> Scan:
    path = folder / "dump.json"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return scan([str(path)], folder / "staged", **{"lenient": True, **options})


def rows(found: Scan) -> list[dict[str, Any]]:
    parts = sorted((found.folder / "documents").iterdir())
    tables = [pq.read_table(part).drop_columns(["__workbench_position"]) for part in parts]
    return [row for table in tables for row in table.to_pylist()]


def bad(found: Scan) -> list[tuple[Any, ...]]:
    tables = [table.to_pylist() for table in quarantined(found, set())]
    return [(r["position"], r["raw"], r["detail"]) for table in tables for r in table]


def lines(documents: list[Any]) -> str:
    return "".join(json.dumps(one) + "\n" for one in documents)


@pytest.mark.parametrize("more", ['"a":"x"', '"a":[1,{"b":2}],"a":[1]'])  # the fast way, the exact
def test_nan_and_infinities_keep_their_meaning(tmp_path: Path, more: str) -> None:
    text = "".join(
        f'{{"_id":{n},"x":{x},{more}}}\n' for n, x in enumerate(["NaN", "-Infinity", 1.5])
    )
    found = scanned(tmp_path, text)
    first, *others = [row["x"] for row in rows(found)]
    assert math.isnan(first) and others == [-math.inf, 1.5]
    assert found.rewritten == {INFINITE: 2}
    assert any(f"2 {INFINITE}" in note for note in found.notes())


def test_a_number_too_large_for_a_double_is_no_infinity(tmp_path: Path) -> None:
    found = scanned(tmp_path, '{"_id":1,"x":1e400}\n{"_id":2,"x":Infinity}\n')
    assert [row["x"] for row in rows(found)] == [math.inf] and found.good == 1


def test_integers_that_no_double_holds_stay_exact_beside_nan(tmp_path: Path) -> None:
    found = scanned(tmp_path, '{"_id":1,"x":12345678901234567}\n{"_id":2,"x":NaN}\n')
    assert [row["x"] for row in rows(found)] == ["12345678901234567", "NaN"]


def test_half_a_surrogate_pair_is_replaced_and_counted(tmp_path: Path) -> None:
    text = '{"_id":1,"m":"ok"}\n{"_id":2,"m":"cut \\ud83d","\\uDE00":1}\n'
    found = scanned(tmp_path, text)
    assert rows(found)[1] == {"_id": 2, "m": "cut \ufffd", "\ufffd": 1}
    assert found.rewritten == {HALVES: 2}


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ('{"_id":1,"x":NaN}', "NaN is not JSON; --lenient reads it"),
        ('{"_id":1,"x":"\\ud83d"}', "half of a surrogate pair in a string; --lenient reads it"),
        ("{_id:1}", "; --lenient reads it"),
        ('{"_id":1,"x":[1,,]}', "Expecting value"),
    ],
)
def test_unless_asked_near_json_is_quarantined_and_the_option_named(
    tmp_path: Path, document: str, why: str
) -> None:
    found = scanned(tmp_path, f'{{"_id":0}}\n{document}\n', lenient=False)
    ((position, raw, detail),) = bad(found)
    assert (position, raw, found.good) == (2, document, 1)
    assert why in detail and ("--lenient" in why) == ("--lenient" in detail)


def test_a_file_of_near_json_alone_is_refused_with_the_option(tmp_path: Path) -> None:
    text = "[\n  { _id: ObjectId('5f'), },\n]"
    with pytest.raises(NotJson, match=r"output of the mongo shell.*--lenient"):
        scanned(tmp_path, text, lenient=False)
    assert rows(scanned(tmp_path, text)) == [{"_id": "5f"}]


SHELL_OUTPUT = """/* 1 */
{
    "_id" : ObjectId("5f"), // it's {
    "n" : NumberLong(5),
    "d" : NumberDecimal("1.10"),
}

/* 2 */
{
    _id : ObjectId("60"),
    n : NumberLong("9007199254740993"),
}
"""


@pytest.mark.parametrize("kind", ["objects", "array", "records", "gzip", "lines"])
def test_documents_of_any_layout_are_cut_where_they_end(tmp_path: Path, kind: str) -> None:
    text = SHELL_OUTPUT
    if kind == "array":
        text = "[" + text.replace("\n\n", "\n,\n") + "]"
    if kind == "records":
        text = "{found: [" + text.replace("\n\n", "\n,\n") + "], ok: 1}"
    if kind == "lines":
        first, second = text.replace("// it's {\n", "").split("\n\n")
        text = "\n".join(one.replace("\n", " ") for one in (first, second))
    data = gzip.compress(text.encode()) if kind == "gzip" else text.encode()
    found = scanned(tmp_path, data, records=("found",) if kind == "records" else None)
    assert [(str(row["d"]), row["_id"], row["n"]) for row in rows(found)] == [
        ("1.10", "5f", 5),
        ("None", "60", 9007199254740993),
    ]
    assert found.sources[0].near == (kind != "lines")
    assert (found.rewritten[SHELL], found.rewritten[COMMAS]) == (5, 2)
    assert found.rewritten[NAMES] == 2 + 2 * (kind == "records")


def test_lines_stay_where_they_are_and_broken_ones_are_told_raw(tmp_path: Path) -> None:
    text = '// two\n{_id:1}\n{_id:2,\'a:1}\n/* z */\n\n{"_id":3}\n{bad'
    found = scanned(tmp_path, text)
    assert [row["_id"] for row in rows(found)] == [1, 3]
    assert [(at, raw) for at, raw, _ in bad(found)] == [(3, "{_id:2,'a:1}"), (7, "{bad")]


def test_strict_documents_take_the_fast_way_beside_near_ones(
    tmp_path: Path, in_process: None
) -> None:
    """Only what is near-JSON is looked at a token at a time, and no document one by one."""
    near = "{_id: 1000, x: NaN, t: 'z'}\n"
    with mock.patch.object(parser, "decode_all", side_effect=AssertionError):
        found = scanned(tmp_path, lines(STRICT) + near, block_size=4000)
    assert rows(found)[:-1] == STRICT and rows(found)[-1]["t"] == "z"
    assert found.rewritten == {
        NAMES: 3,
        "texts in other quotes or with other escapes": 1,
        INFINITE: 1,
    }
    assert found.sources[0].as_it_is


def test_superseded_and_bad_documents_are_found_again_in_what_was_rewritten(tmp_path: Path) -> None:
    found = scanned(tmp_path, "[{_id:1},\n{_id:1, x:,},\n{_id:2}]", block_size=4)
    places = [int(p) for part in sorted((found.folder / "documents").iterdir())
              for p in pq.read_table(part)["__workbench_position"].to_pylist()]  # fmt: skip
    told = [row for table in quarantined(found, {places[-1]}) for row in table.to_pylist()]
    assert [row["raw"] for row in told if row["reason"] == "superseded"] == ["{_id:2}"]
    assert sorted(row["reason"] for row in told) == ["invalid JSON", "superseded"]


@pytest.mark.parametrize("size", [7, 60, 1 << 20])
@pytest.mark.parametrize("form", ["{}", "[{}]", "/* a */ [ // b\n{}, ]"])
def test_what_is_quarantined_of_near_json_is_told_as_it_came_and_where(
    tmp_path: Path, form: str, size: int
) -> None:
    broken = [
        "{_id: 1 , /* é */ 'x': @ }",
        "{x: ObjectId('5f'), 'y': 0x1F, }",
        "{\"_id\": 7, a: 'b' c}",
    ]
    good = [f"{{_id: {n}, t: 'it\\'s', }}" for n in range(10, 40)]
    documents = [*good[:9], broken[0], *good[9:12], broken[1], *good[12:], broken[2]]
    text = form.replace("{}", ",\n".join(documents) if "[" in form else "\n\n".join(documents))
    found = scanned(tmp_path, text, block_size=size)
    told = [row for table in quarantined(found, set()) for row in table.to_pylist()]
    assert found.good == len(good) and [row["raw"] for row in told] == broken
    source = text.encode()
    for row in told:
        raw = row["raw"].encode()
        assert source[row["byte_offset"] :].startswith(raw)


@pytest.mark.parametrize("lenient", [True, False])
@pytest.mark.parametrize("size", [9, 1 << 20])
@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_what_is_quarantined_of_records_is_told_as_it_came_and_where(
    tmp_path: Path, brackets: str, size: int, lenient: bool
) -> None:
    good = [f"{{_id: {n}, t: 'é', }}" if lenient else f'{{"_id": {n}}}' for n in range(9)]
    broken = "{x : @ , /* é */ y:1}" if lenient else '{"x" : "é" 1}'
    documents = [*good[:4], broken, *good[4:]]
    begin, end = brackets[0], brackets[1]
    named = documents if begin == "[" else [f'"k{at}": {one}' for at, one in enumerate(documents)]
    text = '{"n": "é", "r": {"items": ' + begin + " " + " , ".join(named) + end + "}}"
    more: Any = {"records": ("r", "items"), "lenient": lenient}
    (tmp_path / "dump.json").write_text(text)
    (tmp_path / "s").mkdir()
    found = scan([str(tmp_path / "dump.json")], tmp_path / "s", block_size=size, **more)
    (told,) = [row for table in quarantined(found, set()) for row in table.to_pylist()]
    assert found.good == 9 and told["raw"] in (broken, f'"k4": {broken}')
    assert text.encode()[told["byte_offset"] :].startswith(told["raw"].encode())


def test_a_strict_dump_is_the_same_read_leniently(tmp_path: Path) -> None:
    for name, text in (("a", lines(STRICT)), ("b", json.dumps(STRICT, indent=1))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "s").mkdir()
        found = scanned(tmp_path / name, text, block_size=5000)
        plain = scan([str(tmp_path / name / "dump.json")], tmp_path / name / "s", block_size=5000)
        assert found.fingerprints == plain.fingerprints and found.schema == plain.schema
        assert not found.rewritten and rows(found) == rows(plain)
    assert isinstance(found.schema, Node) and len(list(walk(found.schema))) == 4
    assert COMMENTS not in found.rewritten
