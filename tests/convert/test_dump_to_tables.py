"""Any dump to a folder of tables: every leaf is there, or nothing is written."""

import gzip
import hmac
import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from support.chain import write_dump
from workbench.convert import table_files
from workbench.convert import tables as flatten_tables
from workbench.convert.documents import Request
from workbench.convert.dump_to_tables import Outcome, flatten_dump, show_plan
from workbench.errors import (
    BoundExceeded,
    EngineError,
    KeyNotUnique,
    LeavesLost,
    RequestError,
    UnknownPath,
    UnsupportedType,
)
from workbench.flatten import Plan

IDS = [f"{n:032x}" for n in range(2**100, 2**100 + 9)]
ORDERS = [
    {"_id": "a", "at": {"$date": "2021-01-02T03:04:05.678Z"}, "items": [{"n": 1, "tags": ["x"]}]},
    {"_id": "b", "late": 2.5, "items": [{"n": 2, "tags": []}, None], "mix": 1},
    {"_id": "c", "items": [], "sum": {"$numberDecimal": "1.10"}, "mix": {"o": [True]}},
]
MAPS = [
    {"_id": n, "m": {id_: {"v": n, "l": [n, None]} for id_ in IDS[: n + 1]}} for n in range(9)
] + [{"_id": 9, "m": {IDS[0]: {"v": 0.5}}}]


def made(spark: Any, folder: Path, documents: list[Any], **options: Any) -> Outcome:
    source = write_dump(folder / "dump.json", documents)
    return flatten_dump(Request([str(source)], **options), folder / "out", lambda: spark)


def rows(out: Path, table: str) -> list[dict[str, Any]]:
    return sorted(pq.read_table(out / table).to_pylist(), key=repr)


def test_every_array_is_a_folder_of_parquet(spark: Any, tmp_path: Path) -> None:
    outcome = made(spark, tmp_path, ORDERS, key="_id")
    assert [(t.table, t.rows, t.columns, t.leaves) for t in outcome.tables] == [
        ("root", 3, 5, 8),
        ("root_items", 3, 4, 2),
        ("root_items_tags", 1, 4, 1),
    ]
    assert (outcome.leaves, outcome.documents, outcome.quarantined) == (11, 3, {})
    assert rows(outcome.out, "root_items") == [
        {"_id": "a", "_parent": "a", "_pos": 0, "n": 1},
        {"_id": "b", "_parent": "b", "_pos": 0, "n": 2},
        {"_id": "b", "_parent": "b", "_pos": 1, "n": None},
    ]
    assert rows(outcome.out, "root")[2]["mix"] == '{"o":[true]}'


def test_without_a_key_documents_are_known_by_their_line(spark: Any, tmp_path: Path) -> None:
    outcome = made(spark, tmp_path, [{"a": [1]}, "{bad", {"_document": 7}])
    assert rows(outcome.out, "root") == [
        {"__document": 1, "_document": None},
        {"__document": 3, "_document": 7},
    ]
    assert rows(outcome.out, "root_a") == [{"__document": 1, "_parent": "1", "_pos": 0, "value": 1}]
    assert any("no --key was given" in note for note in outcome.notes)


def test_positions_count_over_all_files(spark: Any, tmp_path: Path) -> None:
    for name in "ab":
        write_dump(tmp_path / f"{name}.json", [{"n": name}, {"n": name}])
    request = Request([str(tmp_path / "*.json")])
    flatten_dump(request, tmp_path / "out", lambda: spark)
    found = {(row["_document"], row["n"]) for row in rows(tmp_path / "out", "root")}
    assert found == {(1, "a"), (2, "a"), (3, "b"), (4, "b")}


