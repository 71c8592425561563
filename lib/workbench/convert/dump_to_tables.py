"""`workbench flatten`: any JSON dump to a folder of flat tables, with its proof."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path as FilePath

from pyspark.sql import SparkSession

from workbench.bronze import (
    StagedDump,
    check_arrays,
    check_good,
    in_clear,
    in_staged,
    keep_quarantine,
    sample_counts,
    stage_dump,
)
from workbench.convert import table_files
from workbench.convert.appending import (
    APPEND,
    append,
    check_dump,
    keep_earlier_quarantine,
)
from workbench.convert.documents import Request
from workbench.convert.tables import array_tables, flat_table
from workbench.convert.telling import clear_told, json_told, notes, records_told, typed_told
from workbench.engines import check_shared, on_a_cluster
from workbench.errors import RequestError
from workbench.flatten import (
    FlatOutline,
    FlatPlan,
    Plan,
    TablesPlan,
    expected_flat,
    plan_flat,
    plan_of,
    renames_told,
)
from workbench.lake import Versions, given_key
from workbench.proof import (
    MANIFEST,
    QUARANTINED,
    TablesManifest,
    Written,
    as_json,
    file_name,
    manifest_of,
)
from workbench.schema import contract_lines, show, spelled
from workbench.storage import (
    PATTERNS,
    local_path,
    make_folder,
    mark_of,
    opened_as,
    place_behind,
    relay,
    restore,
    scratch,
    swap_if,
    sync,
    told_as,
)


@dataclass(frozen=True)
class Outcome:
    """What was read and written. `leaves` are those that were read, all accounted for.

    `left_out` is how many were not, as was asked.

    `renames`, `notes` and `clear` are for a person; the manifest lists every rename. `clear` says
    of each field that looks personal, and is not hashed, why it looks so.
    `place` is where the tables stand on a store; empty where they stand at `out`.
    """

    documents: int
    quarantined: dict[str, int]
    leaves: int
    tables: list[Written]
    renames: list[str]
    notes: list[str]
    out: FilePath
    clear: list[str] = field(default_factory=list)
    left_out: int = 0
    place: str = ""

    @property
    def quarantine(self) -> FilePath:
        return self.out / QUARANTINED


@dataclass(frozen=True)
class Planned:
    """What would be made, and what to know of the reading."""

    outline: Plan | FlatOutline
    notes: list[str]

    def __str__(self) -> str:
        return "\n".join([str(self.outline), *(f"note: {note}" for note in self.notes)])


def show_plan(request: Request, out: FilePath | None = None) -> Planned:
    """What `flatten_dump` would do. Reads the source whole, and writes nothing that stays.

    The names that the tables at `out` have given stay.
    """
    known = known_names(out, request) if out else {}
    with scratch.for_now(scratch.temporary()) as folder:
        staged = stage(replace(request, planned=True), folder)
        mixed = [show(path) for path in staged.mixed]
        counts = sample_counts(staged.scan)
        if staged.own:
            counts.present[staged.keys[0]] = counts.rows
        if request.explode:
            planned = plan_flat(staged.schema, request.explode, known=known, **request.options)
            (made,) = in_staged(staged, partial(expected_flat, replace(planned, columns=[])))
            flat = FlatOutline(staged.schema, planned, counts, made.rows[()], mixed)
            said = [*staged.scan.notes(), *json_told(staged), *clear_told(staged)]
            return Planned(flat, said)
        tables = plan_of(
            staged.schema,
            counts,
            spelled(staged.keys),
            "root",
            conflicts=mixed,
            known=known,
            **request.options,
        )
        said = [*staged.scan.notes(), *records_told(staged), *typed_told(staged)]
        said += json_told(staged)
        said += clear_told(staged)
        return Planned(tables, said)


def flatten_dump(request: Request, out: FilePath, engine: Callable[[], SparkSession]) -> Outcome:
    """Reads every document of the source, flattens them, proves it, and puts the tables at `out`.

    `out` then holds a folder of Parquet files per table (or `<table>.csv`), the quarantine where
    there is one, and the manifest with the proof. What `out` held of the same files before is
    replaced at once; where it holds tables of another dump, the request says whether to append or
    to replace. The names that it gave to paths stay. Memory is bounded by the blocks of the source
    and the engine.

    Raises RequestError for what cannot be asked of this source, SourceError where no document is
    good, LeavesLost where the tables do not hold every leaf. Then `out` is as it was.
    """
    check_out(out)
    restore(out.absolute().parent, out.name)
    before = mark_of(out, MANIFEST)
    another = manifest_of(out) if check_dump(out, request) else None
    with here_and_there(staging(out)) as folder:
        work_for_all(folder, out)
        staged = stage(request, folder)
        clear = in_clear(staged)
        known = known_names(out, request)
        make = flat_table if request.explode else array_tables
        tables = folder / "tables"
        make_folder(tables)
        written, planned = make(request, staged, known, tables, engine)
        record = manifest(request, staged, written, planned)
        if another and request.into == APPEND:
            written = append(out, tables, written, staged.keys)
            record.after(another)
        if request.format == "csv":
            for each in written:
                name = file_name(each.table)
                table_files.to_csv(tables / name, tables / f"{name}.csv", raw=request.raw)
                shutil.rmtree(tables / name)
        if staged.scan.reasons:
            keep_quarantine(staged.scan, set(), tables / QUARANTINED)
        if another and request.into == APPEND:
            keep_earlier_quarantine(out / QUARANTINED, tables / QUARANTINED)
        (tables / MANIFEST).write_text(record.text(), encoding="utf-8")
        for inner in [p for p in tables.iterdir() if p.is_dir()]:
            sync(inner)
        sync(tables)
        opened_as(tables, out, but=[QUARANTINED])
        swap_if(tables, out, MANIFEST, before)
    read = staged.scan
    return Outcome(
        documents=read.documents,
        quarantined=dict(sorted(read.reasons.items())),
        leaves=read.leaves,
        left_out=read.left_out.total(),
        tables=written,
        renames=renames_told(planned.renames, planned.reasons),
        notes=record.notes,
        out=out,
        clear=[str(one) for one in clear],
    )


@contextmanager
def here_and_there(folder: FilePath) -> Iterator[FilePath]:
    """A folder for the time of a block; what of it stands on a store goes with it."""
    try:
        yield folder
    finally:
        relay.end(folder)


def work_for_all(folder: FilePath, out: FilePath) -> None:
    """Makes what is staged seen by the machines of a cluster, where one does the work.

    For tables that go to a store it is handed over there; else they must see the folder.
    """
    spark, place = on_a_cluster(), place_behind(out)
    if spark is not None and place is not None:
        relay.pass_on(folder, Versions(place).staging(), ours=True)
    elif spark is not None:
        check_shared(spark, folder, "--out")


def check_out(out: FilePath) -> None:
    """Raises RequestError where the output would replace something else, or cannot be written."""
    local_path(out, "--out")
    odd = sorted(set(str(out.absolute())) & set(PATTERNS))
    if odd:
        raise RequestError(
            f"--out: the path {out} contains {' '.join(odd)}, which engines read as a pattern. "
            f"Choose a folder whose path has none of {' '.join(PATTERNS)}."
        )
    if out.exists() and not out.is_dir():
        raise RequestError(f"--out: {told_as(out)} is a file; name a folder.")
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).exists():
        raise RequestError(
            f"--out: {told_as(out)} holds other files, and the tables would replace them. "
            "Name a new folder, or an empty one."
        )


def known_names(out: FilePath, request: Request) -> dict[str, str]:
    """The names that the tables in the folder have given to their paths.

    Those of another form (other arrays exploded) or by another rule say nothing here.
    """
    before = manifest_of(out)
    form = (list(request.explode), request.rule)
    return before.names if before and (before.explode, before.rule) == form else {}


def staging(out: FilePath) -> FilePath:
    """A scratch folder beside the output."""
    parent = out.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        return scratch.make(parent, f".{out.name}.flatten-")
    except OSError as error:
        raise RequestError(
            f"--out: {parent} cannot be written: {error.strerror}. Name another folder."
        ) from error


def stage(request: Request, folder: FilePath) -> StagedDump:
    """The staged rows of a dump that has any.

    Personal values are hashed with the key of the environment, else with one that nobody keeps.
    """
    key = (given_key() or secrets.token_bytes(32)) if request.pii else b""
    staged = stage_dump(request, folder / "scan", key)
    check_arrays(staged.scan, request.explode)
    check_good(staged.scan)
    return staged


def manifest(
    request: Request,
    staged: StagedDump,
    written: Sequence[Written],
    planned: TablesPlan | FlatPlan,
) -> TablesManifest:
    read = staged.scan
    return TablesManifest(
        sources=staged.source_files(),
        documents=read.documents,
        quarantined=dict(sorted(read.reasons.items())),
        key=spelled(staged.keys),
        explode=list(request.explode),
        rule=request.rule,
        tables=list(written),
        leaves=read.leaves,
        names=planned.names,
        renames=planned.renames,
        fingerprints=as_json(read.fingerprints),
        notes=notes(staged),
        contract=contract_lines(request.contract) if request.contract else {},
        **request.reading(),
    )
