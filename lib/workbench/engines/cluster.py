"""Engines whose work is done on other machines: what they are asked before anything is read.

What a step stages must be seen by all: an executor that does not see the driver's disk would write
to its own, and be done. The Python of the executors carries out the library, which is sent to them.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from threading import Event, Timer
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.columns import by_connect
from workbench.engines.library import LIBRARY, pack
from workbench.engines.packages import START, pack_packages
from workbench.errors import EngineError, RequestError
from workbench.storage import file_digest, scratch

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

WAITING = 300  # seconds for which a small job may wait: images of containers may come first
PROBES = 16  # files, and rows; each executor takes some of them
NEEDED = ("pyspark", "pandas", "numpy", "pyarrow")


# what all must see
_seen: list[tuple[SparkSession, Path]] = []


def check_shared(spark: SparkSession, folder: Path, what: str) -> None:
    """Raises RequestError, calling the folder `what`, unless the engine's machines share it.

    What this process has written there they must find, and it what they write. Starts one job,
    once for each folder in an application.
    """
    asked = any(one is spark and there == folder for one, there in _seen)
    if asked or mark(spark, f"shared {folder}"):
        return
    with scratch.for_now(scratch.make(folder, ".shared-")) as here, given_executors(spark):
        why = apart(spark, here)
    if why:
        raise RequestError(
            f"{what}: {folder} is not the same folder on this machine and on those of the engine: "
            f"{why}. Name one that all of them see at this path, for example on a network's disk, "
            "and have them work as the user who runs this, whose alone is what is staged; "
            "or run on this machine, with --engine spark or --engine sail."
        )
    _seen.append((spark, folder))
    mark(spark, f"shared {folder}", "seen")


def mark(spark: Any, what: str, value: str = "") -> str:
    """What a process of this application has noted of something, in the JVM that they share.

    On a server it is noted in the session, which the processes of a run share.
    """
    if by_connect(spark):
        name = f"spark.workbench.{what}"
        if value:
            spark.conf.set(name, value)
        return value or str(spark.conf.get(name, ""))
    properties: Any = spark.sparkContext._jvm
    name = f"workbench.{what}"
    if value:
        properties.System.setProperty(name, value)
    return str(properties.System.getProperty(name, ""))


def apart(spark: SparkSession, here: Path) -> str:
    """Why a folder is not seen by all; empty where it is. The executors copy texts in it."""
    told, copied = here / "told", here / "copied"
    texts = sorted(secrets.token_hex(8) for _ in range(PROBES))
    told.mkdir()
    for text in texts:
        (told / f"{text}.txt").write_text(text, encoding="ascii")
    try:
        spark.read.text(str(told)).write.text(str(copied))
    except Exception as error:  # each engine and file system says it in words of its own
        if is_full(error):
            raise executors_failed("write beside what is staged", error) from error
        return "they do not find what is written here, or may not write beside it"
    found = [line for file in copied.glob("*.txt") for line in file.read_text().split()]
    return "" if sorted(found) == texts else "what they write is not seen here"


# what carries out the library
_sent: list[Any] = []
_sent_packages: list[Any] = []


def send_library(spark: Any) -> None:
    """Puts this library on the path of the executors' Python, once, and checks that.

    Raises EngineError, naming what differs, where their Python is not as the driver's.
    """
    if any(one is spark for one in _sent):
        return
    send(spark, "workbench-", partial(pack, LIBRARY, compiled=True))
    if not mark(spark, "python"):
        with given_executors(spark):
            check_python(spark)
        mark(spark, "python", "checked")
    _sent.append(spark)


@contextmanager
def given_executors(spark: Any) -> Iterator[None]:
    """Ends a small job that waits for too long: Spark waits for executors without an end or word.

    Raises EngineError, telling what to ask for.
    """
    late = Event()

    def end() -> None:
        late.set()
        with suppress(Exception):  # it may just have ended by itself
            spark.interruptAll() if by_connect(spark) else spark.sparkContext.cancelAllJobs()

    timer = Timer(WAITING, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if late.is_set():
            raise not_given() from error
        raise
    finally:
        timer.cancel()
    if late.is_set():  # what ended was taken for an answer
        raise not_given()


def not_given() -> EngineError:
    return EngineError(
        f"The cluster has not done a job of {PROBES} rows in {WAITING} s: it gives no executor. "
        "No worker has room for one (--conf spark.executor.memory=2g, --conf "
        "spark.executor.cores=1; of an sc:// address where its server is started), or other "
        "applications hold all. Ask for less, or run again when they have ended."
    )


def send_packages(spark: Any) -> None:
    """Sends the executors what asks a store, once: not every Python has boto3."""
    if any(one is spark for one in _sent_packages):
        return
    send(spark, START, pack_packages)
    _sent_packages.append(spark)


def send(spark: Any, start: str, make: Callable[[Path], None]) -> None:
    """Puts a zip on the path of the executors' Python; processes that send the same share one.

    An application's executors fetch it from the driver when they come, which may be when the
    process that sent it has ended, so it stays where the application keeps its files. A server
    takes a copy.
    """
    name = f"{start}{secrets.token_hex(4)}.zip"
    if by_connect(spark):
        if not mark(spark, f"sent {start}"):
            make(archive := scratch.temporary() / name)
            spark.addArtifacts(str(archive), pyfile=True)
            mark(spark, f"sent {start}", name)
        return
    kept = Path(spark.sparkContext._jvm.org.apache.spark.SparkFiles.getRootDirectory(), "sent")
    kept.mkdir(exist_ok=True)
    make(made := kept / name)
    archive = made.replace(kept / f"{start}{file_digest(made)[:16]}.zip")
    spark.sparkContext.addPyFile(str(archive))


def executors_failed(what: str, error: Exception) -> EngineError:
    """What is said where executors could not do something, several times over."""
    why = type(error).__name__
    then = "Look into their logs (memory, a full disk, a machine that was lost)"
    if is_full(error):
        why = "the disk of one is full"
        then = (
            "Make room where they keep what is temporary (spark.local.dir, TMPDIR), and where the "
            "tables are written"
        )
    elif is_over(error):
        why = "the cluster has ended the application, as where no executor can start"
        then += ", and into those of its workers; start the server of an sc:// address again"
    return EngineError(
        f"The executors could not {what}, several times over ({why}). Nothing was published. "
        f"{then}, and run again."
    )


def is_full(error: Exception) -> bool:
    """Whether an engine's error is that of a disk."""
    return any(of_disk in str(error) for of_disk in ("No space left on", "Disk quota exceeded"))


