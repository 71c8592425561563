"""The schema as a tree, with shares of null."""

from typing import Any

from support.chain import typed
from workbench.explore.schema_tree import as_text, schema_tree

SHAPE = {
    "id": "bigint",
    "a": {"b": "string", "": "double"},
    "list": [{"x": "bigint", "deep": ["string"]}],
}
ROWS: list[Any] = [
    (1, ("t", 1.0), [(1, ["p", None]), (None, None)]),
    (2, (None, None), []),
    (3, None, None),
    (None, None, [(4, [])]),
]


def test_every_field_has_its_type_and_how_much_of_it_is_null(spark: Any) -> None:
    tree = schema_tree(spark.createDataFrame(ROWS, typed(SHAPE)))
    found = [tuple(row) for row in tree[["field", "type", "present", "of"]].to_numpy()]
    assert found == [
        ("id", "bigint", 3, 4),
        ("a", "object", 2, 4),
        ("    b", "string", 1, 4),
        ('    ""', "double", 1, 4),
        ("list", "array", 3, 4),
        ("    x", "bigint", 2, 3),
        ("    deep", "array", 2, 3),
        ("        []", "string", 1, 2),
    ]


def test_arrays_in_arrays_are_entered(spark: Any) -> None:
    tree = schema_tree(spark.createDataFrame([([[1, None], []],)], typed({"grid": [["bigint"]]})))
    found = [tuple(row) for row in tree[["field", "type", "present", "of"]].to_numpy()]
    assert found == [
        ("grid", "array", 1, 1),
        ("    []", "array", 2, 2),
        ("        []", "bigint", 1, 2),
    ]


def test_as_text_its_columns_stand_below_each_other(spark: Any) -> None:
    tree = schema_tree(spark.createDataFrame([(1, [])], typed({"a": "bigint", "l": ["string"]})))
    assert as_text(tree, "en").splitlines() == [
        "Field   Type    % null",
        "a       bigint    0.0%",
        "l       array     0.0%",
        "    []  string     n/a",
    ]
