"""`workbench flatten` as a person starts it, and the library as Glue loads it."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from support.chain import write_dump
from support.processes import environment, workbench
from workbench.cli import main
from workbench.proof.tables_manifest import QUARANTINED

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [{"_id": 1, "aB": {"c": [1, None]}}, "{bad", {"_id": 2, "aB": None}]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_dump(tmp_path / "dump.json", DOCUMENTS)


def test_it_ends_with_what_was_written_and_the_proof(source: Path, tmp_path: Path) -> None:
    done = workbench("flatten", source, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    words = [line.replace("│", " ").split() for line in done.stdout.splitlines()]
    assert ["root", "2", "2", "2"] in words
    assert ["root_a_b_c", "2", "4", "1"] in words
    assert "note: no --key was given" in done.stdout
    assert re.search("1 bad documents are in .*: 1 truncated", done.stdout)
    last = done.stdout.splitlines()[-1]
    assert last.startswith("All 3 leaves of 2 documents are accounted for in 2 table(s)")


def test_the_plan_is_printed_and_nothing_written(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["flatten", str(source), "--plan", "--key", "_id"]) == 0
    assert "table root_a_b_c, 2 rows" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--out: no folder given"),
        (["--out", "out", "--engine", "duck"], "engine: duck is not known"),
        (["--out", "out", "--explode", "aB.d"], "aB.d is not an array.*aB.c"),
        (["--out", "dump.json"], "is a file; name a folder"),
    ],
)
def test_a_wrong_request_ends_with_2(
    source: Path,
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(source.parent)
    assert main(["flatten", str(source), *arguments]) == 2
    assert re.search(said, capsys.readouterr().err)


def test_a_dump_without_a_good_document_ends_with_1(tmp_path: Path) -> None:
    source = write_dump(tmp_path / "bad.json", ["{bad"])
    assert main(["flatten", str(source), "--out", str(tmp_path / "out")]) == 1
    assert not (tmp_path / "out").exists()


def test_the_library_needs_nothing_but_pyspark_and_loads_from_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "workbench.zip", "w") as packed:
        for path in (ROOT / "lib" / "workbench").rglob("*.py"):
            packed.write(path, path.relative_to(ROOT / "lib"))
    script = (
        "import sys\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "for name in ('pyarrow', 'numpy', 'rich', 'yaml'): sys.modules[name] = None\n"
        "import workbench.flatten as library\n"
        "assert library.__file__.startswith(sys.argv[1])\n"
        "from workbench.flatten import as_map, flatten, plan, relational, verify\n"
    )
    subprocess.run(
        [sys.executable, "-c", script, tmp_path / "workbench.zip"], check=True, env=environment()
    )


def test_what_was_left_out_is_said_at_the_end(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], sail_session: object
) -> None:
    out = str(tmp_path / "out")
    assert main(["flatten", str(source), "--out", out, "--key", "_id", "--exclude", "aB"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("; 1 more were left out, as asked")


def test_a_spark_without_memory_ends_and_it_is_told_what_to_do(tmp_path: Path) -> None:
    dump, out = tmp_path / "dump.json", tmp_path / "tables"
    dump.write_text('{"_id": 1, "text": "' + "x" * 62_000_000 + '"}\n')
    little = ["--engine", "spark", "--conf", "spark.driver.memory=480m"]
    done = workbench("flatten", dump, "--out", out, *little)
    assert done.returncode == 1 and not out.exists()
    assert "Traceback" not in done.stderr and "ERROR:" not in done.stderr
    assert "error: the engine has ended" in done.stderr
    assert "--conf spark.driver.memory=" in done.stderr


def test_tables_are_for_their_owner_and_group_unless_they_are_shared(
    source: Path, tmp_path: Path
) -> None:
    out, forget = tmp_path / "out", ["forget", "--key", "1"]

    def mode(*command: object) -> int:
        done = workbench(*command, "--out", out)
        assert done.returncode == (command[0] == "forget"), done.stderr  # "{bad" may be theirs
        return out.stat().st_mode & 0o777

    flatten = ["flatten", source, "--key", "_id"]
    assert mode(*flatten) == 0o750
    assert (mode(*flatten, "--shared"), mode(*flatten)) == (0o755, 0o755)  # as it was opened
    assert (out / QUARANTINED).stat().st_mode & 0o077 == 0
    out.chmod(0o700)
    assert mode(*forget) == 0o700
