"""The analyses of `sql/`: one question a file, in Athena's dialect, told by the comment on top."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import RequestError
from workbench.places import project
from workbench.storage import local_path
from workbench.suggest import nearest


@dataclass(frozen=True)
class SqlFile:
    """One analysis: its title, the question that it answers, and the statement."""

    name: str
    title: str
    question: str
    text: str


def sql_files() -> list[SqlFile]:
    """All analyses of the project, and those in `sql` of the current folder, by name."""
    found = {path.stem: path for folder in folders() for path in folder.glob("*.sql")}
    return [read_sql(found[name]) for name in sorted(found)]


def folders() -> list[Path]:
    """Where analyses stand; of the same name that of the last counts."""
    return [project().sql, Path("sql")]


def read_sql(path: Path) -> SqlFile:
    """One file. The first line of its leading comment is the title, the others the question."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(
            f"{path} cannot be read as SQL: it is no UTF-8 text, from byte {error.start:,} on. "
            "Save it as UTF-8."
        ) from error
    except (OSError, ValueError) as error:
        raise RequestError(f"{path} cannot be read as SQL: {error}") from error
    comment: list[str] = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        comment.append(line.removeprefix("--").strip())
    title = comment[0] if comment else path.stem
    return SqlFile(path.stem, title, " ".join(comment[1:]), text)


def find_sql(name_or_path: str) -> SqlFile:
    """An analysis by its name, or any file by its path (with a `/`, or ending in `.sql`).

    Raises RequestError with the nearest right name where there is neither.
    """
    for folder in reversed(folders()) if os.sep not in name_or_path else ():
        named = folder / f"{name_or_path.removesuffix('.sql')}.sql"
        if named.is_file():
            return read_sql(named)
    if os.sep in name_or_path or name_or_path.endswith(".sql"):
        return read_sql(local_path(name_or_path, "sql"))
    names = [file.name for file in sql_files()]
    near = nearest(name_or_path, names)
    raise RequestError(
        f"sql: there is no analysis {name_or_path!r}. "
        + (f"Did you mean {near}? " if near else "")
        + f"There are: {', '.join(names)}. A file of your own is named by its path."
    )
