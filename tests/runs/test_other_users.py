"""Another user of the machine knocks while a run goes on, and no door opens."""

from __future__ import annotations

import gzip
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import packages_distributions
from pathlib import Path

import psutil
import pytest

from support import other_user
from support.other_user import as_nobody
from support.processes import WORKBENCH, environment, ports
from workbench.engines import SailServer

DUMP = Path(__file__).resolve().parents[2] / "data" / "input"
KEY = "a key of tests that nobody else may see"
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user enters; its path is short enough for sockets."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    (folder / "t").mkdir(mode=0o1777)
    yield folder
    shutil.rmtree(folder)


def doors(place: Path, process: int) -> list[str]:
    """What opens to another user, of a process, its children and the folders of a run."""
    heard: list[int] = []
    with suppress(psutil.NoSuchProcess):
        own = psutil.Process(process)
        heard = [port for one in (own, *own.children(recursive=True)) for port in ports(one.pid)]

    def knock() -> list[str]:
        files = other_user.open_files(*(str(place / name) for name in ("t", "lake", "runs")))
        return [*other_user.open_ports(heard), *files, *other_user.told_by_processes((KEY,))]

    found: list[str] = as_nobody(knock)
    return found


def planted(folder: Path, seen: Path) -> Path:
    """A folder with a module of each name that Python may look for, which tells that it was run."""
    folder.mkdir()
    for name in {*sys.stdlib_module_names, *packages_distributions(), "usercustomize"}:
        if name.isidentifier():
            told = f"open({str(seen)!r}, 'a').write({name!r} + ' ')"
            (folder / f"{name}.py").write_text(f"{told}\nraise ImportError('planted')")
    return folder


@pytest.mark.parametrize("engine", ["sail", "spark"])
def test_no_door_opens_to_another_user_while_a_run_goes_on(place: Path, engine: str) -> None:
    """Nor is anything run that such a user has laid in the folder where it is started."""
    found, knocked = set[str](), 0
    packed = place / "users.json.gz"  # what is compressed is read by workers, however small
    packed.write_bytes(gzip.compress((DUMP / "users_dump.json").read_bytes(), 1))
    asked = ["--source", packed, "--ingestion-date", "2022-01-18"]
    folders = ["--lake", place / "lake", "--runs", place / "runs"]
    with subprocess.Popen(
        [str(one) for one in (WORKBENCH, "run", "--engine", engine, *asked, *folders)],
        cwd=planted(place / "planted", place / "was run"),
        env=environment(TMPDIR=str(place / "t"), WORKBENCH_PII_KEY=KEY),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        while run.poll() is None:
            found |= set(doors(place, run.pid))
            knocked += 1
            time.sleep(0.2)
        assert run.stderr and (run.returncode, run.stderr.read()) == (0, "")
    assert knocked > 3 and not found
    assert not (place / "was run").exists()
    assert not doors(place, run.pid) and any((place / "lake").rglob("*.parquet"))


def test_an_engine_without_a_network_of_its_own_is_found(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else the test above would pass whatever is open."""
    no_networks = (
        "import sys, workbench.engines.sail as sail\n"
        "sail.leave_network = lambda: 'this is a test'\n"
        "sail.serve(*sys.argv[1:])"
    )
    monkeypatch.setattr(SailServer, "program", ("-c", no_networks))
    (place / "t" / "seen").write_text("by anyone")
    with SailServer() as server:
        port = server.address.rpartition(":")[2]
        found = doors(place, server.process.pid)
    assert f"gRPC on port {port}" in found and str(place / "t" / "seen") in found
    assert "this is a test" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("said", "open_to_all"),
    [
        (b"java.lang.IllegalStateException: Expected SaslMessage, received something", False),
        (b"java.lang.IllegalArgumentException: Unknown message type: 104", True),
    ],
)
def test_spark_without_a_secret_is_told_from_spark_with_one(said: bytes, open_to_all: bool) -> None:
    frame = struct.pack(">QBQI", 21 + len(said), 5, 7, len(said)) + said
    assert other_user.opened("Spark", frame) is open_to_all
