"""What is deployed is the same from the same files, and works from a zip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.aws import bundle
from workbench.chain import STEPS
from workbench.engines import LIBRARY

ROOT = Path(__file__).resolve().parents[2]


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_bundle_holds_the_library_the_script_and_each_notebook(tmp_path: Path) -> None:
    bundle.build(tmp_path / "out")
    notebooks = {f"notebooks/{step.name}.ipynb" for step in STEPS}
    assert contents(tmp_path / "out").keys() == {"workbench.zip", "job.py", "version"} | notebooks


def test_another_checkout_at_another_time_makes_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = bundle.build(tmp_path / "first")
    other = tmp_path / "elsewhere"
    shutil.copytree(ROOT / "notebooks", other / "notebooks")
    library = shutil.copytree(ROOT / "lib" / "workbench", other / "lib" / "workbench")
    for path in library.rglob("*"):
        os.utime(path, (0, 2_000_000_000))
        path.chmod(0o700)
    monkeypatch.chdir(other)
    monkeypatch.setattr(bundle, "LIBRARY", library)
    assert bundle.build(tmp_path / "second") == first
    assert contents(tmp_path / "second") == contents(tmp_path / "first")


def test_a_changed_module_makes_another_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = bundle.build(tmp_path / "out")
    library = shutil.copytree(LIBRARY, tmp_path / "lib" / "workbench")
    (library / "errors.py").write_text("# changed\n")
    monkeypatch.setattr(bundle, "LIBRARY", library)
    assert bundle.build(tmp_path / "out") != first


def test_the_function_needs_nothing_but_the_zip_and_the_standard_library(tmp_path: Path) -> None:
    bundle.build(tmp_path / "out")
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import workbench.aws.execution as it; "
        "print(it.__file__, it.parameters({}, '2022-01-18T00:00:00Z')['ingestion_date'])"
    )
    places = {"WORKBENCH_SOURCE": "s3://bronze/", "WORKBENCH_LAKE": "s3://lake/lake"}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, str(tmp_path / "out" / "workbench.zip")],
        env=os.environ | places,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == [
        str(tmp_path / "out/workbench.zip/workbench/aws/execution.py"),
        "2022-01-18",
    ], done.stderr
