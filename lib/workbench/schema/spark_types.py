"""The types that an engine reads staged documents with."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_type

from workbench.schema.kinds import Node

SCALARS: Mapping[str, T.DataType] = {
    "null": T.NullType(),  # a string column to the engine; that all of it is null is known here
    "bool": T.BooleanType(),
    "int": T.LongType(),
    "double": T.DoubleType(),
    "string": T.StringType(),
    "timestamp": T.TimestampType(),
    "date": T.DateType(),
    "datetext": T.StringType(),
    "text": T.StringType(),
}


def spark_type(node: Node) -> T.DataType:
    """The type of a node to an engine; see `workbench.schema.kinds.arrow_type`."""
    if node.kind == "struct" and node.fields:
        return struct_type(node)
    if node.kind == "list":
        return T.ArrayType(spark_type(node.item or Node()))
    if node.kind == "decimal":
        return T.DecimalType(node.precision, node.scale)
    return SCALARS["text" if node.kind == "struct" else node.kind]


def struct_type(node: Node) -> T.StructType:
    return T.StructType([T.StructField(n, spark_type(child)) for n, child in node.fields.items()])


def spark_to_arrow(kind: T.DataType) -> pa.DataType:
    """The type in Arrow; PySpark 4 asks for the zone of times, PySpark 3.5 does not know of it."""
    if isinstance(kind, T.StructType):
        return pa.struct([pa.field(f.name, spark_to_arrow(f.dataType)) for f in kind.fields])
    if isinstance(kind, T.ArrayType):
        return pa.list_(spark_to_arrow(kind.elementType))
    return pa.timestamp("us", "UTC") if isinstance(kind, T.TimestampType) else to_arrow_type(kind)
