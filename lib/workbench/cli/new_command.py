"""`workbench new`: a parameter file for a dump of one's own."""

from __future__ import annotations

import argparse
import os
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli import settings
from workbench.errors import BoundExceeded, RequestError, SourceError
from workbench.places import project
from workbench.storage import scratch

if TYPE_CHECKING:
    from workbench.propose import Analysis, Proposal


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "new",
        parents=[shared],
        help="parameters for a dump of your own",
        description="Reads a dump and writes NAME.yml: a key, the array to explode, dates, "
        "personal fields and a number to range, proposed for you to look through.",
    )
    command.add_argument("name", metavar="NAME", help="of the file, and of its lake")
    command.add_argument("--source", nargs="+", required=True, metavar="PATH")
    settings.add_lenient(command)
    command.set_defaults(command=new_command)


def new_command(options: argparse.Namespace) -> None:
    from workbench.bronze import (
        DYNAMODB,
        MOST_KEYS,
        bad_told,
        first_documents,
        is_typed,
        json_fields,
        proposed_records,
        scan,
        shown,
    )
    from workbench.propose import analyses, propose, shaped
    from workbench.schema import show

    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", options.name):
        raise RequestError(
            f"NAME: {options.name!r} is not allowed; letters, digits, _ and - are, for example "
            "my-users."
        )
    file = Path(f"{options.name}.yml")
    if file.exists():
        raise RequestError(f"{file} is there already. Remove it, or choose another name.")
    with scratch.for_now(scratch.temporary()) as folder:
        look = partial(scan, options.source, key=None, lenient=bool(options.lenient))
        try:
            read, too_wide = look(folder / "whole"), None
        except BoundExceeded as error:  # unless most of its fields are those of maps
            look, too_wide = partial(look, most_fields=MOST_KEYS), error
            read = look(folder / "wide")
        records = proposed_records(read.sources, read.documents, read.schema)
        if records is not None:
            look = partial(look, records=records)
            read = look(folder / "records")
        typed = DYNAMODB if is_typed(read.schema) else ""
        if typed:
            look = partial(look, typed_json=typed)
            read = look(folder / "typed")
        if not read.good:
            reasons = ", ".join(f"{n} {reason}" for reason, n in sorted(read.reasons.items()))
            raise SourceError(
                f"None of the {read.documents} documents is good ({reasons or 'there is none'}). "
                "Check the source."
            )
        held = json_fields(read.schema, first_documents(read))
        if held:
            look = partial(look, expand=[one.path for one in held])
            read = look(folder / "held")
        read, shape = shaped(read, lambda name, **more: look(folder / name, **more))
        if too_wide and not shape.maps:
            raise too_wide
        proposal = propose(read, options.name, shape)
        if held:
            reason = f"{'; '.join(map(str, held))}, which becomes fields"
            proposal.add("expand", [show(one.path) for one in held], reason)
        if records is not None:
            proposal.add("records", shown(records), "the dump is one document; these stand in it")
        if typed:
            proposal.add("typed_json", typed, "the values are in DynamoDB's types: {N: '1'}")
        if options.lenient:
            proposal.add("lenient", True, "near-JSON is read too, as --lenient said")
        written_for = analyses(read, proposal.values, options.name)
        proposal.notes.extend(filter(None, [bad_told(read)]))
    paths = [s if "://" in s else from_anywhere(s) for s in options.source]
    lake = str(project().lake / options.name)
    files = f"{len(read.sources)} files" if len(read.sources) > 1 else "a file"
    title = f"{options.name}: {read.good:,} of {read.documents:,} documents of {files}"
    text = written(title, {"source": paths, "lake": lake}, proposal)
    with file.open("x", encoding="utf-8") as out:
        out.write(text)
    print(text)
    for note in proposal.notes:
        print(f"note: {note}\n")
    asked = [write_new(one) for one in written_for]
    print(f"Look through {file}, then: workbench run --params {file}")
    kept = [path for path in asked if path]
    if kept:
        print(f"Then ask, for example: workbench sql {kept[0]} --lake {lake}")
        print(f"Written for its tables: {', '.join(map(str, kept))}")


def write_new(analysis: Analysis) -> Path | None:
    """Writes an analysis into `sql/`; a file that is there stays: a person may have edited it."""
    folder = own_sql()
    folder.mkdir(exist_ok=True)
    path = folder / f"{analysis.name}.sql"
    try:
        with path.open("x", encoding="utf-8") as out:
            out.write(analysis.text)
    except FileExistsError:
        print(f"{path} is there already and stays as it is.")
        return None
    return path


def own_sql() -> Path:
    """The folder for analyses: the project's own, else one beside the parameter file."""
    here = project()
    return here.sql if here.sql.parent == here.root else Path("sql")


def from_anywhere(source: str) -> str:
    """A path that leads there from any folder; `/./` says in it what files are called by."""
    base, mark, inner = source.partition("/./")
    return os.path.abspath(base or "/") + (mark + os.path.normpath(inner) if mark else "")


def written(title: str, first: dict[str, object], proposal: Proposal) -> str:
    """The parameter file; each proposal with its reason."""
    lines = [f"# Parameters for {title}, proposed from names, types and counts."]
    for name, value in (first | proposal.values).items():
        reason = proposal.reasons.get(name)
        if reason:
            lines.append(f"# {reason}")
        lines.append(settings.line(name, value))
    return "\n".join(lines) + "\n"
