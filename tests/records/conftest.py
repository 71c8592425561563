"""A folder of two runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.records import SECOND, a_run, keep


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    keep(tmp_path, a_run())
    keep(tmp_path, a_run(SECOND, users=[4, 9, 1]))
    return tmp_path
