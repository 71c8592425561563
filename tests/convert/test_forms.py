"""Dumps in other forms than JSON become the same tables as the JSON of the same documents."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import bson
import pyarrow.parquet as pq
import pytest
import yaml
from bson import json_util

from support.chain import DAY, partition, rows
from workbench import silver
from workbench.cli import main
from workbench.convert.documents import Request
from workbench.convert.dump_to_tables import flatten_dump, show_plan
from workbench.lake.lake import Lake

JSON = """\
{"_id":"a","n":1,"x":1.5,"d":{"$numberDecimal":"1.10"},"o":{"t":"it's"},"m":{"$numberDecimal":"1.10"},"l":[{"v":1},{"v":2}]}
{"_id":"b","n":9007199254740993,"x":{"$numberDouble":"NaN"},"o":null,"m":{"$numberDecimal":"NaN"},"l":[]}
"""
NEAR = """\
// what a shell printed
{_id: 'a', n: NumberLong(1), x: 1.5, d: NumberDecimal("1.10"), o: {t: "it's"},\
 m: NumberDecimal("1.10"), l: [{v: 1}, {v: 2},]}
{_id: 'b', n: NumberLong("9007199254740993"), x: NaN, o: undefined, m: Decimal128("NaN"), l: []}
"""


TYPED = """\
{"Item":{"_id":{"S":"a"},"n":{"N":"1"},"x":{"N":"1.5"},"o":{"M":{"t":{"S":"it's"}}},\
"l":{"L":[{"M":{"v":{"N":"1"}}},{"M":{"v":{"N":"2"}}}]}}}
{"Item":{"_id":{"S":"b"},"n":{"N":"9007199254740993"},"x":{"NULL":true},"o":{"NULL":true},"l":{"L":[]}}}
"""
UNTYPED = """\
{"_id":"a","n":1,"x":1.5,"o":{"t":"it's"},"l":[{"v":1},{"v":2}]}
{"_id":"b","n":9007199254740993,"x":null,"o":null,"l":[]}
"""


OBJECTS = [json_util.loads(line) for line in JSON.splitlines()]


class Form(NamedTuple):
    """A form, the option that reads it, how it is written, and the JSON of the same documents."""

    options: dict[str, Any]
    write: Callable[[Path], object]
    plain: str = JSON


FORMS = {
    "near-JSON": Form({"lenient": True}, lambda path: path.write_text(NEAR)),
    "BSON": Form({}, lambda path: path.write_bytes(b"".join(map(bson.encode, OBJECTS)))),
    "DynamoDB": Form(
        {"typed_json": "dynamodb"},
        lambda path: path.write_bytes(gzip.compress(TYPED.encode())),
        UNTYPED,
    ),
}


def tables(out: Path) -> dict[str, list[str]]:
    return {
        p.name: sorted(map(repr, pq.read_table(p).to_pylist())) for p in out.iterdir() if p.is_dir()
    }


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> Form:
    return FORMS[request.param]


def test_the_tables_are_those_of_the_json(spark: Any, tmp_path: Path, form: Form) -> None:
    plain, other = tmp_path / "plain.json", tmp_path / "other.json"
    plain.write_text(form.plain)
    form.write(other)
    asked = Request([str(other)], key="_id", **form.options)
    flatten_dump(Request([str(plain)], key="_id"), tmp_path / "plain", lambda: spark)
    outcome = flatten_dump(asked, tmp_path / "other", lambda: spark)
    assert not outcome.quarantined and tables(tmp_path / "other") == tables(tmp_path / "plain")
    if form.plain == JSON:
        root = sorted(pq.read_table(tmp_path / "other" / "root").to_pylist(), key=repr)
        assert [(str(row["x"]), row["m"]) for row in root] == [("1.5", "1.10"), ("nan", "NaN")]
    assert "root_l" in str(show_plan(asked))


def test_silver_is_proved_and_proved_again(spark: Any, tmp_path: Path, form: Form) -> None:
    path, lake = tmp_path / "other.json", tmp_path / "lake"
    form.write(path)
    dump = silver.read_dump([str(path)], str(lake), DAY, key="_id", pii=[], **form.options)
    silver.publish_silver(spark, silver.silver_users(spark, dump, set()), dump, set())
    assert [row["n"] for row in rows(partition(lake, "silver.users"))] == [1, 9007199254740993]
    assert silver.prove_again(Lake(lake), DAY, [str(path)]) == dump.staged.leaves


def test_typed_json_is_proposed_and_read_by_what_is_proposed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    FORMS["DynamoDB"].write(tmp_path / "dump.json.gz")
    assert "--typed-json dynamodb" in str(show_plan(Request(["dump.json.gz"])))
    (tmp_path / "scan.json").write_text('{"Items":[{"n":{"N":"1"}}],"Count":1}')  # of the AWS CLI
    assert "--typed-json dynamodb" in str(show_plan(Request(["scan.json"])))
    assert main(["new", "mine", "--source", "dump.json.gz"]) == 0
    proposed = yaml.safe_load((tmp_path / "mine.yml").read_text())
    assert (proposed["typed_json"], proposed["key"], proposed["explode"]) == (
        "dynamodb",
        "_id",
        "l",
    )
    assert main(["flatten", "dump.json.gz", "--typed-json", "dynamodb", "--plan"]) == 0
    assert "typed_json: " in capsys.readouterr().out
