"""Types of columns as the catalog writes them (Hive's): of files, of a table, of a partition.

A table has one type per column, a partition's files have their own. The rules of what Athena reads
as what are those of Trino's Hive connector: scalars widen, and fields of objects are found by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.schema import EXACT

VOID = "void"  # texts of which there is none: any other type holds them
WIDE = "wide"  # integers of 64 bits of which some are no doubles
WRITTEN = {VOID: "string", WIDE: "bigint"}
WHOLE = ("tinyint", "smallint", "int", "bigint", WIDE)
DIGITS = dict(zip(WHOLE, (3, 5, 10, 19, 19), strict=True))
FLOATS = ("float", "double")
DIGITS_AT_MOST = 38
SCALARS = {
    pa.bool_(): "boolean",
    pa.int8(): "tinyint",
    pa.int16(): "smallint",
    pa.int32(): "int",
    pa.int64(): "bigint",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.date32(): "date",
    pa.binary(): "binary",
}
LONGEST_TYPE = 131_072  # characters that the catalog keeps of one
LONGEST_NAME = 255


@dataclass(frozen=True)
class Hive:
    """A type: a scalar's name, or array, map or struct with what it holds, by name."""

    name: str
    inner: tuple[tuple[str, Hive], ...] = ()

    def text(self, *, kept: bool = False) -> str:
        """As the catalog has it; `kept`: with all that is known, as `read` takes it."""
        inner = [(name, kind.text(kept=kept)) for name, kind in self.inner]
        if self.name == "struct":
            return f"struct<{','.join(f'{name}:{kind}' for name, kind in inner)}>"
        if inner:
            return f"{self.name}<{','.join(kind for _, kind in inner)}>"
        return self.name if kept else written(self.name)


Types = dict[str, Hive]


def written(scalar: str) -> str:
    """A scalar in words of the catalog."""
    plain = WRITTEN.get(scalar, scalar)
    return re.sub(r"^decimal\((\d+,\d+),\d+\)$", r"decimal(\1)", plain)


@dataclass
class Columns:
    """The columns of files, and the paths of those that no reader of the catalog could name."""

    types: Types = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def read(text: str) -> Hive:
    """The type that a text tells. Raises ValueError where it tells none."""
    kind, rest = read_start(text)
    if rest:
        raise ValueError(f"{rest!r} is left of {text!r}")
    return kind


def read_start(text: str) -> tuple[Hive, str]:
    """The type that a text begins with, and the rest."""
    found = re.match(r"(struct|array|map)<|[a-z]+(\([\d,]+\))?", text)
    if not found:
        raise ValueError(f"{text!r} is no type")
    name, rest = found[1], text[found.end() :]
    inner: list[tuple[str, Hive]] = []
    names = {"array": ["element"], "map": ["key", "value"]}.get(name or "")
    while name and (not inner or rest[:1] == ","):
        rest = rest.removeprefix(",")
        if names is None:
            field_name, _, rest = rest.partition(":")
        else:
            field_name = names[len(inner)]
        kind, rest = read_start(rest)
        inner.append((field_name, kind))
    if name and rest[:1] != ">":
        raise ValueError(f"{text!r} does not end")
    return (Hive(name, tuple(inner)), rest[1:]) if name else (Hive(found[0]), rest)


def of_files(footers: Sequence[pq.FileMetaData]) -> Columns:
    """The columns of Parquet files of one schema, by their footers alone."""
    made, leaves = Columns(), iter(leaf_kinds(footers))
    fields = [(f.name, f.type) for f in footers[0].schema.to_arrow_schema()]
    made.types = dict(named(fields, leaves, "", made.left_out))
    for name, kind in list(made.types.items()):
        if len(kind.text()) > LONGEST_TYPE:
            del made.types[name]
            made.left_out.append(name)
    return made


def leaf_kinds(footers: Sequence[pq.FileMetaData]) -> Iterator[str]:
    """What is known of each leaf of the files: VOID where it is null everywhere, WIDE where some
    of it is no double; of decimals, how many digits there are before the point.
    """
    groups = [footer.row_group(n) for footer in footers for n in range(footer.num_row_groups)]
    for at in range(footers[0].num_columns):
        found = [group.column(at).statistics for group in groups]
        if found and all(s is not None and s.has_null_count and not s.num_values for s in found):
            yield VOID
        elif footers[0].schema.column(at).physical_type == "INT64" and any(map(wide, found)):
            yield WIDE
        else:
            yield whole_digits(found)


def wide(found: pq.Statistics | None) -> bool:
    if found is None or not found.has_min_max:
        return found is None or found.num_values > 0
    bounds = found.min, found.max
    return all(isinstance(b, int) for b in bounds) and max(-bounds[0], bounds[1]) > EXACT


def whole_digits(found: Sequence[pq.Statistics | None]) -> str:
    """The digits before the point of the longest decimal; nothing where that is not known."""
    known = [s for s in found if s is not None and (s.has_min_max or not s.num_values)]
    bounds = [b for s in known if s.has_min_max for b in (s.min, s.max)]
    if len(known) < len(found) or not all(isinstance(b, Decimal) for b in bounds):
        return ""
    return str(max((len(str(abs(int(b)))) for b in bounds), default=0)) if bounds else ""


