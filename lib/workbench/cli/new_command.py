"""`workbench new`: a parameter file for a dump of one's own."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli import settings
from workbench.errors import RequestError
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
    from workbench.propose import analyses, proposed_for

    file = new_file(options.name)
    with scratch.for_now(scratch.temporary()) as folder:
        read, made = proposed_for(options.source, folder, options.name, bool(options.lenient))
        written_for = analyses(read, made.values, options.name)
    paths = [s if "://" in s else from_anywhere(s) for s in options.source]
    lake = str(project().lake / options.name)
    files = f"{len(read.sources)} files" if len(read.sources) > 1 else "a file"
    title = f"{options.name}: {read.good:,} of {read.documents:,} documents of {files}"
    text = written(title, {"source": paths, "lake": lake}, made)
    with file.open("x", encoding="utf-8") as out:
        out.write(text)
    print(text)
    for note in made.notes:
        print(f"note: {note}\n")
    kept = [path for path in map(write_new, written_for) if path]
    print(f"Look through {file}, then: workbench run --params {file}")
    if kept:
        print(f"Then ask, for example: workbench sql {kept[0]} --lake {lake}")
        print(f"Written for its tables: {', '.join(map(str, kept))}")


def new_file(name: str) -> Path:
    """The parameter file that is to be made. Raises RequestError where it cannot be."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise RequestError(
            f"NAME: {name!r} is not allowed; letters, digits, _ and - are, for example my-users."
        )
    file = Path(f"{name}.yml")
    if file.exists():
        raise RequestError(f"{file} is there already. Remove it, or choose another name.")
    return file


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
