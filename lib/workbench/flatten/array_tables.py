"""The relational form: one table per array, each row naming its document, parent and position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from workbench.columns import hidden, needs_guards, reachable, value
from workbench.errors import KeyNotUnique
from workbench.flatten.array_tables_plan import ELEMENT, MAX_TABLES, plan_tables
from workbench.flatten.flat_table_plan import MAX_COLUMNS, FlatColumn
from workbench.flatten.tables_plan import PARENT, POSITION, Table, TablesPlan
from workbench.flatten.types import schema_of
from workbench.flatten.wide_structs import take
from workbench.json_text import FRACTIONS, array_text
from workbench.schema import Path, quote, show, spelled

KEY, LINE, AT = "__workbench_key_", "__workbench_parent", "__workbench_pos"
ARRAY = "__workbench_array"
SHOWN = 60  # characters of a key that a message shows


class Tables(dict[str, DataFrame]):
    """The tables by name, the root first, parents before children; `plan` says how they are made.

    `plan.names` is the map of names to give as `known` next time; `plan.renames` lists those that
    are not simply the path.
    """

    def __init__(self, plan: TablesPlan, tables: Mapping[str, DataFrame]) -> None:
        super().__init__(tables)
        self.plan = plan


def relational(
    df: DataFrame,
    key: str | Sequence[str] = "_id",
    root: str = "root",
    *,
    sep: str = "_",
    names: str = "athena",
    max_depth: int | None = None,
    max_tables: int = MAX_TABLES,
    max_columns: int = MAX_COLUMNS,
    known: Mapping[str, str] | None = None,
    prefix: str = "",
    as_json: Sequence[str] = (),
) -> Tables:
    """Every array as a table of its own, so that each value stands once.

    Returns the tables by name, in order. The root table `root` has one row per row of `df`. The
    table of an array is called `<root>_<path>` (an array of arrays: `<table>_value`) and has one
    row per element; `null` elements have theirs, and where the array is missing, null or empty
    there is none. Its columns: the root's key under the name that it has in the root table
    (of several fields, `key=["country", "id"]`, each of them); `_parent`, the key of the row that
    the array stands in; `_pos`, the position from 0; then the fields of the element, or `value`
    where elements are bare. Structs become columns, named as
    in `flatten`; a field that is called like one of the first three gets another name, listed in
    `plan.renames` of the result.

    The key of a row is made of the document's key, the array's path and the position, so it is
    the same in every run: `key` as text in the root table (several with a slash between, which
    inside of one is %2F), `_parent/<path>/_pos` in the others. So a grandchild joins with
    `g._parent = concat(c._parent, '/tags/', c._pos)`.

    `max_depth` objects and arrays may stand in each other (the document is the first); what is
    deeper stays in one column, as JSON text, and so do the objects and arrays in `as_json`.
    `prefix` begins the name of each column. `known` names stay (`plan.names` of a result before).

    Starts one job, over the key alone, to see that it is unique. Raises KeyNotUnique, with an
    example, where it is not, or null; UnknownPath where `key` is no single value of each row;
    BoundExceeded for more than `max_tables` or `max_columns` in a table; UnsupportedType for
    maps and intervals; NameCollision where `known` contradicts itself; EngineError for rows nested
    deeper than 32 levels, which Spark Connect, and so Sail, does not carry.

    >>> from workbench.flatten import relational
    >>> from workbench.session import session
    >>> spark = session()
    >>> df = spark.createDataFrame(
    ...     [("u1", [("card", [3, 5]), None]), ("u2", [])],
    ...     "_id string, products array<struct<type: string, limits: array<int>>>",
    ... )
    >>> tables = relational(df, root="users")
    >>> list(tables)
    ['users', 'users_products', 'users_products_limits']
    >>> tables["users_products"].orderBy("_parent", "_pos").show()
    +---+-------+----+----+
    |_id|_parent|_pos|type|
    +---+-------+----+----+
    | u1|     u1|   0|card|
    | u1|     u1|   1|NULL|
    +---+-------+----+----+
    <BLANKLINE>
    >>> tables["users_products_limits"].orderBy("_parent", "_pos").show()
    +---+-------------+----+-----+
    |_id|      _parent|_pos|value|
    +---+-------------+----+-----+
    | u1|u1/products/0|   0|    3|
    | u1|u1/products/0|   1|    5|
    +---+-------------+----+-----+
    <BLANKLINE>
    """
    planned = plan_tables(
        schema_of(df),
        key,
        root,
        sep=sep,
        names=names,
        max_depth=max_depth,
        max_tables=max_tables,
        max_columns=max_columns,
        known=known,
        prefix=prefix,
        as_json=as_json,
    )
    check_unique(df, planned.keys)
    return build_tables(df, planned)


def build_tables(df: DataFrame, planned: TablesPlan) -> Tables:
    """The tables of a plan. Starts no job."""
    guarded = needs_guards(df)
    frames = rows_of(df, planned, guarded)
    return Tables(
        planned,
        {
            t.name: take(frames[t.path], [*own_columns(t, planned), *t.columns], guarded)
            for t in planned.tables
        },
    )


def rows_of(df: DataFrame, planned: TablesPlan, guarded: bool) -> dict[Path, DataFrame]:
    """The rows of each table before their columns are taken: one explode each, of its parent."""
    frames: dict[Path, DataFrame] = {(): reachable(df)}
    tables = {table.path: table for table in planned.tables}
    carried = [*planned.keys, *planned.beside]
    keys = [KEY + str(at) for at in range(len(carried))]
    for table in planned.tables[1:]:
        assert table.parent is not None
        parent = tables[table.parent]
        # First alone, so that each element is beside its key, not beside what the key stands in.
        # And without what is computed of the key: for that, Sail would read wide structs whole.
        array = value(table.reference, table.guards if guarded else ()).alias(ARRAY)
        if parent.parent is None:
            own = [c.column(guarded).alias(KEY + str(at)) for at, c in enumerate(carried)]
            beside = frames[()].select(*own, array)
            line = keys_text(planned.keys)
        else:
            beside = frames[parent.path].select(*keys, LINE, AT, array)
            line = F.concat(F.col(LINE), F.lit(f"/{parent.step}/"), F.col(AT).cast("string"))
        exploded = beside.select(*keys, line.alias(LINE), F.posexplode(ARRAY).alias(AT, ELEMENT))
        frames[table.path] = reachable(exploded) if hidden(table.kind) else exploded
    return frames


def key_text(key: Column, kind: T.DataType) -> Column:
    """The document's key as text, alike on every engine: they spell fractions differently."""
    if isinstance(kind, FRACTIONS):
        return F.regexp_replace(array_text(F.array(key), T.ArrayType(kind)), r'[\["\]]', "")
    return key.cast("string")


