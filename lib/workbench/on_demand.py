"""Doors of rooms that load what is asked of them, and nothing else (PEP 562).

A kernel that reads one table has no use for what writes three; each import is time at its start.
A door names what it offers, and where that stands, in imports that only a type checker follows.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any


def on_demand(room: str) -> Callable[[str], Any]:
    """The `__getattr__` of a room, which imports the module of a name when that is asked for."""

    def load(name: str) -> Any:
        offered = modules(door_text(room))
        if name not in offered:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        if offered[name] == room:  # a module, which the room offers whole
            return import_module(f"{room}.{name}")
        value = getattr(import_module(offered[name]), name)
        setattr(sys.modules[room], name, value)
        return value

    return load


@cache
def door_text(room: str) -> str:
    """The source of a room's `__init__`, from a folder or from a zip."""
    loader = sys.modules[room].__loader__
    return str(loader.get_source(room))  # type: ignore[union-attr]


@cache
def modules(text: str) -> Mapping[str, str]:
    """The names that a door imports, and the module of each."""
    return {
        alias.name: node.module
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def use_own_distutils() -> None:
    """From now on this process takes `distutils` from Python.

    PySpark 3.5 wants a class of it, and setuptools gives its own instead: with all of itself, which
    takes a tenth of a second to load. For programs of Workbench, not for who imports it.
    """
    if instead := sys.modules.get("_distutils_hack"):
        instead.remove_shim()
