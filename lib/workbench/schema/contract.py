"""A contract: paths and their types, in a readable file, that every document must fit.

    # comment
    fields:
      _id: string
      score.score: double
      alreadyHaveProducts[].productType: string

A path that the contract names has its type in silver whatever the dump holds; null and missing
fit every type. Paths that it does not name are typed as they come. Texts that are written as a
time, a date, a decimal or true and false are read as such, where the contract says so. A line may
say more than a type (`schema.rules`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from workbench.errors import RequestError
from workbench.schema.drift import leaves
from workbench.schema.kinds import DECIMAL_DIGITS, WRITTEN, Node, decimal_node, is_hollow, walk
from workbench.schema.paths import ITEM, Path, parse_path, show
from workbench.schema.rules import Rule, rule_of
from workbench.storage import checked_yaml, local_path, yaml_loader, yaml_text
from workbench.suggest import nearest

KINDS = {
    "bool": "true or false, also as text",
    "int": "a whole number of 64 bits",
    "double": "a number",
    "decimal(P,S)": "an exact number, also as text: P digits at most, S after the point",
    "string": "a text",
    "timestamp": 'a time, as {"$date": ...} or an ISO 8601 text; of a day its beginning',
    "date": "a day, as YYYY-MM-DD, or a time that is a midnight in UTC",
    "datetext": 'what stands in {"$date": ...}, as it was written',
    "text": "any value, as JSON text",
}
DECIMAL = re.compile(r"decimal\((\d\d?), ?(\d\d?)\)")
OF_TEXT = ("bool", "decimal", "timestamp", "date")  # what a contract reads texts as


# --- the file ---------------------------------------------------------------------------------


def frozen(schema: Node, origin: str, held: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """A schema as the text of a contract; what is null everywhere has no type to fix.

    `held` are the rules that held in the data, by path: comments, to be switched on.
    """
    import yaml

    known = {show(path): node for path, node in leaves(schema, ())}
    fields = {
        path: name_of(node) for path, node in known.items() if node.kind in (*KINDS, "decimal")
    }
    lines = [
        f"# The types of {origin}. Edit them freely.",
        "# A document that does not fit goes to quarantine, with reason `contract`.",
        *(f"#   {kind:13} {meaning}" for kind, meaning in KINDS.items()),
    ]
    if any((held or {}).values()):
        lines += [
            "# What held in the data stands below a line; to switch it on, take it for that line.",
            "# Limits are rounded outwards. Of those that share what is unique, the first stays.",
        ]

    def line(path: str, said: Any, flow: bool = False) -> str:
        return yaml.safe_dump(
            {path: said}, sort_keys=False, allow_unicode=True, width=10**9, default_flow_style=flow
        ).strip()

    body = ["fields:" if fields else "fields: {}"]
    for path, kind in fields.items():
        body.append(f"  {line(path, kind)}")
        more = (held or {}).get(path)
        if more:
            body.append(f"#  {line(path, {'type': kind, **more}, flow=True)[1:-1]}")
    free = [f"# free, for no value is known yet: {p}" for p in known if p not in fields]
    return "\n".join([*lines, *body, *free]) + "\n"


def name_of(node: Node) -> str:
    return f"decimal({node.precision},{node.scale})" if node.kind == "decimal" else node.kind


def load_contract(path: str) -> Node:
    """The types of a contract, as a schema. Raises RequestError where it is not a contract."""
    return read_contract(path)[0]


def read_contract(path: str) -> tuple[Node, list[Rule]]:
    """The types of a contract, and its rules. Raises RequestError where it is not a contract."""
    root = Node("struct")
    rules = []
    for name, said in contract_lines(path).items():
        where, at = f"contract: {path}: {name}", parse_path(name)
        given = said if isinstance(said, dict) else {"type": said}
        node = node_named(given["type"], where) if "type" in given else None
        rule = rule_of(at, given, node, where)
        if node:
            place(root, at, node, where)
        if rule.required or rule.unique or rule.of_values:
            rules.append(rule)
    return root, rules


def contract_lines(path: str) -> dict[str, Any]:
    """What a contract says of each path, as it is written there: a type, or more.

    Raises RequestError where it is not a contract.
    """
    import yaml

    try:
        text = yaml_text(f"contract: {path}", local_path(path, "contract"))
        checked_yaml(f"contract: {path}", text)
        read = yaml.load(text, yaml_loader("Base"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise RequestError(f"contract: {path} cannot be read as YAML: {error}") from error
    fields = read.get("fields") if isinstance(read, dict) else None
    if not isinstance(fields, dict) or set(read) != {"fields"}:
        raise RequestError(
            f"contract: {path} must hold `fields:` and below it one `path: type` a line, and "
            "nothing else. `workbench schema --freeze FILE.yml` writes one."
        )
    return fields


def chosen_types(types: Mapping[str, str]) -> dict[Path, Node]:
    """The types that a person chose by path. Raises RequestError for what is no type or no path."""
    chosen = {parse_path(name): node_named(kind, f"types: {name}") for name, kind in types.items()}
    agreed(Node("struct"), chosen)
    return chosen


def agreed(contract: Node, chosen: Mapping[Path, Node]) -> Node:
    """What a contract and types chosen beside it say together; of one path, the chosen type."""
    root = Node("struct")
    fixed = {path: node for path, node in leaves(contract, ()) if path}
    for path, node in (fixed | dict(chosen)).items():
        place(root, path, node, f"types: {show(path)}")
    return root


def read_as(contract: Node, chosen: Mapping[Path, Node]) -> dict[Path, Node]:
    """The types that values are read as, whatever they were written as."""
    of_text = {path: node for path, node in walk(contract) if node.kind in OF_TEXT}
    return {path: n for path, n in (of_text | dict(chosen)).items() if n.kind not in WRITTEN}


def node_named(kind: Any, where: str) -> Node:
    parts = DECIMAL.fullmatch(str(kind))
    if parts and int(parts[2]) <= int(parts[1]) <= DECIMAL_DIGITS and int(parts[1]):
        precision, scale = int(parts[1]), int(parts[2])
        return replace(decimal_node(precision - scale, scale), precision=precision)
    if str(kind) in set(KINDS) - {"decimal(P,S)"}:
        return Node(kind)
    near = nearest(str(kind), KINDS)
    raise RequestError(
        f"{where}: {kind!r} is no type. "
        + (f"Did you mean {near}? " if near else "")
        + f"There are: {', '.join(KINDS)}."
    )


def place(root: Node, path: Path, leaf: Node, where: str) -> None:
    """Puts a leaf at its path, with the objects and arrays on the way."""
    if not path or path[0] is ITEM:
        raise RequestError(f"{where} is no path of a field. Write it as in `a.b[].c`.")
    node = root
    for at, key in enumerate(path):
        last = at == len(path) - 1
        kind = "list" if not last and path[at + 1] is ITEM else "struct"
        if node.kind == "list":
            node.item = child = node.item or Node()
        else:
            child = node.fields.setdefault(str(key), Node())
        if child.kind not in ("null", kind) or (last and child.kind != "null"):
            raise RequestError(
                f"{where} stands in the way of another line: one path is a single value, or has "
                "fields below it, or is an array (`a[]`). Keep one of them."
            )
        if last:
            child.kind, child.digits, child.scale = leaf.kind, leaf.digits, leaf.scale
            child.precision = leaf.precision
        else:
            child.kind = kind
        node = child


# --- what fits --------------------------------------------------------------------------------


def misfit(
    have: Node,
    want: Node,
    free: frozenset[Path],
    path: Path = (),
    chosen: Collection[Path] = (),
) -> str:
    """The first path that does not fit, with the kind found and the one agreed; empty if all do.

    `free`: personal paths, whose single values are hashed whatever they are. `chosen`: those whose
    type was chosen beside the contract.
    """
    if have.kind == "null" or want.kind in ("null", "text") or path in free:
        return ""
    if is_hollow(have, want):
        return ""
    if have.kind == want.kind == "struct":
        both = (name for name in have.fields if name in want.fields)
        inside = (misfit(have.fields[n], want.fields[n], free, (*path, n), chosen) for n in both)
        return next((found for found in inside if found), "")
    if have.kind == want.kind == "list":
        return misfit(have.item or Node(), want.item or Node(), free, (*path, ITEM), chosen)
    if have.kind == "int" and have.wide and want.kind == "double":
        return f"{show(path)}: int of more digits than a double holds, and the contract says double"
    if have.kind == want.kind != "decimal" or (have.kind, want.kind) in WIDER:
        return ""
    if have.kind == want.kind and have.digits <= want.digits and have.scale <= want.scale:
        return ""
    by = "types" if path in chosen else "the contract"
    return f"{show(path)}: {said(have)}, and {by} says {said(want)}"


WIDER = {
    ("int", "double"),
    ("int", "decimal"),
    ("isotime", "timestamp"),
    ("timestamp", "datetext"),
}


SAID = {
    "struct": "object",
    "list": "array",
    "isotime": "a time",
    "exact": "a number of more digits than a double holds",
}


def said(node: Node) -> str:
    return SAID.get(node.kind) or name_of(node)
