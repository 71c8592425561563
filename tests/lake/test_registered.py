"""The catalog says what a lake on S3 has, whatever has happened between the two."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.chain import write_dump
from support.cloud import met, refusal
from workbench.catalog import VARIABLE
from workbench.cli import main, parser
from workbench.cli.run_command import parameters
from workbench.errors import LakeError, RequestError, ServiceError
from workbench.lake import lake_at
from workbench.lake.object_lake import ObjectLake
from workbench.lake.registered import catalog_of, register
from workbench.proof import Manifest, ProductsManifest
from workbench.services import client, made_client

pytestmark = pytest.mark.cloud
FIRST, SECOND, THIRD = "2022-01-16", "2022-01-17", "2022-01-18"
PATTERN = "{layer}"


@pytest.fixture(scope="module", autouse=True)
def clients() -> Iterator[None]:
    """Those of this module's server, made once."""
    made_client.cache_clear()
    yield
    made_client.cache_clear()


@pytest.fixture
def glue(bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv(VARIABLE, PATTERN)
    made = client("glue")
    for layer in ("silver", "gold"):
        made.create_database(DatabaseInput={"Name": layer})
    yield made
    for layer in ("silver", "gold"):
        made.delete_database(Name=layer)


@pytest.fixture
def lake(bucket: str, glue: Any, tmp_path: Path) -> ObjectLake:
    made = lake_at(f"{bucket}/lake")
    assert isinstance(made, ObjectLake)
    return made


def write(folder: Path, columns: dict[str, Any]) -> Path:
    folder.mkdir()
    pq.write_table(pa.table(columns), folder / "0.parquet")
    return folder


def publish(lake: ObjectLake, folder: Path, day: str, **columns: Any) -> None:
    staged = write(folder / day, columns)
    names = {f"path.{name}": name for name in columns}
    rows = len(next(iter(columns.values())))
    manifest = ProductsManifest(rows=rows, columns=names)
    with lake.lock():
        lake.publish(staged, "gold", "user_products", day, manifest)


def commit(lake: ObjectLake, folder: Path, day: str, **columns: Any) -> None:
    """Publishes as a run does that is killed behind the commit."""
    place = lake.versions("gold", "user_products", day)
    place.publish(write(folder / day, columns), place.current())


def table(glue: Any) -> dict[str, Any]:
    found: dict[str, Any] = glue.get_table(DatabaseName="gold", Name="user_products")["Table"]
    return found


def partitions(glue: Any) -> dict[str, dict[str, Any]]:
    found = glue.get_partitions(DatabaseName="gold", TableName="user_products")["Partitions"]
    return {p["Values"][0]: p["StorageDescriptor"] for p in found}


def types(storage: dict[str, Any]) -> dict[str, str]:
    return {column["Name"]: column["Type"] for column in storage["Columns"]}


def place(lake: ObjectLake, day: str) -> str:
    """The folder of the version that the pointer names."""
    return lake.files("gold", "user_products", day)[0].removesuffix("0.parquet")


def in_step(lake: ObjectLake, glue: Any, *days: str) -> bool:
    return {day: p["Location"] for day, p in partitions(glue).items()} == {
        day: place(lake, day) for day in days
    }


def test_what_is_published_is_registered(lake: ObjectLake, glue: Any, tmp_path: Path) -> None:
    publish(lake, tmp_path, FIRST, _id=["a"], item=[{"X": 1, "many": [1.5]}])
    made = table(glue)
    assert types(made["StorageDescriptor"]) == {
        "_id": "string",
        "item": "struct<x:bigint,many:array<double>>",
    }
    assert made["StorageDescriptor"]["Columns"][0]["Comment"] == "path._id"
    assert made["Description"].startswith("One row per user and product")
    assert [(k["Name"], k["Type"]) for k in made["PartitionKeys"]] == [("ingestion_date", "string")]
    assert "Parquet" in made["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"]
    assert in_step(lake, glue, FIRST)
    before = place(lake, FIRST)
    (tmp_path / FIRST).rename(tmp_path / "before")
    publish(lake, tmp_path, FIRST, _id=["b"])
    assert in_step(lake, glue, FIRST) and place(lake, FIRST) != before
    assert types(table(glue)["StorageDescriptor"]) == {"_id": "string"}


def test_drift_widens_the_table_and_no_partition(
    lake: ObjectLake, glue: Any, tmp_path: Path
) -> None:
    publish(lake, tmp_path, SECOND, _id=["a"], n=[1])
    publish(lake, tmp_path, THIRD, more=["x"], _id=["b"], n=[2.5])
    publish(lake, tmp_path, FIRST, _id=["c"], old=[True])
    widened = {"_id": "string", "old": "boolean", "n": "double", "more": "string"}
    assert types(table(glue)["StorageDescriptor"]) == widened
    found = partitions(glue)
    assert types(found[SECOND]) == widened | {"n": "bigint"}
    assert list(types(found[FIRST])) == list(types(found[THIRD])) == list(widened)
    assert in_step(lake, glue, FIRST, SECOND, THIRD)


def test_the_next_run_mends_what_a_killed_one_has_left(
    lake: ObjectLake, glue: Any, tmp_path: Path
) -> None:
    commit(lake, tmp_path, FIRST, _id=["a"], n=[1.5])
    publish(lake, tmp_path, SECOND, _id=["b"], n=[1])
    assert in_step(lake, glue, FIRST, SECOND)
    assert types(table(glue)["StorageDescriptor"])["n"] == "double"
    (tmp_path / FIRST).rename(tmp_path / "before")
    commit(lake, tmp_path, FIRST, _id=["a"])
    lake.versions("gold", "user_products", SECOND).remove()
    publish(lake, tmp_path, THIRD, _id=["c"])
    assert in_step(lake, glue, FIRST, THIRD)
    assert types(table(glue)["StorageDescriptor"]) == {"_id": "string"}


def test_runs_at_the_same_time_leave_it_right(lake: ObjectLake, glue: Any, tmp_path: Path) -> None:
    days = [f"2022-02-{day:02}" for day in range(1, 9)]

    def one(day: str) -> None:
        commit(lake, tmp_path, day, **{"_id": ["a"], f"of_{day[-2:]}": [1]})
        register(lake, "gold", "user_products")

    with ThreadPoolExecutor(len(days)) as at_once:
        list(at_once.map(one, days))
    assert in_step(lake, glue, *days)
    assert [*types(table(glue)["StorageDescriptor"])] == ["_id", *(f"of_{d[-2:]}" for d in days)]


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("CreateTable", "AlreadyExistsException"),
        ("UpdateTable", "ConcurrentModificationException"),
        ("CreatePartition", "AlreadyExistsException"),
        ("UpdatePartition", "EntityNotFoundException"),
        ("GetPartitions", "ThrottlingException"),
    ],
)
def test_where_another_comes_between_it_looks_again(
    operation: str, code: str, lake: ObjectLake, glue: Any, tmp_path: Path
) -> None:
    before = operation.startswith("Update")
    if before:
        publish(lake, tmp_path, FIRST, _id=["a"])
        (tmp_path / FIRST).rename(tmp_path / "before")
    with met(glue, f"glue.{operation}", [refusal(code)] * 2) as sent:
        publish(lake, tmp_path, FIRST, _id=["a"], n=[1])
    assert len(sent) > 2 and in_step(lake, glue, FIRST)
    assert "n" in types(table(glue)["StorageDescriptor"])


