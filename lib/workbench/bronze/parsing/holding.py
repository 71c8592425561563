"""Documents held against the rules of a contract: which do not keep them, and which rule it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.schema import ITEM, Numbers, Path, Rule, arrow_type, elements, show, sizes


def broken(rows: pa.StructArray, rules: Iterable[Rule]) -> dict[int, str]:
    """The rows that break a rule, each with the path and the first rule, never with the value."""
    found: dict[int, str] = {}
    for rule in rules:
        values, owners = values_at_path(rows, rule.path)
        for name, wrong in faults(values, rule):
            for row in np.unique(owners[wrong]).tolist():
                found.setdefault(row, f"{show(rule.path)}: {name}")
    return found


def values_at_path(rows: pa.StructArray, path: Path) -> tuple[pa.Array, Numbers]:
    """The values at a path, null where there is none, and the row that each stands in."""
    array: pa.Array = rows
    owners: Numbers = np.arange(len(rows))
    for key in path:
        if key is ITEM:
            there = pa.types.is_list(array.type)
            owners = np.repeat(owners, sizes(array)) if there else owners[:0]
            array = elements(array) if there else pa.nulls(0)
            continue
        names = [f.name for f in array.type] if pa.types.is_struct(array.type) else []
        array = array.flatten()[names.index(key)] if key in names else pa.nulls(len(array))
    return array, owners


def faults(values: pa.Array, rule: Rule) -> Iterator[tuple[str, Numbers]]:
    """What a rule says, and which values do not keep it."""
    if rule.required:
        yield "required, and it is missing or null", np.asarray(values.is_null())
    if not rule.of_values or rule.node is None or pa.types.is_null(values.type):
        return
    kind = arrow_type(rule.node)
    typed = values.cast(kind, safe=rule.node.kind != "double")
    if rule.least is not None:
        yield "below min", marked(pc.less(typed, pa.scalar(rule.least, kind)))
    if rule.most is not None:
        yield "above max", marked(pc.greater(typed, pa.scalar(rule.most, kind)))
    if rule.values:
        known = pc.is_in(typed, pa.array(rule.values, kind), skip_nulls=True)
        yield "none of values", np.asarray(typed.is_valid()) & ~marked(known)
    if rule.pattern:
        fits = pc.match_substring_regex(typed, f"^(?:{rule.pattern})$")
        yield "not as pattern says", np.asarray(typed.is_valid()) & ~marked(fits)


def marked(truths: pa.Array) -> Numbers:
    """True where it is; null is not."""
    return np.asarray(truths.fill_null(False), bool)
