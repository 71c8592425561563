"""A folder that holds the tables of another dump: refused, replaced, or added to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

import pyarrow as pa
import pyarrow.dataset as arrow
import pyarrow.parquet as pq

from workbench.bronze import find
from workbench.convert import table_files
from workbench.convert.documents import Request
from workbench.errors import KeyNotUnique, RequestError
from workbench.lake import KEY_VARIABLE, given_key
from workbench.proof import Reading, TablesManifest, Written, file_name, manifest_of
from workbench.schema import Path, contract_lines, key_paths, name_of, of_arrow, show, spelled
from workbench.storage import scheme_of, told_as
from workbench.stored import stored_fields

APPEND, REPLACE = "append", "replace"
KEY, CONTRACT = "--key", "--contract"
MOST_TOLD = 5
OPTIONS = {"explode": "--explode"} | {
    name: "--type" if name == "types" else f"--{name.replace('_', '-')}"
    for name in (f.name for f in stored_fields(Reading))
}
EARLIER = "earlier-"  # begins the names of files that were there before


def check_dump(out: FilePath, request: Request) -> bool:
    """Whether the folder holds tables that were made of other files.

    Raises RequestError where it does, and the request does not say what to do with them, or says
    to add to tables that cannot be added to.
    """
    before = manifest_of(out)
    if before is None:
        return False
    all_of = [before, *before.earlier]
    there = {absolute(source.path) for one in all_of for source in one.sources}
    asked = {
        absolute(source.path) for source in find(list(request.source), lenient=request.lenient)
    }
    if there & asked and len(all_of) == 1:
        return False
    if request.into == REPLACE:
        return True
    names = ", ".join(sorted(os.path.basename(path) for path in there)[:5])
    if request.into != APPEND:
        raise RequestError(
            f"--out: {told_as(out)} holds the tables of another dump ({names}). Name another "
            "folder, or say --append to add to them, or --replace to put these in their place."
        )
    key = spelled(key_paths(request.key))
    wanted, made = form(request, key), form(before, before.key)
    contracts = other_contract(request, before)
    if not key or wanted != made or contracts:
        odd = [f"{name} {value}" for name, value in made.items() if value != wanted[name]]
        odd += contracts
        told = ", ".join(odd or [f"{KEY} {before.key}"])
        raise RequestError(
            f"--append: the tables in {told_as(out)} were made with {told}; rows that are added "
            "need the same, and a field as --key: positions in two dumps are the same numbers. Ask "
            "for the same, or use --replace."
        )
    if request.pii and not given_key():
        raise RequestError(
            f"--append: the key of the hashes of {', '.join(request.pii)} was not kept, so that "
            f"added rows could not be joined. Set {KEY_VARIABLE} for both, or use --replace."
        )
    if request.format != "parquet" or any(out.glob("*.csv")):
        raise RequestError("--append: only tables in Parquet can be added to. Use --replace.")
    return True


def form(asked: Request | TablesManifest, key: str | None) -> dict[str, Any]:
    """What decides the columns of the tables and how values are read, by the names of options."""
    told = {name: getattr(asked, name) for name in OPTIONS}
    plain = {n: sorted(v) if n == "pii" else v for n, v in told.items()}
    plain = {n: [*v] if isinstance(v, tuple) else v for n, v in plain.items()}
    return {KEY: key or "", "--names": asked.rule} | {OPTIONS[n]: v for n, v in plain.items()}


def other_contract(request: Request, before: TablesManifest) -> list[str]:
    """That the contract of the tables says something else, and of which paths; empty if not."""
    if before.contract is None:
        return []
    said = [contract_lines(request.contract) if request.contract else {}, before.contract]
    odd = [path for path in said[1] | said[0] if said[0].get(path) != said[1].get(path)]
    also = ", ..." if len(odd) > MOST_TOLD else ""
    what = "another" if before.contract else "no"
    told = f" (it differs in {', '.join(odd[:MOST_TOLD])}{also})" if all(said) else ""
    return [f"{what} {CONTRACT}{told}"] if odd else []


def absolute(path: str) -> str:
    return path if scheme_of(path) else os.path.abspath(path)


def append(
    out: FilePath, tables: FilePath, written: Sequence[Written], keys: Sequence[Path]
) -> list[Written]:
    """Puts the rows that were there beside the new ones, in the columns of both.

    What was written is told of the added rows, and of all rows that a table has now. Raises
    RequestError where a column is of two types, KeyNotUnique where a document is in both.
    """
    check_keys(out, tables, written[0].table, keys)
    made = {one.table: one for one in written}
    for folder in sorted(path for path in out.iterdir() if path.is_dir()):
        target = tables / folder.name
        schema = both(folder, target)
        target.mkdir(exist_ok=True)
        rows = 0
        for part in [*table_files.parts(folder), *table_files.parts(target)]:
            own = part.parent == target
            rows += aligned(part, target / part.name if own else earlier(target, part), schema)
        name = next((t for t in made if file_name(t) == folder.name), folder.name)
        new = made.get(name, Written(name, 0, 0, 0))
        made[name] = replace(new, columns=len(schema), in_all=rows)
    return list(made.values())


def earlier(target: FilePath, part: FilePath) -> FilePath:
    """A name that no new file has, however often rows were added."""
    return target / f"{EARLIER}{part.name}"


def both(folder: FilePath, target: FilePath) -> pa.Schema:
    """The columns of old and new rows, the new ones' order first."""
    schemas = [pq.read_schema(table_files.parts(f)[0]) for f in (target, folder) if f.is_dir()]
    try:
        return pa.unify_schemas([s.remove_metadata() for s in schemas])
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        new, old = ({f.name: f.type for f in schema} for schema in schemas)
        name = next(n for n in new if n in old and not alike(new[n], old[n]))
        raise RequestError(
            f"--append: {name} of {folder.name} is {kind_of(new[name])} in this dump, and "
            f"{kind_of(old[name])} in the tables. Give both one type with --type, use --replace, "
            "or name another folder."
        ) from error


