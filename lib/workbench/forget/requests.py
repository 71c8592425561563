"""Forgetting: one date, or one person (LGPD, article 18), out of all that the runs have written.

Each partition changes at once, as in publishing; if the process is killed between two of them,
the same request again does the rest. The dump itself is not touched.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import LakeError, RequestError
from workbench.forget.partitions import Mask, has_any, mask_of_column, mask_of_raw, rows_in, without
from workbench.forget.person import Person, person_of
from workbench.forget.run_outputs import RunFolder, forget_in_run, forget_run, runs_of
from workbench.gold import read
from workbench.gold import scores as user_scores
from workbench.lake import Lake, partitions
from workbench.proof import ProductsManifest, ScoresManifest, SilverManifest
from workbench.schema import Node, from_json, show
from workbench.silver import dump

USERS, PRODUCTS, SCORES = dump.TABLE, read.PRODUCTS, read.SCORES
TABLES = (("quarantine", USERS), ("gold", PRODUCTS), ("gold", SCORES), ("silver", USERS))


def forget_date(lake: Lake, runs: FilePath, day: str) -> Iterator[str]:
    """Removes an ingestion from every table and its runs' outputs; says what it removed.

    Raises LakeError where the lake has nothing of that date.
    """
    there = [(layer, table) for layer, table in TABLES if lake.has(layer, table, day)]
    of_day = [run for run in runs_of(runs, lake.folder) if run.day == day]
    if not there and not of_day:
        raise LakeError(
            f"The lake {lake.root} has nothing of {day}; silver.users is there of "
            f"{', '.join(lake.dates('silver', USERS)) or 'no date'}."
        )
    with lake.lock():
        staging = lake.staging()
        for layer, table in there:
            rows = rows_in(lake.partition(layer, table, day))
            lake.remove(layer, table, day, staging)
            yield f"{layer}.{table} of {day}: {counted(rows, 'row')} removed"
        lake.erase(staging)
        for run in of_day:
            forget_run(run)
            yield f"run {run.run_id}: notebooks, charts and report removed"


def forget_key(
    lake: Lake, runs: FilePath, key: str, key_path: str, engine: Callable[[], Any]
) -> Iterator[str]:
    """Removes a person from every date's tables and runs' outputs; says what it removed.

    Runs come first: the tables tell of which dates they are, also when the request is repeated.
    `engine` makes a session, asked for only where gold.user_scores must be counted again. Raises
    LakeError where the key is nowhere, RequestError where the path is that of no column.
    """
    person = person_of(lake, key, key_path)
    days = lake.dates("silver", USERS)
    check_path(lake, days, person)
    found = False
    with lake.lock():
        staging = lake.staging()
        every = sorted({*days, *lake.dates("quarantine", USERS)})
        theirs = {day for day in every if is_in(lake, day, person)}
        for run in runs_of(runs, lake.folder):
            looked_at = run.day in theirs or not in_place(lake, run)
            cells = forget_in_run(run, person.token) if looked_at else 0
            if cells:
                found = True
                yield f"run {run.run_id}: what {counted(cells, 'cell')} showed is removed"
        for day in every:
            for said in forget_in_date(lake, day, person, staging, engine):
                found = True
                yield said
        lake.erase(staging)
    if not found:
        raise LakeError(
            f"The lake {lake.root} has nothing of that key at {key_path} (looked at "
            f"{counted(len(days), 'ingestion')}). Check the key, or name its path with --key-path."
        )


def in_place(lake: Lake, run: RunFolder) -> bool:
    """Whether the tables of a run are those in the lake, so that these tell whom it showed.

    They are not where another run has written that date since, or where it was one of a sweep.
    """
    made = [step.made or {} for step in run.state.steps.values()]
    tables = {name: mark for of in made for name, mark in of.items() if "." in name}
    return bool(tables) and all(
        partitions.partition_state(lake, name, run.day) == mark for name, mark in tables.items()
    )


def is_in(lake: Lake, day: str, person: Person) -> bool:
    """Whether any table of a date has the person."""
    masks = {
        ("quarantine", USERS): mask_of_raw(person) if lake.has("quarantine", USERS, day) else None,
        ("silver", USERS): mask_of_users(lake, day, person),
        ("gold", PRODUCTS): mask_of_products(lake, day, person),
    }
    return any(mask and has_any(lake, *table, day, mask) for table, mask in masks.items())


def forget_in_date(
    lake: Lake, day: str, person: Person, staging: FilePath, engine: Callable[[], Any]
) -> Iterator[str]:
    """One date's tables without the person."""
    in_silver, in_products = mask_of_users(lake, day, person), mask_of_products(lake, day, person)
    if lake.has("quarantine", USERS, day):
        gone = without(lake, "quarantine", USERS, day, mask_of_raw(person), staging)
        if gone:
            yield f"quarantine.users of {day}: {counted(gone, 'document')} removed"
    if not in_silver:
        return
    gone = without(lake, "silver", USERS, day, in_silver, staging)
    settle(lake, day, staging)
    left = lake.manifest("silver", USERS, day).rows
    if gone:
        yield f"silver.users of {day}: {counted(gone, 'row')} removed"
    if in_products:
        gone = without(lake, "gold", PRODUCTS, day, in_products, staging, made_from=left)
        if gone:
            yield f"gold.user_products of {day}: {counted(gone, 'row')} removed"
    if lake.has("gold", SCORES, day) and scores_of(lake, day).users != left:
        if left:
            count_again(lake, day, engine())
        yield f"gold.user_scores of {day}: counted again, {counted(left, 'user')}"
    if not left:
        for layer, table in (("gold", PRODUCTS), ("gold", SCORES), ("silver", USERS)):
            lake.remove(layer, table, day, staging)
        yield f"{day}: no user is left, so its tables are removed"


