"""Types chosen by path: values are read as them, whatever they were written as, or are refused."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from support.chain import table, write_dump
from workbench.bronze.parsing.fast import attempt
from workbench.bronze.parsing.parsed import Rules
from workbench.bronze.quarantine import quarantined
from workbench.bronze.results import Scan
from workbench.bronze.scanning import scan
from workbench.errors import RequestError
from workbench.schema import chosen_types, load_contract
from workbench.schema.kinds import to_json


def scanned(place: Path, kind: str, *values: Any, **more: Any) -> Scan:
    place.mkdir(exist_ok=True)
    texts = [v if isinstance(v, str) else json.dumps(v) for v in values]
    lines = [f'{{"_id":{at},"v":{text}}}' for at, text in enumerate(texts)]
    source = write_dump(place / "a.json", lines)
    return scan([str(source)], place / "out", types=chosen_types({"v": kind}), **more)


def values(found: Scan) -> list[Any]:
    return [row["v"] for row in table(found.folder / "documents").to_pylist()]


# Each of these alone, so that the fast reader has it, and all together, so that none has.
READ: dict[str, list[tuple[str, Any]]] = {
    "string": [('"a"', "a"), ("-7", "-7"), ("1.50", "1.50"), ("true", "true"),
               ('{"$date":"2020"}', "2020"), ('{"$numberLong":"07"}', "7"), ("[1]", None)],
    "int": [('"007"', 7), ("8", 8), ("8.0", 8), ('"-5"', -5), ("8.5", None), ('"x"', None),
            ('"9223372036854775808"', None), ('{"$numberLong":"6"}', 6), ("true", None)],
    "double": [('"1.5"', 1.5), ("2", 2.0), ("2.5", 2.5), ('"1e3"', 1000.0), ('"NaN"', None),
               ('"1e400"', None)],
    "decimal(5,2)": [('"2.5"', Decimal("2.50")), ("19.99", Decimal("19.99")), ("7", Decimal(7)),
                     ('"-999.990"', Decimal("-999.99")), ("1000", None), ('"0.005"', None),
                     ('{"$numberDecimal":"1.10"}', Decimal("1.10")), ('"1e999999999"', None)],
    "bool": [('"TRUE"', True), ("false", False), ('"no"', None), ("1", None)],
    "timestamp": [('"2020-01-01"', "2020-01-01T00:00:00+00:00"), ('"x"', None), ("5", None),
                  ('"2020-01-01T02:00:00+02:00"', "2020-01-01T00:00:00+00:00"),
                  ('{"$date":5}', "1970-01-01T00:00:00.005000+00:00")],
    "date": [('"2020-02-29"', "2020-02-29"), ('"2021-02-29"', None), ('"0000-01-01"', None),
             ('{"$date":86400000}', "1970-01-02"), ('{"$date":1}', None), ("20200101", None)],
}  # fmt: skip


@pytest.mark.parametrize("kind", READ)
def test_values_are_read_as_the_type_that_was_chosen_or_are_refused(
    tmp_path: Path, kind: str
) -> None:
    def told(value: Any) -> Any:
        return value.isoformat() if hasattr(value, "isoformat") else value

    pairs = READ[kind]
    for at, (text, right) in enumerate(pairs):
        found = scanned(tmp_path / f"{kind}-{at}", kind, text)
        assert list(map(told, values(found) if found.good else [])) == (
            [] if right is None else [right]
        ), text
    found = scanned(tmp_path / "all", kind, *(text for text, _ in pairs))
    good = [right for _, right in pairs if right is not None]
    assert list(map(told, values(found))) == good
    assert found.reasons == {"contract": len(pairs) - len(good)}
    assert dict(to_json(found.schema)["struct"])["v"] != "text"


def test_whole_columns_are_read_without_looking_at_single_values() -> None:
    kinds = {"m": "decimal(10,2)", "b": "bool", "d": "date", "n": "int", "s": "string"}
    documents = [{"m": "2.5", "b": "True", "d": "2020-01-02", "n": "07", "s": 3}, {"m": "19.99"}]
    rules = Rules((), {}, frozenset(), types=chosen_types(kinds))
    data = "\n".join(map(json.dumps, documents)).encode()
    read = attempt(data, range(2), [], rules)
    assert read and read.cast == {("m",): 2, ("b",): 1, ("d",): 1, ("n",): 1, ("s",): 1}
    assert read.rows.type.field("m").type == pa.decimal128(10, 2)


def test_a_contract_reads_texts_as_times_dates_decimals_and_truth(tmp_path: Path) -> None:
    kinds = {"d": "date", "t": "timestamp", "m": "decimal(38,2)", "b": "bool", "n": "int"}
    lines = [f"  {path}: {kind}" for path, kind in kinds.items()]
    (tmp_path / "c.yml").write_text("\n".join(["fields:", *lines]))
    good = {"_id": 1, "d": "2020-01-02", "t": "2020-01-02T03:04:05Z", "m": "2.5", "b": "true"}
    source = write_dump(tmp_path / "a.json", [good, {"_id": 2, "n": "7"}])
    found = scan([str(source)], tmp_path / "out", contract=load_contract(str(tmp_path / "c.yml")))
    assert found.reasons == {"contract": 1}
    (row,) = table(found.folder / "documents").to_pylist()
    assert (str(row["d"]), row["m"], row["b"]) == ("2020-01-02", Decimal("2.50"), True)


def test_who_does_not_fit_is_told_that_the_type_was_chosen(tmp_path: Path) -> None:
    (bad,) = quarantined(scanned(tmp_path, "date", '"secret"', '"2020-01-02"'), set())
    assert bad["detail"].to_pylist() == ["v: string, and types says date"]


def test_what_was_read_as_another_type_is_noted(tmp_path: Path) -> None:
    found = scanned(tmp_path, "string", '"01310-100"', 4567000)
    assert found.notes() == ["v: 1 values that were written as another type, read as string"]


def test_a_chosen_type_that_the_dump_lacks_is_noted(tmp_path: Path) -> None:
    source = write_dump(tmp_path / "a.json", [{"_id": 1}])
    found = scan([str(source)], tmp_path / "out", types=chosen_types({"gone": "int"}))
    assert found.notes() == ["gone: named in types, but not in this dump"]


def test_an_array_may_stay_json_text(tmp_path: Path) -> None:
    assert values(scanned(tmp_path, "text", [1, {"a": 2}])) == ['[1,{"a":2}]']


@pytest.mark.parametrize(
    ("types", "said"),
    [
        ({"a": "integer"}, "types: a: 'integer' is no type. Did you mean int"),
        ({"a": "decimal(2,3)"}, "types: a: .* is no type"),
        ({"a": "int", "a.b": "int"}, "a.b stands in the way of another line"),
        ({"": "int"}, "is no path of a field"),
    ],
)
def test_what_is_no_type_or_no_path_is_refused(types: dict[str, str], said: str) -> None:
    with pytest.raises(RequestError, match=said):
        chosen_types(types)
