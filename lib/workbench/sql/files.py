"""The analyses of `sql/`: one question a file, in Athena's dialect, told by the comment on top."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import RequestError

FOLDER = Path(__file__).resolve().parents[3] / "sql"


@dataclass(frozen=True)
class SqlFile:
    """One analysis: its title, the question that it answers, and the statement."""

    name: str
    title: str
    question: str
    text: str


def sql_files(folder: Path = FOLDER) -> list[SqlFile]:
    """All analyses of a folder, by name."""
    return [read_sql(path) for path in sorted(folder.glob("*.sql"))]


def read_sql(path: Path) -> SqlFile:
    """One file. The first line of its leading comment is the title, the others the question."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise RequestError(f"{path} cannot be read as SQL: {error}") from error
    comment: list[str] = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        comment.append(line.removeprefix("--").strip())
    title = comment[0] if comment else path.stem
    return SqlFile(path.stem, title, " ".join(comment[1:]), text)


def find_sql(name_or_path: str, folder: Path = FOLDER) -> SqlFile:
    """An analysis by its name, or any file by its path (with a `/`, or ending in `.sql`).

    Raises RequestError with the nearest right name where there is neither.
    """
    named = folder / f"{name_or_path.removesuffix('.sql')}.sql"
    if os.sep not in name_or_path and named.is_file():
        return read_sql(named)
    if os.sep in name_or_path or name_or_path.endswith(".sql"):
        return read_sql(Path(name_or_path))
    names = [file.name for file in sql_files(folder)]
    near = difflib.get_close_matches(name_or_path, names, 1, 0.4)
    raise RequestError(
        f"sql: there is no analysis {name_or_path!r}. "
        + (f"Did you mean {near[0]}? " if near else "")
        + f"There are: {', '.join(names)}. A file of your own is named by its path."
    )
