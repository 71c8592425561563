"""Another user of this machine, who knocks on every door: ports, sockets, folders, processes.

It is this process, forked and turned into that user, so that it needs no file that they could not
read. Only root can do that.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401 - that user cannot read the modules that sockets ask for
import json
import os
import socket
import struct
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from support.processes import ports

NOBODY = 65534
HELLO = b"hello"
# What each kind of server is asked.
KNOCKS = {
    "gRPC": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]),
    "HTTP": b"GET / HTTP/1.0\r\n\r\n",
    "Py4J": b"c\nz:java.lang.System\ngetProperty\nsuser.home\ne\n",
    # Of Spark's own transport: length, RpcRequest, its number, the length of what it says, that.
    "Spark": struct.pack(">QBQI", 21 + len(HELLO), 3, 7, len(HELLO)) + HELLO,
}


def opened(kind: str, answer: bytes) -> bool:
    """Whether an answer is that of a server which does what a stranger asks."""
    if kind == "gRPC":
        return answer[3:4] == b"\4" and answer[5:9] == bytes(4)  # its own settings
    if kind == "Spark":
        return answer[8:9] == b"\5" and b"Expected SaslMessage" not in answer
    return answer.startswith(b"HTTP/1" if kind == "HTTP" else b"!y")


def as_nobody(work: Callable[[], Any]) -> Any:
    """What a function finds when that user carries it out; as JSON holds it."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            found = json.dumps(work())
        except BaseException:
            found = traceback.format_exc()
        os.write(writing, found.encode())
        os._exit(0)
    os.close(writing)
    with open(reading) as file:
        said = file.read()
    os.waitpid(child, 0)
    assert not said.startswith("Traceback"), said
    return json.loads(said)


def open_ports(ports: list[int]) -> list[str]:
    """The ports whose servers do what a stranger asks, and what kind of server each is."""
    return [f"{kind} on port {port}" for port in ports for kind in KNOCKS if answers(port, kind)]


def answers(port: int, kind: str) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as to:
        to.settimeout(1)
        to.sendall(KNOCKS[kind])
        return opened(kind, to.recv(300))
    return False


def open_files(*folders: str) -> list[str]:
    """What that user can read below some folders, and which sockets take their call."""
    found = []
    for path in (path for folder in folders for path in below(Path(folder))):
        with suppress(OSError):
            if path.is_socket():
                with socket.socket(socket.AF_UNIX) as to:
                    to.connect(str(path))
            else:
                path.open("rb").close()
            found.append(str(path))
    return found


def below(folder: Path) -> Iterator[Path]:
    for here, _, names in os.walk(folder):
        yield from (Path(here) / name for name in names)


def doors(process: int, *folders: Path, secret: str) -> list[str]:
    """What opens to that user, of a process, its children and some folders; who tells a secret."""
    heard: list[int] = []
    with suppress(psutil.NoSuchProcess):
        own = psutil.Process(process)
        heard = [port for one in (own, *own.children(recursive=True)) for port in ports(one.pid)]

    def knock() -> list[str]:
        files = open_files(*map(str, folders))
        return [*open_ports(heard), *files, *told_by_processes((secret,))]

    found: list[str] = as_nobody(knock)
    return found


def told_by_processes(words: tuple[str, ...]) -> list[str]:
    """The command lines and environments of this machine that say one of some words."""
    found = []
    for path in [*Path("/proc").glob("[0-9]*/cmdline"), *Path("/proc").glob("[0-9]*/environ")]:
        with suppress(OSError):
            text = path.read_bytes().decode(errors="replace")
            found += [f"{path}: {word}" for word in words if word in text]
    return found
