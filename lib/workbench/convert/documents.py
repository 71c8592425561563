"""What is to be flattened, and what the first documents of it say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.bronze import DumpRequest

OPTIONS: dict[str, Any] = {
    "names": "athena",
    "sep": "_",
    "prefix": "",
    "max_depth": None,
    "as_json": (),
}


@dataclass(frozen=True)
class Request(DumpRequest):
    """A dump, and what its tables are to be called and written as.

    `into`: what becomes of tables that another dump has made there: empty (refused), append,
    replace. `raw`: texts of CSV that spreadsheets would take for formulas stay as they are.
    `sep`, `prefix`, `max_depth` and `as_json` are those of `workbench.flatten`.
    """

    names: str = "athena"
    sep: str = "_"
    prefix: str = ""
    max_depth: int | None = None
    as_json: Sequence[str] = ()
    format: str = "parquet"
    into: str = ""
    raw: bool = False

    @property
    def options(self) -> dict[str, Any]:
        """What the plan of the tables is asked for."""
        return {name: getattr(self, name) for name in OPTIONS}

    @property
    def rule(self) -> str:
        """How names are made, and what makes others of them: where it differs, names do."""
        odd = {n: v for n, v in self.options.items() if n != "names" and v != OPTIONS[n]}
        return " ".join([self.names, *(f"{name}={value}" for name, value in odd.items())])
