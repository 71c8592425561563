"""What would be open to another user is found; test_privacy.py has them knock at whole runs."""

from __future__ import annotations

import os
import shutil
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import other_user
from support.other_user import doors
from workbench.engines import SailServer

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


def test_an_engine_without_a_network_of_its_own_is_found(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else nothing would be found of a run, whatever is open."""
    no_networks = (
        "import sys, workbench.engines.sail as sail\n"
        "sail.leave_network = lambda: 'this is a test'\n"
        "sail.serve(*sys.argv[1:])"
    )
    monkeypatch.setattr(SailServer, "program", ("-c", no_networks))
    (place / "t" / "seen").write_text("by anyone")
    with SailServer() as server:
        port = server.address.rpartition(":")[2]
        found = doors(server.process.pid, place / "t", secret=KEY)
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