def test_positions_differ_whatever_stands_at_the_end_of_files_and_lines(
    spark: Any, tmp_path: Path
) -> None:
    texts = [b'{"l":[1]}\n{"l":[2]}', b'{"l":[3]}', b'{"l":[4]}{"l":[5]}\n{"l":[6]}{"l":[7]}']
    texts += [b'[{"l":[8]},{"l":[9]}]', b'\n\n{"l":[10]}\n\n']
    for at, text in enumerate(texts):
        (tmp_path / f"{at}.json").write_bytes(text)
        (tmp_path / f"{at}.json.gz").write_bytes(gzip.compress(text))
    flatten_dump(Request([str(tmp_path)]), tmp_path / "out", lambda: spark)
    root = [row["_document"] for row in rows(tmp_path / "out", "root")]
    assert len(set(root)) == len(root) == 20 and sorted(root)[0] == 1
    values = rows(tmp_path / "out", "root_l")
    assert {row["_document"] for row in values} == set(root) and len(values) == 20


def test_bad_documents_are_kept_apart_and_private(spark: Any, tmp_path: Path) -> None:
    outcome = made(spark, tmp_path, [{"_id": 1}, "{bad", {"a": 2}], key="_id")
    assert outcome.quarantined == {"missing key": 1, "truncated": 1}
    kept = pq.read_table(outcome.quarantine).to_pylist()
    assert {(k["reason"], k["position"]) for k in kept} == {("truncated", 2), ("missing key", 3)}
    assert stat.S_IMODE(os.stat(outcome.quarantine).st_mode) == 0o600


def test_one_flat_table_when_an_array_is_exploded(spark: Any, tmp_path: Path) -> None:
    outcome = made(spark, tmp_path, ORDERS, key="_id", explode=["items"])
    assert [row["_id"] for row in rows(outcome.out, "flat")] == ["a", "b", "b", "c"]
    assert outcome.tables[0].rows == 4


def test_what_is_null_everywhere_stands_beside_decimals_in_text(spark: Any, tmp_path: Path) -> None:
    beside: dict[str, Any] = {"sum": {"$numberDecimal": "1.10"}, "none": None, "empty": []}
    made(spark, tmp_path, [{"_id": 1, "a": [1, 2], "b": [beside]}], key="_id", explode=["a"])
    assert {row["b"] for row in rows(tmp_path / "out", "flat")} == {'[{"sum":1.10,"empty":[]}]'}


def test_objects_as_maps_become_rows(spark: Any, tmp_path: Path) -> None:
    outcome = made(spark, tmp_path, MAPS, key="_id", as_map=["m"])
    assert [(t.table, t.rows) for t in outcome.tables] == [
        ("root", 10),
        ("root_m", 46),
        ("root_m_l", 90),
    ]
    assert {row["key"] for row in rows(outcome.out, "root_m")} == set(IDS)


def test_a_date_that_is_no_time_costs_no_column_its_type(spark: Any, tmp_path: Path) -> None:
    good, late = {"$date": "2020-01-02T03:04:05Z"}, {"$date": "+10000-01-01T00:00:00Z"}
    documents = [{"_id": 1, "at": good}, {"_id": 2, "at": late}, {"_id": 3, "at": None}]
    outcome = made(spark, tmp_path, documents, key="_id")
    assert rows(outcome.out, "root") == [
        {"_id": 1, "at": datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC), "at_text": None},
        {"_id": 2, "at": None, "at_text": "+10000-01-01T00:00:00Z"},
        {"_id": 3, "at": None, "at_text": None},
    ]
    assert any(note.startswith("at: null where the date is no time") for note in outcome.notes)


def test_times_in_text_are_times(spark: Any, tmp_path: Path) -> None:
    texts = ["2020-01-01T00:00:00+02:00", "2020-01-01T00:00:00.5", None]
    documents = [{"_id": at, "l": [{"at": text}], "day": text} for at, text in enumerate(texts)]
    documents += [{"_id": 3, "day": "2020-01-01"}]
    outcome = made(spark, tmp_path, documents, key="_id", explode=["l"])
    found = {row["_id"]: (row["l_at"], row["day"]) for row in rows(outcome.out, "flat")}
    assert found == {
        0: (datetime(2019, 12, 31, 22, tzinfo=UTC), texts[0]),
        1: (datetime(2020, 1, 1, 0, 0, 0, 500000, UTC), texts[1]),
        2: (None, None),
        3: (None, "2020-01-01"),
    }


