"""Keys of one field, of several, or of none."""

import pytest

from workbench.errors import RequestError
from workbench.schema import as_values, key_paths, key_text, spelled, values_text


@pytest.mark.parametrize(
    ("key", "paths"),
    [
        ("_id", (("_id",),)),
        ("country, a.id", (("country",), ("a", "id"))),
        (["country", "a.id"], (("country",), ("a", "id"))),
        ("`a,b`", (("a,b",),)),
        (["`a,b`", "c"], (("a,b",), ("c",))),
        ("`position`", (("position",),)),
        ("position", ()),
        (["position"], ()),
        ("", ()),
    ],
)
def test_a_key_is_a_path_or_several_or_the_position(
    key: str | list[str], paths: tuple[object, ...]
) -> None:
    assert key_paths(key) == paths
    assert key_paths(key_text(key)) == paths
    assert not paths or key_paths(spelled(key_paths(key))) == paths


@pytest.mark.parametrize("key", ["a,a", "a[]", "a,b[].c"])
def test_what_is_no_single_value_or_named_twice_is_no_key(key: str) -> None:
    with pytest.raises(RequestError, match="the path of a single value"):
        key_paths(key)


def test_values_of_several_fields_are_parted_by_commas() -> None:
    paths = key_paths("a,b")
    assert as_values('"x,y",7', paths) == ["x,y", "7"]
    assert values_text(["x,y", 7]) == '"x,y",7'
    assert as_values("x,y", key_paths("a")) == ["x,y"]
    with pytest.raises(RequestError, match="a value each of a,b"):
        as_values("x", paths)
