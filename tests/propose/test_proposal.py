"""`workbench new`: what is proposed for a dump, and that the chain runs with it."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as pads
import pytest
import yaml

from support.chain import DAY, partition, write_dump
from support.processes import workbench
from workbench.bronze.personal_names import is_personal_name
from workbench.bronze.results import Scan
from workbench.bronze.scanning import scan
from workbench.cli import main
from workbench.propose.edges import proposed_edges
from workbench.propose.proposal import Proposal, propose
from workbench.propose.shapes import shaped
from workbench.schema.paths import ITEM

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
    folder.mkdir(exist_ok=True)
    dump = folder / "dump.json"
    dump.write_text("\n".join(json.dumps(d) for d in documents))
    return propose(scan([str(dump)], folder / "staged", key=None), "orders")


def test_every_parameter_comes_from_the_dump(tmp_path: Path) -> None:
    assert proposed(ORDERS, tmp_path).values == {
        "key": "id",
        "created_at": "created_on",
        "pii": ["customer.first_name", "customer.e-mail", "ip"],
        "explode": "lines",
        "product_type": "lines[].category",
        "score": "customer.rating",
        "score_edges": [10, 20, 30, 40],
        "entity": "orders",
        "score_text": "",
        "updated_at": "",
    }


def test_what_was_not_found_is_empty_and_said(tmp_path: Path) -> None:
    found = proposed([{"id": n, "a": f"text {n}"} for n in range(20)], tmp_path)
    fields = ("explode", "product_type", "score", "score_text", "created_at", "updated_at")
    assert [found.values[name] for name in fields] == [""] * 6 and found.notes == []
    assert found.reasons["created_at"] == "no date was found, and nothing is counted per day"


def test_a_text_that_states_a_rate_is_proposed(tmp_path: Path) -> None:
    said = "De 100 pessoas é provável que {} apresentem débitos"
    documents = [{"id": n, "s": {"text": said.format(n % 7)}} for n in range(20)]
    assert proposed(documents, tmp_path).values["score_text"] == "s.text"


def test_a_key_is_in_every_document_and_never_twice(tmp_path: Path) -> None:
    documents = [{"id": 1, "code": "a"}, {"id": 1, "code": "b"}, {"code": "c", "_id": 3}]
    assert proposed(documents, tmp_path).values["key"] == "code"


def test_where_no_field_is_a_key_the_position_is(tmp_path: Path) -> None:
    assert proposed([{"a": 1}, {"a": 1}], tmp_path).values["key"] == "position"


def test_a_key_that_a_few_lack_or_share_is_proposed_with_what_becomes_of_them(
    tmp_path: Path,
) -> None:
    documents = [{"id": n, "n": n % 5} for n in range(300)]
    documents[7]["id"], documents[8]["id"] = 6, None  # type: ignore[assignment]
    found = proposed(documents, tmp_path)
    assert found.values["key"] == "id" and "quarantine; or: position" in found.reasons["key"]
    assert proposed(documents[:20], tmp_path / "few").values["key"] != "id"


def test_other_candidates_are_named_with_the_reason(tmp_path: Path) -> None:
    assert proposed(ORDERS, tmp_path).reasons["explode"].endswith("or: tags")


@pytest.mark.parametrize(
    ("documents", "key"),
    [
        ([{"store": n // 5, "receipt": n % 5, "kind": "x"} for n in range(20)],
         ["store", "receipt"]),
        ([{"a": n // 9, "b": n // 3 % 3, "c": n % 3} for n in range(27)], ["a", "b", "c"]),
        ([{"device": f"d{n % 3}", "ts": f"2024-01-01T{n // 3:02}:00:00Z"} for n in range(30)],
         ["device", "ts"]),
    ],
)  # fmt: skip
def test_fields_that_are_unique_together_are_proposed(
    documents: list[dict[str, Any]], key: list[str], tmp_path: Path
) -> None:
    assert proposed(documents, tmp_path).values["key"] == key


def test_one_document_around_an_array_is_told_how_to_be_taken_apart(tmp_path: Path) -> None:
    frame = {"id": "all", "features": [{"a": n} for n in range(20)]}
    note = proposed([frame], tmp_path).notes[-1]
    assert "features, of 20 elements" in note and "jq -c '.features[]'" in note


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("2024-01-02", True),
        ("2024-01-02T03:04:05-03:00", True),
        (1_700_000_000, True),
        (1_700_000_000_000, True),
        (17, False),
        ("yesterday", False),
    ],
)
def test_dates_are_known_by_their_values(value: Any, time: bool, tmp_path: Path) -> None:
    documents = [{"id": f"a{n}", "created": value} for n in range(9)]
    assert (proposed(documents, tmp_path).values.get("created_at") == "created") is time


def test_a_key_is_no_date_and_rather_no_persons(tmp_path: Path) -> None:
    documents = [
        {"at": f"2024-01-{n:02}", "cpf": str(n), "ticket": {"no": n}} for n in range(1, 20)
    ]
    assert proposed(documents, tmp_path).values["key"] == "ticket.no"


@pytest.mark.parametrize(
    "path",
    [
        ("name",), ("user_name",), ("nome_completo",), ("workEmail",), ("cpf",), ("zip",),
        ("billing_details", "name"), ("maintainers", ITEM, "name"), ("sourceIPAddress",),
        ("name", ITEM, "family"), ("telecom", ITEM, "value"), ("endereco", "logradouro"),
        ("dateOfBirth",), ("data_nascimento",), ("screen_name",), ("celular",),
        ("paciente", "nome"), ("nomePaciente",), ("nomeMae",), ("filiacao",), ("cns",), ("pis",),
        ("nis",), ("titulo_eleitor",), ("rne",), ("chavePix",), ("conta",), ("placa",),
        ("phone_number",), ("card_number",), ("iban",), ("account_number",), ("lat",), ("lon",),
        ("driver", "name"), ("spouse",), ("beneficiary",), ("motorista", "nome"),
    ],
)  # fmt: skip
def test_names_that_tell_who_somebody_is(path: Any) -> None:
    assert is_personal_name(path)


@pytest.mark.parametrize(
    "path",
    [
        ("score_name",), ("recipe",), ("zipper",), ("names_total",), ("repo", "name"),
        ("tags", ITEM, "name"), ("prices", ITEM, "value"), ("contagem",), ("pistas",),
        ("given",) * 2, ("description",),
    ],
)  # fmt: skip
def test_names_that_do_not(path: Any) -> None:
    assert not is_personal_name(path)


@pytest.mark.parametrize(
    "value", ["a@example.com", "192.0.2.7", "111.222.333-44", "+55 11 5555 5555"]
)
def test_values_that_tell_who_somebody_is(value: str, tmp_path: Path) -> None:
    documents = [{"id": n, "of": [{"x": value}]} for n in range(9)]
    assert proposed(documents, tmp_path).values["pii"] == ["of[].x"]


def test_hashed_fields_are_not_what_elements_are_counted_by(tmp_path: Path) -> None:
    documents = [
        {"id": n, "by": [{"author_name": "ab"[n % 2]}], "lang": "ep"[n % 2]} for n in range(9)
    ]
    assert proposed(documents, tmp_path).values["product_type"] == "lang"


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        (range(1001), ([200, 400, 600, 800], 1)),
        (range(300, 851), ([400, 500, 600, 700], 1)),
        (range(-500, 501), ([-300, -100, 100, 300], 1)),
        ([n / 1000 for n in range(1001)], ([20, 40, 60, 80], 100)),
        ([n / 10 for n in range(10, 60)], ([2, 3, 4, 5], 1)),
        ([1, 2, 3, 4, 5] * 9, ([1, 2, 3, 4], 1)),
        ([7] * 9, None),
        ([], None),
    ],
)
def test_edges_are_round_and_spread_the_numbers(numbers: Any, found: Any) -> None:
    assert proposed_edges(pa.chunked_array([pa.array(list(numbers), pa.float64())])) == found


def test_a_skewed_number_is_spread_too(tmp_path: Path) -> None:
    edges, scale = proposed_edges(pa.chunked_array([[1.3**n for n in range(60)]])) or ([], 0)
    counts = [sum(1.3**n <= edge / scale for n in range(60)) for edge in edges]
    assert all(8 <= b - a <= 17 for a, b in zip([0, *counts], [*counts, 60], strict=True))


def test_the_chain_runs_with_the_file_that_is_written(tmp_path: Path) -> None:
    (tmp_path / "orders.ndjson").write_text("\n".join(json.dumps(d) for d in ORDERS))
    made = workbench("new", "orders", "--source", "orders.ndjson", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    written = yaml.safe_load((tmp_path / "orders.yml").read_text())
    assert written["lake"] == str(tmp_path / "data/lake/orders")
    done = workbench("run", "--params", "orders.yml", "--runs", "runs", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "All 1,200 leaves" in done.stdout
    (report,) = (tmp_path / "runs").glob("*/report.html")
    said = report.read_text(encoding="utf-8")
    assert "Orders: rating" in said and "usuários" not in said and "Inadimplência" not in said


def test_a_file_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "orders.yml").write_text("mine")
    done = workbench("new", "orders", "--source", "nowhere.json", cwd=tmp_path)
    assert done.returncode == 2 and "orders.yml is there already" in done.stderr
    assert (tmp_path / "orders.yml").read_text() == "mine"


def test_a_name_is_no_path(tmp_path: Path) -> None:
    done = workbench("new", "../orders", "--source", "nowhere.json", cwd=tmp_path)
    assert done.returncode == 2 and "'../orders' is not allowed" in done.stderr


def test_a_dump_without_a_good_document_is_told_why(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{bad\n")
    done = workbench("new", "bad", "--source", "bad.json", cwd=tmp_path)
    assert done.returncode == 1 and "None of the 1 documents is good (1 " in done.stderr


def test_texts_that_hold_json_are_proposed_with_their_share_and_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bodies = ["x", *(json.dumps({"user": {"email": f"a{n}@example.com"}}) for n in range(9))]
    documents = [json.dumps({"id": n, "body": body}) for n, body in enumerate(bodies)]
    Path("dump.json").write_text("\n".join(documents))
    assert main(["new", "events", "--source", "dump.json"]) == 0
    text = Path("events.yml").read_text()
    assert "# body holds JSON in 90% of its texts, which becomes fields\nexpand: [body]" in text
    assert yaml.safe_load(text)["pii"] == ["body.user.email"]


def test_integers_that_no_double_holds_are_ranged_all_the_same() -> None:
    numbers = pa.chunked_array([[2**53 + 1, *range(100)]], pa.int64())
    assert proposed_edges(numbers) is not None


def test_no_key_names_a_person_or_was_written_by_one(tmp_path: Path) -> None:
    stays = [
        {
            "hospital": n // 5,
            "stay": n % 5,
            "note": f"call a{n}@example.com",
            "email": f"a{n}@example.com",
            "remark": f"slept badly for {n} nights",
        }
        for n in range(20)
    ]
    assert proposed(stays, tmp_path).values["key"] == ["hospital", "stay"]
    alone = [{name: one[name] for name in ("note", "email", "remark")} for one in stays]
    found = proposed(alone, tmp_path / "alone")
    assert (found.values["key"], found.values["pii"]) == ("position", ["note", "email"])
    said = "of note, email, remark, never twice, each is personal or free text"
    assert said in found.reasons["key"]
    coded = [one | {"protocol": f"A-{n}"} for n, one in enumerate(alone)]
    assert proposed(coded, tmp_path / "coded").values["key"] == "protocol"


WARDS = [
    {
        "hospital": n // 6,
        "stay": n % 6,
        "note": f"call a{n}@example.com",
        "amount": n % 7,
        "meds": {str(1000 + 3 * n + k): {"dose": n, "by": {"login": f"u{n}"}} for k in range(3)},
        "seen": {str(7000 + n): {"at": "2024-01-02T03:04:05Z" if n % 2 else "at dawn"}},
        "labs": {"of": {str(9000 + 2 * n): 1.5, str(9001 + 2 * n): n}},
        "moves": {"to": "ab"[n % 2], "marks": {str(5000 + n): {"at": 1}}}
        if n % 10 == 3
        else [{"to": "ab"[k], "marks": {str(5000 + n): {"at": k}}} for k in range(2)],
    }
    for n in range(60)
]


@pytest.fixture(scope="module")
def wards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which a dump of maps and of arrays with lone objects was looked at, and run."""
    folder = tmp_path_factory.mktemp("wards")
    (folder / "dump.ndjson").write_text("\n".join(json.dumps(d) for d in WARDS))
    made = workbench("new", "wards", "--source", "dump.ndjson", cwd=folder)
    assert made.returncode == 0, made.stderr
    (folder / "new.out").write_text(made.stdout)
    done = workbench("run", "--params", "wards.yml", "--ingestion-date", DAY, cwd=folder)
    assert done.returncode == 0, done.stderr
    (folder / "run.out").write_text(done.stdout)
    return folder


