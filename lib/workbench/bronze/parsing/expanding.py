"""Texts that hold JSON become what they hold, where that was asked for.

Two readers of the same rules: `expand` for decoded documents, `expanded_array` for an Arrow array.
What is no JSON of an object or an array stays a text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.bronze.parsing.decoding import MAX_DEPTH, Decoder, depth
from workbench.bronze.parsing.exact import holders
from workbench.bronze.parsing.extended_arrow import Undecided
from workbench.bronze.parsing.parsed import Rules
from workbench.schema import Node, Path, PathSet

HELD = "held"  # the key below which a text stands while it is read
FULL = r"^\s*[{\[](?s:.*)[}\]]\s*$"
Fast = Callable[[bytes, int, Rules], tuple[pa.StructArray, Node, Counter[Path], Counter[Path], int]]


def expand(decoded: dict[int, dict[str, Any]], rules: Rules, decoder: Decoder) -> Counter[Path]:
    """Puts what texts hold in their place; how many there were by path."""
    counts = Counter[Path]()
    for path in sorted(rules.expand, key=len):
        for document in decoded.values():
            for holder, key in holders(document, path):
                found = held(holder[key], len(path), decoder)
                if found is not None:
                    holder[key] = found
                    counts[path] += 1
    return counts


def held(value: Any, levels: int, decoder: Decoder) -> Any:
    """The object or array that a text so many levels deep holds; None where it holds none."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return None
    try:
        found = decoder.document(value.encode())
    except ValueError:
        return None
    return found if isinstance(found, dict | list) and depth(found) + levels <= MAX_DEPTH else None


def expanded_array(
    texts: pa.Array, path: Path, rules: Rules, fast: Fast
) -> tuple[pa.Array, Node, Counter[Path], Counter[Path]]:
    """What the texts at a path hold, by the fast reader of documents, and its node and counts.

    Raises Undecided where single documents must be looked at.
    """
    there = texts.drop_null()
    if not pc.all(pc.match_substring_regex(there, FULL)).as_py():
        raise Undecided
    lines = pc.binary_join_element_wise(f'{{"{HELD}":', there, "}\n", "")
    rows, node, cast, expanded, _ = fast(
        "".join(lines.to_pylist()).encode(), len(there), below(rules, path)
    )
    if list(node.fields) != [HELD] or rows.field(0).null_count:
        raise Undecided
    places = np.cumsum(np.asarray(texts.is_valid())) - 1
    made = rows.field(0).take(pa.array(places, mask=np.asarray(texts.is_null())))
    counts = [Counter({(*path, *p[1:]): n for p, n in c.items()}) for c in (cast, expanded)]
    counts[1][path] += len(there)
    return made, node.fields[HELD], counts[0], counts[1]


def below(rules: Rules, path: Path) -> Rules:
    """The rules for what the texts at a path hold."""

    def inner(found: Path) -> Path:
        return (HELD, *found[len(path) :])

    def inside(found: Path) -> bool:
        return found[: len(path)] == path != found

    return Rules(
        keys=(),
        loose={inner(p): kind for p, kind in rules.loose.items() if inside(p)},
        personal=PathSet(inner(p) for p in rules.personal if inside(p)),
        most_fields=rules.most_fields,
        beside={inner(p): name for p, name in rules.beside.items() if inside(p)},
        arrays=frozenset(inner(p) for p in rules.arrays if p[: len(path)] == path),
        types={inner(p): node for p, node in rules.types.items() if inside(p)},
        expand=frozenset(inner(p) for p in rules.expand if inside(p)),
        lenient=rules.lenient,
    )
