"""What the tests of bronze share."""

import pytest

from workbench.bronze.pool import Pool


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker processes, though the dump has many blocks."""
    monkeypatch.setattr("workbench.bronze.scanning.Pool", lambda workers: Pool(0))
