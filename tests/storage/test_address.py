"""What stands elsewhere is refused by name; no folder is ever called `s3:`."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.cli import main
from workbench.convert import Request, flatten_dump
from workbench.errors import RequestError
from workbench.lake import Lake, read_arrow
from workbench.parameters import check
from workbench.records import find_run
from workbench.sample import write_sample
from workbench.storage import local_path, scheme_of

THERE, GS = "s3://bucket/folder", "gs://bucket/folder"
SLIPS = ("s3:bucket/folder", "s3:", "S3:bucket", r"s3:\\bucket", Path("s3://"))


@pytest.fixture
def beside_a_dump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a dump in it and nothing else."""
    monkeypatch.chdir(tmp_path)
    Path("dump.json").write_text('{"_id": 1}\n', encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "path", [THERE, Path(THERE), "gs://b", "s3a:/bucket", "file:///tmp/x", *SLIPS]
)
def test_an_address_is_known_by_its_scheme(path: str | Path) -> None:
    assert scheme_of(path)
    with pytest.raises(RequestError, match=r"^--lake: .* is not on this machine"):
        local_path(path, "--lake")


@pytest.mark.parametrize("path", ["/a/b", "./s3:/x", "a b", "c:", "2022-01-18T10:00/x", ""])
def test_a_path_is_none(path: str) -> None:
    assert not scheme_of(path) and local_path(path, "--lake") == Path(path)


@pytest.mark.parametrize(
    "command",
    [
        ["run", "--source", "dump.json", "--lake", GS],
        ["run", "--source", "dump.json", "--runs", GS],
        ["run", "--source", GS],
        ["run", "--source", "dump.json", "-p", f"lake={GS}"],
        ["run", "--source", "dump.json", "-p", f"contract={THERE}"],
        ["run", "--params", f"{THERE}.yml"],
        ["sweep", "--lake", GS, "-p", "locale=en", "-p", "locale=pt_BR"],
        ["flatten", "dump.json", "--out", GS],
        ["new", "mine", "--source", GS],
        ["sql", "users_per_score_range", "--lake", GS],
        ["sql", f"{THERE}/mine.sql"],
        ["init", THERE],
        ["schema", "--lake", GS],
        ["schema", "--freeze", THERE],
        ["forget", "--key", "k", "--lake", GS],
        ["forget", "--key", "k", "--runs", GS],
        ["runs", "--runs", GS],
        ["open", "--runs", GS],
        ["open", f"{GS}/run"],
        ["compare", "a", "b", "--runs", GS],
        ["compare", "a", "b", "--out", THERE],
        ["sample", "--users", "1", "--out", THERE],
    ],
    ids=" ".join,
)
def test_every_command_refuses_it(
    command: list[str], beside_a_dump: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command) == 2
    shown = capsys.readouterr()
    assert "://bucket/folder" in shown.err and "on this machine" in shown.err and not shown.out
    assert [path.name for path in beside_a_dump.iterdir()] == ["dump.json"]


@pytest.mark.parametrize("slip", ["s3:bucket/folder", "s3:", "s3://", "s3:///folder", r"s3:\\b"])
@pytest.mark.parametrize("option", ["--source", "--lake", "--runs"])
def test_an_address_without_its_bucket_makes_no_folder(
    option: str, slip: str, beside_a_dump: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--source", "dump.json", "-p", "pii=[]", option, slip]) == 2
    assert f"{slip}: there is no bucket in this address: s3://bucket/" in capsys.readouterr().err
    assert [path.name for path in beside_a_dump.iterdir()] == ["dump.json"]


def test_the_library_refuses_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for refused in (
        lambda: Lake(GS),
        lambda: read_arrow(Path(GS), "silver.users"),
        lambda: find_run(Path(THERE), "latest"),
        lambda: write_sample(Path(THERE), 1),
        lambda: flatten_dump(Request(source=["dump.json"]), Path(THERE), pytest.fail),
        lambda: check(charts=THERE),
        lambda: check(lake=GS),
    ):
        with pytest.raises(RequestError, match="on this machine"):
            refused()
    assert not any(tmp_path.iterdir())
