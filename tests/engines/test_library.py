"""The library as a zip: what a Python elsewhere imports from it, and compiles no more."""

import py_compile
import zipfile
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path
from zipimport import zipimporter

import pytest

from workbench.engines.library import pack
from workbench.engines.packages import pack_packages

MODES = py_compile.PycInvalidationMode


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "said.py").write_text("WHAT = 'this'\n")
    return folder


def imported(package: Path) -> tuple[str, str]:
    """What a module of the zip says, and which file of it was taken."""
    out = package.with_name(f"{len([*package.parent.iterdir()])}.zip")  # lists of files are kept
    pack(package, out, compiled=True)
    importer = zipimporter(f"{out}/{package.name}")
    found: dict[str, str] = {}
    exec(importer.get_code("said"), found)
    return found["WHAT"], Path(importer.get_filename("said")).name


@pytest.mark.parametrize("mode", [MODES.TIMESTAMP, MODES.CHECKED_HASH])
def test_what_is_compiled_here_is_not_compiled_again(package: Path, mode: MODES) -> None:
    assert imported(package) == ("this", "said.py")
    py_compile.compile(str(package / "said.py"), invalidation_mode=mode)
    assert imported(package) == ("this", "said.pyc")


@pytest.mark.parametrize("mode", [MODES.TIMESTAMP, MODES.CHECKED_HASH])
def test_byte_code_of_another_text_or_another_python_is_left(package: Path, mode: MODES) -> None:
    module = package / "said.py"
    kept = Path(cache_from_source(str(module)))
    py_compile.compile(str(module), invalidation_mode=mode)
    code = kept.read_bytes()
    kept.write_bytes(bytes(len(MAGIC_NUMBER)) + code[len(MAGIC_NUMBER) :])
    assert imported(package) == ("this", "said.py")
    kept.write_bytes(code)
    module.write_text("WHAT = 'another text'\n")
    assert imported(package) == ("another text", "said.py")


def test_what_asks_a_store_comes_compiled(tmp_path: Path) -> None:
    pack_packages(out := tmp_path / "packages.zip")
    names = set(zipfile.ZipFile(out).namelist())
    asked = "packages/boto3/session.py"
    assert {asked, cache_from_source(asked)} <= names
