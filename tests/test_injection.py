"""Values that would be code, SQL or a path elsewhere: here they are values, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.chain import DAY, EDGES, partition, publish_silver, read, rows, write_dump
from support.processes import workbench
from workbench import gold, silver
from workbench.errors import WorkbenchError
from workbench.gold.read import column_name
from workbench.parameters import check

HOSTILE = [
    "score`, (SELECT 1) AS `x",
    "score.score) OR (1=1",
    "'; DROP TABLE users; --",
    "../../../etc/passwd",
    "{lake}",
    "*",
    "%s%n",
    "a\nb",
    "\0",
]
DATES = [
    "2022-01-18/../../gold",
    "../silver",
    "*",
    "2022-01-1?",
    "2022-01-18'",
    "2022-01-18\n",
    "{a,b}",
]


@pytest.fixture(scope="module")
def documents() -> list[dict[str, Any]]:
    return [{"_id": at, "score": {"score": 100 * at}} | dict.fromkeys(HOSTILE, at) for at in (1, 2)]


@pytest.fixture
def lake(spark: Any, tmp_path: Path, documents: list[dict[str, Any]]) -> Path:
    publish_silver(spark, write_dump(tmp_path / "a.json", documents), tmp_path / "lake")
    return tmp_path / "lake"


def test_hostile_names_of_fields_are_columns_and_no_more(
    spark: Any, lake: Path, documents: list[dict[str, Any]]
) -> None:
    assert rows(partition(lake, "silver.users")) == documents
    users = gold.read_users(spark, str(lake), DAY)
    found = gold.user_products(users, "*").collect()
    assert len(found) == 2 and all(name.isidentifier() for name in found[0].asDict())
    assert sorted(p.name for p in lake.parent.iterdir()) == ["a.json", "lake"]


def test_hostile_paths_read_nothing_and_lose_nobody(spark: Any, lake: Path) -> None:
    users = gold.read_users(spark, str(lake), DAY)
    for path in HOSTILE:
        hostile = f"`{path.replace('`', '``')}`.no"
        for name in (hostile, f"no.{path}"):
            try:
                scores = gold.user_scores(users, EDGES, score=name, score_text=name).collect()
            except WorkbenchError:
                continue
            assert {r["score_group"]: r["users"] for r in scores}["SEM SCORE"] == 2, name
            assert gold.user_products(users, name).count() == 2


def test_a_hostile_path_of_the_time_supersedes_nothing(spark: Any, lake: Path) -> None:
    dump = read(lake.with_name("a.json"), lake)
    for path in HOSTILE:
        assert silver.find_superseded(spark, dump, path) == set()


@pytest.mark.parametrize("date", DATES)
def test_a_date_is_checked_before_it_becomes_a_path(date: str) -> None:
    with pytest.raises(WorkbenchError, match="ingestion_date: "):
        check(ingestion_date=date)


def test_a_hostile_path_names_no_column(tmp_path: Path) -> None:
    folder = partition(tmp_path, "gold.user_products")
    folder.mkdir(parents=True)
    (folder / "_manifest.json").write_text('{"rows": 1, "columns": {"a": "a"}}')
    assert [column_name(str(tmp_path), DAY, path) for path in HOSTILE] == [None] * len(HOSTILE)


def test_a_parameter_is_no_code_of_the_notebook(tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "a.json", [{"_id": 1}])
    given = ["--source", dump, "--lake", tmp_path / "lake", "--runs", tmp_path / "runs"]
    code = "x'''\"\n__import__('os').mkdir('owned')\n#\\"
    done = workbench("run", *given, "--only", "01", "-p", f"updated_at={code}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.rglob("owned"))
