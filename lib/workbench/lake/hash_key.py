"""The key of the hashes that stand for personal values."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path as FilePath

KEY_VARIABLE = "WORKBENCH_PII_KEY"


def given_key() -> bytes:
    """The key of the environment; empty where there is none."""
    return os.environ.get(KEY_VARIABLE, "").encode()


def lake_key(folder: FilePath) -> bytes:
    """The key: of the environment, else of the lake (made when there is none yet)."""
    if given := given_key():
        return given
    path = folder / "pii.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        staged = folder / f"pii.key.{os.getpid()}"
        with open(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        with suppress(FileExistsError):  # the first of two at once wins, and both read its key
            os.link(staged, path)
        staged.unlink()
    return path.read_text().encode()
