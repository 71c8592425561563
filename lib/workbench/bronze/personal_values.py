"""Which fields of a dump hold personal data, by their names and by their values, with evidence."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.bronze.check_digits import is_card, is_cnpj, is_cpf, is_iban, is_ipv6, is_mobile
from workbench.bronze.free_text import kinds_inside
from workbench.bronze.maps import before_entries
from workbench.bronze.personal_names import VALUES, is_personal_name
from workbench.bronze.staged import different_values, first_documents, values_at
from workbench.bronze.staged_dump import StagedDump
from workbench.flatten import percent
from workbench.schema import ITEM, Node, Path, parse_path, show, walk

MOST_VALUES = 500  # different ones of a path that are looked at
FEWEST = 3  # different ones without which digits prove nothing: one in ten passes Luhn's check
MOST, SOME = 0.9, 0.01  # of the different: values that are personal; texts that hold such
KINDS = ("string", "int", "decimal")
# What is worth looking at: an @, some digits, or groups of hexadecimal digits.
MAY_BE = r"@|[0-9][^A-Za-z]*[0-9][^A-Za-z]*[0-9]|:[0-9a-fA-F]*:"
UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
RANDOM = "random keys"  # any UUID may be one, so that by themselves they say nothing
DIGITS: dict[str, Callable[[str], bool]] = {
    "CPF or CNPJ, by their check digits": lambda text: is_cpf(text) or is_cnpj(text),
    "card numbers": is_card,
    "IBAN": is_iban,
    "phone numbers, by their digits": is_mobile,
    RANDOM: lambda text: False,
}
PIX_CODE = "br.gov.bcb.pix"  # stands in each code for a payment (BR Code, 000201...)


@dataclass(frozen=True)
class Personal:
    """A field that looks personal: `what` it holds, in which share of its values, the first ones.

    A share of None: its name says so. `inside` are the paths of such values in its JSON text.
    """

    path: Path
    what: str
    share: float | None = None
    inside: list[str] = field(default_factory=list)

    @property
    def evidence(self) -> str:
        """Why it looks so."""
        inside = f" at {', '.join(self.inside)}" if self.inside else ""
        share = "" if self.share is None else f", {percent(self.share)} of its values"
        return f"{self.what}{inside}{share}"

    def __str__(self) -> str:
        return f"{show(self.path)} ({self.evidence})"


def personal_fields(schema: Node, documents: pa.Table) -> list[Personal]:
    """The fields that look personal, in the order of the schema.

    Values are looked at in the documents handed over, the first of a dump: 500 different ones of
    each path.
    """
    found = []
    for path, node in walk(schema):
        if not path or node.fields or node.kind in ("list", "null", "bool"):
            continue
        if is_personal_name(path):
            found.append(Personal(path, "its name"))
        elif node.kind in KINDS:
            one = personal_by_values(path, values_at(documents, path))
            found += [one] if one else []
    return found + points(schema, documents)


def in_clear(dump: StagedDump) -> list[Personal]:
    """The fields of a dump that look personal and are not hashed."""
    if not dump.scan.good:
        return []
    hashed = {parse_path(path) for path in dump.request.pii}
    found = personal_fields(dump.node, first_documents(dump.scan))
    maps = {parse_path(path) for path in dump.request.as_map}
    before = [before_entries(one.path, maps, dump.scan.schema) for one in found]
    told = zip(found, before, strict=True)
    return [
        one
        for one, paths in told
        if one.path not in hashed and (not paths or not hashed.issuperset(paths))
    ]


def personal_by_values(path: Path, values: pa.Array) -> Personal | None:
    """What the values of a path say."""
    texts = values.cast(pa.string())
    if not pc.any(pc.match_substring_regex(texts, MAY_BE)).as_py():
        return None
    different = different_values(texts, MOST_VALUES)
    told = {text: kind for text in different if (kind := kind_of(text))}
    kinds = dict.fromkeys(told.values())
    enough = kinds.keys() - DIGITS.keys() or len(different) >= FEWEST
    if len(told) / len(different) >= MOST and enough:
        what = "PIX keys" if RANDOM in kinds and len(kinds) > 1 else " and ".join(kinds)
        return Personal(path, what, share_of(told, different)) if what != RANDOM else None
    if not pa.types.is_string(values.type):
        return None
    return in_json(path, different) or in_text(path, different)


def share_of(some: Iterable[str], texts: Counter[str]) -> float:
    """The share of all values that some of the different texts have."""
    return sum(texts[text] for text in some) / texts.total()


def kind_of(text: str) -> str:
    """What kind of personal value a text is; empty where it is none."""
    for kind, form in VALUES.items():
        if form.match(text):
            return kind
    if PIX_CODE in text.lower():
        return "PIX codes"
    if is_ipv6(text):
        return "IP addresses"
    if UUID.fullmatch(text):
        return RANDOM
    return next((kind for kind, right in DIGITS.items() if right(text)), "")


def in_json(path: Path, texts: Counter[str]) -> Personal | None:
    """Personal data in texts that are JSON, with the paths inside."""
    documents = {text: found for text in texts if (found := parsed(text)) is not None}
    if len(documents) < MOST * len(texts):
        return None
    values: dict[Path, list[str]] = {}
    for document in documents.values():
        for inner, value in leaves(document, ()):
            values.setdefault(inner, []).append(str(value))
    inside = [
        show(inner)
        for inner, found in values.items()
        if inner and (is_personal_name(inner) or personal_by_values(inner, pa.array(found)))
    ]
    share = share_of(documents, texts)
    return Personal(path, "JSON text with personal data", share, inside) if inside else None


def in_text(path: Path, texts: Counter[str]) -> Personal | None:
    """Personal data in free text."""
    told = kinds_inside(texts)
    if len(told) / len(texts) < SOME:
        return None
    named = " and ".join(dict.fromkeys(kind for kinds in told.values() for kind in sorted(kinds)))
    return Personal(path, f"text with {named}", share_of(told, texts))


def parsed(text: str) -> Any:
    """The array or object that a text is the JSON of; None where it is none."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, (*path, ITEM))
    elif value is not None:
        yield path, value


def points(schema: Node, documents: pa.Table) -> list[Personal]:
    """GeoJSON's points (RFC 7946): two numbers, longitude and latitude, beside the type Point."""
    found = []
    for path, node in walk(schema):
        place = node.fields.get("coordinates") if node.kind == "struct" else None
        if not path or place is None or "type" not in node.fields or place.item is None:
            continue
        kinds = values_at(documents, (*path, "type"))
        if place.item.kind == "double" and pc.all(pc.equal(kinds, "Point")).as_py():
            found.append(Personal((*path, "coordinates", ITEM), "coordinates", 1.0))
    return found
