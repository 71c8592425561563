"""Analyses of a dump's own tables: written for its key, its array, its date, category and number.

In Athena's dialect, of plain SQL that DuckDB takes as it is: each user is counted once by a
`SELECT DISTINCT` of the key, whatever fields that has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from workbench.bronze import Scan, number_column
from workbench.flatten import plan_flat
from workbench.schema import (
    ITEM,
    Node,
    Path,
    clean_key,
    key_paths,
    node_at,
    parse_path,
    show,
    struct_type,
)

LATEST = """WITH ingestion_date AS (
  SELECT max(ingestion_date) AS value FROM gold.{table}
)"""
ONLY = "WHERE ingestion_date = (SELECT value FROM ingestion_date)"


@dataclass(frozen=True)
class Analysis:
    """A file for `sql/`: its name, and its text with title and question on top."""

    name: str
    text: str


@dataclass(frozen=True)
class Columns:
    """What the columns of gold.user_products are called, by what the parameters say they are.

    `things` are the documents in the plural. What the dump has not is empty.
    """

    things: str
    key: list[str]
    position: str = ""
    elements: str = ""
    category: str = ""
    kind: str = ""
    day: str = ""
    number: str = ""
    score: str = ""
    scale: int = 1

    @property
    def plural(self) -> str:
        return self.things.replace("_", " ")

    def apart(self, name: str) -> str:
        """A name for a query's own column, which no field of the key has."""
        return self.apart(f"its_{name}") if name in self.key else name


def analyses(scan: Scan, values: Mapping[str, object], name: str) -> list[Analysis]:
    """The analyses that fit a dump and the parameters that were proposed for it."""
    columns = columns_of(scan, {k: v for k, v in values.items() if v}, name)
    made = (per_day, per_category, per_range, number_by_elements, quality)
    return [analysis for make in made for analysis in make(columns)]


def columns_of(scan: Scan, values: Mapping[str, object], name: str) -> Columns:
    """The names that the chain will give: the same plan as that of notebook 02."""
    own = {number_column(scan.schema): Node("int")}
    node = Node("struct", own | scan.schema.fields)
    keys = key_paths(values["key"]) or ((next(iter(own)),),)  # type: ignore[arg-type]
    explode = str(values.get("explode", ""))
    names = {show(c.path): c.name for c in plan_flat(struct_type(node), explode or None).columns}
    paths = {n: str(values.get(n, "")) for n in ("product_type", "created_at", "score")}
    array, kind = parse_path(explode), paths["product_type"]
    created = parse_path(paths["created_at"])
    return Columns(
        things=clean_key(str(values.get("entity", name))),
        key=[names[show(path)] for path in keys],
        position=names.get(show((*array, "pos")), "") if explode else "",
        elements=last(array),
        category=names.get(kind, ""),
        kind=last(parse_path(kind)),
        day=day_of(
            names.get(paths["created_at"], ""),
            Node("string") if created in keys else node_at(node, created),  # keys stay texts
        ),
        number=names.get(paths["score"], ""),
        score=last(parse_path(paths["score"])),
        scale=int(str(values.get("score_scale", 1))),
    )


def last(path: Path) -> str:
    return clean_key(next((str(key) for key in reversed(path) if key is not ITEM), ""))


def day_of(column: str, node: Node | None) -> str:
    """The calendar day of a column; empty where that needs more than plain SQL."""
    if not column or node is None:
        return ""
    if node.kind == "timestamp":
        return f"CAST({quoted(column)} AS date)"
    return f"TRY_CAST(substr({quoted(column)}, 1, 10) AS date)" if node.kind != "int" else ""


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def told(name: str, title: str, question: str, sql: str, table: str = "user_products") -> Analysis:
    return Analysis(name, f"-- {title}\n-- {question}\n{LATEST.format(table=table)}{sql}\n")


def each(columns: Columns, *more: str) -> str:
    """Each document once, with some of what it has, as the WITH item `each_one`."""
    wanted = ",\n    ".join([*map(quoted, columns.key), *more])
    return f""",

each_one AS (
  SELECT DISTINCT
    {wanted}
  FROM gold.user_products
  {ONLY}
)
"""


def per_day(c: Columns) -> Iterator[Analysis]:
    if c.day:
        day = c.apart("day")
        yield told(
            f"{c.things}_per_day",
            f"{c.plural.capitalize()} per day",
            f"How many {c.plural} are there of each day (UTC)? The row without a day has no date.",
            each(c, f"{c.day} AS {day}")
            + f"""
SELECT {day}, count(*) AS {quoted(c.things)}
FROM each_one
GROUP BY {day}
ORDER BY {day} NULLS LAST""",
        )