def test_values_of_maps_lose_no_digit(spark: Any, tmp_path: Path) -> None:
    fields = {f"k{at}": 2**53 + 2 * at + 1 for at in range(3)} | {"half": 0.5}
    made(spark, tmp_path, [{"_id": "a", "o": fields}], key="_id", as_map=["o"])
    found = {row["key"]: row["value"] for row in rows(tmp_path / "out", "root_o")}
    assert found == {key: str(value) for key, value in fields.items()}


@pytest.mark.parametrize("inner", [lambda text: text, lambda text: {"v": text, "n": 1}])
def test_times_and_other_texts_in_a_map_stay_texts(spark: Any, tmp_path: Path, inner: Any) -> None:
    texts = {"a": "2020-01-01T00:00:00+02:00", "b": "soon", "c": "2020-01-01T00:00:00"}
    documents = [{"_id": 1, "m": {key: inner(text) for key, text in texts.items()}}]
    made(spark, tmp_path, documents, key="_id", as_map=["m"])
    found = rows(tmp_path / "out", "root_m")
    assert {row["key"]: row.get("v", row.get("value")) for row in found} == texts


def test_dates_in_a_map_keep_their_texts_where_one_is_no_time(spark: Any, tmp_path: Path) -> None:
    late = "+10000-01-01T00:00:00Z"
    fields = {"a": {"$date": "2020-01-01T00:00:00Z"}, "b": {"$date": late}}
    made(spark, tmp_path, [{"_id": 1, "m": fields}], key="_id", as_map=["m"])
    found = [(row["key"], row["value"]) for row in rows(tmp_path / "out", "root_m")]
    assert found == [("a", "2020-01-01T00:00:00Z"), ("b", late)]


PEOPLE = [{"_id": 1, "email": "a@example.com", "l": [{"ip": "192.0.2.1"}]}]


