"""Forgetting: one date, or one person (LGPD, article 18), out of all that the runs have written.

Each partition changes at once, as in publishing, and what a store keeps of it for readers is
removed then; if the process is killed anywhere, the same request again does the rest. The dump
itself is not touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from workbench.errors import LakeError, RequestError
from workbench.forget.one_date import forget_in_date
from workbench.forget.partitions import (
    count_of,
    rows_of,
    unknown_in_raw,
)
from workbench.forget.person import Person, own_key, person_of
from workbench.forget.places import Places
from workbench.forget.rows import (
    TABLES,
    check_path,
    in_quarantine,
    is_in,
    unknown_users,
    values_of,
)
from workbench.forget.run_outputs import (
    DISTINCT,
    RunFolder,
    forget_in_run,
    forget_run,
    showing,
    still_showing,
)
from workbench.forget.telling import counted, without_value
from workbench.forget.traces import teller
from workbench.lake import KEY_VARIABLE, Lake, key_mark, partition_state
from workbench.proof import SilverManifest
from workbench.schema import AT, from_json, parse_path, walk
from workbench.silver import TABLE as USERS
from workbench.storage import told_as


def forget_date(places: Places, day: str) -> Iterator[str]:
    """Removes an ingestion from every table and its runs' outputs; says what it removed.

    Raises LakeError where the lake has nothing of that date, NotWhole where something of it is
    out of reach.
    """
    lake = places.lake
    found = False
    with lake.lock():
        there = [(layer, table) for layer, table in TABLES if lake.has(layer, table, day)]
        every = [run for run in places.run_folders() if run.day == day]
        of_day = [run for run in every if run.there or in_place(lake, run)]
        for run in of_day:
            if not places.dry:
                forget_run(run)
            yield f"run {run.run_id}: notebooks, charts and report removed"
        staging = places.staging()
        for layer, table in there:
            rows = sum(map(rows_of, lake.files(layer, table, day)))
            if staging:
                lake.remove(layer, table, day, staging)
            yield f"{layer}.{table} of {day}: {counted(rows, 'row')} removed"
        for said in places.older([day]):
            found = True
            yield said
        places.erase(staging)
    places.left += [
        f"the run {told_as(run.folder)}, whose lake {run.state.parameters['lake']} is not there. "
        "If it was this one, remove that folder"
        for run in every
        if run not in of_day
    ]
    if not (there or every or found):
        raise LakeError(
            f"The lake {lake.root} has nothing of {day}; silver.users is there of "
            f"{', '.join(lake.dates('silver', USERS)) or 'no date'}."
        )
    places.kept_by_stores()
    places.check_whole()


def forget_key(
    places: Places, key: str, key_path: str, engine: Callable[[], Any], day: str = ""
) -> Iterator[str]:
    """Removes a person from every date's tables and runs' outputs; says what it removed.

    Runs come first: the tables tell of which dates they are, also when the request is repeated.
    `key_path` is the key of silver.users, as a parameter has it; where that is `position`, `day` is
    the date in which it counts. `engine` makes a session, asked for only where gold.user_scores
    must be counted again. Raises
    LakeError where the key is nowhere, RequestError where the path is that of no column, NotWhole
    where something of the person is out of reach.
    """
    lake = places.lake
    person = person_of(lake, key, key_path, day)
    found = False
    with lake.lock():
        days = [day] if day else lake.dates("silver", USERS)
        check_path(lake, days, person)
        staging = places.staging()
        every = days if day else sorted({*days, *lake.dates("quarantine", USERS)})
        theirs = {one for one in every if is_in(lake, one, person)}
        own = teller({value for one in theirs for value in values_of(lake, one, person)})

        def tells(text: str) -> bool:
            return bool(person.token.search(text)) or own(text)

        for run in places.run_folders():
            if day and run.day != day:
                continue
            if run.day not in theirs and in_place(lake, run):
                continue
            run.bring()
            shows = showing(run, tells)
            if shows:
                found = True
                if not places.dry:
                    forget_in_run(run, shows, tells)
                yield f"run {run.run_id}: {shows} is removed"
            if not places.dry:
                files = still_showing(run.folder, person)
                places.left += [f"{told_as(path)}, in which the key stands" for path in files]
        for each in every:
            for said in forget_in_date(places, each, person, staging, engine):
                found = True
                yield said
            lake.let_go(each)
        for said in places.older([day] if day else None):
            found = True
            yield said
        places.erase(staging)
    places.left += out_of_reach(places, person, every)
    places.kept_by_stores()
    if not found and not places.left:
        raise LakeError(
            f"The lake {lake.root} has nothing of that key at {key_path} (looked at "
            f"{counted(len(days), 'ingestion')}). Check the key, or name its path with --key-path."
        )
    places.check_whole()


def out_of_reach(places: Places, person: Person, days: Sequence[str]) -> Iterator[str]:
    """What may be theirs, and cannot be told: hashed otherwise, without a key, in notebooks."""
    lake = places.lake
    secret = own_key(lake)
    mark = key_mark(secret) if secret else None
    other = []
    for day in lake.dates("silver", USERS):
        manifest = lake.manifest("silver", USERS, day, SilverManifest)
        hashed = manifest.asked is None or any(
            field.path[: len(path)] == path
            for path in map(parse_path, manifest.asked.pii)
            for field in person.fields
        )
        if hashed and manifest.key_mark not in (None, mark):
            other.append(day)
    if other:
        yield (
            f"silver.users and gold.user_products of {', '.join(other)}: these were hashed with "
            f"another key than the present one. Give {KEY_VARIABLE} its value of then, and "
            "forget again"
        )
    called = [day for day in lake.dates("silver", USERS) if called_as(lake, day, person)]
    if called:
        yield (
            f"silver.users and gold.user_products of {', '.join(called)}: the key is in the name "
            "of a field. Run these dates again with the object of that field in as_map, and "
            "forget again"
        )
    for day in lake.dates("silver", USERS):
        if unknown := unknown_users(lake, day, person):
            yield without_value(f"silver.users of {day}", unknown, person.fields)
    for day in days:
        if places.unkeyed or not in_quarantine(lake, day, person):
            continue
        unknown = count_of(lake, "quarantine", USERS, day, unknown_in_raw(person))
        if unknown:
            yield (
                f"quarantine.users of {day}: {counted(unknown, 'document')} of which nobody can "
                f"tell whose they are, in {lake.where('quarantine', USERS, day)}. --unkeyed "
                "removes all of those"
            )
    for path in [p for folder in places.notebooks for p in sorted(folder.rglob("*.ipynb"))]:
        if still_showing(path, person):
            yield f"{path}, a notebook that shows the key. Clear its outputs, or remove it"


def called_as(lake: Lake, day: str, person: Person) -> bool:
    """Whether the key stands in the names of a date's fields: of an object that is used as a map.

    Only keys that stand nowhere by chance are looked for.
    """
    keys = [field.key for field in person.fields]
    schema = from_json(lake.manifest("silver", USERS, day).schema)
    names = {str(name) for path, _ in walk(schema) for name in path}
    distinct = max(map(len, keys)) >= DISTINCT
    return distinct and all(any(key in name for name in names) for key in keys)


def key_path(lake: Lake, given: str | None, day: str | None) -> str:
    """The path of the key of a person: as given, or that of the last ingestion.

    Raises RequestError where a date is given and not needed, or needed and not given.
    """
    days = lake.dates("silver", USERS)
    told = lake.manifest("silver", USERS, day or days[-1], SilverManifest) if days else None
    path = given or (told.asked.key if told and told.asked else "_id")
    if bool(day) != (path == AT):
        raise RequestError(
            "--ingestion-date: the position of a document tells a person in one ingestion only. "
            "Name its date beside --key."
            if path == AT
            else f"--ingestion-date: a person is removed, by {path}, of every date. Leave it out, "
            "or leave out --key to remove all of the date."
        )
    return path


def in_place(lake: Lake, run: RunFolder) -> bool:
    """Whether the tables of a run are those in the lake, so that these tell whom it showed.

    They are not where another run has written that date since, or where it was one of a sweep.
    """
    made = [step.made or {} for step in run.state.steps.values()]
    tables = {name: mark for of in made for name, mark in of.items() if "." in name}
    return bool(tables) and all(
        partition_state(lake, name, run.day) == mark for name, mark in tables.items()
    )
