"""What is deployed: the library as a zip, the job's script, the notebooks, the state machine.

The same files give the same bytes, whoever builds them and when.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from workbench.aws.state_machine import generated
from workbench.chain import STEPS
from workbench.errors import RequestError
from workbench.places import project
from workbench.storage import digest, file_digest

LIBRARY = Path(__file__).resolve().parents[1]
BEFORE_ZIPS = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold
PLAIN_FILE = 0o100644 << 16


def build(out: Path, terraform: Path | None = None) -> str:
    """Builds into a folder, which is replaced; returns the version: a digest of all that is in it.

        <out>/workbench.zip, job.py, notebooks/<step>.ipynb, version

    With `terraform`, the files of that folder that come from the chain are written there.
    Raises RequestError where a notebook of the chain is missing.
    """
    staged = out.with_name(f"{out.name}.part")
    shutil.rmtree(staged, ignore_errors=True)
    (staged / "notebooks").mkdir(parents=True)
    pack(LIBRARY, staged / "workbench.zip")
    shutil.copyfile(LIBRARY / "aws" / "job.py", staged / "job.py")
    for step in STEPS:
        notebook = project().notebooks / f"{step.name}.ipynb"
        if not notebook.is_file():
            raise RequestError(f"{notebook} is a step of the chain, and is not there.")
        shutil.copyfile(notebook, staged / "notebooks" / notebook.name)
    files = sorted(path for path in staged.rglob("*") if path.is_file())
    version = digest(f"{f.relative_to(staged).as_posix()} {file_digest(f)}" for f in files)[:16]
    (staged / "version").write_text(version, encoding="utf-8")
    shutil.rmtree(out, ignore_errors=True)
    staged.rename(out)
    if terraform is not None:
        for name, text in generated().items():
            (terraform / name).write_text(text, encoding="utf-8")
    return version


def pack(package: Path, out: Path) -> None:
    """A package as a zip that Python can import from: no time, owner or order of a disk in it.

    It is stored, not deflated: another zlib would make other bytes of the same files.
    """
    with zipfile.ZipFile(out, "w") as packed:
        for path in sorted(sources(package)):
            entry = zipfile.ZipInfo(path.relative_to(package.parent).as_posix(), BEFORE_ZIPS)
            entry.external_attr = PLAIN_FILE
            entry.create_system = 3  # Unix, on whatever system it is made
            packed.writestr(entry, path.read_bytes())


def sources(package: Path) -> Iterator[Path]:
    for path in package.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield path
