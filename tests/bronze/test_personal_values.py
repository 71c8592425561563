"""Which fields look personal: by their names, by their values, inside their texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.chain import write_dump
from workbench.bronze.check_digits import is_card, is_cnpj, is_cpf, is_iban
from workbench.bronze.held_json import json_fields_of
from workbench.bronze.personal_values import Personal, in_clear
from workbench.bronze.staged import values_at
from workbench.bronze.staged_dump import DumpRequest, stage_dump
from workbench.schema import ITEM, parse_path, show

# Numbers made up for tests: their check digits are right, and they are nobody's.
CPFS = ["11144477735", "52998224725", "12345678909", "98765432100"]
CARDS = ["4111111111111111", "5555 5555 5555 4444", "378282246310005", "6011-1111-1111-1117"]
IBANS = ["GB82 WEST 1234 5698 7654 32", "DE89370400440532013000", "BR1500000000000010932840814P2"]
PHONES = "phone numbers, by their digits, 100% of its values"
UUIDS = [f"0d9f2c1e-0000-4000-8000-{n:012x}" for n in range(9)]


def found(folder: Path, documents: list[Any], **more: Any) -> list[Personal]:
    source = write_dump(folder / "a.json", documents)
    return in_clear(stage_dump(DumpRequest([str(source)], **more), folder / "staged"))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (CPFS, "CPF or CNPJ, by their check digits, 100% of its values"),
        (list(map(int, CPFS)), "CPF or CNPJ, by their check digits, 100% of its values"),
        (["111.222.333-44"], "CPF or CNPJ, 100% of its values"),
        (["12.ABC.345/01DE-35"], "CPF or CNPJ, 100% of its values"),
        (CARDS, "card numbers, 100% of its values"),
        (IBANS, "IBAN, 100% of its values"),
        (["a@example.com", "b@example.com"], "e-mail addresses, 100% of its values"),
        (["192.0.2.7", "198.51.100.255"], "IP addresses, 100% of its values"),
        (["+55 11 95555-5555"], "phone numbers, 100% of its values"),
        (["11 95555-5555"], "phone numbers, 100% of its values"),
        (["2001:db8::1", "::1", "fe80::1:2"], "IP addresses, 100% of its values"),
        (["aa:bb:cc:dd:ee:0f"], "MAC addresses, 100% of its values"),
        (["-23.55, -46.63", "48.8584,2.2945"], "coordinates, 100% of its values"),
        (["11987654321", "21987654321", "5531987654321"], PHONES),
        ([f"pedido {n} pago" for n in CPFS], "text with CPF or CNPJ, 100% of its values"),
        (["ligar 11987654321", "pedido 12345678901"], "text with phone numbers, 50% of its values"),
        (["from 2001:db8::1 at 12:30:01"], "text with IP addresses, 100% of its values"),
        (["denied to 192.0.2.177."], "text with IP addresses, 100% of its values"),
        (["in -23.55, -46.63 now"], "text with coordinates, 100% of its values"),
        ([*UUIDS[:5], "a@example.com", *CPFS], "PIX keys, 100% of its values"),
        (["00020126BR.GOV.BCB.PIX0136"], "PIX codes, 100% of its values"),
        (["call +55 11 95555-5555", "no"], "text with phone numbers, 50% of its values"),
        (["write to a@example.com"], "text with e-mail addresses, 100% of its values"),
        ([*(f"u{n}@example.com" for n in range(19)), "-"], "e-mail addresses, 95% of its values"),
        (
            [*(f"fale com a{n}@example.com" for n in range(15)), *["nada demais"] * 285],
            "text with e-mail addresses, 5% of its values",
        ),
        (
            ["-" if n % 20 else f"u{n}@example.com" for n in range(400)],
            "e-mail addresses, 5% of its values",
        ),
        (  # more different ones than are looked at
            ["-" if n % 2 else f"u{n}@example.com" for n in range(4000)],
            "e-mail addresses, 50% of its values",
        ),
        (["-"] * 999 + ["mail a@example.com"], "text with e-mail addresses, <1% of its values"),
    ],
)
def test_values_are_known_by_their_form_and_their_check_digits(
    tmp_path: Path, values: list[Any], said: str
) -> None:
    (one,) = found(tmp_path, [{"x": value} for value in values])
    assert one.evidence == said


@pytest.mark.parametrize(
    "values",
    [
        UUIDS,
        [10_000_000_000 + 7 * n for n in range(50)],
        [4_000_000_000_000_000 + n for n in range(50)],
        [1_700_000_000_000 + 1000 * n for n in range(50)],
        ["300.1.1.1", "1.2.3"],
        [f"2024-01-{n:02}" for n in range(1, 20)],
        ["4111111111111111"],  # one number proves nothing
        [1.5, 2.5],
        ["a text of 12 345 words"],
        [json.dumps({"n": n}) for n in range(1000, 1009)],
        [f"order {n} of {n + 1}" for n in range(10_000_000_000, 10_000_000_900, 9)],
        [f"order {n} is paid" for n in range(11_987_654_321, 99_999_999_999, 1_234_567_891)],
        ["12.50, 13.75", "1.5;2.5"],
        ["costs 12.50, 13.75 or -1.5"],
        ["12:34:56", "std::vector", "Bad::Cafe", "a::b"],
        ["at 12:34:56, 1::2, std::list<int>, ab:cd:ef:01:23:45"],
        ["version 10.0.19.1, Chrome/120.0.112.109, 1.2.3"],
        ["de 2020-01-01 a 2020-02-01, 1234-5678"],
    ],
)
def test_other_values_raise_no_alarm(tmp_path: Path, values: list[Any]) -> None:
    assert found(tmp_path, [{"x": value} for value in values]) == []


def test_what_stands_in_json_text_is_found_with_its_path(tmp_path: Path) -> None:
    bodies = [{"user": {"of": f"a{n}@example.com", "cpf": str(n)}, "n": [n]} for n in range(5)]
    documents = [{"id": n, "body": json.dumps(body)} for n, body in enumerate(bodies)]
    (one,) = found(tmp_path, documents)
    assert (one.path, one.inside) == (("body",), ["user.of", "user.cpf"])
    assert one.evidence == "JSON text with personal data at user.of, user.cpf, 100% of its values"


def test_texts_that_hold_json_are_told_with_their_share_of_all_texts(tmp_path: Path) -> None:
    texts = [json.dumps({"n": n}) for n in range(30)] + ["none"] * 270
    source = write_dump(tmp_path / "a.json", [{"x": text} for text in texts])
    (one,) = json_fields_of(stage_dump(DumpRequest([str(source)]), tmp_path / "staged"))
    assert str(one) == "x holds JSON in 10% of its texts"


def test_points_of_geojson_are_where_somebody_is(tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": [-46.6, -23.5]}
    line = {"type": "LineString", "coordinates": [[-46.6, -23.5], [-46.7, -23.6]]}
    assert [str(one) for one in found(tmp_path, [{"at": point, "way": line}])] == [
        "at.coordinates[] (coordinates, 100% of its values)"
    ]


def test_what_is_hashed_is_not_in_clear(tmp_path: Path) -> None:
    documents = [{"email": "a@example.com", "l": [{"ip": "192.0.2.1", "n": 1}]}]
    assert [str(one) for one in found(tmp_path, documents, pii=["email"])] == ["l[].ip (its name)"]


def test_what_is_hashed_in_each_field_of_a_map_is_not_in_clear_in_its_entries(
    tmp_path: Path,
) -> None:
    inner = {"a": {"of": {"x": {"login": "u"}}}, "b": {"of": {"y": {"login": "v"}}}}
    documents = [{"m": inner, "to": {"c": "c@example.com", "d": "d@example.com"}}]
    pii = ["m.a.of.x.login", "m.b.of.y.login", "to.c", "to.d"]
    maps = ["m", "m[].of", "to"]
    assert found(tmp_path, documents, pii=pii, as_map=maps) == []
    (tmp_path / "some").mkdir()
    clear = found(tmp_path / "some", documents, pii=[pii[0], pii[2]], as_map=maps)
    assert [show(one.path) for one in clear] == ["m[].of[].login", "to[].value"]


@pytest.mark.parametrize(
    ("documents", "maps", "pii", "clear"),
    [
        ([{"m": {"a": {"login": "u"}}}, {"m": {"b": {"login": 7}}}], ["m"], "m[].login", "u"),
        ([{"m": {"a": "u", "b": "v"}}], ["m"], "m[].value", "v"),
        ([{"m": {"a": {"key": 1, "login": "u"}}}], ["m"], "m[].value.login", "u"),
        ([{"m": {"a": {"of": {"x": {"login": "u"}}}}}], ["m", "m[].of"], "m[].of[].login", "u"),
        ([{"l": [{"m": {"a": {"v": 1, "login": "u"}}}]}], ["l[].m"], "l[].m[].login", "u"),
    ],
)
def test_values_of_a_map_are_hashed_by_the_path_of_its_entries(
    tmp_path: Path, documents: list[Any], maps: list[str], pii: str, clear: str
) -> None:
    source = write_dump(tmp_path / "a.json", documents)
    request = DumpRequest([str(source)], as_map=maps, pii=[pii])
    dump = stage_dump(request, tmp_path / "staged", b"k" * 32)
    parts = (dump.scan.folder / "documents").iterdir()
    rows = json.dumps([pq.read_table(part).to_pylist() for part in parts])
    assert f'"{clear}"' not in rows and dump.fingerprints[parse_path(pii)].count
    assert in_clear(dump) == [] and not any("not in this dump" in note for note in dump.notes())


@pytest.mark.parametrize(
    ("check", "right"),
    [
        (is_cpf, CPFS),
        (is_cnpj, ["11222333000181", "12ABC34501DE35"]),
        (is_card, CARDS),
        (is_iban, IBANS[:2]),
    ],
)
def test_one_wrong_digit_is_seen(check: Any, right: list[str]) -> None:
    for text in right:
        assert check(text)
        assert not check(text[:-1] + str((int(text[-1]) + 1) % 10))
    assert not check("0" * len(right[0])) and not check("")


def test_of_the_values_of_a_path_the_first_million_are_looked_at() -> None:
    documents = pa.table({"n": [[1] * (1 << 20), [2]], "m": [3, None]})
    first = [values_at(documents, path) for path in [("n", ITEM), ("m",)]]
    assert [len(one) for one in first] == [1 << 20, 1]
    assert first[0].unique().to_pylist() == [1]