def test_personal_fields_are_hashed_and_what_stays_in_clear_is_said(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_PII_KEY", "k" * 16)
    outcome = made(spark, tmp_path, PEOPLE, key="_id", pii=["email"])
    assert outcome.clear == ["l[].ip (its name)"] and not outcome.notes
    digest = hmac.new(b"k" * 16, b"a@example.com", "sha256").hexdigest()
    assert rows(outcome.out, "root") == [{"_id": 1, "email": digest}]
    assert json.loads((outcome.out / "_manifest.json").read_text())["pii"] == ["email"]


def test_without_a_key_of_ones_own_hashes_are_of_this_once(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WORKBENCH_PII_KEY", raising=False)
    hashes = set()
    for _ in range(2):
        outcome = made(spark, tmp_path, PEOPLE, key="_id", pii=["email"])
        hashes.add(rows(outcome.out, "root")[0]["email"])
    assert len(hashes) == 2
    assert outcome.notes[0].startswith("personal values are hashed with a key of this once")
    more = write_dump(tmp_path / "more.json", [{"_id": 2, "email": "b@example.com"}])
    request = Request([str(more)], key="_id", pii=["email"], into="append")
    with pytest.raises(RequestError, match="the key of the hashes of email was not kept"):
        flatten_dump(request, outcome.out, lambda: spark)


def test_a_plan_proposes_what_looks_personal(tmp_path: Path) -> None:
    source = write_dump(tmp_path / "dump.json", PEOPLE)
    planned = show_plan(Request([str(source)]))
    assert "email (its name) looks personal; --pii email hashes it" in planned.notes


def test_values_of_maps_may_have_a_key_of_their_own(spark: Any, tmp_path: Path) -> None:
    documents = [{"_id": 1, "m": {"a": {"x": 1}, "b": {"key": "k", "value": 2}}}]
    made(spark, tmp_path, documents, key="_id", as_map=["m"])
    found = rows(tmp_path / "out", "root_m")
    assert [list(row.values())[3:] for row in found] == [["a", 1, None, None], ["b", None, "k", 2]]


def test_names_of_another_rule_or_form_are_not_kept(spark: Any, tmp_path: Path) -> None:
    documents = [{"aB": 1, "l": [{"cD": 2}]}]
    made(spark, tmp_path, documents, explode=["l"])
    assert made(spark, tmp_path, [{"l": [1], "m": [2]}], explode=["l", "m"]).renames == []
    assert made(spark, tmp_path, [{"l": [1], "m": [2]}], explode=["l"]).renames == []
    assert [t.table for t in made(spark, tmp_path, documents).tables] == ["root", "root_l"]
    outcome = made(spark, tmp_path, documents, names="source")
    assert rows(outcome.out, "root_l") == [{"_document": 1, "_parent": "1", "_pos": 0, "cD": 2}]


def test_rows_that_the_engine_cannot_carry_are_named(tmp_path: Path) -> None:
    class Overflowing:
        @property
        def write(self) -> Any:
            raise RuntimeError("Offset overflow error: 2147632245")

    with pytest.raises(EngineError, match=r"more than 2 GB.*--explode"):
        table_files.write(Overflowing(), tmp_path)  # type: ignore[arg-type]


def test_csv_tells_null_from_empty_text(spark: Any, tmp_path: Path) -> None:
    documents = [{"_id": 1, "a": "", "when": {"$date": 1}}, {"_id": 2, "a": 'x,"\n'}, {"_id": 3}]
    outcome = made(spark, tmp_path, documents, key="_id", format="csv")
    convert = pa_csv.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=False)
    parse = pa_csv.ParseOptions(newlines_in_values=True)
    table = pa_csv.read_csv(outcome.out / "root.csv", convert_options=convert, parse_options=parse)
    assert sorted(table.column("a").to_pylist(), key=repr) == sorted(["", 'x,"\n', None], key=repr)
    assert sorted(p.name for p in outcome.out.iterdir()) == ["_manifest.json", "root.csv"]


def test_a_table_without_rows_is_there(spark: Any, tmp_path: Path) -> None:
    outcome = made(spark, tmp_path, [{"_id": 1, "a": [], "b": [[]]}], key="_id")
    assert pq.read_table(outcome.out / "root_a").num_rows == 0
    (empty,) = (outcome.out / "root_b_value").glob("*.parquet")
    (full,) = (outcome.out / "root_b").glob("*.parquet")
    assert pq.read_schema(empty).names == ["_id", "_parent", "_pos", "value"]
    assert pq.read_schema(empty).types[:3] == pq.read_schema(full).types


def test_the_names_of_yesterday_stay(spark: Any, tmp_path: Path) -> None:
    made(spark, tmp_path, [{"_id": 1, "aB": 1}], key="_id")
    outcome = made(spark, tmp_path, [{"_id": 1, "aB": 1, "a_b": 2}], key="_id")
    assert rows(outcome.out, "root") == [{"_id": 1, "a_b": 1, "a_b_2": 2}]
    planned = show_plan(Request([str(tmp_path / "dump.json")], key="_id"), outcome.out).outline
    assert isinstance(planned, Plan) and planned.tables == {"root": ["_id", "a_b", "a_b_2"]}


def test_a_rerun_writes_the_same_rows(spark: Any, tmp_path: Path) -> None:
    first = made(spark, tmp_path, ORDERS, key="_id")
    before = {t.table: rows(first.out, t.table) for t in first.tables}
    second = made(spark, tmp_path, ORDERS, key="_id")
    assert {t.table: rows(second.out, t.table) for t in second.tables} == before


def test_a_key_that_comes_twice_writes_nothing(spark: Any, tmp_path: Path) -> None:
    with pytest.raises(KeyNotUnique, match="'a' stands in 2 rows"):
        made(spark, tmp_path, [{"k": "a"}, {"k": "a"}], key="k")
    assert [p.name for p in tmp_path.iterdir()] == ["dump.json"]


def test_leaves_that_are_lost_leave_the_old_tables(
    spark: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    outcome = made(spark, tmp_path, ORDERS, key="_id")
    before = rows(outcome.out, "root_items")
    build = vars(flatten_tables)["build_tables"]

    def lossy(*given: Any) -> Any:
        tables = build(*given)
        tables["root_items"] = tables["root_items"].where("n < 2")
        return tables

    monkeypatch.setattr(flatten_tables, "build_tables", lossy)
    with pytest.raises(LeavesLost, match="root_items has 1 rows, and the documents make 3"):
        made(spark, tmp_path, ORDERS, key="_id")
    assert rows(outcome.out, "root_items") == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dump.json", "out"]


def test_rows_that_are_lost_are_seen_even_without_a_leaf(
    spark: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    build = vars(flatten_tables)["build_tables"]

    def lossy(*given: Any) -> Any:
        tables = build(*given)
        tables["root_items"] = tables["root_items"].where("n is not null")
        return tables

    monkeypatch.setattr(flatten_tables, "build_tables", lossy)
    with pytest.raises(LeavesLost, match="root_items has 2 rows, and the documents make 3"):
        made(spark, tmp_path, ORDERS, key="_id")


# without an engine


def no_engine() -> Any:
    raise AssertionError("an engine was started")


def test_the_plan_needs_no_engine_and_writes_nothing(tmp_path: Path) -> None:
    source = write_dump(tmp_path / "dump.json", MAPS)
    planned = show_plan(Request([str(source)]))
    assert isinstance(planned.outline, Plan) and planned.outline.maps == ["m"]
    assert "... 8 more of this shape" in str(planned)
    assert [p.name for p in tmp_path.iterdir()] == ["dump.json"]


def test_the_plan_says_how_values_were_read(tmp_path: Path) -> None:
    documents = [{"at": "2020-01-01T00:00:00Z"}, {"n": 2**60 + 1}, {"n": 0.5}]
    source = write_dump(tmp_path / "dump.json", documents)
    said = str(show_plan(Request([str(source)])))
    assert "note: at: ISO times" in said and "note: n: numbers of more digits" in said


def test_the_plan_counts_documents_and_names_conflicts(tmp_path: Path) -> None:
    source = write_dump(tmp_path / "dump.json", ORDERS)
    planned = show_plan(Request([str(source)], key="_id"))
    assert isinstance(planned.outline, Plan)
    lines = {line.split()[0]: line.split() for line in str(planned).splitlines() if line}
    assert lines["items"] == [
        "items",
        "array",
        "100%",
        "0/1/2",
        "table",
        "root_items,",
        "3",
        "rows",
    ]
    assert lines["late"][2] == "33%"
    assert planned.outline.conflicts == ["mix"]


def test_the_plan_of_one_flat_table_is_a_tree_too(tmp_path: Path) -> None:
    source = write_dump(tmp_path / "dump.json", ORDERS)
    text = str(show_plan(Request([str(source)], key="_id", explode=["items"])))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[1] == "(documents) object one flat table, 4 rows"
    assert lines[4:7] == [
        "items array 100% 0/1/2 rows, numbered in items_pos",
        "n bigint 67% items_n",
        "tags array 67% 0/0/1 items_tags, as JSON text",
    ]
    assert "one flat table, 8 columns" in lines
    with pytest.raises(UnknownPath, match=r"item is not an array.*items"):
        show_plan(Request([str(source)], explode=["item"]))


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"key": "id"}, UnknownPath, "none of the 3 documents has id. The first has: _id"),
        ({"explode": ["mix"]}, UnknownPath, "mix holds values of several kinds"),
        ({"key": "items"}, RequestError, "items is an array"),
        ({"explode": ["item"]}, UnknownPath, "item is not an array.*items"),
        ({"as_map": ["items"]}, UnknownPath, "items is not an object"),
        ({"explode": ["items", "items[].tags"], "names": "x"}, RequestError, "names: 'x'"),
    ],
)
def test_a_wrong_request_starts_no_engine(
    tmp_path: Path, options: dict[str, Any], error: type[Exception], said: str
) -> None:
    source = write_dump(tmp_path / "dump.json", ORDERS)
    with pytest.raises(error, match=said):
        flatten_dump(Request([str(source)], **options), tmp_path / "out", no_engine)
    assert [p.name for p in tmp_path.iterdir()] == ["dump.json"]