def count_again(lake: Lake, day: str, spark: Any) -> None:
    """gold.user_scores from what silver.users is now."""
    root, how = str(lake.root), scores_of(lake, day).parameters
    users = read.read_users(spark, root, day)
    edges, scale = how.score_edges, how.score_scale
    paths = {"score": how.score, "score_text": how.score_text}
    scores = user_scores.user_scores(users, edges, scale=scale, **paths)
    user_scores.publish_user_scores(
        spark, scores, root, day, users=users, edges=edges, scale=scale, **paths
    )


def scores_of(lake: Lake, day: str) -> ScoresManifest:
    return lake.manifest("gold", SCORES, day, ScoresManifest)


def settle(lake: Lake, day: str, staging: FilePath) -> None:
    """The counts of silver.users once more, from what is in its quarantine now."""
    manifest = lake.manifest("silver", USERS, day, SilverManifest)
    files = lake.partition("quarantine", USERS, day).glob("*.parquet")
    reasons = Counter(
        reason
        for file in files
        for reason in pq.read_table(file, partitioning=None)["reason"].to_pylist()
    )
    counted = replace(
        manifest,
        documents=manifest.rows + reasons.total(),
        quarantined=reasons.total(),
        reasons=dict(sorted(reasons.items())),
    )
    if counted != manifest:
        lake.replace_manifest("silver", USERS, day, counted, staging)


def mask_of_users(lake: Lake, day: str, person: Person) -> Mask | None:
    """The rows of silver.users of a date; None where it has no such table."""
    if not lake.has("silver", USERS, day):
        return None
    kind = kind_of(lake, day, person)
    if kind == "null":
        return nobody
    check_one_person(lake, day, person, kind)
    return mask_of_column(person)


def nobody(batch: pa.RecordBatch) -> pa.Array:
    """The mask of a table without the path: another date has it."""
    return pa.nulls(batch.num_rows, pa.bool_()).fill_null(False)


def kind_of(lake: Lake, day: str, person: Person) -> str:
    """The kind of the values at the person's path in silver.users of a date; null: none."""
    node = from_json(lake.manifest("silver", USERS, day).schema)
    for name in person.path:
        node = node.fields.get(str(name), Node())
    return node.kind


def check_path(lake: Lake, days: list[str], person: Person) -> None:
    """Raises RequestError where the path is no single value of a date, or has none in any."""
    kinds = {day: kind_of(lake, day, person) for day in days}
    wrong = [day for day, kind in kinds.items() if kind in ("struct", "list")]
    if set(kinds.values()) == {"null"}:
        wrong = days
    if wrong:
        fields = from_json(lake.manifest("silver", USERS, wrong[-1]).schema).fields
        known = ", ".join(show((name,)) for name in list(fields)[:5])
        raise RequestError(
            f"--key-path: {show(person.path)} is no single value in silver.users of {wrong[-1]}. "
            f"Name the path of the key; the first fields are {known}."
        )


def check_one_person(lake: Lake, day: str, person: Person, kind: str) -> None:
    """Raises RequestError where a value at the path cannot be told by its text alone."""
    said = f"--key-path: {show(person.path)} of silver.users of {day}"
    other = "Name another path, whose values are texts and say who it is."
    if kind == "timestamp":
        raise RequestError(f"{said} is a time, which no text names exactly. {other}")
    spelled = [mask_of_text(person, text) for text in (person.key, json.dumps(person.key))]
    if kind == "text" and all(has_any(lake, "silver", USERS, day, mask) for mask in spelled):
        raise RequestError(
            f"{said} has that key as a number and as a text, which may be two persons. {other}"
        )


def mask_of_text(person: Person, text: str) -> Mask:
    return mask_of_column(Person(person.path, person.key, (text,)))


def mask_of_products(lake: Lake, day: str, person: Person) -> Mask | None:
    """The rows of gold.user_products, which is flat; None where it is not there."""
    if not lake.has("gold", PRODUCTS, day):
        return None
    columns = lake.manifest("gold", PRODUCTS, day, ProductsManifest).columns
    name = columns.get(show(person.path))
    if name is None and lake.has("silver", USERS, day) and kind_of(lake, day, person) == "null":
        return nobody
    if name is None:
        raise RequestError(
            f"--key-path: {show(person.path)} is no column of gold.user_products of {day}."
        )
    return mask_of_column(Person((name,), person.key, person.written))


def counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
