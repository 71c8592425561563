"""What a contract says of a field beside its type.

    fields:
      score.score: {type: double, required: true, min: 0, max: 1000}
      status: {type: string, values: [active, closed]}
      email: {pattern: ".+@.+", unique: true, type: string}

`required`: there in each document, or in each element of the array it stands in, and not null.
`min` and `max` are inclusive; `pattern` is of the whole text, in the syntax of RE2; `unique`: no
two documents have the same value, and of those that do the first stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import RequestError
from workbench.schema.arrow_types import arrow_type
from workbench.schema.kinds import Node
from workbench.schema.paths import ITEM, Path
from workbench.suggest import nearest

RULES = ("type", "required", "min", "max", "values", "pattern", "unique")
ORDERED = ("int", "double", "decimal", "timestamp", "date")
NAMED = (*ORDERED, "string", "bool")  # kinds whose values can be listed
TRUTH = {"true": True, "false": False}


@dataclass(frozen=True)
class Rule:
    """What the values at a path must be; `node` is their type, where that is fixed."""

    path: Path
    node: Node | None
    required: bool = False
    unique: bool = False
    least: Any = None
    most: Any = None
    values: tuple[Any, ...] = ()
    pattern: str = ""

    @property
    def of_values(self) -> bool:
        """Whether single values are looked at."""
        limits = self.least is not None or self.most is not None
        return limits or bool(self.values or self.pattern)


def rule_of(path: Path, given: Mapping[str, Any], node: Node | None, where: str) -> Rule:
    """The rule of a line. Raises RequestError where it says what cannot be."""
    for name in given:
        if name not in RULES:
            near = nearest(str(name), RULES)
            raise RequestError(
                f"{where}: {name} is no rule. "
                + (f"Did you mean {near}? " if near else "")
                + f"There are: {', '.join(RULES)}."
            )
    required, unique = (truth(given.get(name, "false"), f"{where}: {name}") for name in SWITCHES)
    if unique and ITEM in path:
        raise RequestError(f"{where}: unique is for fields outside of arrays. Leave it out.")
    for name, kinds in (("min", ORDERED), ("max", ORDERED), ("values", NAMED), ("pattern", TEXT)):
        if name in given and (node is None or node.kind not in kinds):
            raise RequestError(f"{where}: {name} needs a type: one of {', '.join(kinds)}.")
    made = {name: value_of(given[name], node, f"{where}: {name}") for name in ENDS & given.keys()}
    listed = given.get("values", [])
    if not isinstance(listed, list) or ("values" in given and not listed):
        raise RequestError(f"{where}: values must be a list, for example [a, b].")
    values = tuple(value_of(one, node, f"{where}: values") for one in listed)
    pattern = given.get("pattern", "")
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except (pa.ArrowInvalid, TypeError) as error:
        raise RequestError(f"{where}: pattern {pattern!r} cannot be read: {error}") from error
    return Rule(path, node, required, unique, made.get("min"), made.get("max"), values, pattern)


SWITCHES, ENDS, TEXT = ("required", "unique"), {"min", "max"}, ("string",)


def truth(text: Any, where: str) -> bool:
    if text not in TRUTH:
        raise RequestError(f"{where}: {text!r} is neither true nor false.")
    return TRUTH[text]


def value_of(text: Any, node: Node | None, where: str) -> Any:
    """A value that stands in a contract, in the type of its field."""
    kind = node.kind if node else ""
    try:
        made = READ[kind](text)
        return pa.scalar(made, arrow_type(node or Node())).as_py()
    except (ValueError, TypeError, ArithmeticError, KeyError, pa.ArrowException) as error:
        raise RequestError(f"{where}: {text!r} is no {kind}.") from error


def moment(text: str) -> datetime:
    """A time; without a zone it is UTC."""
    made = datetime.fromisoformat(text)
    return made if made.tzinfo else made.replace(tzinfo=UTC)


READ: dict[str, Any] = {
    "int": int,
    "double": float,
    "decimal": Decimal,
    "timestamp": moment,
    "date": date.fromisoformat,
    "string": str,
    "bool": TRUTH.__getitem__,
}
