"""What an engine reads of staged documents: their types, and their fingerprints under them."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import types as T

from workbench.fingerprint import Fingerprint, Fingerprints, together
from workbench.flatten.maps import entry_type, find_struct
from workbench.paths import ITEM, Path, parse_path
from workbench.schema import DECIMAL_DIGITS, Node

SCALARS: Mapping[str, T.DataType] = {
    "null": T.NullType(),  # a string column to the engine; that all of it is null is known here
    "bool": T.BooleanType(),
    "int": T.LongType(),
    "double": T.DoubleType(),
    "string": T.StringType(),
    "timestamp": T.TimestampType(),
    "datetext": T.StringType(),
    "text": T.StringType(),
}


def spark_type(node: Node) -> T.DataType:
    """The type of a node to an engine; see `workbench.schema.arrow_type`."""
    if node.kind == "struct" and node.fields:
        return struct_type(node)
    if node.kind == "list":
        return T.ArrayType(spark_type(node.item or Node()))
    if node.kind == "decimal":
        return T.DecimalType(DECIMAL_DIGITS, node.scale)
    return SCALARS["text" if node.kind == "struct" else node.kind]


def struct_type(node: Node) -> T.StructType:
    return T.StructType([T.StructField(n, spark_type(child)) for n, child in node.fields.items()])


def arrow_node(kind: T.DataType) -> Node:
    """The node of one leaf, for its fingerprint."""
    if isinstance(kind, T.DecimalType):
        return Node("decimal", digits=kind.precision - kind.scale, scale=kind.scale)
    if isinstance(kind, T.IntegralType):
        return Node("int")
    names: dict[type[T.DataType], str] = {
        T.BooleanType: "bool",
        T.DoubleType: "double",
        T.TimestampType: "timestamp",
    }
    return Node(names.get(type(kind), "string"))


# --- objects as maps --------------------------------------------------------------------------


def mapped_type(kind: T.DataType, path: Path, whole: Path) -> T.DataType:
    """A type after `as_map` of the object at `path`."""
    if not path:
        assert isinstance(kind, T.StructType)
        return T.ArrayType(entry_type(kind, whole))
    if isinstance(kind, T.ArrayType):
        return T.ArrayType(mapped_type(kind.elementType, path[1:], whole))
    assert isinstance(kind, T.StructType)
    return T.StructType(
        [
            T.StructField(f.name, mapped_type(f.dataType, path[1:], whole))
            if f.name == path[0]
            else f
            for f in kind.fields
        ]
    )


def mapped_schema(schema: T.StructType, path: str) -> T.StructType:
    """The schema after `as_map(path)`. Raises what `as_map` raises."""
    target = find_struct(schema, path)
    mapped = mapped_type(schema, target, target)
    assert isinstance(mapped, T.StructType)
    return mapped


def mapped_fingerprints(
    found: Fingerprints, before: T.StructType, after: T.StructType, path: str
) -> tuple[Fingerprints, set[Path]]:
    """The fingerprints after `as_map(path)`, and the paths where only counts can agree.

    What stood below each field of the object stands below one path now. Where the fields were of
    several kinds the values have been widened, and their sums cannot be told.
    """
    target = parse_path(path)
    parts: list[Fingerprints] = []
    shapes: dict[Path, set[str]] = {}
    for leaf, fingerprint in found.items():
        if leaf[: len(target)] != target:
            parts.append({leaf: fingerprint})
            continue
        rest = leaf[len(target) + 1 :]
        entry = (*target, ITEM)
        beside = rest and rest[0] is not ITEM and kind_at(after, (*entry, *rest)) is not None
        moved = (*entry, *rest) if beside else (*entry, "value", *rest)
        kind = kind_at(before, leaf)
        if fingerprint.count and kind is not None:
            shapes.setdefault(moved, set()).add(kind.simpleString())
            parts.append({moved: fingerprint})
        else:
            parts.append({moved: Fingerprint()})
    return together(parts), {p for p, kinds in shapes.items() if len(kinds) > 1}


def kind_at(kind: T.DataType | None, path: Path) -> T.DataType | None:
    """The type at a path; None where there is none."""
    for key in path:
        if key is ITEM:
            kind = kind.elementType if isinstance(kind, T.ArrayType) else None
        else:
            known = {f.name: f.dataType for f in getattr(kind, "fields", ())}
            kind = known.get(key)
    return kind
