"""Apache Spark that reads s3:// itself, and the settings that a person gives it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.processes import LIMIT, environment
from workbench.engines import s3a
from workbench.engines.conf import CONF_VARIABLE, given_conf, keep_conf
from workbench.engines.spark import session_settings
from workbench.errors import EngineError, RequestError

BY_HAND = """
import sys
from workbench.errors import EngineError
from workbench.session import session
try:
    spark = session("spark", s3=True)
except EngineError as error:
    sys.exit(f"refused: {error}")
spark.range(5).write.parquet(sys.argv[1])
there = spark.read.parquet(sys.argv[1]).count()
print(there, spark.conf.get("spark.sql.shuffle.partitions"), *spark.sparkContext.getConf().getAll())
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files that are called as the jars are."""
    for name in s3a.NEEDED:
        (tmp_path / name).touch()
    monkeypatch.setenv(s3a.JARS_VARIABLE, str(tmp_path))
    return tmp_path


# what it needs
def test_the_store_is_told_from_the_variables_of_aws_and_no_key_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"ENDPOINT_URL": "http://127.0.0.1:9", "REGION": "sa-east-1"}
    keys = {"ACCESS_KEY_ID": "who", "SECRET_ACCESS_KEY": "hidden", "SESSION_TOKEN": "passing"}
    for name, value in (given | keys).items():
        monkeypatch.setenv(f"AWS_{name}", value)
    assert "fs.s3" not in str(session_settings("local[*]", folder))
    monkeypatch.setenv(s3a.S3A_VARIABLE, "1")
    here, there = session_settings("local[*]", folder), session_settings("spark://host:1", folder)
    told = {name.removeprefix("spark.hadoop.fs."): value for name, value in here.items()}
    assert told["s3.impl"] == told["s3a.impl"] == "org.apache.hadoop.fs.s3a.S3AFileSystem"
    assert (told["s3a.endpoint"], told["s3a.endpoint.region"]) == tuple(given.values())
    assert (told["s3a.path.style.access"], told["s3a.connection.ssl.enabled"]) == ("true", "false")
    assert not any(secret in str(here | there) for secret in keys.values())
    jars = [str(folder / name) for name in s3a.NEEDED]
    assert here["spark.driver.extraClassPath"].split(os.pathsep) == jars
    assert there["spark.jars"].split(",") == jars


def test_jars_that_are_missing_are_named(folder: Path) -> None:
    (folder / "hadoop-aws-3.3.4.jar").unlink()
    with pytest.raises(EngineError, match=rf"{folder} does not have hadoop-aws-3.3.4.jar, which"):
        s3a.jars()


def test_without_a_network_and_a_folder_it_is_said_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    asked: list[Any] = []

    def ends(conf: Any, *_: Any) -> None:
        asked.append(conf.get("spark.jars.ivy"))
        raise RuntimeError("Java gateway process exited")

    monkeypatch.delenv(s3a.JARS_VARIABLE, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("pyspark.java_gateway.launch_gateway", ends)
    with pytest.raises(EngineError, match=r"cannot be fetched .* in WORKBENCH_JARS\. .*_S3A=0"):
        s3a.jars()
    assert "Fetching org.apache.hadoop:hadoop-aws:3.3.4 (282 MB, once)" in capsys.readouterr().err
    assert asked == [str(s3a.kept().parent)]  # where it is looked for, whatever home Java has


# settings that a person gives
def test_settings_reach_each_session(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONF_VARIABLE, "")
    keep_conf(["spark.executor.memory=4g", "spark.x=a=b"])
    assert given_conf() == {"spark.executor.memory": "4g", "spark.x": "a=b"}
    for master in ("local[*]", "spark://host:1"):
        assert session_settings(master, folder).items() >= given_conf().items()


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("memory=4g", "'memory=4g' is no setting of Spark"),
        ("spark.executor.memory", "Write key=value"),
        ("spark.sql.caseSensitive=false", "fields that differ only in case are kept"),
        ("spark.master=yarn", "name it with --engine"),
    ],
)
def test_settings_that_are_none_or_not_to_be_chosen_are_refused(pair: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        keep_conf([pair])


def test_a_variable_that_holds_no_settings_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONF_VARIABLE, "spark.x=1")
    with pytest.raises(RequestError, match=rf"{CONF_VARIABLE}: 'spark.x=1' is no JSON object"):
        given_conf()


@pytest.mark.cloud
def test_a_session_by_hand_reads_and_writes_the_store(bucket: str) -> None:
    aws = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-c", BY_HAND, f"{bucket}/by_hand"],
        env=environment() | aws | {CONF_VARIABLE: '{"spark.sql.shuffle.partitions": "3"}'},
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("5 3 ")
