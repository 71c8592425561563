"""A checkout to work in, so that nothing is written into the one that is tested."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINKED = (".venv", "Makefile", "pyproject.toml", "uv.lock", "lib")
COPIED = ("data/input", "notebooks", "sql")


def copy_to(folder: Path) -> Path:
    """The folder, with what people change copied into it, and the rest linked."""
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name)
    return folder