def test_maps_are_proposed_with_evidence_and_nothing_inside_them_by_name(wards: Path) -> None:
    text = (wards / "wards.yml").read_text()
    written = yaml.safe_load(text)
    assert written["as_map"] == ["meds", "seen", "labs.of", "moves[].marks"]
    assert "meds (180 names of one shape, 3 in each object in the mean)" in text
    assert (written["key"], written["score"]) == (["hospital", "stay"], "amount")
    assert written["pii"] == ["note", "meds[].by.login"]


def test_an_array_that_is_a_lone_object_at_times_is_what_becomes_rows(wards: Path) -> None:
    text = (wards / "wards.yml").read_text()
    assert (yaml.safe_load(text)["explode"], "; 6 lone objects" in text) == ("moves", True)
    assert yaml.safe_load(text)["product_type"] == "moves[].to"


def test_the_chain_makes_rows_of_entries_and_of_lone_objects(wards: Path) -> None:
    said = (wards / "run.out").read_text()
    assert "60 documents = 60 in silver + 0 in quarantine" in said
    assert "looks personal" not in said
    lake = wards / "data/lake/wards"
    rows = pads.dataset(partition(lake, "gold.user_products")).to_table()
    assert rows.num_rows == 6 + 2 * 54
    silver = pads.dataset(partition(lake, "silver.users")).to_table()
    assert [len(one) for one in silver["meds"].to_pylist()] == [3] * 60
    dawn = {"2024-01-02T03:04:05Z", "at dawn"}
    assert {entry["at"] for one in silver["seen"].to_pylist() for entry in one} == dawn


