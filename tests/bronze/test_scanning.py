"""One pass over a dump: whatever its form, the same rows, kinds and fingerprints, and no loss."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow.parquet as pq
import pytest

from support.dumps import COMPRESS, LAYOUTS, dump
from support.scans import faults, rows, seen, table
from workbench.bronze.pool import Pool
from workbench.bronze.quarantine import quarantined
from workbench.bronze.results import POSITION, Scan
from workbench.bronze.scanning import scan
from workbench.errors import RequestError
from workbench.proof.fingerprint import leaves
from workbench.schema.paths import show

COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {"none": bytes} | COMPRESS


def document(number: int) -> dict[str, Any]:
    """Its kinds change with its number: nulls first, late fields, two kinds at one path."""
    made: dict[str, Any] = {
        "_id": {"$oid": f"{number:024x}"},
        "name": None if number < 30 else f"Ana {number}",
        "balance": number if number < 90 else number + 0.5,
        "large": number if number % 7 else 2**63 + number,
        "mixed": "x" if number == 77 else number,
        "seen": {"$date": f"2020-01-01T00:00:{number % 60:02}.{number:03}Z"},
        "day": "2020-01-01",
        "empty": {},
        "nested": {} if number < 50 else {"a.b": [None, {"A": number, "a": "{\\"}]},
    }
    return made | ({"late": True} if number == 119 else {})


DOCUMENTS = [document(number) for number in range(120)]


def read(folder: Path, *data: Any, **options: Any) -> Scan:
    """A scan of one file of lines, made of the documents."""
    return scan([dump(folder, data)], folder / "staged", **options)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ...]:
    """What the documents are, read as one block of lines."""
    return seen(read(tmp_path_factory.mktemp("reference"), *DOCUMENTS))


# --- whatever the form, the same --------------------------------------------------------------


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(
    ("compression", "size"), [*((c, 5000) for c in COMPRESSIONS), ("none", 1 << 20)]
)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_form_of_a_dump_gives_the_same_rows_kinds_and_fingerprints(
    tmp_path: Path, reference: tuple[Any, ...], layout: str, compression: str, size: int
) -> None:
    data = COMPRESSIONS[compression](LAYOUTS[layout][1](DOCUMENTS).encode())
    assert seen(scan([dump(tmp_path, data)], tmp_path / "s", block_size=size)) == reference


@pytest.mark.parametrize("layout", ["ndjson", "pretty array"])
def test_worker_processes_give_the_same(
    tmp_path: Path, reference: tuple[Any, ...], layout: str
) -> None:
    path = dump(tmp_path, LAYOUTS[layout][1](DOCUMENTS))
    assert seen(scan([path], tmp_path / "s", block_size=2000, workers=2)) == reference


def test_errors_of_worker_processes_arrive(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="pii: nested is an object"):
        read(tmp_path, *DOCUMENTS, pii=["nested"], block_size=2000, workers=2)


@pytest.mark.usefixtures("in_process")
def test_several_files_are_one_dump(tmp_path: Path, reference: tuple[Any, ...]) -> None:
    first = dump(tmp_path, LAYOUTS["pretty array"][1](DOCUMENTS[:50]), "a.json")
    second = dump(tmp_path, gzip.compress(LAYOUTS["ndjson"][1](DOCUMENTS[50:]).encode()), "b.gz")
    assert seen(scan([first, second], tmp_path / "s")) == reference


@pytest.mark.usefixtures("in_process")
def test_blocks_that_are_done_out_of_order_change_nothing(
    tmp_path: Path, reference: tuple[Any, ...]
) -> None:
    with mock.patch.object(Pool, "each", lambda _, work, ts: (work(*t) for t in [*ts][::-1])):
        assert seen(read(tmp_path, *DOCUMENTS, block_size=2000)) == reference


# --- kinds that later blocks change -----------------------------------------------------------


def in_blocks(folder: Path, *values: Any) -> Scan:
    """Documents with one field, each in a block of its own."""
    made = [{"_id": i} | ({} if v is ... else {"a": v}) for i, v in enumerate(values)]
    return read(folder, *made, block_size=1)


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(
    ("values", "becomes"),
    [
        ([1, "x"], ["1", '"x"']),
        (["x", {"b": 1}], ['"x"', '{"b":1}']),
        ([{"b": 1}, [1]], ['{"b":1}', "[1]"]),
        ([1, 2.5], [1.0, 2.5]),
        ([2**53 + 1, 0.5], [Decimal(2**53 + 1), Decimal("0.5")]),
        ([2**53, 0.5], [2.0**53, 0.5]),
        ([1, 2**64], [1, 2**64]),
        ([1, 10**38], ["1", "1" + "0" * 38]),
        ([None, [None, 1]], [None, [None, 1]]),
        ([{}, {"b": 1}], [{"b": None}, {"b": 1}]),
        ([{"$date": "x"}, {"$date": 5}], [None, datetime.fromtimestamp(0.005, UTC)]),
        ([[{"$date": "x"}], [{"$date": 5}]], [["x"], ["5"]]),
        ([..., {"b": 1}], [None, {"b": 1}]),
        ([{"$oid": None}, [1]], [None, [1]]),
    ],
)
def test_two_blocks_find_one_kind(tmp_path: Path, values: list[Any], becomes: list[Any]) -> None:
    found = in_blocks(tmp_path, *values)
    assert [row["a"] for row in rows(found)] == becomes


@pytest.mark.usefixtures("in_process")
def test_an_object_that_was_empty_at_first_is_no_leaf(tmp_path: Path) -> None:
    found = in_blocks(tmp_path, {}, {"b": 1})
    assert [show(p) for p, f in found.fingerprints.items() if f.count] == ["_id", "a.b"]


@pytest.mark.usefixtures("in_process")
def test_integers_that_become_doubles_are_hashed_as_such(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    found = in_blocks(tmp_path, 2**53, 0.5)
    other = in_blocks(tmp_path / "one", 2.0**53, 0.5)
    assert found.fingerprints == other.fingerprints
    assert found.fingerprints[("a",)].count == 2


def test_a_field_of_the_last_document_is_in_the_schema(tmp_path: Path) -> None:
    assert list(read(tmp_path, *DOCUMENTS).schema.fields)[-1] == "late"


# --- what is bad ------------------------------------------------------------------------------


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("size", [1, 40, 1 << 20])
def test_bad_documents_are_found_with_reason_and_line(tmp_path: Path, size: int) -> None:
    lines = [*DOCUMENTS[:2], "", "null", *DOCUMENTS[2:4], '{"_id": 1,}', "{}", '{"_id":']
    found = read(tmp_path, *lines, block_size=size)
    assert faults(found) == [
        ("not an object", 4),
        ("invalid JSON", 7),
        ("missing key", 8),
        ("truncated", 9),
    ]


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("size", [10, 1 << 20])
def test_bad_elements_are_found_with_reason_and_ordinal(tmp_path: Path, size: int) -> None:
    data = '[{"_id":1},5,{"_id":2},{"_id":NaN},{"_id":null},{"_id":3'
    found = scan([dump(tmp_path, data)], tmp_path / "s", block_size=size)
    assert faults(found) == [
        ("not an object", 2),
        ("invalid JSON", 4),
        ("null key", 5),
        ("truncated", 6),
    ]


@pytest.mark.usefixtures("in_process")
def test_positions_start_again_in_every_file(tmp_path: Path) -> None:
    names = [dump(tmp_path, [{"_id": 1}, "x"], name) for name in ("a.json", "b.json")]
    assert faults(scan(names, tmp_path / "s")) == [("invalid JSON", 2), ("invalid JSON", 2)]


def test_the_text_of_a_bad_document_is_kept_byte_by_byte(tmp_path: Path) -> None:
    found = scan([dump(tmp_path, b'{"_id":1}\n{"_id":"\xff\xc3\xa9"}\n')], tmp_path / "s")
    (bad,) = next(quarantined(found, set())).to_pylist()
    assert bad["raw"] == '{"_id":"\\xffé"}'


@pytest.mark.usefixtures("in_process")
def test_a_block_without_a_good_document_is_no_trouble(tmp_path: Path) -> None:
    found = read(tmp_path, *DOCUMENTS[:9], *["x"] * 99, *DOCUMENTS[9:], block_size=150)
    assert (found.documents, found.good, found.reasons) == (219, 120, {"invalid JSON": 99})


def test_a_dump_without_a_good_document_has_no_schema(tmp_path: Path) -> None:
    found = read(tmp_path, '{"x"}', '{"y"}')
    assert (found.documents, found.good, found.fingerprints) == (2, 0, {})


def test_superseded_documents_are_fetched_from_the_source(tmp_path: Path) -> None:
    found = read(tmp_path, {"_id": 1}, "", {"_id": 1, "a": 2}, {"_id": 3})
    taken = table(found)[POSITION].to_pylist()[1]
    (row,) = next(quarantined(found, {taken})).to_pylist()
    assert (row["reason"], row["position"], row["raw"]) == ("superseded", 3, '{"_id": 1, "a": 2}')


@pytest.mark.usefixtures("in_process")
def test_every_staged_row_knows_its_file_and_line(tmp_path: Path) -> None:
    found = read(tmp_path, "x", *DOCUMENTS[:50], "", *DOCUMENTS[50:], block_size=2000)
    places = [found.position(at)[1] for at in table(found)[POSITION].to_pylist()]
    assert places == [*range(2, 52), *range(53, 123)]


def test_repeated_keys_are_counted(tmp_path: Path) -> None:
    assert read(tmp_path, '{"_id":1,"_id":2,"a":{"b":1,"b":1}}').repeated == 2


def test_leaves_are_counted_over_all_documents(tmp_path: Path) -> None:
    found = read(tmp_path, {"_id": 1, "a": [1, None, 2]}, {"_id": 2, "b": {"c": None, "d": ""}})
    assert leaves(found.fingerprints) == 5


def test_the_digest_of_every_file_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, {"_id": 1})
    data = (tmp_path / "dump.json").read_bytes()
    assert list(found.digests.values()) == [hashlib.sha256(data).hexdigest()]


# --- personal fields and errors ---------------------------------------------------------------


@pytest.mark.usefixtures("in_process")
def test_personal_values_are_hashed_alike_in_every_block(tmp_path: Path) -> None:
    found = in_blocks(tmp_path, "x", 1, None, 1.50, {"$numberLong": "1"}, ...)
    other = scan([dump(tmp_path, (tmp_path / "dump.json").read_bytes())], tmp_path / "t", pii=["a"])
    hashes = [
        v and hmac.new(b"", v.encode(), "sha256").hexdigest()
        for v in ("x", "1", None, "1.5", "1", None)
    ]
    assert (found.good, [row["a"] for row in rows(other)]) == (6, hashes)


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("size", [1, 1 << 20])
@pytest.mark.parametrize(("first", "second"), [("Ana", {"b": 1}), (["Ana"], "Ana"), (1, {})])
def test_a_personal_object_is_an_error_in_blocks_of_any_size(
    tmp_path: Path, first: Any, second: Any, size: int
) -> None:
    documents = [{"_id": 1, "name": first}, {"_id": 2, "name": second}]
    with pytest.raises(RequestError, match="pii: name is"):
        read(tmp_path, *documents, pii=["name"], block_size=size)


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("size", [1, 1 << 20])
def test_a_personal_value_that_json_text_would_show_is_an_error(tmp_path: Path, size: int) -> None:
    documents = [{"_id": 1, "origin": {"ip": "::1"}}, {"_id": 2, "origin": "web"}]
    with pytest.raises(RequestError, match=r"pii: origin\.ip cannot be hashed"):
        read(tmp_path, *documents, pii=["origin.ip"], block_size=size)


@pytest.mark.parametrize(("value", "what"), [({"a": 1}, "an object"), ([1], "an array")])
def test_a_key_of_several_values_is_an_error(tmp_path: Path, value: Any, what: str) -> None:
    with pytest.raises(RequestError, match=f"key: _id is {what}"):
        read(tmp_path, {"_id": value})


def test_an_empty_key_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="a key is one value per document"):
        read(tmp_path, {"_id": 1}, key="")


def test_a_source_that_is_not_there_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="matches no file"):
        scan([str(tmp_path / "absent")], tmp_path / "staged")
    assert list(tmp_path.iterdir()) == []


# without a key


@pytest.mark.parametrize("size", [8, 1 << 20])
def test_documents_without_a_key_or_any_field_are_kept(tmp_path: Path, size: int) -> None:
    data = b'{}\n{}\n{}\n{"a":1}\n\n{}\n[1]\n{}\n'
    read = scan([dump(tmp_path, data)], tmp_path / "s", key=None, block_size=size)
    assert (read.documents, read.good, read.reasons) == (7, 6, {"not an object": 1})
    parts = sorted((tmp_path / "s" / "documents").iterdir())
    assert [row["a"] for part in parts for row in pq.read_table(part).to_pylist()].count(1) == 1


def test_a_document_is_never_a_wrapped_value_itself(tmp_path: Path) -> None:
    data = b'{"$oid":null}\n{"$date":"2020-01-01T00:00:00Z"}\n{"$oid":"x","$date":null}\n'
    read = scan([dump(tmp_path, data)], tmp_path / "s", key=None)
    assert {p: f.count for p, f in read.fingerprints.items() if p} == {("$oid",): 1, ("$date",): 1}


def test_places_before_each_block_are_counted_over_all_files(tmp_path: Path) -> None:
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    first.write_bytes(b'{"a":1}\n\n{"a":2}\n')
    second.write_bytes(b'{"a":3}\n')
    read = scan([str(first), str(second)], tmp_path / "s", key=None)
    assert list(read.starts.values()) == [0, 3]


@pytest.mark.usefixtures("in_process")
def test_a_document_of_50_mb_goes_through(tmp_path: Path) -> None:
    part = '{"name":"abcdefghij","n":12345}'
    large = '{"_id":2,"items":[' + ",".join([part] * (50 * 2**20 // len(part))) + "]}"
    found = read(tmp_path, {"_id": 1}, large, {"_id": 3})
    assert (found.documents, found.good) == (3, 3)


def test_a_document_too_large_is_in_quarantine_with_that_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in ("reading.cutting", "block"):
        monkeypatch.setattr(f"workbench.bronze.{room}.LARGEST_DOCUMENT", 1000)
    source = tmp_path / "dump.json"
    source.write_text(
        "\n".join(['{"_id":1}', json.dumps({"_id": 2, "v": "x" * 4000}), '{"_id":3}'])
    )
    found = scan([str(source)], tmp_path / "staging", block_size=2048)
    (row,) = [row for table in quarantined(found, set()) for row in table.to_pylist()]
    assert (found.documents, found.good, dict(found.reasons)) == (3, 2, {"too large": 1})
    assert row["detail"].startswith("4,019 bytes") and row["raw"].startswith('{"_id": 2')
    assert (row["byte_offset"], row["position"]) == (10, 2)


def test_a_large_document_that_is_broken_is_not_said_to_be_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its end is found behind as much text as a document may have, and is nearer than that."""
    for room in ("reading.cutting", "block"):
        monkeypatch.setattr(f"workbench.bronze.{room}.LARGEST_DOCUMENT", 1000)
    good = json.dumps({"_id": 1, "v": "x" * 900})
    broken = '{"_id": 2, "v": 1.e, "w": "' + "y" * 700 + '"}'
    source = tmp_path / "dump.json"
    source.write_text("\n".join(["{", good[1:], broken, good]))
    found = scan([str(source)], tmp_path / "staging", block_size=512)
    (row,) = [row for table in quarantined(found, set()) for row in table.to_pylist()]
    assert dict(found.reasons) == {"invalid JSON": 1}
    assert row["detail"].startswith(f"{len(broken)} bytes, to where the next document")