FIRST_DUMP = [{"_id": 1, "l": [1]}, {"_id": 2, "n": 2.5}, "{"]
SECOND_DUMP = [{"_id": 3, "l": [2, 3], "more": "x"}, {"_id": 4, "n": 1.5}]


def into(spark: Any, folder: Path, name: str, dump: list[Any], **more: Any) -> Outcome:
    source = write_dump(folder / f"{name}.json", dump)
    request = Request([str(source)], **{"key": "_id"} | more)
    return flatten_dump(request, folder / "out", lambda: spark)


def test_tables_of_another_dump_are_replaced_only_when_told(spark: Any, tmp_path: Path) -> None:
    into(spark, tmp_path, "a", FIRST_DUMP)
    before = sorted(rows(tmp_path / "out", "root"), key=repr)
    with pytest.raises(RequestError, match=r"another dump \(a.json\).*--append.*--replace"):
        into(spark, tmp_path, "b", SECOND_DUMP)
    assert sorted(rows(tmp_path / "out", "root"), key=repr) == before
    into(spark, tmp_path, "b", SECOND_DUMP, into="replace")
    assert {row["_id"] for row in rows(tmp_path / "out", "root")} == {3, 4}
    into(spark, tmp_path, "b", SECOND_DUMP[:1])
    assert {row["_id"] for row in rows(tmp_path / "out", "root")} == {3}


