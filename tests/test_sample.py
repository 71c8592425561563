"""Synthetic dumps: the same bytes every time, the right shape, and no real person or address."""

import ipaddress
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workbench.sample import write_sample

ROOT = Path(__file__).parents[1]
DOCUMENTATION_NETWORKS = [
    ipaddress.ip_network(net)
    for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]
PATHS = {
    "_id",
    "alreadyHaveProducts",
    "alreadyHaveProducts[].createdAt.$date",
    "alreadyHaveProducts[].productId",
    "alreadyHaveProducts[].productType",
    "createdAt.$date",
    "name",
    "score.createdAt.$date",
    "score.hasConsumidorPositivo",
    "score.hasDebts",
    "score.origin.ip",
    "score.origin.referrer",
    "score.origin.useragent",
    "score.origin.utm_campaign",
    "score.origin.utm_content",
    "score.origin.utm_medium",
    "score.origin.utm_source",
    "score.origin.utm_term",
    "score.score",
    "score.scoreDescription",
    "score.scoreName",
    "score.scoreText",
    "score.updateCount",
    "updatedAt.$date",
}


def paths(value: Any, path: str = "") -> set[str]:
    if isinstance(value, dict):
        return {p for key in value for p in paths(value[key], f"{path}.{key}".lstrip("."))}
    if isinstance(value, list):
        return {path} | {p for item in value for p in paths(item, f"{path}[]")}
    return {path}


def lines(path: Path, **options: Any) -> list[str]:
    write_sample(path, **options)
    return path.read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    out = tmp_path_factory.mktemp("sample") / "users.json"
    return [json.loads(line) for line in lines(out, users=5000)]


def share(flags: list[bool]) -> float:
    return sum(flags) / len(flags)


def products(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [product for user in documents for product in user.get("alreadyHaveProducts", [])]


def scores(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [user["score"] for user in documents if "score" in user]


# The bytes


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    assert lines(tmp_path / "a", users=300, seed=7) == lines(tmp_path / "b", users=300, seed=7)


def test_another_seed_gives_other_users(tmp_path: Path) -> None:
    assert lines(tmp_path / "a", users=10, seed=1) != lines(tmp_path / "b", users=10, seed=2)


@pytest.mark.parametrize("hash_seed", ["0", "1234"])
def test_the_hash_seed_of_python_changes_nothing(tmp_path: Path, hash_seed: str) -> None:
    code = (
        "import sys, pathlib, workbench.sample as s; s.write_sample(pathlib.Path(sys.argv[1]), 50)"
    )
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT / "lib")}
    subprocess.run([sys.executable, "-c", code, tmp_path / "a"], env=environment, check=True)
    assert (tmp_path / "a").read_text("utf-8").splitlines() == lines(tmp_path / "b", users=50)


def test_fewer_users_are_the_first_of_more_users(tmp_path: Path) -> None:
    assert lines(tmp_path / "a", users=40) == lines(tmp_path / "b", users=900)[:40]


def test_the_committed_input_is_what_the_function_writes_today(tmp_path: Path) -> None:
    write_sample(tmp_path / "a", users=1000, seed=0, layout="array", flaws=True)
    assert (tmp_path / "a").read_bytes() == (ROOT / "data/input/users_dump.json").read_bytes()


# The layouts


def test_ndjson_has_one_document_a_line(tmp_path: Path) -> None:
    write_sample(tmp_path / "a", users=3)
    assert re.fullmatch(r"({[^\n]+}\n){3}", (tmp_path / "a").read_text("utf-8"))


def test_the_array_has_one_element_a_line_as_mongoexport_writes_it(tmp_path: Path) -> None:
    write_sample(tmp_path / "a", users=3, layout="array")
    assert re.fullmatch(r"\[\n({[^\n]+},\n){2}{[^\n]+}\n\]\n", (tmp_path / "a").read_text("utf-8"))


