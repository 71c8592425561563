"""The notebooks run from top to bottom by hand, and show what they were committed with."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from support.processes import environment

from workbench.engines.spark import SparkServer

ROOT = Path(__file__).resolve().parents[2]


def test_each_notebook_shows_what_it_was_committed_with(tmp_path: Path) -> None:
    """nbval compares every output but pictures, whose numbers are shown and recorded as text.

    By hand the engine is Apache Spark, here in one JVM for all of them; test_run.py compares the
    outputs of runs on both engines.
    """
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    shutil.copytree(ROOT / "data" / "input", tmp_path / "data" / "input")
    options = ["--nbval", "-p", "no:cacheprovider", "-p", "no:randomly", "--rootdir", tmp_path, "notebooks"]
    with SparkServer() as server:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *map(str, options)],
            cwd=tmp_path,
            env=environment(**server.environment),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout and "skipped" not in done.stdout