def test_a_catalog_that_refuses_is_told_and_mended_later(
    lake: ObjectLake, glue: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "User: x is not authorized to perform: glue:CreateTable on resource: arn:aws:glue:t"
    with (
        met(glue, "glue.CreateTable", [refusal("AccessDeniedException", said)]),
        pytest.raises(LakeError) as told,
    ):
        publish(lake, tmp_path, FIRST, _id=["a"])
    for part in (
        "gold.user_products is published, but",
        "no permission glue:CreateTable on arn:aws:glue:t",
        f"`workbench aws catalog --lake {lake.root}`",
    ):
        assert part in str(told.value)
    assert lake.has("gold", "user_products", FIRST)
    asked = ["aws", "catalog", "--lake", str(lake.root)]
    assert main([*asked, "--check"]) == 1
    out = capsys.readouterr()
    assert "gold.user_products: it is not there" in out.out and "workbench aws catalog" in out.err
    assert main(asked) == 0 and in_step(lake, glue, FIRST)
    assert main([*asked, "--check"]) == 0
    assert "gold.user_products: as the lake has it" in capsys.readouterr().out


def spoil(glue: Any) -> None:
    """What a crawler does that is let over the lake: other types, other places, its own table."""
    now = table(glue)
    storage = now["StorageDescriptor"]
    storage["Columns"] = [{"Name": "_id", "Type": "bigint"}, {"Name": "extra", "Type": "string"}]
    put = {key: now[key] for key in ("Name", "PartitionKeys", "Parameters")}
    whole = storage["Location"]
    glue.update_table(DatabaseName="gold", TableInput=put | {"StorageDescriptor": storage})
    glue.update_partition(
        DatabaseName="gold",
        TableName="user_products",
        PartitionValueList=[FIRST],
        PartitionInput={"Values": [FIRST], "StorageDescriptor": storage},
    )
    glue.create_partition(
        DatabaseName="gold",
        TableName="user_products",
        PartitionInput={"Values": ["2000-01-01"], "StorageDescriptor": storage},
    )
    glue.delete_partition(DatabaseName="gold", TableName="user_products", PartitionValues=[SECOND])
    stray = {"Name": "version_1", "StorageDescriptor": storage | {"Location": f"{whole}x/"}}
    glue.create_table(DatabaseName="gold", TableInput=stray)


def test_what_a_crawler_has_changed_is_named_and_put_right(
    lake: ObjectLake, glue: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(lake, tmp_path, FIRST, _id=["a"], n=[1])
    publish(lake, tmp_path, SECOND, _id=["b"], n=[1])
    spoil(glue)
    asked = ["aws", "catalog", "--lake", str(lake.root)]
    assert main([*asked, "--check"]) == 1
    out = capsys.readouterr().out
    for line in (
        "gold.user_products: the column n is missing; there is no column extra in the lake; "
        "the column _id is bigint, not string",
        f"gold.user_products {FIRST}: its location is s3://",
        f"gold.user_products {SECOND}: it is not there",
        "gold.user_products 2000-01-01: there is no such partition in the lake",
        "gold.version_1: no table of the lake, and over its files",
    ):
        assert line in out
    assert main(asked) == 1  # the other's table stays, and is told
    assert in_step(lake, glue, FIRST, SECOND)
    glue.delete_table(DatabaseName="gold", Name="version_1")
    assert main([*asked, "--check"]) == 0


def test_a_table_of_another_lake_is_not_touched(
    bucket: str, lake: ObjectLake, glue: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(lake, tmp_path, FIRST, _id=["a"])
    other = lake_at(f"{bucket}/other")
    assert isinstance(other, ObjectLake)
    with pytest.raises(ServiceError, match=r"gold.user_products is another's: it stands at s3"):
        other.check_catalog()
    (tmp_path / FIRST).rename(tmp_path / "before")
    with pytest.raises(LakeError, match="is another's"):
        publish(other, tmp_path, FIRST, _id=["b"])
    assert in_step(lake, glue, FIRST)


def test_a_lake_remembers_its_databases(
    lake: ObjectLake, glue: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(lake, tmp_path, FIRST, _id=["a"])
    monkeypatch.delenv(VARIABLE)
    publish(lake, tmp_path, SECOND, _id=["b"])
    assert in_step(lake, glue, FIRST, SECOND)
    monkeypatch.setenv(VARIABLE, "none")
    publish(lake, tmp_path, THIRD, _id=["b"])
    assert in_step(lake, glue, FIRST, SECOND)
    monkeypatch.setenv(VARIABLE, "dev_{layer}")
    with pytest.raises(RequestError, match=r"registered as '{layer}', and 'dev_{layer}' is"):
        catalog_of(lake)


def test_ingestions_of_a_lake_in_a_catalog_are_restated_unless_said(
    lake: ObjectLake, glue: Any, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(lake, tmp_path, FIRST, _id=["a"])
    monkeypatch.delenv(VARIABLE)
    asked = ["run", "--source", "x", "--lake"]
    for address, more, on_drift in (
        (str(lake.root), [], "restate"),
        (str(lake.root), ["-p", "on_drift=fail"], "fail"),
        (f"{bucket}/other", [], "report"),
        (str(tmp_path), [], "report"),
    ):
        options = parser().parse_args([*asked, address, *more])
        assert parameters(options)["on_drift"] == on_drift


def test_what_is_forgotten_goes_from_the_catalog_too(
    lake: ObjectLake, glue: Any, tmp_path: Path
) -> None:
    publish(lake, tmp_path, FIRST, _id=["a"], more=[1])
    publish(lake, tmp_path, SECOND, _id=["b"])
    with lake.lock():
        lake.remove("gold", "user_products", FIRST, tmp_path)
    assert in_step(lake, glue, SECOND)
    assert types(table(glue)["StorageDescriptor"]) == {"_id": "string"}
    with lake.lock():
        lake.remove("gold", "user_products", SECOND, tmp_path)
    assert partitions(glue) == {}
    assert main(["aws", "catalog", "--check", "--lake", str(lake.root)]) == 0


def test_quarantine_is_in_no_catalog(lake: ObjectLake, glue: Any, tmp_path: Path) -> None:
    staged = write(tmp_path / "staged", {"raw": ["{"]})
    with lake.lock():
        lake.publish(staged, "quarantine", "users", FIRST, Manifest(rows=1))
    names = [d["Name"] for d in glue.get_databases()["DatabaseList"]]
    assert {"silver", "gold"} <= {*names} and not [n for n in names if "quarantine" in n]
    for layer in ("silver", "gold"):
        assert glue.get_tables(DatabaseName=layer)["TableList"] == []


@pytest.mark.parametrize(
    ("asked", "lake_asked", "said"),
    [
        ("gold", "there", "does not name a database for each layer"),
        ("Dev-{layer}", "there", "a-z, 0-9 and _"),
        ("{layer}", "here", "is on this machine"),
        ("dev_{layer}", "there", "there is no database dev_silver"),
    ],
)
def test_a_catalog_that_cannot_be_is_refused_before_a_run(
    asked: str,
    lake_asked: str,
    said: str,
    bucket: str,
    glue: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    dump = write_dump(tmp_path / "dump.json", [{"_id": "a"}])
    lake = f"{bucket}/lake" if lake_asked == "there" else str(tmp_path / "lake")
    run = ["run", "--source", str(dump), "--lake", lake, "--runs", str(tmp_path / "runs")]
    assert main([*run, "-p", "pii=[]", "--catalog", asked]) in (1, 2)
    assert said in capsys.readouterr().err
    assert not (tmp_path / "runs").exists() or not [*(tmp_path / "runs").rglob("*.ipynb")]
