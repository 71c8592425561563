"""What a table and its columns are, in a sentence each, for those who find them in the catalog."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.proof import Manifest, ProductsManifest, SilverManifest
from workbench.schema import Node, from_json, parse_path, show

TABLES = {
    "silver.users": "One row per document and ingestion: its fields, nested and typed.",
    "gold.user_products": "One row per user and product, flat; a user without products has one.",
    "gold.user_scores": "One row per score range and ingestion, empty ranges too.",
}
COLUMNS = {
    "gold.user_scores": {
        "score_group": "Name of the range.",
        "range_order": "Place of the range among the others, from 1.",
        "lower": "Least whole number of the range; null: open. Fractions right below it are in.",
        "upper": "Highest score of the range, inclusive; null: open.",
        "users": "Users in the range.",
        "share": "Users in the range over all users, 0 to 1.",
        "expected_default_rate": "Mean of the rates that the scores' texts state, 0 to 1.",
    }
}
KINDS: dict[str, type[Manifest]] = {
    "silver.users": SilverManifest,
    "gold.user_products": ProductsManifest,
}
NOT_LOSSLESS = {
    "text": "JSON text: values of several kinds.",
    "datetext": "Text: dates that are none among others.",
}


def comments(table: str, manifest: Manifest) -> dict[str, str]:
    """Comments by column, as far as is known what they are."""
    found = dict(COLUMNS.get(table, {}))
    if isinstance(manifest, ProductsManifest):
        found |= {name: path for path, name in manifest.columns.items()}
    if manifest.schema:
        hashed = (
            manifest.asked.pii if isinstance(manifest, SilverManifest) and manifest.asked else []
        )
        found |= dict(of_fields(from_json(manifest.schema), hashed))
    return found


def of_fields(node: Node, hashed: list[str]) -> Iterator[tuple[str, str]]:
    """The fields of documents: as they are spelled there, and what became of their values."""
    personal = [parse_path(path) for path in hashed]
    for name, child in node.fields.items():
        said = [name] if name != name.lower() else []
        said += [NOT_LOSSLESS[child.kind]] if child.kind in NOT_LOSSLESS else []
        inside = [show(path[1:]) for path in personal if path[0] == name]
        if inside:
            said.append(f"Hashed with a key: {', '.join(filter(None, inside))}".rstrip(": ") + ".")
        if said:
            yield name.lower(), " ".join(said)