def test_rows_of_another_dump_are_added_in_the_columns_of_both(spark: Any, tmp_path: Path) -> None:
    into(spark, tmp_path, "a", FIRST_DUMP)
    outcome = into(spark, tmp_path, "b", SECOND_DUMP, into="append")
    found = {row["_id"]: row for row in rows(tmp_path / "out", "root")}
    assert found == {
        1: {"_id": 1, "n": None, "more": None},
        2: {"_id": 2, "n": 2.5, "more": None},
        3: {"_id": 3, "n": None, "more": "x"},
        4: {"_id": 4, "n": 1.5, "more": None},
    }
    assert sorted(row["value"] for row in rows(tmp_path / "out", "root_l")) == [1, 2, 3]
    told = [(one.table, one.rows, one.leaves, one.in_all) for one in outcome.tables]
    assert told == [("root", 2, 4, 4), ("root_l", 2, 2, 3)]
    assert pq.read_table(outcome.quarantine).num_rows == 1
    with pytest.raises(KeyNotUnique, match=r"_id '?3'? is in the tables already"):
        into(spark, tmp_path, "c", SECOND_DUMP[:1], into="append")
    with pytest.raises(RequestError, match="of another dump"):
        into(spark, tmp_path, "b", SECOND_DUMP)


@pytest.mark.parametrize(
    ("dump", "more"),
    [
        ([{"_id": 9, "n": "text"}], {}),
        ([{"_id": 9}], {"explode": ["l"]}),
        ([{"n": 1.5}], {"key": ""}),
        ([{"_id": 9}], {"format": "csv"}),
        ([{"_id": 9}], {"lenient": True}),
        ([{"_id": 9}], {"typed_json": "dynamodb"}),
        ([{"_id": 9}], {"source_file": True}),
    ],
)
def test_what_cannot_be_added_is_refused_and_nothing_changes(
    spark: Any, tmp_path: Path, dump: list[Any], more: dict[str, Any]
) -> None:
    into(spark, tmp_path, "a", FIRST_DUMP)
    said = "--append: " if more else "n of root is string in this dump, and double in the tables"
    with pytest.raises(RequestError, match=said):
        into(spark, tmp_path, "b", dump, into="append", **more)
    assert len(rows(tmp_path / "out", "root")) == 2


def test_rows_are_added_by_the_same_contract_alone(spark: Any, tmp_path: Path) -> None:
    contract, other = tmp_path / "c.yml", tmp_path / "other.yml"
    contract.write_text("fields:\n  n: {type: double, max: 2}\n  _id: int\n")
    other.write_text("fields: {_id: int, n: {type: double, max: 3}}")
    into(spark, tmp_path, "a", [{"_id": 1, "n": 1}], contract=str(contract))
    for odd in (str(other), ""):
        with pytest.raises(RequestError, match="made with another --contract"):
            into(spark, tmp_path, "b", [{"_id": 2, "n": 1}], into="append", contract=odd)
    contract.write_text("# the same\nfields: {_id: int, n: {max: '2', type: double}}")
    into(spark, tmp_path, "b", [{"_id": 2, "n": 1}], into="append", contract=str(contract))
    assert len(rows(tmp_path / "out", "root")) == 2


