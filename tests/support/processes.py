"""The command line as a person starts it: the installed script, in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pyspark

from support import warm
from workbench.engines.spark import SPARK_SETTINGS, local_environment, local_settings
from workbench.storage import scratch

WORKBENCH = Path(sys.executable).with_name("workbench")
OFTEN = ("run", "sweep", "forget", "new")
LIMIT = 600  # seconds, only to end a hang: what is waited for comes as fast as the machine is


def environment(**more: str) -> dict[str, str]:
    """What a new terminal would have: nothing that other tests have set for their engines."""
    own = ("WORKBENCH_", "SPARK_", "PYSPARK_")
    return {n: v for n, v in os.environ.items() if not n.startswith(own)} | more


def with_aws() -> dict[str, str]:
    """The same, with what finds AWS and Glue's sessions where a test has set it."""
    ours = ("AWS_", "WORKBENCH_GLUE")
    return environment() | {n: v for n, v in os.environ.items() if n.startswith(ours)}


def workbench(*arguments: Any, **more: Any) -> subprocess.CompletedProcess[str]:
    """Runs the command to its end; where that is the same, in a process that has its imports."""
    command = [str(WORKBENCH), *map(str, arguments)]
    options: dict[str, Any] = {"env": environment(), "timeout": LIMIT, "cwd": None} | more
    alike = options.keys() == {"env", "timeout", "cwd"} and (
        of_interpreter(options["env"]) == of_interpreter(environment())
    )
    if alike and arguments[0] in OFTEN:
        return warm.run(command, **options)
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def of_interpreter(env: dict[str, str]) -> dict[str, str]:
    """What Python itself reads of an environment, at its start."""
    return {n: v for n, v in env.items() if n.startswith(("PYTHON", "LC_", "LANG"))}


def started(*arguments: Any, **more: Any) -> warm.Command:
    """The command under way, in a session of its own."""
    return warm.Command([str(WORKBENCH), *map(str, arguments)], session=True, **more)


def gone(pid: int) -> bool:
    """Whether a process ends, which is waited for; a zombie has ended."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def ports(pid: int) -> list[int]:
    """The ports of this machine on which a process listens."""
    with suppress(psutil.NoSuchProcess):
        heard = psutil.Process(pid).net_connections("inet")
        return [one.laddr.port for one in heard if one.status == psutil.CONN_LISTEN]
    return []


@contextmanager
def connect_server() -> Iterator[str]:
    """The address of Apache Spark's own Connect server, which PySpark 4 brings along."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = Path(pyspark.__file__).parent
    folder = scratch.temporary()
    settings = SPARK_SETTINGS | local_settings(folder)
    settings |= {"spark.connect.grpc.binding.port": str(port)}
    options = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
    main = "org.apache.spark.sql.connect.service.SparkConnectServer"
    with subprocess.Popen(
        [home / "bin/spark-submit", "--class", main, *options],
        env=os.environ | local_environment() | {"SPARK_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,  # where it puts the files that it is sent
    ) as server:
        try:
            for _ in range(LIMIT * 10):
                with socket.socket() as tried:
                    if tried.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert server.poll() is None, "the Connect server has ended"
                time.sleep(0.1)
            yield f"sc://127.0.0.1:{port}"
        finally:
            server.kill()
            scratch.discard(folder)