@pytest.mark.parametrize(
    "documents",
    [
        [{"id": n, "x": [{"a": 1}] if n % 3 else "none", "y": {"b": n}} for n in range(30)],
        [{"id": n, "x": {"a": 1} if n % 3 else [{"a": 1}]} for n in range(30)],
    ],
)
def test_what_is_no_map_and_no_array_for_rows_stays_as_it_is(
    documents: list[dict[str, Any]], tmp_path: Path
) -> None:
    source = str(write_dump(tmp_path / "dump.json", documents))

    def look(name: str, **more: Any) -> Scan:
        return scan([source], tmp_path / name, key=None, **more)

    read, shape = shaped(look("whole"), look)
    assert (shape.maps, shape.lone) == ([], [])
    assert propose(read, "x", shape).values["explode"] == ""


@pytest.mark.parametrize(
    ("good", "then"),
    [(3, "A run fails above a share of 0.01: mend"), (100, "A run keeps them in quarantine.")],
)
def test_bad_documents_are_told_of_with_what_a_run_does(
    good: int,
    then: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = ['{"id": 1e999}', *(f'{{"id": {n}}}' for n in range(good))]
    Path("dump.json").write_text("\n".join(lines))
    assert main(["new", "few", "--source", "dump.json"]) == 0
    said = f"note: 1 of {good + 1} documents are bad (1 invalid JSON). The first, number 1 of "
    told = capsys.readouterr().out
    assert said in told and then in told


def test_a_dump_too_wide_without_its_maps_is_proposed_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    wide = [{"id": n, "of": {str(10_000 + 200 * n + k): k for k in range(200)}} for n in range(31)]
    write_dump(tmp_path / "wide.json", wide)
    assert main(["new", "wide", "--source", "wide.json"]) == 0
    assert yaml.safe_load(Path("wide.yml").read_text())["as_map"] == ["of"]
    odd = [
        {"id": n, "of": {f"{n}a{k}": [k, str(k), [k]][k % 3] for k in range(200)}}
        for n in range(31)
    ]
    write_dump(tmp_path / "odd.json", odd)
    capsys.readouterr()
    assert main(["new", "odd", "--source", "odd.json"]) != 0
    assert "more than 6,000 fields" in capsys.readouterr().err and not Path("odd.yml").exists()