def test_a_folder_with_other_files_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").touch()
    with pytest.raises(RequestError, match="holds other files"):
        flatten_dump(Request(["x"]), tmp_path / "out", no_engine)


def test_a_folder_that_engines_would_take_for_a_pattern_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="contains \\["):
        flatten_dump(Request(["x"]), tmp_path / "o[1]", no_engine)


def test_an_object_that_looks_like_a_map_is_told(spark: Any, tmp_path: Path) -> None:
    documents = [{"_id": 1, "m": {f"{n:024x}": {"a": n} for n in range(9)}}]
    said = "m looks like a map; --as-map m makes rows of its fields"
    assert made(spark, tmp_path, documents, key="_id").notes == [said]
    assert made(spark, tmp_path, documents, key="_id", as_map=["m"]).notes == []


def test_thousands_of_fields_named_by_ids_are_refused_with_advice(tmp_path: Path) -> None:
    document = {"_id": 1, "m": {f"{n:024x}": {"a": n, "b": "x"} for n in range(15_000)}}
    source = tmp_path / "wide.json"
    source.write_text(json.dumps(document))
    with pytest.raises(BoundExceeded, match=r"6,000 fields.* in m:.*--as-map"):
        flatten_dump(Request([str(source)], key="_id"), tmp_path / "out", no_engine)


def test_staging_of_dead_runs_is_swept(spark: Any, tmp_path: Path) -> None:
    left = tmp_path / ".out.flatten-dead"
    left.mkdir()
    made(spark, tmp_path, ORDERS, key="_id")
    assert not left.exists()


def test_maps_of_maps_with_empty_and_widened_values(spark: Any, tmp_path: Path) -> None:
    documents = [
        {"_id": 1, "l": [{"m": {"1": {}, "2": {"n": {"7": 1}}}}, None, {"m": None}]},
        {"_id": 2, "l": [{"m": {"3": {"n": {"8": 0.5}, "o": {}}}}]},
    ]
    outcome = made(spark, tmp_path, documents, key="_id", as_map=["l[].m", "l[].m[].n"])
    inner = [(row["_parent"], row["key"], row["value"]) for row in rows(outcome.out, "root_l_m_n")]
    assert inner == [("1/l/0/m/1", "7", 1.0), ("2/l/0/m/0", "8", 0.5)]
    assert [row["key"] for row in rows(outcome.out, "root_l_m")] == ["1", "2", "3"]


def test_values_of_a_map_that_are_of_several_kinds_inside_are_text_there(
    spark: Any, tmp_path: Path
) -> None:
    documents = [
        {"_id": 1, "m": {"1": [{"v": "é", "n": 1}, None], "2": [{"v": {"a": 1.5, "b": None}}]}},
        {"_id": 2, "m": {"3": [{"v": None}, {"v": [None, {"$date": "2021-01-02T03:04:05Z"}]}]}},
    ]
    outcome = made(spark, tmp_path, documents, key="_id", as_map=["m"])
    found = [(row["_parent"], row["v"], row["n"]) for row in rows(outcome.out, "root_m_value")]
    assert found == [
        ("1/m/0", '"é"', 1),
        ("1/m/0", None, None),
        ("1/m/1", '{"a":1.5}', None),
        ("2/m/0", None, None),
        ("2/m/0", '[null,"2021-01-02T03:04:05.000000Z"]', None),
    ]
    assert "m[].value[].v: values of several kinds, kept as JSON text" in outcome.notes


def test_values_that_no_column_holds_together_are_no_map(tmp_path: Path) -> None:
    source = write_dump(tmp_path / "dump.json", [{"_id": 1, "m": {"a": 1, "b": "x"}}])
    with pytest.raises(UnsupportedType, match=r"m\.b is of another kind \(string\)"):
        flatten_dump(Request([str(source)], as_map=["m"]), tmp_path / "out", no_engine)