def test_small_files_with_fields_of_their_own_are_staged_as_one(tmp_path: Path) -> None:
    made: list[dict[str, Any]] = [{"a": {f"f{n}_{m}": m for m in range(20)}} for n in range(6)]
    for at, document in enumerate(made):
        dump(tmp_path, [document], f"{at}.json")
    (tmp_path / "3a.json").write_text("[1]")
    found = scan([str(tmp_path / "*.json")], tmp_path / "s", key=None)
    (part,) = (found.folder / "documents").iterdir()
    staged = pq.read_table(part)
    kept = [{k: v for k, v in row["a"].items() if v is not None} for row in staged.to_pylist()]
    assert kept == [document["a"] for document in made]
    files = [Path(found.position(at)[0]).stem for at in staged[POSITION].to_pylist()]
    assert files == ["0", "1", "2", "3", "4", "5"]
    assert [len(row["a"]) for row in staged.to_pylist()] == [120] * 6


def test_what_is_passed_over_or_named_by_people_is_noted(tmp_path: Path) -> None:
    (tmp_path / "dump").mkdir()
    for name in ("a.txt", "b.csv"):
        dump(tmp_path / "dump", "x", name)
    dump(tmp_path / "dump", [{"_id": 1, "by": {"ana@example.org": 1}}])
    found = scan([str(tmp_path / "dump")], tmp_path / "staged")
    assert [Path(path).name for path in found.passed_over] == ["a.txt", "b.csv"]
    first, second = found.notes()
    assert first.startswith("a.txt, b.csv: in the folder, but not read")
    assert second.startswith("by: fields named by what looks personal") and "ana" not in second