def test_one_user_is_an_array_too(tmp_path: Path) -> None:
    write_sample(tmp_path / "a", users=1, layout="array")
    assert len(json.loads((tmp_path / "a").read_text("utf-8"))) == 1


def test_both_layouts_hold_the_same_users(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in lines(tmp_path / "a", users=100)]
    write_sample(tmp_path / "b", users=100, layout="array")
    assert json.loads((tmp_path / "b").read_text("utf-8")) == rows


def test_an_unknown_layout_is_refused_with_the_allowed_ones(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'csv', allowed: ndjson, array"):
        write_sample(tmp_path / "a", users=1, layout="csv")


@pytest.mark.parametrize("users", [0, -1])
def test_fewer_than_one_user_is_refused(tmp_path: Path, users: int) -> None:
    with pytest.raises(ValueError, match=f"users is {users}, allowed: 1 or more"):
        write_sample(tmp_path / "a", users=users)


# The file


def test_parent_folders_are_created_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_sample(tmp_path / "new/folder/a.json", users=1)
    assert [path.name for path in (tmp_path / "new/folder").iterdir()] == ["a.json"]


def test_an_interrupted_write_leaves_the_old_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("old")
    monkeypatch.setattr("workbench.sample._users", lambda seed: (1 / 0 for _ in range(9)))
    with pytest.raises(ZeroDivisionError):
        write_sample(tmp_path / "a", users=5)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "old")]


# The shape


def test_the_field_paths_are_those_of_the_real_dump(documents: list[dict[str, Any]]) -> None:
    assert set().union(*(paths(document) for document in documents)) == PATHS


def test_every_user_has_key_times_and_name(documents: list[dict[str, Any]]) -> None:
    assert all(user.keys() >= {"_id", "createdAt", "updatedAt", "name"} for user in documents)


def test_keys_are_unique(documents: list[dict[str, Any]]) -> None:
    assert len({user["_id"] for user in documents}) == len(documents)


def test_products_stand_before_or_after_the_times(documents: list[dict[str, Any]]) -> None:
    assert {list(user).index("alreadyHaveProducts") for user in documents[:200] if
            "alreadyHaveProducts" in user} == {1, 3}  # fmt: skip


def test_no_product_comes_twice_to_a_user(documents: list[dict[str, Any]]) -> None:
    owned = [user.get("alreadyHaveProducts", []) for user in documents]
    assert all(
        len({(p["productType"], p.get("productId")) for p in items}) == len(items)
        for items in owned
    )  # fmt: skip


def test_dates_are_written_as_mongodb_does(documents: list[dict[str, Any]]) -> None:
    pattern = re.compile(r"202[12]-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")
    assert all(pattern.fullmatch(user["updatedAt"]["$date"]) for user in documents)


def test_no_update_is_older_than_the_user_or_a_product(documents: list[dict[str, Any]]) -> None:
    assert all(
        user["updatedAt"]["$date"]
        >= max(p["createdAt"]["$date"] for p in [user, *user.get("alreadyHaveProducts", [])])
        for user in documents
    )


def test_users_come_from_november_to_the_middle_of_january(documents: list[dict[str, Any]]) -> None:
    days = {user["createdAt"]["$date"][:10] for user in documents}
    assert (min(days), max(days)) == ("2021-11-02", "2022-01-17")


def test_the_default_rate_falls_as_the_score_rises(documents: list[dict[str, Any]]) -> None:
    known = sorted((s["score"], s["scoreText"]) for s in scores(documents) if s["scoreText"])
    rates = [int(text.split("provável que ")[1].split()[0]) for _, text in known]
    assert rates == sorted(rates, reverse=True) and {rates[0], rates[-1]} == {99, 4}


# The proportions


def test_users_have_two_products_on_average(documents: list[dict[str, Any]]) -> None:
    assert len(products(documents)) / len(documents) == pytest.approx(2.1, abs=0.15)


def test_six_products_in_ten_are_credit_cards(documents: list[dict[str, Any]]) -> None:
    cards = [product["productType"] == "creditcard" for product in products(documents)]
    assert share(cards) == pytest.approx(0.6, abs=0.04)


