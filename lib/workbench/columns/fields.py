"""Fields inside structs, read alike on every engine.

Sail refuses to select a field named "" inside a struct. A cast by position gives the fields of
such a struct other names. All of them: where one name is on both sides, Sail casts by name.
Sail also reads through a null struct that `createDataFrame` has made: a 0 or "" was never there.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import and_
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.utils import is_remote

from workbench.schema import quote

MARK = "__workbench_key_"
CHOOSING = ("Project", "Filter", "SubqueryAlias")  # plans of Connect


def reachable(df: DataFrame) -> DataFrame:
    """The same rows; each struct that is `hidden` has its keys renamed by `field_name`.

    Arrays stay as they are, with all that is in them.
    """
    if not any(hidden(f.dataType) for f in df.schema.fields):
        return df
    columns = []
    for field in df.schema.fields:
        column = F.col(quote(field.name))
        hides = hidden(field.dataType)
        columns.append(column.cast(renamed(field.dataType)).alias(field.name) if hides else column)
    return df.select(*columns)


def field_name(key: str, hides: bool) -> str:
    """What `reachable` calls a field of a struct (not of the table itself) that hides fields."""
    return MARK + key if hides else key


def reference(parent: str, key: str, hides: bool) -> str:
    """How a field of the struct at `parent` (empty: the table) is written after `reachable`.

    `hides`: whether the struct is `hidden`, which its caller asks once for all of its fields.
    """
    return f"{parent}.{quote(field_name(key, hides))}" if parent else quote(key)


def value(reference: str, parents: Iterable[str]) -> Column:
    """The value of a field; null where one of the structs around it is null.

    Spark itself reads nothing through a null struct, and its optimizer takes exponential time
    over the conditions: sixty levels never end. So classic Spark is not told, and none whose rows
    have no need (`needs_guards`) should be.
    """
    there = [F.col(parent).isNotNull() for parent in parents] if is_remote() else []
    return F.when(reduce(and_, there), F.col(reference)) if there else F.col(reference)


def needs_guards(df: DataFrame, made: bool = False) -> bool:
    """Whether the engine may find values in a null struct of these rows, some `made` since or not.

    Sail does, but in files. A Connect server is asked who it is: Spark's has an application's id.
    """
    read = reads_files(df) and not made
    return is_remote() and not read and not df.sparkSession.conf.get("spark.app.id", "")


def reads_files(df: DataFrame) -> bool:
    """Whether all values come of files, by way of columns and rows that were chosen.

    Files have nothing in a null struct, so no value needs to be guarded; copying strings for it
    would take a third of the time of flattening.
    """
    plan: Any = getattr(df, "_plan", None)  # classic Spark has none
    while type(plan).__name__ in CHOOSING:
        plan = plan._child
    return type(plan).__name__ == "DataSource"


def hidden(kind: T.DataType) -> bool:
    """Whether a struct has an empty key, or a struct inside it has one."""
    return isinstance(kind, T.StructType) and (
        "" in kind.names or any(hidden(f.dataType) for f in kind.fields)
    )


def renamed(kind: T.DataType) -> T.DataType:
    """The same type with other names on the way to every empty key."""
    if not isinstance(kind, T.StructType) or not hidden(kind):
        return kind
    fields = [T.StructField(field_name(f.name, True), renamed(f.dataType)) for f in kind.fields]
    return T.StructType(fields)


CARRIED = 32  # levels of objects that fit into a message of Spark Connect (protobuf's limit, 100)
HANDED = 64  # levels in which Arrow hands rows to Python
