"""The file beside a partition that says what it holds, what it was made from, and its proof."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypedDict

from workbench.schema import Change
from workbench.stored import Document, Stored

MANIFEST = "_manifest.json"

Told = dict[str, dict[str, Any]]  # fingerprints as JSON, by the paths of the leaves


class ScoreRange(TypedDict):
    """A row of gold.user_scores. An open bound is None; with both open there is no score."""

    score_group: str
    range_order: int
    lower: int | None
    upper: int | None
    users: int
    share: float
    expected_default_rate: float | None


@dataclass(kw_only=True)
class SourceFile(Stored):
    """A file of the dump. `bytes` is its size on disk."""

    path: str
    sha256: str = ""
    bytes: int = 0
    layout: str | None = None
    compression: str | None = None


@dataclass(kw_only=True)
class Reading(Stored):
    """How the documents of a dump were read, whatever was made of them."""

    as_map: list[str] = field(default_factory=list)
    pii: list[str] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    expand: list[str] = field(default_factory=list)
    include: list[str] = field(default_factory=list)
    exclude: list[str] = field(default_factory=list)
    as_columns: list[str] = field(default_factory=list)
    lenient: bool = False
    typed_json: str = ""
    source_file: bool = False


@dataclass(kw_only=True)
class Asked(Reading):
    """How a dump was read into a lake, so that it can be read so again."""

    key: str
    explode: list[str] = field(default_factory=list)
    contract: str = ""
    records: str = ""


@dataclass(kw_only=True)
class Drift(Stored):
    """How the schema differs from that of the last ingestion, of the date `since`, if any."""

    since: str | None
    changes: list[Change]


@dataclass(kw_only=True)
class Manifest(Document):
    """What is said of a partition of any table.

    `schema` is the inferred one, as `schema.to_json` writes it. `files` are the
    partition's own, each with its SHA-256. `forgotten` is when rows were last removed from it,
    `restated` when its rows were last written in other types than those of their dump.
    `output`, where it stands, is told in the record of its step alone.
    """

    table: str | None = None
    rows: int
    rows_in: int | None = None
    leaves: int | None = None
    leaves_in_table: int | None = None
    schema: Any = None
    fingerprints: dict[str, Told] | None = None
    files: dict[str, str] | None = None
    notes: list[str] | None = None
    forgotten: str | None = None
    restated: str | None = None
    output: str | None = None


@dataclass(kw_only=True)
class SilverManifest(Manifest):
    """What is said of silver.users. documents = rows + quarantined.

    `key_mark` tells the key of its hashes from others, where it has hashes.
    """

    documents: int
    quarantined: int
    reasons: dict[str, int]
    sources: list[SourceFile]
    asked: Asked | None = None
    drift: Drift | None = None
    repeated_keys: int = 0
    passed_over: list[str] = field(default_factory=list)
    key_mark: str | None = None


@dataclass(kw_only=True)
class ProductsManifest(Manifest):
    """What is said of gold.user_products: `columns` are the names by path.

    `silver_restated` is what the manifest of silver.users said as `restated` when this was made.
    """

    columns: dict[str, str]
    renames: dict[str, str] = field(default_factory=dict)
    silver_restated: str | None = None


@dataclass(kw_only=True)
class ScoreParameters(Stored):
    """How gold.user_scores was counted: bounds of ranges, and the paths of score and its text."""

    score_edges: list[int]
    score: str
    score_text: str
    score_scale: int = 1


@dataclass(kw_only=True)
class ScoresManifest(Manifest):
    """What is said of gold.user_scores: its rows, and how they were counted."""

    users: int
    parameters: ScoreParameters
    ranges: list[ScoreRange]