def named(
    fields: Sequence[tuple[str, pa.DataType]],
    leaves: Iterator[str],
    above: str,
    left_out: list[str],
) -> Iterator[tuple[str, Hive]]:
    """The fields that can be named, in lower case, as readers know them; of two that are alike
    then the first, which is what they read. Where these are objects they read no column at all.
    """
    taken: dict[str, bool] = {}
    for name, kind in fields:
        low, found = name.lower(), hive(kind, leaves, f"{above}{name}.", left_out)
        if found and speakable(name) and low not in taken:
            taken[low] = pa.types.is_nested(kind)
            yield low, found
        elif found and low in taken and (taken[low] or pa.types.is_nested(kind)):
            left_out.append(f"{above}{name} (and with it Athena cannot read any of these files)")
        else:
            left_out.append(f"{above}{name}")


def speakable(name: str) -> bool:
    """Whether a name can stand in a type: letters, digits and what else its readers take."""
    return bool(re.fullmatch(r"[\w.$ ]+", name)) and len(name) <= LONGEST_NAME


def hive(kind: pa.DataType, leaves: Iterator[str], above: str, left_out: list[str]) -> Hive | None:
    """A type; None for an object without a field that can be named."""
    if pa.types.is_struct(kind):
        inner = tuple(named([(f.name, f.type) for f in kind], leaves, above, left_out))
        return Hive("struct", inner) if inner else None
    if pa.types.is_map(kind):
        key = hive(kind.key_type, leaves, above, left_out)
        return of_both(key, hive(kind.item_type, leaves, above, left_out))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        item = hive(kind.value_type, leaves, above, left_out)
        return Hive("array", (("element", item),)) if item else None
    return Hive(scalar(kind, next(leaves)))


def of_both(key: Hive | None, value: Hive | None) -> Hive | None:
    return Hive("map", (("key", key), ("value", value))) if key and value else None


def scalar(kind: pa.DataType, leaf: str) -> str:
    if pa.types.is_decimal(kind):
        known = f",{leaf}" if leaf.isdigit() else ""
        return f"decimal({kind.precision},{kind.scale}{known})"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    name = SCALARS.get(kind, "string")
    fits = (leaf == VOID and name == "string") or (leaf == WIDE and name == "bigint")
    return leaf if fits else name


def merged(tables: Sequence[Types]) -> Types:
    """The columns of several partitions, the oldest first, each in a type that holds all."""
    whole = reduce(merge, (Hive("struct", tuple(types.items())) for types in tables))
    return dict(whole.inner)


def merge(left: Hive, right: Hive) -> Hive:
    if VOID in (left.name, right.name):
        return right if left.name == VOID else left
    if left.name == right.name and left.inner:
        fields = dict(left.inner)
        for name, kind in right.inner:
            fields[name] = merge(fields[name], kind) if name in fields else kind
        return Hive(left.name, tuple(fields.items()))
    return left if left == right else Hive(wider(left.name, right.name))


def wider(left: str, right: str) -> str:
    """The least scalar that holds two; text where there is none."""
    both = {left, right}
    if both <= {*WHOLE}:
        return max(both, key=WHOLE.index)
    if both <= {*WHOLE, *FLOATS} and WIDE not in both:
        return "double"
    sizes = [digits(name) for name in both]
    whole, scale = (max(size[n] if size else DIGITS_AT_MOST for size in sizes) for n in (0, 1))
    if whole + scale > DIGITS_AT_MOST:
        return "string"
    return f"decimal({DIGITS_AT_MOST},{scale},{whole})"


def digits(name: str) -> tuple[int, int] | None:
    """The digits before and after the point that numbers of an exact type have."""
    if name in DIGITS:
        return DIGITS[name], 0
    found = re.fullmatch(r"decimal\((\d+),(\d+)(?:,(\d+))?\)", name)
    if not found:
        return None
    precision, scale = int(found[1]), int(found[2])
    return int(found[3] or precision - scale), scale


def declared(have: Types, want: Types) -> Types:
    """What a partition says of its columns, so that those of its table are read from its files.

    Every column of the table in its order: in the files' own type where readers widen that, else
    in the table's.
    """
    of_all = declared_as(*(Hive("struct", tuple(types.items())) for types in (have, want)))
    return dict(of_all.inner)


def declared_as(have: Hive, want: Hive) -> Hive:
    if want.inner and have.name == want.name:
        own = dict(have.inner)
        fields = ((n, declared_as(own[n], kind) if n in own else kind) for n, kind in want.inner)
        return Hive(want.name, tuple(fields))
    return have if widens(have, want) else want


def widens(have: Hive, want: Hive) -> bool:
    """Whether readers give values of the one type as the other."""
    if have.inner or want.inner:
        return False
    if want.name in ("string", VOID) or have.name == VOID:
        return True
    if have.name in (*WHOLE, *FLOATS) and want.name in (*WHOLE, *FLOATS):
        return wider(have.name, want.name) == want.name
    return digits(have.name) is not None and digits(want.name) is not None
