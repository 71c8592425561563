"""The databases of the Glue catalog in which a lake is registered, by requests to AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.catalog.entries import Input
from workbench.errors import RequestError, ServiceError
from workbench.services import asked, client

VARIABLE = "WORKBENCH_CATALOG"
LAYER = "{layer}"
NONE = "none"  # the value that keeps a lake out of any catalog
REGISTERED = ("silver", "gold")  # quarantine holds raw documents: nobody is to find it
NOT_THERE = "EntityNotFoundException"
AT_ONCE = 25  # partitions that one request takes away, by AWS's limit
# Another was there first, or at work: what is there then is looked at again.
BETWEEN = (
    "AlreadyExistsException",
    "ConcurrentModificationException",
    "OperationTimeoutException",
    NOT_THERE,
)


def check_pattern(pattern: str) -> str:
    """The names of databases. Raises RequestError unless each layer gets one of its own."""
    name = pattern.replace(LAYER, "")
    if LAYER not in pattern or not all(c.islower() or c.isdigit() or c == "_" for c in name):
        raise RequestError(
            f"--catalog: {pattern!r} does not name a database for each layer. Write {LAYER} where "
            f"silver or gold goes, and else a-z, 0-9 and _: '{LAYER}', or 'dev_{LAYER}'."
        )
    return pattern


class Catalog:
    """The databases of a lake, named by a pattern: `{layer}`, `dev_{layer}`."""

    def __init__(self, pattern: str) -> None:
        self.pattern = check_pattern(pattern)

    def database(self, layer: str) -> str:
        return self.pattern.replace(LAYER, layer)

    def has(self, layer: str) -> bool:
        name = self.database(layer)
        return self._ask("get_database", name, Name=name) is not None

    def make(self, layer: str) -> None:
        """A database, unless it is there."""
        name = self.database(layer)
        self._between("create_database", name, DatabaseInput={"Name": name})

    def table(self, layer: str, name: str) -> Input | None:
        """What is said of a table; None where there is none."""
        found = self._ask(
            "get_table", f"{self.database(layer)}.{name}", **self._named(layer), Name=name
        )
        return dict(found["Table"]) if found else None

    def tables(self, layer: str) -> list[Input]:
        pages = asked(
            f"catalog {self.database(layer)}",
            lambda: list(client("glue").get_paginator("get_tables").paginate(**self._named(layer))),
        )
        return [table for page in pages for table in page["TableList"]]

    def partitions(self, layer: str, name: str) -> dict[str, Input]:
        """The partitions of a table that is there, by date."""
        told = self._named(layer) | {"TableName": name, "ExcludeColumnSchema": False}
        pages = asked(
            f"catalog {self.database(layer)}.{name}",
            lambda: list(client("glue").get_paginator("get_partitions").paginate(**told)),
        )
        return {"/".join(p["Values"]): p for page in pages for p in page["Partitions"]}

    def put_table(self, layer: str, table: Input, now: Input | None) -> None:
        """A new table, or another in the place of the one that is there `now`."""
        told: dict[str, Any] = {"TableInput": table}
        if now is None:
            self._between(
                "create_table", self._told(layer, table["Name"]), **self._named(layer), **told
            )
            return
        kept = {**now.get("Parameters", {}), **table["Parameters"]}
        told = {"TableInput": table | {"Parameters": kept}, "SkipArchive": True}
        if now.get("VersionId"):
            told["VersionId"] = now["VersionId"]  # so that AWS refuses it where another was first
        self._between(
            "update_table", self._told(layer, table["Name"]), **self._named(layer), **told
        )

    def put_partition(self, layer: str, name: str, partition: Input, new: bool) -> None:
        told = self._named(layer) | {"TableName": name, "PartitionInput": partition}
        if new:
            self._between("create_partition", self._told(layer, name), **told)
        else:
            told["PartitionValueList"] = partition["Values"]
            self._between("update_partition", self._told(layer, name), **told)

    def drop_partitions(self, layer: str, name: str, values: Sequence[Sequence[str]]) -> None:
        for at in range(0, len(values), AT_ONCE):
            some = [{"Values": list(one)} for one in values[at : at + AT_ONCE]]
            told = self._named(layer) | {"TableName": name, "PartitionsToDelete": some}
            answer = self._between("batch_delete_partition", self._told(layer, name), **told)
            for error in (answer or {}).get("Errors", []):
                detail = error["ErrorDetail"]
                if detail["ErrorCode"] not in BETWEEN:
                    said = f"{detail['ErrorCode']}: {detail['ErrorMessage']}"
                    raise ServiceError(f"catalog {self._told(layer, name)}: {said}")

    def _named(self, layer: str) -> dict[str, Any]:
        return {"DatabaseName": self.database(layer)}

    def _told(self, layer: str, name: str) -> str:
        return f"{self.database(layer)}.{name}"

    def _ask(self, operation: str, what: str, **told: Any) -> Any:
        """An answer; None where what is asked for is not there."""
        return self._unless((NOT_THERE,), operation, what, told)

    def _between(self, operation: str, what: str, **told: Any) -> Any:
        """An answer; None where another came between."""
        return self._unless(BETWEEN, operation, what, told)

    def _unless(
        self, codes: Sequence[str], operation: str, what: str, told: Mapping[str, Any]
    ) -> Any:
        request: Callable[[], Any] = lambda: getattr(client("glue"), operation)(**told)  # noqa: E731
        try:
            return asked(f"catalog {what}", request)
        except ServiceError as error:
            if error.code in codes:
                return None
            raise