def keys_text(keys: Sequence[FlatColumn]) -> Column:
    """The keys as one text, parted by slashes; what is one in a text of several is escaped."""
    texts = [key_text(F.col(KEY + str(at)), key.kind) for at, key in enumerate(keys)]
    if len(texts) == 1:
        return texts[0]
    return F.concat_ws(
        "/", *[F.regexp_replace(F.regexp_replace(t, "%", "%25"), "/", "%2F") for t in texts]
    )


def own_columns(table: Table, planned: TablesPlan) -> list[FlatColumn]:
    """The root's key, the parent's key, the position, and what stands in all tables.

    None in the root table.
    """
    if table.parent is None:
        return []
    carried = zip((*table.keys, *table.beside), [*planned.keys, *planned.beside], strict=True)
    found = [(n, KEY + str(at), c.kind) for at, (n, c) in enumerate(carried)]
    own = [FlatColumn((n,), n, quote(there), (), "value", 0, kind) for n, there, kind in found]
    above = FlatColumn((PARENT,), PARENT, quote(LINE), (), "value", 0, T.StringType())
    at = FlatColumn((POSITION,), POSITION, quote(AT), (), "position", 0, T.IntegerType())
    keys = len(table.keys)
    return [*own[:keys], above, at, *own[keys:]]


def check_unique(df: DataFrame, keys: Sequence[FlatColumn]) -> None:
    """Raises KeyNotUnique, with an example, where a key is null or comes twice. One job."""
    guarded = needs_guards(df)
    columns = {KEY + str(at): key.column(guarded) for at, key in enumerate(keys)}
    own = [column.alias(name) for name, column in columns.items()]
    counted = reachable(df).select(*own).groupBy(*columns).count()
    null = " or ".join(f"{name} is null" for name in columns)
    example = counted.where(f"{null} or count > 1").limit(1).collect()
    if not example:
        return
    *found, rows = example[0]
    if None in found:
        name = show(keys[found.index(None)].path)
        raise KeyNotUnique(
            f"key: {name} is null in {rows} row(s), which then nothing would tell apart. "
            "Name a field that each document has, or leave those rows out."
        )
    name, text = spelled(key.path for key in keys), ", ".join(map(str, found))
    text = text if len(text) <= SHOWN else text[:SHOWN] + "..."
    raise KeyNotUnique(
        f"key: {name} is not unique: {text!r} stands in {rows} rows. "
        "Name a field that tells the documents apart, or drop the rows that come twice."
    )
