"""Dataclasses that are kept as JSON: what of them is written, and how older ones are read.

A field that came later has a default, so that what was written before it is read. What a document
has beyond its class stays in `more`, and is written again with the rest. A document's version is
raised only where an older reader would misread it: one of a higher version is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, ClassVar, Self, TypeVar, get_args, get_origin, get_type_hints, is_typeddict

Of = TypeVar("Of")
NOT_STORED = {"stored": False}  # metadata of a field that the JSON does not have


@dataclass(kw_only=True)
class Stored:
    """An object of a JSON document."""

    more: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(kw_only=True)
class Document(Stored):
    """A whole JSON document, which says in which version of its form it is."""

    newest: ClassVar[int] = 1
    version: int = 1

    @classmethod
    def load(cls, path: Path) -> Self:
        """The document of a file. OSError where there is none, ValueError where it is another."""
        return from_json(cls, json.loads(path.read_text(encoding="utf-8")))

    def text(self) -> str:
        return json.dumps(as_json(self), indent=1, ensure_ascii=False, default=str) + "\n"


def as_json(value: Any) -> Any:
    """A value as plain JSON. A field that may be missing, and is None, is left out."""
    if is_dataclass(value) and not isinstance(value, type):
        told = {f.name: as_json(getattr(value, f.name)) for f in stored_fields(type(value))}
        told = {n: v for n, v in told.items() if v is not None or n not in optional(type(value))}
        return told | (value.more if isinstance(value, Stored) else {})
    if isinstance(value, Mapping):
        return {name: as_json(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(inner) for inner in value]
    return value


def from_json(kind: type[Of], given: Any) -> Of:
    """A dataclass of plain JSON.

    Raises ValueError, naming the field, where one is missing or is of another type; and where
    the document is of a version that is not known yet.
    """
    if not isinstance(given, dict):
        raise ValueError(f"it is {named(given)}, not an object")  # noqa: TRY004
    if issubclass(kind, Document):
        version = given.get("version", 0)
        if version > kind.newest:
            raise ValueError(
                f"it is of version {version}, and this Workbench knows versions up to "
                f"{kind.newest}. Read it with the Workbench that wrote it, or a later one"
            )
        given = given | {"version": kind.newest}
    known: Any = kind
    hints, values = hints_of(known), dict(given)
    made = {}
    for each in stored_fields(known):
        if each.name in values:
            made[each.name] = read(hints[each.name], values.pop(each.name), each.name)
        elif each.default is MISSING and each.default_factory is MISSING:
            raise ValueError(f"it has no {each.name}")
    if issubclass(kind, Stored):
        made["more"] = values
    elif values:
        raise ValueError(f"{next(iter(values))} is not known")
    return kind(**made)


def read(hint: Any, value: Any, name: str) -> Any:
    """A value of JSON as its type says. Raises ValueError where it is of another."""
    origin, inside = get_origin(hint), get_args(hint)
    if hint in (Any, object):
        return value
    if origin is UnionType or NoneType in inside:
        if value is None and NoneType in inside:
            return None
        kinds = [kind for kind in inside if kind is not NoneType]
        return read(kinds[0], value, name) if len(kinds) == 1 else value
    if is_dataclass(hint):
        try:
            return from_json(hint, value)  # type: ignore[arg-type]
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    whole = dict if is_typeddict(hint) else origin or hint
    right = isinstance(value, int | float) if whole is float else isinstance(value, whole)
    if not right:
        raise ValueError(f"{name} is {named(value)}")
    if origin is list:
        return [read(inside[0], one, name) for one in value]
    if origin is dict:
        return {key: read(inside[1], one, f"{name}.{key}") for key, one in value.items()}
    return value


def named(value: Any) -> str:
    """What a value of JSON is, without showing it."""
    names = {dict: "an object", list: "an array", str: "a text", NoneType: "null"}
    return names.get(type(value), "a number" if not isinstance(value, bool) else "true or false")


@cache
def stored_fields(kind: Any) -> list[Field[Any]]:
    return [f for f in fields(kind) if f.name != "more" and f.metadata.get("stored", True)]


@cache
def optional(kind: Any) -> frozenset[str]:
    return frozenset(f.name for f in stored_fields(kind) if f.default is None)


@cache
def hints_of(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
