"""What fits a contract is kept; the rest is in quarantine, and told without its values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from support.chain import PII, rows, table, write_dump
from workbench.bronze.parsing.contract import enforce
from workbench.bronze.parsing.parsed import Parsed, Rules
from workbench.bronze.quarantine import quarantined
from workbench.bronze.results import Scan
from workbench.bronze.scanning import scan
from workbench.errors import BoundExceeded
from workbench.schema.contract import load_contract
from workbench.schema.kinds import Node, to_json

GOOD = {
    "_id": 1,
    "n": 1,
    "s": {"x": "t"},
    "l": [{"p": True}, None],
    "w": {"$date": "2022-01-01T00:00:00Z"},
}


def agreed(place: Path, **fields: str) -> Node:
    lines = [f"  {json.dumps(path)}: {kind}" for path, kind in fields.items()]
    (place / "contract.yml").write_text("\n".join(["fields:", *lines]) + "\n")
    return load_contract(str(place / "contract.yml"))


def scanned(place: Path, contract: Node, *documents: Any, **more: Any) -> Scan:
    source = write_dump(place / "a.json", documents)
    return scan([str(source)], place / "out", contract=contract, **more)


def refused(found: Scan) -> list[tuple[int, str, str]]:
    """Position, reason and detail of every quarantined document."""
    tables = pa.concat_tables(quarantined(found, set()))
    return [(r["position"], r["reason"], r["detail"]) for r in tables.to_pylist()]


# What fits
def test_what_does_not_fit_is_quarantined_with_path_and_kind_and_never_the_value(
    tmp_path: Path,
) -> None:
    contract = agreed(tmp_path, **{"n": "int", "s.x": "string", "l[].p": "bool", "w": "timestamp"})
    bad: list[tuple[dict[str, Any], str]] = [
        ({"n": "secret"}, "n: string, and the contract says int"),
        ({"n": 2**70}, "n: decimal(38,0), and the contract says int"),
        ({"n": 1.5}, "n: double, and the contract says int"),
        ({"s": {"x": {"y": "secret"}}}, "s.x: object, and the contract says string"),
        ({"s": ["secret"]}, "s: array, and the contract says object"),
        ({"l": [{"p": None}, {"p": 1}]}, "l[].p: int, and the contract says bool"),
        ({"w": {"$date": "secret"}}, "w: datetext, and the contract says timestamp"),
        ({"w": "2022-01-32"}, "w: string, and the contract says timestamp"),
    ]
    documents = [GOOD, *(GOOD | d for d, _ in bad), GOOD | {"n": None}, {"_id": 3, "new": {"y": 1}}]
    found = scanned(tmp_path, contract, *documents)
    assert refused(found) == [(at + 2, "contract", said) for at, (_, said) in enumerate(bad)]
    assert (found.good, found.reasons) == (3, {"contract": len(bad)})


def test_types_are_those_of_the_contract_whatever_the_dump_holds(tmp_path: Path) -> None:
    kinds = {"n": "double", "d": "decimal(38,2)", "t": "text", "absent[].x": "timestamp"}
    found = scanned(tmp_path, agreed(tmp_path, **kinds), {"_id": 1, "n": 1, "d": 3, "t": "x"})
    stored = dict(to_json(found.schema)["struct"])
    assert (stored["n"], stored["t"]) == ("double", "text")
    assert stored["absent"] == {"list": {"struct": [["x", "timestamp"]]}}
    written = table(found.folder / "documents").to_pylist()[0]
    assert (written["n"], str(written["d"]), written["t"]) == (1.0, "3.00", '"x"')
    assert written["absent"] is None


def test_documents_of_a_block_that_fits_are_not_looked_at() -> None:
    rows = pa.array([{"n": 1}])
    parsed = Parsed(rows, Node("struct", {"n": Node("int")}), [0])
    unread: Any = None
    rules = Rules((("_id",),), {}, frozenset())
    assert enforce(unread, parsed, rules, Node("struct", {"n": Node("double")})) is parsed


def test_a_block_that_does_not_fit_harms_no_other(tmp_path: Path) -> None:
    documents = [{"_id": i, "n": "t" if i == 150 else i, "pad": "x" * 50} for i in range(200)]
    found = scanned(tmp_path, agreed(tmp_path, n="int"), *documents, block_size=2000)
    assert found.good == 199 and [(at, why) for at, why, _ in refused(found)] == [(151, "contract")]


def test_personal_fields_are_hashed_whatever_they_are(tmp_path: Path) -> None:
    found = scanned(tmp_path, agreed(tmp_path, name="string"), {"_id": 1, "name": 7}, pii=PII)
    assert found.reasons == {} and len(rows(found.folder / "documents")[0]["name"]) == 64


def test_other_faults_keep_their_reasons_and_their_places(tmp_path: Path) -> None:
    documents = [
        {"_id": 1, "n": 1},
        "{",
        {"_id": 2, "n": "t"},
        {"n": 3},
        '{"_id": 3, "n": 1, "n": 2}',
    ]
    found = scanned(tmp_path, agreed(tmp_path, n="int"), *documents)
    assert [(at, why) for at, why, _ in refused(found)] == [
        (2, "truncated"),
        (3, "contract"),
        (4, "missing key"),
    ]
    assert (found.good, found.repeated) == (2, 1)


def test_a_contract_of_too_many_fields_is_named_not_the_dump(tmp_path: Path) -> None:
    contract = agreed(tmp_path, **{f"f{n}": "int" for n in range(101)})
    with pytest.raises(BoundExceeded, match=r"^contract: it names 101 fields.* than 50\. Take"):
        scanned(tmp_path, contract, {"_id": 1}, most_fields=50)
    without: Any = {"most_fields": 50, "exclude": [("f0",), ("f1",), ("f2",)]}
    assert scanned(tmp_path, contract, {"_id": 1}, **without).good == 1


def test_a_path_of_the_contract_that_the_dump_lacks_is_noted(tmp_path: Path) -> None:
    found = scanned(tmp_path, agreed(tmp_path, n="int", absent="int"), {"_id": 1, "n": 1})
    assert found.notes() == ["absent: named in the contract, but without a value in this dump"]