def alike(new: pa.DataType, old: pa.DataType) -> bool:
    """Whether a column of one type may stand below one of the other."""
    return new == old or bool({pa.null()} & {new, old})


def kind_of(kind: pa.DataType) -> str:
    """What a type is called in `--type`."""
    return name_of(of_arrow(kind)) if not pa.types.is_date(kind) else "date"


def aligned(part: FilePath, target: FilePath, schema: pa.Schema) -> int:
    """Writes the rows of a file with all columns; how many there are."""
    aside = target.with_suffix(".aligned")
    with pq.ParquetFile(part) as file, pq.ParquetWriter(aside, schema, compression="zstd") as out:
        for batch in file.iter_batches():
            columns = [
                batch.column(batch.schema.names.index(f.name))
                if f.name in batch.schema.names
                else pa.nulls(batch.num_rows, f.type)
                for f in schema
            ]
            out.write_batch(pa.record_batch(columns, schema=schema))
        rows = file.metadata.num_rows
    aside.replace(target)
    return int(rows)


def check_keys(out: FilePath, tables: FilePath, root: str, keys: Sequence[Path]) -> None:
    """Raises KeyNotUnique, with an example, where a document of the new dump is there already."""
    name = file_name(root)
    if not (out / name).is_dir():
        return
    before = manifest_of(out)
    names = before.names if before else {}
    columns = [names.get(show(key), show(key)) for key in keys]
    if not {*columns} <= {*pq.read_schema(table_files.parts(tables / name)[0]).names}:
        return
    new = as_texts(arrow.dataset(tables / name, format="parquet").to_table(columns))
    for batch in arrow.dataset(out / name, format="parquet").to_batches(columns=columns):
        there = as_texts(pa.Table.from_batches([batch]))
        twice = there.join(new, columns, join_type="left semi")
        if len(twice):
            found = ", ".join(twice.slice(0, 1).to_pylist()[0].values())
            raise KeyNotUnique(
                f"--append: {spelled(keys)} {found[:60]!r} is in the tables already. Leave out the "
                "documents that are there, or use --replace."
            )


def as_texts(table: pa.Table) -> pa.Table:
    """The same columns as texts, whatever their types were."""
    return table.cast(pa.schema([(name, pa.string()) for name in table.column_names]))


def keep_earlier_quarantine(there: FilePath, made: FilePath) -> None:
    """Adds the documents that were in quarantine before."""
    if not there.exists():
        return
    tables = [pq.read_table(path) for path in (there, made) if path.exists()]
    os.close(os.open(made, os.O_WRONLY | os.O_CREAT, 0o600))
    pq.write_table(pa.concat_tables(tables), made, compression="zstd")