def is_over(error: Exception) -> bool:
    """Whether an engine's error is that its application has ended, which no retry helps."""
    said = ("Master removed our application", "stopped SparkContext", "SparkContext was shut down")
    return any(of_end in str(error) for of_end in said)


@cache
def own_versions() -> dict[str, str]:
    """Python and the packages that the library needs, as far as they must be alike."""
    found = {"python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    for name in NEEDED:
        try:
            version = str(import_module(name).__version__)
        except ImportError:
            version = "missing"
        parts = version.split(".")
        found[name] = ".".join(parts[: 2 if name == "pyspark" else 1])
    return found


def check_python(spark: Any) -> None:
    """Raises EngineError where the executors' Python is another than the driver's."""
    try:
        answered = spark.range(PROBES).mapInArrow(versions, "said string").collect()
    except Exception as error:
        why = of_python(error)
        if is_full(error) or not why:
            raise executors_failed("take the library", error) from error
        raise EngineError(
            f"The executors' Python cannot carry out the library: {why}. {what_python()}"
        ) from error
    mine = ", ".join(f"{name} {version}" for name, version in own_versions().items())
    others = sorted({str(row[0]) for row in answered} - {mine})
    if others:
        raise EngineError(
            f"The executors' Python has {others[0]}, and this one has {mine}. {what_python()}"
        )


def what_python() -> str:
    own = own_versions()
    packages = ", ".join(f"{name} {own[name]}" for name in NEEDED)
    return (
        f"They need Python {own['python']} with {packages}; PYSPARK_PYTHON names it, for classic "
        "addresses on this machine, for sc:// where the server is started."
    )


def versions(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """On an executor: what its Python has."""
    for _ in batches:
        said = ", ".join(f"{name} {version}" for name, version in own_versions().items())
        yield pa.record_batch([pa.array([said])], names=["said"])


def of_python(error: Exception) -> str:
    """The part of an engine's error that says what is wrong with a Python, without any value.

    Empty where it tells of something else: executors that are lost, say.
    """
    lines = [line.strip() for line in str(error).splitlines()]
    telling = ("No module named", "Cannot run program", "PYTHON_VERSION_MISMATCH", "must be inst")
    for words in (telling, ("PythonException", "Python worker", "SyntaxError")):
        found = next((line for line in lines if any(word in line for word in words)), "")
        if found:
            return found[:300]
    return ""
