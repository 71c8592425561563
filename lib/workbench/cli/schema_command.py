"""`workbench schema`: the types of an ingestion, as a contract for the next ones."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from workbench.cli import settings
from workbench.errors import LakeError, RequestError


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "schema",
        parents=[shared],
        help="the types of an ingestion, to print or to freeze as a contract",
        description="Shows the paths and types of silver.users, and what held there. "
        "Frozen to a file they are a contract: `workbench run -p contract=FILE.yml` quarantines "
        "what does not fit.",
    )
    settings.add_lake(command)
    command.add_argument("--ingestion-date", metavar="YYYY-MM-DD", help="the last unless given")
    command.add_argument("--freeze", metavar="FILE.yml", help="write it there; must not exist yet")
    command.set_defaults(command=schema_command)


def schema_command(options: argparse.Namespace) -> None:
    from workbench.bronze import FILE_COLUMN
    from workbench.lake import lake_at
    from workbench.parameters import check
    from workbench.proof import SilverManifest
    from workbench.schema import from_json, frozen, key_paths, parse_path
    from workbench.silver import held

    lake = lake_at(settings.lake(options))
    days = lake.dates("silver", "users")
    if options.ingestion_date is not None:
        check(ingestion_date=options.ingestion_date)
    elif not days:
        raise LakeError(f"silver.users has no ingestion in the lake {lake.root}. Run the chain.")
    day = options.ingestion_date or days[-1]
    manifest = lake.manifest("silver", "users", day, SilverManifest)
    schema = from_json(manifest.schema)
    if manifest.asked and not key_paths(manifest.asked.key):  # the position is no field of theirs
        del schema.fields[next(iter(schema.fields))]
    if manifest.asked and manifest.asked.source_file:  # nor is the column of files
        own = [name for name in schema.fields if name.lstrip("_") == FILE_COLUMN]
        del schema.fields[max(own, key=len)]
    hashed = [parse_path(path) for path in (manifest.asked.pii if manifest.asked else [])]
    files = sorted(lake.proved("silver", "users", day).glob("*.parquet"))
    text = frozen(schema, f"silver.users of {day}", held(schema, files, hashed))
    if options.freeze is None:
        print(text, end="")
        return
    write_new(Path(options.freeze), text)
    print(f"{options.freeze}: the types of silver.users of {day}")


def write_new(path: Path, text: str) -> None:
    """A new file, whole or not at all. Raises RequestError where there is one: it may be edited."""
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        staged.write_text(text, encoding="utf-8")
        try:
            os.link(staged, path)
        finally:
            staged.unlink()
    except OSError as error:
        raise RequestError(
            f"--freeze: {path} cannot be written: {error.strerror}. Name a new file in a folder "
            "in which you may make files."
        ) from error
