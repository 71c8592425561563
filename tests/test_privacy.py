"""Personal values: planted in a dump, searched for in every file that runs write."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from support.chain import write_dump
from support.processes import environment, workbench

DAY = "2022-01-18"
KEY = "the key of the hashes, which is 48 characters long"
PLANTED = ["Ana Planted", "Rui Plantado", "203.0.113.77", "2001:db8::77", "Planted/5.0 (agent)"]


def person(key: int, name: str = PLANTED[0], ip: str = PLANTED[2]) -> dict[str, object]:
    origin = {"ip": ip, "useragent": PLANTED[4], "utm_source": "x"}
    score = {"score": 300 + key, "scoreText": "é provável que 7 apresentem débitos"}
    products = [{"productType": "loan", "productId": key}]
    when = {"$date": "2021-11-02T03:04:05.296Z"}
    return {"_id": key, "name": name, "score": score | {"origin": origin}, "createdAt": when} | {
        "alreadyHaveProducts": products
    }


DOCUMENTS = [
    *(person(key) for key in range(1, 20)),
    person(1, PLANTED[1], PLANTED[3]),  # superseded
    {"name": PLANTED[1]},  # no key
    f'{{"_id": 99, "name": "{PLANTED[1]}", "score": NaN}}',
    f'{{"_id": 98, "name": "{PLANTED[0]}", "score": {{"origin": {{"ip": "{PLANTED[3]}"',
]


@dataclass
class Written:
    """Everything that runs on one engine have written and said."""

    place: Path
    runs: list[subprocess.CompletedProcess[str]]

    def texts(self) -> Iterator[tuple[Path, str]]:
        """Each file as text, tables by their values; and what stands in their metadata."""
        for path in (p for p in self.place.rglob("*") if p.is_file()):
            if path.suffix == ".parquet":
                found = pq.read_table(path, partitioning=None)
                yield path, f"{found.to_pylist()} {pq.read_metadata(path)} {found.schema.metadata}"
            yield path, path.read_bytes().decode("utf-8", "replace")

    def holding(self, *words: str) -> set[Path]:
        return {path for path, text in self.texts() if any(word in text for word in words)}


@pytest.fixture(scope="module", params=["sail", "spark"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A run that succeeds, one with too many bad documents, one whose contract few fit."""
    place, dump = tmp_path_factory.mktemp("written"), tmp_path_factory.mktemp("dump") / "a.json"
    write_dump(dump, DOCUMENTS)
    (place / "c.yml").write_text("fields:\n  score.origin.utm_source: int\n")
    given = ["--lake", place / "lake", "--runs", place / "runs", "--engine", request.param]
    runs = [
        workbench("run", "--source", dump, *given, *options, env=environment(WORKBENCH_PII_KEY=KEY))
        for options in (
            ["--ingestion-date", DAY, "-p", "max_bad_share=1"],
            ["--ingestion-date", "2022-01-19"],
            ["--ingestion-date", "2022-01-20", "-p", f"contract={place / 'c.yml'}", "--only", "01"],
        )
    ]
    assert [run.returncode for run in runs] == [0, 1, 1], [run.stderr for run in runs]
    return Written(place, runs)


def test_planted_values_are_in_the_quarantine_and_in_no_other_file(written: Written) -> None:
    found = written.holding(*PLANTED)
    assert {path.relative_to(written.place).parts[:3] for path in found} == {
        ("lake", "quarantine", "users")
    }
    assert len(found) == 3


def test_the_quarantine_is_for_its_owner_only(written: Written) -> None:
    quarantine = written.place / "lake" / "quarantine"
    files = [path for path in quarantine.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600} and len(files) == 6
    assert quarantine.stat().st_mode & 0o777 == 0o700


def test_the_key_of_the_hashes_is_in_no_file(written: Written) -> None:
    assert written.holding(KEY) == set()


def test_nothing_personal_is_said(written: Written) -> None:
    said = "".join(run.stdout + run.stderr for run in written.runs)
    assert "3 of 23 documents are bad" in said and "None of the 23 documents is good" in said
    assert not [word for word in (*PLANTED, KEY) if word in said]


def test_the_search_finds_what_is_there(written: Written) -> None:
    """A search that found nothing at all would pass the tests above."""
    names = {path.suffix for path in written.holding("loan", "alreadyHaveProducts")}
    assert {".parquet", ".ipynb", ".json", ".html"} <= names


def test_a_key_that_the_lake_makes_stays_in_its_own_file(tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "a.json", [person(1)])
    given = ["--lake", tmp_path / "lake", "--runs", tmp_path / "runs", "--ingestion-date", DAY]
    done = workbench("run", "--source", dump, *given, "--only", "01")
    assert done.returncode == 0, done.stderr
    file = tmp_path / "lake" / ".workbench" / "pii.key"
    assert Written(tmp_path, [done]).holding(file.read_text()) == {file}
    assert file.stat().st_mode & 0o777 == 0o600 and file.read_text() not in done.stdout
