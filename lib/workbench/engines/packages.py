"""boto3 for executors whose Python has none: sent as a zip, unpacked where they work.

It is of Python alone, and reads its descriptions of AWS's services from files, so a zip on the
path would not do. Of the services it has the one that is asked, and those that give credentials.
"""

from __future__ import annotations

import os
import shutil
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.util import cache_from_source, find_spec
from pathlib import Path

from workbench.engines.library import pack_files
from workbench.errors import RequestError

START = "workbench-packages-"
INSIDE = "packages"  # the folder in the zip, which itself is on the path
NAMES = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3")  # pandas brings the others
SERVICES = ("s3", "sts", "sso", "sso-oidc")


def pack_packages(out: Path) -> None:
    """The packages of this Python as one zip. Raises RequestError where it has none."""
    pack_files([file for name in NAMES for file in files_of(name)], out, cache_from_source)


def files_of(name: str) -> Iterator[tuple[Path, str]]:
    """The files of a package, and what they are called in the zip."""
    found = find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise RequestError(
            f"s3: the package {name} is needed for addresses of s3:// and is not installed. "
            "Install workbench[aws], or boto3 beside it."
        )
    root = Path(found.submodule_search_locations[0])
    for path in root.rglob("*"):
        inside = path.relative_to(root).parts
        of_service = inside[0] == "data" and len(inside) > 2  # data/<service>/<version>/...
        if (
            path.is_file()
            and path.suffix != ".pyc"
            and not (of_service and inside[1] not in SERVICES)
        ):
            yield path, f"{INSIDE}/{path.relative_to(root.parent).as_posix()}"


@cache
def unpacked() -> None:
    """On an executor: its Python has them, its own where it has some."""
    if find_spec("boto3"):
        return
    sent = next(path for path in sys.path if os.path.basename(path).startswith(START))
    folder = Path(sent).with_suffix("")
    if not folder.is_dir():
        aside = folder.with_name(f"{folder.name}.{os.getpid()}")
        with zipfile.ZipFile(sent) as packed:
            packed.extractall(aside)
        with suppress(OSError):  # another worker was first
            aside.rename(folder)
        shutil.rmtree(aside, ignore_errors=True)
    sys.path.append(str(folder / INSIDE))
