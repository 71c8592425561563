"""What the arguments of the public functions may be. Others are refused before anything starts."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from numbers import Integral
from typing import Any

from workbench.errors import RequestError

TEXTS = {
    "path": "a path, for example 'a.b'",
    "root": "a name, for example 'users'",
    "sep": "text, for example '_'",
    "prefix": "text, for example 'raw_'",
}
NUMBERS = {
    "max_depth": "a number of levels, for example 2, or None",
    "max_columns": "a number of columns, for example 10000",
    "max_tables": "a number of tables, for example 2000",
    "max_rows": "a number of rows, for example 1000000",
    "sample": "a number of rows, for example 1000, or 0",
}
EXPLODE = "the path of an array, for example 'products' or 'a.b[].c', or a list of paths"
PATHS = "a list of paths, for example ['a.b']"
KEY = "the path of one field, for example '_id', or a list of several"
KNOWN = "a dictionary of paths and names, as plan.names has it"


def check_arguments(**given: Any) -> None:
    """Raises RequestError, naming the argument, its value and what it may be, at the first odd one.

    Choices (`names`, `how`) and bounds are checked where they are used.
    """
    for name, value in given.items():
        if name in TEXTS:
            check(name, value, isinstance(value, str), TEXTS[name])
        elif name in NUMBERS:
            absent = name == "max_depth" and value is None
            whole = isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 0
            check(name, value, absent or whole, NUMBERS[name])
        elif name == "key":
            check(name, value, isinstance(value, str) or texts(value), KEY)
        elif name == "explode":
            check(name, value, value is None or texts(value), EXPLODE)
        elif name in ("as_json", "include", "exclude"):
            check(name, value, texts(value) and not isinstance(value, str), PATHS)
        elif name == "known":
            named = isinstance(value, Mapping) and texts(value) and texts(value.values())
            check(name, value, value is None or named, KNOWN)


def check_plain(names: str, **given: str) -> None:
    """Raises RequestError for a separator or prefix that the rule `athena` does not allow."""
    for name, value in given.items():
        if names == "athena" and not re.fullmatch("[a-z0-9_]*", value):
            raise RequestError(
                f"{name}: {value!r} has other letters than a-z, 0-9 and _, which names that Athena "
                'takes are made of. Use those, or names="source".'
            )


def texts(value: Any) -> bool:
    """Whether it is text, or a collection of texts."""
    several = isinstance(value, Collection) and all(isinstance(one, str) for one in value)
    return isinstance(value, str) or several


def check(name: str, value: Any, right: bool, allowed: str) -> None:
    if not right:
        shown = f"{value!r:.60} ({type(value).__name__})"
        raise RequestError(f"{name}: {shown} is not what it may be: {allowed}.")


def check_frame(name: str, value: Any) -> None:
    """Raises RequestError for what is no DataFrame of Spark: one of pandas, a list, a file name."""
    if not any(kind.__module__.startswith("pyspark.sql.") for kind in type(value).__mro__):
        raise RequestError(
            f"{name}: {type(value).__module__}.{type(value).__name__} is no DataFrame of Spark. "
            "Make one first: spark.createDataFrame(rows), spark.read.json(path)."
        )
