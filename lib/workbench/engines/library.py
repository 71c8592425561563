"""The library as one zip, which engines elsewhere put on the path of their Python."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[1]
BEFORE_ZIPS = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold
PLAIN_FILE = 0o100644 << 16
UNCHECKED = (1).to_bytes(4, "little")  # PEP 552: it is not held against the text again


def pack(package: Path, out: Path, *, compiled: bool = False) -> None:
    """A package as a zip that Python can import from: no time, owner or order of a disk in it.

    It is stored, not deflated: another zlib would make other bytes of the same files. `compiled`
    is for Pythons of this version, which then compile nothing.
    """
    named = ((path, path.relative_to(package.parent).as_posix()) for path in sources(package))
    pack_files(sorted(named), out, (lambda name: f"{name}c") if compiled else None)


def pack_files(
    files: Iterable[tuple[Path, str]], out: Path, name_compiled: Callable[[str], str] | None = None
) -> None:
    """Files as a zip, each by the name that it is to have there.

    With what names the byte code of a module that is there too.
    """
    with zipfile.ZipFile(out, "w") as packed:
        for path, name in files:
            packed.writestr(entry_of(name), path.read_bytes())
            if name_compiled and path.suffix == ".py" and (code := byte_code(path)):
                packed.writestr(entry_of(name_compiled(name)), code)


def entry_of(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, BEFORE_ZIPS)
    entry.external_attr = PLAIN_FILE
    entry.create_system = 3  # Unix, on whatever system it is made
    return entry


def byte_code(file: Path) -> bytes | None:
    """What this Python keeps of a module, as one of its version takes it wherever the module is.

    None where it keeps none, or of another text: then whoever imports the module compiles it.
    """
    text, kept = file.read_bytes(), Path(cache_from_source(file))
    code = kept.read_bytes() if kept.exists() else b""
    digest = source_hash(text)
    time_and_size = (int(file.stat().st_mtime), len(text))
    of_text = struct.pack("<II", *(number & 0xFFFFFFFF for number in time_and_size))
    if code[8:16] not in (digest, of_text) or code[:4] != MAGIC_NUMBER:
        return None
    return MAGIC_NUMBER + UNCHECKED + digest + code[16:]


def sources(package: Path) -> Iterator[Path]:
    for path in package.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield path
