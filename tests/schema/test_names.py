"""Column names: clean for Athena, never shared, whatever the order."""

from itertools import permutations

import pytest

from workbench.schema.names import assign, clean_name, why
from workbench.schema.paths import Path


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (("_id",), "_id"),
        (("alreadyHaveProducts", None, "productType"), "already_have_products_product_type"),
        (("score", "hasConsumidorPositivo"), "score_has_consumidor_positivo"),
        (("HTTPServer",), "http_server"),
        (("Situação",), "situacao"),
        (("价格",), "jia_ge"),
        (("имя", "größe"), "imya_grosse"),
        (("價e\u0301x",), "jiaex"),
        (("\ue000",), "_"),
        (("a.b c$d`e",), "a_b_c_d_e"),
        (("1st",), "_1st"),
        (("",), "_empty"),
        (("a", ""), "a__empty"),
    ],
)
def test_a_path_becomes_a_name_that_athena_takes(path: tuple[str | None, ...], name: str) -> None:
    assert clean_name(path) == name


def test_a_long_name_is_cut_to_255_bytes_with_a_hash() -> None:
    assert len(clean_name(("x" * 300,))) == 255


def test_two_long_names_that_differ_at_the_end_stay_apart() -> None:
    assert clean_name(("x" * 300 + "a",)) != clean_name(("x" * 300 + "b",))


def test_a_name_that_is_already_clean_keeps_itself() -> None:
    paths = [("a", "b"), ("a_b",), ("aB",)]
    names = assign(paths, {p: clean_name(p) for p in paths})
    assert names[("a_b",)] == "a_b"


@pytest.mark.parametrize("paths", list(permutations([("a", "b"), ("a_b",), ("aB",), ("A_B",)])))
def test_names_are_the_same_in_any_order_of_paths(paths: list[tuple[str, ...]]) -> None:
    names = assign(paths, {p: clean_name(p) for p in paths})
    assert names == {("a_b",): "a_b", ("a", "b"): "a_b_2", ("A_B",): "a_b_3", ("aB",): "a_b_4"}


def test_a_known_name_stays_and_is_given_to_no_other_path() -> None:
    paths = [("a_b",), ("a", "b"), ("aB",)]
    known = {"aB": "a_b", "gone": "a_b_2"}
    names = assign(paths, {p: clean_name(p) for p in paths}, known)
    assert names == {("aB",): "a_b", ("a_b",): "a_b_3", ("a", "b"): "a_b_4"}


def test_names_that_differ_only_in_case_are_told_apart() -> None:
    assert assign([("a",), ("A",)], {("a",): "a", ("A",): "A"}) == {("A",): "A", ("a",): "a_2"}


@pytest.mark.parametrize("length", [254, 255, 256, 300])
def test_a_numbered_name_is_no_longer_than_allowed(length: int) -> None:
    paths = [("x" * length,), ("X" * length,)]
    names = assign(paths, {p: clean_name(p) for p in paths})
    assert len(set(names.values())) == 2
    assert max(map(len, names.values())) <= 255


@pytest.mark.parametrize(
    ("path", "name", "said"),
    [
        (("aB",), "aB_2", "Ab is taken"),
        (("a", "x y"), "p_a_x y", "with the prefix"),
        (("a", "x y"), "a.x y", "with the separator"),
        (("aB",), "p_a_b", "snake_case"),
        (("1x",), "_1x", "begins with a digit"),
        (("x y",), "x_y", "only a-z, 0-9 and _"),
        (("",), "_empty", "only a-z, 0-9 and _"),
    ],
)
def test_the_reason_of_a_name_is_what_made_it(path: Path, name: str, said: str) -> None:
    assert why(path, name, ["Ab", name]) == said
