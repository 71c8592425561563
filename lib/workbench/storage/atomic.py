"""One way to write a file: whole, or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """A file beside another to write to, which takes the other's place when all went well.

    Its folder is made where it is not there. Raises OSError, and leaves nothing of it then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Of another machine on the same disk a process may have the same number.
    staged = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(3)}.part")
    try:
        yield staged
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes | str) -> None:
    """A file that appears under its name, or replaces what is there, only when it is whole.

    Texts are UTF-8. Raises OSError, and leaves nothing of it then.
    """
    with aside(path) as staged:
        staged.write_bytes(content.encode() if isinstance(content, str) else content)
