"""Which rows of which tables are a person's, and whether the path of the key can tell them."""

from __future__ import annotations

import json
from typing import Any

from workbench.errors import RequestError
from workbench.forget.partitions import (
    NOBODY,
    Mask,
    count_of,
    mask_of_columns,
    mask_of_raw,
    unknown_in_columns,
)
from workbench.forget.person import Field, Person
from workbench.forget.traces import own_values
from workbench.gold import PRODUCTS, SCORES
from workbench.lake import Lake
from workbench.proof import ProductsManifest, ScoresManifest, SilverManifest
from workbench.schema import Node, from_json, show
from workbench.silver import TABLE as USERS

TABLES = (("quarantine", USERS), ("gold", PRODUCTS), ("gold", SCORES), ("silver", USERS))


def is_in(lake: Lake, day: str, person: Person) -> bool:
    """Whether any table of a date has the person."""
    masks = {
        ("quarantine", USERS): mask_of_raw(person) if in_quarantine(lake, day, person) else None,
        ("silver", USERS): mask_of_users(lake, day, person),
        ("gold", PRODUCTS): mask_of_products(lake, day, person),
    }
    return any(mask and count_of(lake, *table, day, mask) for table, mask in masks.items())


def values_of(lake: Lake, day: str, person: Person) -> set[Any]:
    """The values of a date that only this person has, but for what charts name by themselves."""
    masks = {("silver", USERS): mask_of_users(lake, day, person)}
    masks["gold", PRODUCTS] = mask_of_products(lake, day, person)
    found = {
        value
        for table, mask in masks.items()
        if mask
        for value in own_values(lake, *table, day, mask)
    }
    edges = scores_of(lake, day).parameters.score_edges if lake.has("gold", SCORES, day) else []
    lake.let_go(day)  # one date at a time takes room on this machine
    return found - {*edges, *(edge + 1 for edge in edges)}


def scores_of(lake: Lake, day: str) -> ScoresManifest:
    return lake.manifest("gold", SCORES, day, ScoresManifest)


def mask_of_users(lake: Lake, day: str, person: Person) -> Mask | None:
    """The rows of silver.users of a date; None where it has no such table."""
    if not lake.has("silver", USERS, day):
        return None
    kinds = [kind_of(lake, day, field) for field in person.fields]
    if "null" in kinds:
        return NOBODY
    for field, kind in zip(person.fields, kinds, strict=True):
        check_one_person(lake, day, field, kind)
    return mask_of_columns(person.fields)


def unknown_users(lake: Lake, day: str, person: Person) -> int:
    """How many rows of silver.users of a date have not all of the key; of positions none."""
    if person.day:
        return 0
    if "null" in [kind_of(lake, day, field) for field in person.fields]:
        return lake.manifest("silver", USERS, day, SilverManifest).rows
    return count_of(lake, "silver", USERS, day, unknown_in_columns(person.fields))


def mask_of_products(lake: Lake, day: str, person: Person) -> Mask | None:
    """The rows of gold.user_products, which is flat; None where it is not there."""
    if not lake.has("gold", PRODUCTS, day):
        return None
    columns = lake.manifest("gold", PRODUCTS, day, ProductsManifest).columns
    fields = []
    for field in person.fields:
        name = columns.get(show(field.path))
        if name is None and lake.has("silver", USERS, day) and kind_of(lake, day, field) == "null":
            return NOBODY
        if name is None:
            raise RequestError(
                f"--key-path: {show(field.path)} is no column of gold.user_products of {day}."
            )
        fields.append(Field((name,), field.key, field.written))
    return mask_of_columns(fields)


def in_quarantine(lake: Lake, day: str, person: Person) -> bool:
    """Whether the quarantine of a date can tell of the person; of a position it cannot."""
    return lake.has("quarantine", USERS, day) and not person.day


def kind_of(lake: Lake, day: str, field: Field) -> str:
    """The kind of the values at the field's path in silver.users of a date; null: none."""
    node = from_json(lake.manifest("silver", USERS, day).schema)
    for name in field.path:
        node = node.fields.get(str(name), Node())
    return node.kind


def check_path(lake: Lake, days: list[str], person: Person) -> None:
    """Raises RequestError where a path is no single value of a date, or has none in any."""
    for field in person.fields:
        kinds = {day: kind_of(lake, day, field) for day in days}
        wrong = [day for day, kind in kinds.items() if kind in ("struct", "list")]
        if set(kinds.values()) == {"null"}:
            wrong = days
        if wrong:
            fields = from_json(lake.manifest("silver", USERS, wrong[-1]).schema).fields
            known = ", ".join(show((name,)) for name in list(fields)[:5])
            raise RequestError(
                f"--key-path: {show(field.path)} is no single value in silver.users of "
                f"{wrong[-1]}. Name the path of the key; the first fields are {known}."
            )


def check_one_person(lake: Lake, day: str, field: Field, kind: str) -> None:
    """Raises RequestError where a value at the path cannot be told by its text alone."""
    said = f"--key-path: {show(field.path)} of silver.users of {day}"
    other = "Name another path, whose values are texts and say who it is."
    if kind == "timestamp" and field.moment is None:
        raise RequestError(f"{said} is a time; give it as ISO 8601, for example 2024-05-01T10:00Z.")
    spelled = [mask_of_text(field, text) for text in (field.key, json.dumps(field.key))]
    if kind == "text" and all(count_of(lake, "silver", USERS, day, mask) for mask in spelled):
        raise RequestError(
            f"{said} has that key as a number and as a text, which may be two persons. {other}"
        )


def mask_of_text(field: Field, text: str) -> Mask:
    return mask_of_columns([Field(field.path, field.key, (text,))])