def test_types_are_chosen_by_path(spark: Any, tmp_path: Path) -> None:
    documents = [
        {"_id": 1, "zip": "01310-100", "l": [{"day": "2020-01-02", "sum": "2.5"}]},
        {"_id": 2, "zip": 4567000, "l": [{"day": "2020-01-03", "sum": 19.99}]},
    ]
    types = {"zip": "string", "l[].day": "date", "l[].sum": "decimal(10,2)"}
    outcome = made(spark, tmp_path, documents, key="_id", types=types)
    assert [row["zip"] for row in rows(outcome.out, "root")] == ["01310-100", "4567000"]
    found = [(str(row["day"]), str(row["sum"])) for row in rows(outcome.out, "root_l")]
    assert found == [("2020-01-02", "2.50"), ("2020-01-03", "19.99")]
    assert json.loads((outcome.out / "_manifest.json").read_text())["types"] == types


def test_texts_that_hold_json_are_proposed_and_become_tables(spark: Any, tmp_path: Path) -> None:
    bodies = ['{"items": [{"n": 1}, {"n": 2}], "at": "2020-01-01T00:00:00Z"}', '{"items": []}', "x"]
    documents = [{"_id": at, "body": body} for at, body in enumerate(bodies)]
    source = write_dump(tmp_path / "plan.json", documents)
    proposed = "body holds JSON in 67% of its texts; --expand body makes fields of it"
    assert proposed in show_plan(Request([str(source)])).notes
    outcome = made(spark, tmp_path, documents, key="_id", expand=["body"])
    assert [row["n"] for row in rows(outcome.out, "root_body_items")] == [1, 2]
    assert [row["body_text"] for row in rows(outcome.out, "root")] == [None, None, "x"]
    assert not any(proposed in note for note in outcome.notes)


def test_names_and_what_stays_json_text_are_chosen(spark: Any, tmp_path: Path) -> None:
    documents = [{"_id": 1, "价格": {"aB": 1}, "l": [{"m": [1, None]}], "t": ["x"]}]
    options: dict[str, Any] = {"sep": "__", "prefix": "p_", "as_json": ("t", "l[].m")}
    outcome = made(spark, tmp_path, documents, key="_id", **options)
    assert rows(outcome.out, "root") == [{"p__id": 1, "p_jia_ge__a_b": 1, "p_t": '["x"]'}]
    assert rows(outcome.out, "root__l") == [
        {"p__id": 1, "_parent": "1", "_pos": 0, "p_m": "[1,null]"}
    ]
    again = made(spark, tmp_path, documents, key="_id", max_depth=2)
    assert rows(again.out, "root") == [{"_id": 1, "jia_ge_a_b": 1}]
    assert "value" in rows(again.out, "root_l")[0]


def test_documents_are_held_against_a_contract(spark: Any, tmp_path: Path) -> None:
    contract = tmp_path / "c.yml"
    contract.write_text("fields:\n  n: {type: int, max: 1}\n  k: {required: true, unique: true}\n")
    documents = [{"n": 1, "k": "a"}, {"n": 2, "k": "b"}, {"n": 0, "k": "a"}, {"n": 0, "k": "c"}]
    outcome = made(spark, tmp_path, documents, key="k", contract=str(contract))
    assert outcome.quarantined == {"contract": 2}
    assert rows(outcome.out, "root") == [{"n": 0, "k": "c"}, {"n": 1, "k": "a"}]


def test_arrays_become_columns(spark: Any, tmp_path: Path) -> None:
    documents = [{"_id": 1, "t": ["a", "b"], "l": [{"n": 1, "m": [2]}]}, {"_id": 2, "t": []}]
    outcome = made(spark, tmp_path, documents, key="_id", as_columns=["t", "l"])
    assert rows(outcome.out, "root") == [
        {"_id": 1, "t_0": "a", "t_1": "b", "l_0_n": 1},
        {"_id": 2, "t_0": None, "t_1": None, "l_0_n": None},
    ]
    assert [row["value"] for row in rows(outcome.out, "root_l_0_m")] == [2]
