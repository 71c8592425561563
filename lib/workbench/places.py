"""Where a project stands: its notebooks, its SQL, its lake and its runs.

A project is found upwards from the current folder, as git finds its repository: by its
`workbench.yml`, or by the first notebook of the chain. What it has no copy of, notebooks or SQL,
is what comes with the library.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import RequestError

SETTINGS = "workbench.yml"
MARKS = (SETTINGS, "notebooks/01_silver_users.ipynb")
PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Project:
    """The folders of one project; outside of any, of the current folder."""

    root: Path
    notebooks: Path
    sql: Path
    lake: Path
    runs: Path

    @property
    def input(self) -> Path:
        """The folder of dumps that is read where no source is named; it need not be there."""
        return self.root / "data" / "input"

    @property
    def settings(self) -> Path:
        """The file of its own parameters; it need not be there."""
        return self.root / SETTINGS


def project() -> Project:
    """The project that the current folder belongs to.

    Raises RequestError where it is another user's, or parts of it, which would run as this one.
    """
    here = Path.cwd()
    root = next((folder for folder in (here, *here.parents) if mark(folder)), None)
    if root:
        check_owner(root, here)
        check_parts(root)
    data = (root or here) / "data"
    return Project(
        root or here, copies("notebooks", root), copies("sql", root), data / "lake", data / "runs"
    )


def copies(name: str, root: Path | None) -> Path:
    """A folder of a project, where it has its own; else the one that comes with the library."""
    if root and (root / name).is_dir():
        return root / name
    packaged = PACKAGE / "project"  # in a wheel; else this is a checkout
    return (packaged if (packaged / name).is_dir() else PACKAGE.parents[1]) / name


def mark(folder: Path) -> Path | None:
    """The file by which a folder is known as a project's root."""
    return next((folder / name for name in MARKS if os.path.isfile(folder / name)), None)


def check_owner(root: Path, here: Path) -> None:
    """Raises RequestError where a project that was found belongs to another user of the machine.

    In a folder that is open to all, such as /tmp, one could be laid for whoever works below it.
    """
    marked = mark(root) or root
    owner = marked.stat().st_uid
    entered = root == here and owner == root.stat().st_uid
    if owner not in (os.geteuid(), 0) and not entered:
        raise RequestError(
            f"{marked} belongs to another user (number {owner}), and what stands there would run "
            f"as you. If you mean that project, go to its folder, {root}; else work elsewhere."
        )


def check_parts(root: Path) -> None:
    """Raises RequestError where another user has laid notebooks or SQL into a project.

    That can be done where a folder is open to all; in one that is open to a group, it is trusted.
    """
    folders = [folder for name in ("notebooks", "sql") if (folder := root / name).is_dir()]
    parts = [*folders, *(part for folder in folders for part in folder.iterdir())]
    trusted = {os.geteuid(), 0, root.stat().st_uid}
    for part in parts:
        owner = part.lstat().st_uid
        if owner not in trusted and part.parent.stat().st_mode & stat.S_IWOTH:
            raise RequestError(
                f"{part} belongs to another user (number {owner}), in a folder where every user "
                f"may write, and what stands there would run as you. If you mean it, take it over "
                f"(chown) and close the folder (chmod o-w {part.parent}); else remove it."
            )
