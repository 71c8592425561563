"""Personal values: planted in a dump, searched for in every file that runs write.

Where that can be, another user of the machine knocks while a run goes on, and no door opens.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import packages_distributions
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from support.chain import write_dump
from support.other_user import doors
from support.processes import WORKBENCH, environment, workbench

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
    doors: list[list[str]] = field(default_factory=list)  # that were open, each time of looking
    planted_was_run: bool = False

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
def written(request: pytest.FixtureRequest) -> Iterator[Written]:
    """A run that succeeds, one with too many bad documents, one whose contract few fit.

    In folders that every user enters, whose paths are short enough for sockets. The first run is
    started where such a user has laid modules for Python to find, and they knock while it goes on.
    """
    place, elsewhere = (Path(tempfile.mkdtemp(dir="/tmp")) for _ in range(2))
    place.chmod(0o755)
    (elsewhere / "t").mkdir(parents=True)
    for folder in (elsewhere, elsewhere / "t"):
        folder.chmod(0o1777)
    dump = elsewhere / "a.json.gz"  # what is compressed is read by workers, however small
    dump.write_bytes(gzip.compress(write_dump(elsewhere / "a.json", DOCUMENTS).read_bytes()))
    for path in elsewhere.glob("a.json*"):
        path.chmod(0o600)
    (place / "c.yml").write_text("fields:\n  score.origin.utm_source: int\n")
    given = ["--lake", place / "lake", "--runs", place / "runs", "--engine", request.param]
    asked = ["run", "--source", dump, *given, "--ingestion-date"]
    env = environment(WORKBENCH_PII_KEY=KEY, TMPDIR=str(elsewhere / "t"))
    found = []
    with subprocess.Popen(
        [str(word) for word in (WORKBENCH, *asked, DAY, "-p", "max_bad_share=1")],
        cwd=planted(elsewhere / "planted", elsewhere / "was run"),
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as first:
        ended = os.geteuid() != 0  # only root can be another user
        while not ended:
            ended = first.poll() is not None
            folders = (elsewhere / "t", place / "lake", place / "runs")
            found.append(doors(first.pid, *folders, secret=KEY))
            time.sleep(0.2)
        done = subprocess.CompletedProcess(asked, first.wait(), *first.communicate())
    runs = [
        done,
        workbench(*asked, "2022-01-19", env=env),
        workbench(*asked, "2022-01-20", "-p", f"contract={place}/c.yml", "--only", "01", env=env),
    ]
    assert [run.returncode for run in runs] == [0, 1, 1], [run.stderr for run in runs]
    yield Written(place, runs, found, (elsewhere / "was run").exists())
    shutil.rmtree(place)
    shutil.rmtree(elsewhere)


def planted(folder: Path, seen: Path) -> Path:
    """A folder with a module of each name that Python may look for, which tells that it was run."""
    folder.mkdir()
    for name in {*sys.stdlib_module_names, *packages_distributions(), "usercustomize"}:
        if name.isidentifier():
            told = f"open({str(seen)!r}, 'a').write({name!r} + ' ')"
            (folder / f"{name}.py").write_text(f"{told}\nraise ImportError('planted')")
    return folder


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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_no_door_opens_to_another_user_while_a_run_goes_on(written: Written) -> None:
    assert len(written.doors) > 3 and not [door for found in written.doors for door in found]


def test_nothing_is_run_that_lies_in_the_folder_where_it_is_started(written: Written) -> None:
    assert written.runs[0].stderr == "" and not written.planted_was_run


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