def per_category(c: Columns) -> Iterator[Analysis]:
    if c.category:
        category = c.apart("category")
        yield told(
            f"{c.things}_per_{c.kind}",
            f"{c.plural.capitalize()} per {c.kind.replace('_', ' ')}",
            f"How many {c.plural} have each {c.kind.replace('_', ' ')}, and what share of all?",
            each(c, f"{quoted(c.category)} AS {category}").rstrip()
            + f""",

counted AS (
  SELECT count(*) AS everyone
  FROM (SELECT DISTINCT {", ".join(map(quoted, c.key))} FROM each_one) AS one
)

SELECT
  {category} AS {quoted(c.kind)},
  count(*) AS {quoted(c.things)},
  CAST(count(*) AS double) / (SELECT everyone FROM counted) AS share
FROM each_one
GROUP BY {category}
ORDER BY {quoted(c.things)} DESC, {category} NULLS LAST""",
        )


def per_range(c: Columns) -> Iterator[Analysis]:
    if c.number:
        ranged = c.score if c.scale == 1 else f"{c.score}_times_{c.scale}"
        yield told(
            f"{c.things}_per_{c.score}_range",
            f"{c.plural.capitalize()} per range of {ranged.replace('_', ' ')}",
            f"How many {c.plural} stand in each range of {ranged.replace('_', ' ')}?",
            f"""

SELECT score_group AS {quoted(ranged + "_range")}, users AS {quoted(c.things)}, share
FROM gold.user_scores
{ONLY}
ORDER BY range_order""",
            "user_scores",
        )


def number_by_elements(c: Columns) -> Iterator[Analysis]:
    if not c.position:
        return
    several = c.elements.replace("_", " ")
    elements, number = c.apart("elements"), c.apart("number")
    most = f",\n    max({quoted(c.number)}) AS {number}" if c.number else ""
    means = (
        f""",
  CAST(sum({number}) AS double) / nullif(count({number}), 0) AS {quoted("mean_" + c.score)},
  min({number}) AS {quoted("least_" + c.score)},
  max({number}) AS {quoted("greatest_" + c.score)}"""
        if c.number
        else ""
    )
    own = ", ".join(map(quoted, c.key))
    yield told(
        f"{c.things}_by_number_of_{c.elements}",
        f"{c.plural.capitalize()} by their number of {several}",
        f"How many {c.plural} have no, one, two, ... {several}"
        + (f", and what is their {c.score.replace('_', ' ')}?" if c.number else "?"),
        f""",

each_one AS (
  SELECT
    {own},
    count({quoted(c.position)}) AS {elements}{most}
  FROM gold.user_products
  {ONLY}
  GROUP BY {own}
)

SELECT
  {elements} AS {quoted(c.elements)},
  count(*) AS {quoted(c.things + "_with_so_many")}{means}
FROM each_one
GROUP BY {elements}
ORDER BY {elements}""",
    )


def quality(c: Columns) -> Iterator[Analysis]:
    """What is missing: one row per field that a document may lack."""
    fields = {c.score: c.number, c.kind: c.category, "date": c.day, c.elements: c.position}
    there = {label: column for label, column in fields.items() if column}
    if not there:
        return
    found = [
        f"max(CASE WHEN {column if column == c.day else quoted(column)} IS NOT NULL THEN 1 ELSE 0 "
        f"END) AS {quoted('has_' + label)}"
        for label, column in there.items()
    ]
    own = ", ".join(map(quoted, c.key))
    rows = ["SELECT 0 AS place, 'all' AS finding, count(*) AS concerned FROM each_one"]
    rows += [
        f"SELECT {at}, 'no {label.replace('_', ' ')}', count(*) - sum({quoted('has_' + label)}) "
        "FROM each_one"
        for at, label in enumerate(there, 1)
    ]
    yield told(
        f"{c.things}_quality",
        f"What is missing in {c.plural}",
        f"How many {c.plural} lack a field? What could not be read is in quarantine, not here.",
        f""",

each_one AS (
  SELECT
    {own},
    {joined(found)}
  FROM gold.user_products
  {ONLY}
  GROUP BY {own}
),

checks AS (
  {chr(10).join(rows).replace(chr(10), chr(10) + "  UNION ALL" + chr(10) + "  ")}
)

SELECT finding, concerned AS {quoted(c.things)}
FROM checks
ORDER BY place""",
    )


def joined(parts: Iterable[str]) -> str:
    return ",\n    ".join(parts)
