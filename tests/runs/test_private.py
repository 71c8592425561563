"""Nobody else on the machine hears a run, or speaks with its engine and kernels."""

import json
import subprocess
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from support.processes import WORKBENCH, environment, ports, workbench
from workbench.engines.private import REQUIRED


def test_nobody_hears_a_run(tmp_path: Path) -> None:
    """Its kernels talk through files, and its engine listens on no port of this machine.

    The port of a kernel that remains takes what its own children print, with a password.
    """
    command = [str(WORKBENCH), "run", "--lake", str(tmp_path / "lake"), "--require-private-engine"]
    heard, ways = [], set()
    with (
        TemporaryDirectory(dir="/tmp") as scratch,  # its path is short enough for sockets
        subprocess.Popen(
            [*command, "--runs", str(tmp_path / "runs")],
            env=environment(TMPDIR=scratch),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as run,
    ):
        while run.poll() is None:
            with suppress(psutil.Error):
                for child in psutil.Process(run.pid).children(recursive=True):
                    if "workbench.engines.sail" in child.cmdline():
                        heard.append(ports(child.pid))
            with suppress(OSError, ValueError):  # folders go with what they are for
                for file in Path(scratch).glob("*/*.json"):
                    ways.add(json.loads(file.read_text()).get("transport"))
        assert run.stderr and (run.returncode, run.stderr.read()) == (0, "")
    assert heard and not any(heard) and ways - {None} == {"ipc"}


def test_an_engine_of_which_it_is_not_known_who_reaches_it_is_refused(tmp_path: Path) -> None:
    ended = workbench(
        "run", "--lake", tmp_path / "lake", "--engine", "sc://127.0.0.1:1",
        env=environment(**{REQUIRED: "1"}),
    )  # fmt: skip
    assert ended.returncode == 2 and "who can reach sc://127.0.0.1:1" in ended.stderr
    assert not (tmp_path / "lake").exists()
