"""Flat tables as files: written by an engine, read back and fingerprinted without it."""

from __future__ import annotations

from pathlib import Path as FilePath

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from pyspark.sql import DataFrame

from workbench.engines import write_folder
from workbench.errors import EngineError
from workbench.schema import spark_to_arrow
from workbench.storage import drop_leftovers
from workbench.visible import harmless


def write(df: DataFrame, folder: FilePath) -> None:
    """The rows as Parquet; an engine that writes nothing for no rows is helped out."""
    try:
        write_folder(df, folder)
    except Exception as error:
        if "offset overflow" not in str(error).lower():
            raise
        raise EngineError(
            "Some thousand rows of this table would hold more than 2 GB, which this engine does "
            "not carry: long arrays, as JSON text, on each row of another. Leave --explode out "
            "(a table per array holds each value once), or use --engine spark."
        ) from error
    folder.mkdir(exist_ok=True)
    drop_leftovers(folder)
    if not any(folder.glob("*.parquet")):
        schema = pa.schema([(f.name, spark_to_arrow(f.dataType)) for f in df.schema])
        pq.write_table(schema.empty_table(), folder / "part-00000.parquet", compression="zstd")


def parts(folder: FilePath) -> list[FilePath]:
    return sorted(folder.glob("*.parquet"))


def to_csv(folder: FilePath, target: FilePath, *, raw: bool = False) -> None:
    """The table as one CSV file (RFC 4180): null is nothing, empty text is two quotes.

    Texts that spreadsheets would take for formulas begin with `'`, unless they are to be `raw`.
    """
    first = next(iter(parts(folder)))
    schema = pq.read_schema(first)
    names = schema.names if raw else [harmless(name) for name in schema.names]
    with pa_csv.CSVWriter(
        target, pa.schema(list(map(pa.Field.with_name, schema, names)))
    ) as writer:
        for part in parts(folder):
            with pq.ParquetFile(part) as file:
                for batch in file.iter_batches():
                    columns = batch.cast(schema).columns
                    columns = columns if raw else [*map(without_formulas, columns)]
                    writer.write_batch(pa.record_batch(columns, names))


def without_formulas(column: pa.Array) -> pa.Array:
    """The column with texts that no spreadsheet computes."""
    if not pa.types.is_string(column.type):
        return column
    computed = pc.and_not(
        pc.match_substring_regex(column, r"\A[-+=@\t\r]"),
        pc.match_substring_regex(column, r"\A[-+]\d+(\.\d+)?([eE][+-]?\d+)?\z"),
    )
    return pc.if_else(computed, pc.binary_join_element_wise("'", column, ""), column)
