"""`select`: nested rows with some paths, or without some."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from workbench.errors import RequestError, UnknownPath
from workbench.flatten.arguments import check_arguments
from workbench.flatten.types import check_handed, schema_of
from workbench.schema import ITEM, Path, Selection, parse_path, show
from workbench.suggest import likely


def select(df: DataFrame, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> DataFrame:
    """The rows with the paths in `include` (none: all) and without those in `exclude`.

    Grain: as `df`. Each path is meant with all that is below it, `a.b[].c` through the arrays on
    the way; order and types of what is left stay. Objects and arrays of which nothing is left are
    left out with it. Name the key in `include` too. Starts no job; where something inside of a
    column is left out, the rows pass through the engine's Python workers.

    Raises UnknownPath, naming the nearest, for a path that is not there; RequestError where no
    column is left, or for what is no list of paths; EngineError for rows nested deeper than 64
    levels (32 on Spark Connect and Sail).

    >>> from workbench.flatten import flatten, select
    >>> from workbench.session import session
    >>> spark = session()
    >>> df = spark.createDataFrame(
    ...     [("u1", [("card", 3)], (1, "x"))],
    ...     "_id string, products array<struct<type: string, n: int>>, "
    ...     "score struct<v: int, t: string>",
    ... )
    >>> flatten(select(df, exclude=["products[].n", "score.t"])).show()
    +---+-----------------+-------+
    |_id|         products|score_v|
    +---+-----------------+-------+
    | u1|[{"type":"card"}]|      1|
    +---+-----------------+-------+
    <BLANKLINE>
    """
    check_arguments(include=include, exclude=exclude)
    schema = schema_of(df)
    there = {show(path): path for path in paths_of(schema, ())}
    chosen = Selection(found("include", include, there), found("exclude", exclude, there))
    made = kept(schema, chosen, ())
    if not isinstance(made, T.StructType):
        raise RequestError("include, exclude: no column is left. Name less in exclude.")
    at = [schema.names.index(name) for name in made.names]
    left = df.toDF(*[f"c{n}" for n in range(len(schema))]).select(*[f"c{n}" for n in at])
    if all(f.dataType == schema.fields[n].dataType for f, n in zip(made, at, strict=True)):
        return left.toDF(*made.names)
    from workbench.flatten.map_entries import narrowed_batches  # what only plans needs no pyarrow

    check_handed(schema, "select")
    return left.mapInArrow(partial(narrowed_batches, made), made)


def paths_of(kind: T.DataType, path: Path) -> Iterator[Path]:
    """Every path below a type."""
    if isinstance(kind, T.StructType):
        for field in kind.fields:
            yield (*path, field.name)
            yield from paths_of(field.dataType, (*path, field.name))
    elif isinstance(kind, T.ArrayType):
        yield (*path, ITEM)
        yield from paths_of(kind.elementType, (*path, ITEM))


def found(name: str, texts: Sequence[str], there: Mapping[str, Path]) -> frozenset[Path]:
    """The paths that are meant. UnknownPath, naming the nearest, where one is not there."""
    for text in texts:
        if show(parse_path(text)) not in there:
            near = likely(text, there)
            raise UnknownPath(
                f"{name}: {text or repr(text)} is no path of these documents. The nearest: {near}."
            )
    return frozenset(parse_path(text) for text in texts)


def kept(kind: T.DataType, chosen: Selection, path: Path) -> T.DataType | None:
    """The type of what is left; None where it had something, and nothing is."""
    if isinstance(kind, T.ArrayType) and chosen.keeps((*path, ITEM)):
        element = kept(kind.elementType, chosen, (*path, ITEM))
        return element and T.ArrayType(element)
    if isinstance(kind, T.ArrayType):
        return None
    if not isinstance(kind, T.StructType) or not kind.fields:
        return kind
    below = {
        f.name: kept(f.dataType, chosen, (*path, f.name))
        for f in kind.fields
        if chosen.keeps((*path, f.name))
    }
    left = [T.StructField(name, inner) for name, inner in below.items() if inner is not None]
    return T.StructType(left) if left else None
