"""`workbench new`: what is proposed for a dump, and that the chain runs with it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import workbench

from workbench.errors import RequestError
from workbench.ingest import scan
from workbench.proposal import PERSONAL, Proposal, propose

ORDERS = [
    {
        "kind": "order",
        "id": n,
        "customer": {"first_name": "A", "e-mail": "x@y.z", "rating": n % 50},
        "created_on": {"$date": f"2024-01-{n % 28 + 1:02d}T00:00:00Z"},
        "lines": [{"category": "c", "price": n + 0.5}, {"category": "d", "price": 1.0}],
        "tags": ["x"],
        "ip": "192.0.2.1",
    }
    for n in range(100)
]


def proposed(documents: list[dict[str, Any]], folder: Path) -> Proposal:
    dump = folder / "dump.json"
    dump.write_text("\n".join(json.dumps(d) for d in documents))
    return propose(scan([str(dump)], folder / "staged", key=None))


def test_every_parameter_comes_from_the_dump(tmp_path: Path) -> None:
    assert proposed(ORDERS, tmp_path).values == {
        "key": "id",
        "created_at": "created_on",
        "pii": ["customer.first_name", "customer.e-mail", "ip"],
        "explode": "lines",
        "product_type": "lines[].category",
        "score": "customer.rating",
        "score_edges": [10, 20, 29, 39],
    }


def test_a_key_is_in_every_document_and_never_twice(tmp_path: Path) -> None:
    documents = [{"id": 1, "code": "a"}, {"id": 1, "code": "b"}, {"code": "c", "_id": 3}]
    assert proposed(documents, tmp_path).values["key"] == "code"


def test_without_a_key_the_way_without_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"key.*workbench flatten"):
        proposed([{"a": 1}, {"a": 1}], tmp_path)


def test_other_candidates_are_named_with_the_reason(tmp_path: Path) -> None:
    assert proposed(ORDERS, tmp_path).reasons["explode"].endswith("or: tags")


@pytest.mark.parametrize("name", ["name", "user_name", "nome", "email", "work_email", "cpf", "zip"])
def test_names_that_tell_who_somebody_is(name: str) -> None:
    assert PERSONAL.search(name)


@pytest.mark.parametrize("name", ["score_name", "recipe", "zipper", "description", "names_total"])
def test_names_that_do_not(name: str) -> None:
    assert not PERSONAL.search(name)


def test_the_chain_runs_with_the_file_that_is_written(tmp_path: Path) -> None:
    (tmp_path / "orders.ndjson").write_text("\n".join(json.dumps(d) for d in ORDERS))
    made = workbench("new", "orders", "--source", "orders.ndjson", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    written = yaml.safe_load((tmp_path / "orders.yml").read_text())
    assert written["lake"] == str(tmp_path / "data/lake/orders")
    done = workbench("run", "--params", "orders.yml", "--runs", "runs", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "All 1,200 leaves" in done.stdout


def test_a_file_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "orders.yml").write_text("mine")
    done = workbench("new", "orders", "--source", "nowhere.json", cwd=tmp_path)
    assert done.returncode == 2 and "orders.yml is there already" in done.stderr
    assert (tmp_path / "orders.yml").read_text() == "mine"


def test_a_name_is_no_path(tmp_path: Path) -> None:
    done = workbench("new", "../orders", "--source", "nowhere.json", cwd=tmp_path)
    assert done.returncode == 2 and "'../orders' is not allowed" in done.stderr
