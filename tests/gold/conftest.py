"""A small silver table, to break its steps on purpose."""

from pathlib import Path
from typing import Any

import pytest

from support.chain import (
    publish_silver,
    write_dump,
)

STATED = "é provável que 7 apresentem débitos"


@pytest.fixture
def published(spark: Any, tmp_path: Path) -> Path:
    documents = [
        {
            "_id": "a",
            "n": 2**33,
            "score": {"score": 2, "scoreText": STATED},
            "p": [{"x": 1, "l": [1]}, {"x": 2}],
        },
        {"_id": "b", "n": 1, "score": {"score": 900}, "p": []},
        {"_id": "c"},
    ]
    publish_silver(spark, write_dump(tmp_path / "a.json", documents), tmp_path / "lake")
    return tmp_path / "lake"
