"""`workbench init`: a project of one's own."""

from __future__ import annotations

import argparse
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from workbench.cli import settings
from workbench.errors import RequestError
from workbench.parameters import PARAMETERS
from workbench.places import PACKAGE, SETTINGS, copies
from workbench.storage import local_path, make_folder

TEMPLATES = PACKAGE / "project"
NOT_SET = ("charts", "ingestion_date")  # a run has its own of these
HEAD = """\
# The parameters of this project: what `workbench run` takes where neither -p, --params nor an
# option says otherwise. Paths begin at this folder. Take the # from the beginning of a line to
# change its value.
"""


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "init",
        parents=[shared],
        help="a project of your own: notebooks, sql, parameters",
        description="Lays out a project: the notebooks, sql/, workbench.yml with its parameters, "
        ".gitignore and README.md. Every command in it uses its copies.",
    )
    command.add_argument("folder", metavar="DIR", help="made where it is not there")
    settings.add_shared(command)
    command.set_defaults(command=init_command)


def init_command(options: argparse.Namespace) -> None:
    folder = local_path(options.folder, "init")
    files = project_files()
    lay_out(folder, files)
    for name in files:
        print(folder / name)
    print(
        f"\nPut a dump of JSON in {folder / 'data' / 'input'}, or name it:\n"
        f"  cd {folder}\n  workbench run --source DUMP"
    )


def project_files() -> dict[str, str]:
    """The text of each file of a new project, by its path in it."""
    notebooks, sql = copies("notebooks", None), copies("sql", None)
    return {
        **{
            f"notebooks/{path.name}": without_outputs(path.read_text(encoding="utf-8"))
            for path in sorted(notebooks.glob("*.ipynb"))
        },
        "notebooks/README.md": (notebooks / "README.md").read_text(encoding="utf-8"),
        **{f"sql/{p.name}": p.read_text(encoding="utf-8") for p in sorted(sql.glob("*.sql"))},
        SETTINGS: settings_text(),
        ".gitignore": (TEMPLATES / "gitignore").read_text(encoding="utf-8"),
        "README.md": (TEMPLATES / "README.md").read_text(encoding="utf-8"),
    }


def without_outputs(text: str) -> str:
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def settings_text() -> str:
    """Every parameter with its meaning and its default, none of them set."""
    lines = [HEAD]
    for one in PARAMETERS.values():
        if one.name not in NOT_SET:
            default = json.loads(json.dumps(one.default).replace("../", ""))
            lines.append(f"# {one.meaning}\n# {settings.line(one.name, default)}\n")
    return "\n".join(lines)


def lay_out(folder: Path, files: dict[str, str]) -> None:
    """Writes new files, all or none. Raises RequestError where one of them is there already."""
    there = [name for name in files if os.path.lexists(folder / name)]
    if there:
        raise RequestError(
            f"DIR: {folder} has {', '.join(there)} already. Name a new folder, or move "
            f"{'them' if there[1:] else 'it'} away."
        )
    made: list[Path] = []
    try:
        make_folder(folder / "notebooks")  # what these show is kept in them
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                made.append(path)
                file.write(text)
    except OSError as error:
        for path in made:
            with suppress(OSError):
                path.unlink()
        raise RequestError(
            f"DIR: {error.filename or folder} cannot be written: {error.strerror}. Name a folder "
            "in which you may make files."
        ) from error