def test_a_few_products_have_no_id(documents: list[dict[str, Any]]) -> None:
    assert 0 < share(["productId" not in p for p in products(documents)]) < 0.002


def test_two_users_in_a_hundred_have_no_products_field(documents: list[dict[str, Any]]) -> None:
    missing = ["alreadyHaveProducts" not in user for user in documents]
    assert share(missing) == pytest.approx(0.02, abs=0.007)


def test_one_user_in_a_hundred_has_an_empty_array(documents: list[dict[str, Any]]) -> None:
    empty = [user.get("alreadyHaveProducts") == [] for user in documents]
    assert share(empty) == pytest.approx(0.01, abs=0.005)


def test_some_users_have_no_score_object(documents: list[dict[str, Any]]) -> None:
    assert share(["score" not in user for user in documents]) == pytest.approx(0.015, abs=0.006)


def test_a_few_scores_are_null(documents: list[dict[str, Any]]) -> None:
    assert 0 < share([score["score"] is None for score in scores(documents)]) < 0.01


def test_origin_is_in_55_of_100_documents(documents: list[dict[str, Any]]) -> None:
    origin = ["origin" in user.get("score", {}) for user in documents]
    assert share(origin) == pytest.approx(0.55, abs=0.03)


def test_has_debts_is_sometimes_missing(documents: list[dict[str, Any]]) -> None:
    assert 0 < share(["hasDebts" not in score for score in scores(documents)]) < 0.02


# Nobody is real


def test_names_are_numbers(documents: list[dict[str, Any]]) -> None:
    assert all(re.fullmatch(r"User \d{6}", user["name"]) for user in documents)


def test_every_address_is_kept_for_documentation(documents: list[dict[str, Any]]) -> None:
    origins = [score["origin"] for score in scores(documents) if "origin" in score]
    addresses = {address for origin in origins for address in origin["ip"].split(", ")}
    assert all(
        any(ipaddress.ip_address(address) in network for network in DOCUMENTATION_NETWORKS)
        for address in addresses
    )


def test_every_host_is_example_com(tmp_path: Path) -> None:
    text = "\n".join(lines(tmp_path / "a", users=2000))
    assert set(re.findall(r"(?:https?://|www\.)([^/\"]+)", text)) <= {
        "www.example.com",
        "example.com",
    }


# The flaws


def test_flaws_add_two_documents(tmp_path: Path) -> None:
    assert len(lines(tmp_path / "a", users=1000, flaws=True)) == 1002


def test_one_flaw_does_not_parse_and_one_has_no_key(tmp_path: Path) -> None:
    plain = set(lines(tmp_path / "a", users=90))
    flawed = lines(tmp_path / "b", users=90, flaws=True)[:-1]
    truncated, null_key = (line for line in flawed if line not in plain)
    with pytest.raises(json.JSONDecodeError):
        json.loads(truncated)
    assert json.loads(null_key)["_id"] is None


def test_bad_documents_stand_among_the_good_ones(tmp_path: Path) -> None:
    plain = lines(tmp_path / "a", users=90)
    flawed = lines(tmp_path / "b", users=90, flaws=True)
    assert (flawed[0], flawed[-2]) == (plain[0], plain[-2])


def test_only_the_last_document_has_the_late_field(tmp_path: Path) -> None:
    flawed = lines(tmp_path / "a", users=90, flaws=True)
    assert ["preferredLanguage" in line for line in flawed] == [False] * 91 + [True]


def test_the_late_field_is_all_that_the_last_document_gains(tmp_path: Path) -> None:
    last = json.loads(lines(tmp_path / "a", users=90)[-1])
    late = json.loads(lines(tmp_path / "b", users=90, flaws=True)[-1])
    assert late == last | {"preferredLanguage": "pt-BR"}


def test_one_user_with_flaws_is_three_documents(tmp_path: Path) -> None:
    assert len(lines(tmp_path / "a", users=1, flaws=True)) == 3
