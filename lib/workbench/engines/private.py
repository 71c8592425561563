"""A server that nobody else reaches: it listens where no other user of the machine is.

Sail has no password, so whoever reaches its port reads what the run reads, and runs code as its
owner. On Linux its process leaves the machine's network for an empty one of its own, and is
reached through a socket in a folder of its owner's.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from contextlib import suppress
from fcntl import ioctl
from threading import Thread

NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000  # of unshare(2)
SET_FLAGS, UP = 0x8914, 0x1  # of ioctl(2), for the loopback device
REQUIRED = "WORKBENCH_REQUIRE_PRIVATE_ENGINE"  # 1: an engine that others reach is refused
FILE = "unix:"  # begins the address of a socket file
SOCKET = "socket"  # its name in a folder of the server's
PIECE = 1 << 18  # bytes that are passed on at once


def required() -> bool:
    return os.environ.get(REQUIRED, "") not in ("", "0")


def leave_network() -> str:
    """Moves this process into a network of its own, where only loopback is; else why it cannot.

    To be called while it has but one thread. Files stay what they were to it.
    """
    if not os.path.exists("/proc/self/ns/net"):
        return "this system has no private networks"
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(NEW_NETWORK):  # only root may without being another user
        if libc.unshare(NEW_USER | NEW_NETWORK):
            return os.strerror(ctypes.get_errno())
        for name, text in {
            "setgroups": "deny",
            "uid_map": f"{user} {user} 1",
            "gid_map": f"{group} {group} 1",
        }.items():
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    with socket.socket() as any_socket:
        ioctl(any_socket, SET_FLAGS, struct.pack("16sh", b"lo", UP))
    return ""


def pass_on(path: str, port: int) -> None:
    """Passes on what comes to a socket file to a loopback port, and back, from now on.

    The folder of the file decides who may reach it.
    """
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen()

    def serve() -> None:
        while True:
            client, _ = listening.accept()
            server = socket.create_connection(("127.0.0.1", port))
            for one, other in ((client, server), (server, client)):
                Thread(target=pump, args=(one, other), daemon=True).start()

    Thread(target=serve, daemon=True).start()


def pump(one: socket.socket, other: socket.socket) -> None:
    """Passes on from one to the other, until the one ends."""
    with suppress(OSError):
        while piece := one.recv(PIECE):
            other.sendall(piece)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)
