"""What a step's result was made from, so that a later run can tell whether it still holds.

A step's origin is its notebook's code, the modules of the library that this code reaches, its
parameters, its engine, and the state of what it reads. No value of the data is in it, and of the
key of the hashes only what does not give it away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from workbench.chain import Step, tables_before
from workbench.errors import LakeError
from workbench.lake import Lake, earlier_schema, key_mark, lake_at, partition_state
from workbench.on_demand import modules
from workbench.parameters import CHARTS, PRODUCTS, SILVER, of_step
from workbench.proof import ProductsManifest
from workbench.records import Engine, Origin
from workbench.schema import to_json
from workbench.storage import digest, file_digest

LIBRARY = Path(__file__).resolve().parents[1]
PLACES = ("lake", "charts")  # where a run writes; what it finds there is among the inputs
IMPORT = re.compile(
    r"^[ \t]*(?:from|import) (workbench[\w.]*)(?: import ([\w ,]+|\([^)]*\)))?", re.M
)


def origin(step: Step, notebook: Path, values: Mapping[str, Any], engine: Engine) -> Origin:
    """What decides the result of a step, apart from the bytes of its source."""
    own = of_step(step.name, values)
    for name in PLACES:
        own.pop(name, None)
    code = notebook_code(notebook)
    return Origin(
        notebook=digest([code]),
        library=library_digest(code),
        parameters=own,
        engine=engine,
        inputs=inputs(step, values),
    )


def inputs(step: Step, values: Mapping[str, Any]) -> dict[str, str | None]:
    """The state of all that a step reads in the lake; None for what is not there."""
    lake, day = lake_at(values["lake"]), values["ingestion_date"]
    found = {name: partition_state(lake, name, day) for name in tables_before(step)}
    if step.name == SILVER and values["pii"]:
        found["key of the hashes"] = key_mark(lake.hash_key(day))
    if step.name == SILVER and values["contract"]:
        found["contract"] = file_digest(Path(values["contract"]))
    if step.name == SILVER:
        found["schema of the last ingestion"] = schema_mark(lake, day)
    if step.name == PRODUCTS:
        found["names of columns"] = digest([json.dumps(other_names(lake, day), sort_keys=True)])
    if step.name == CHARTS:
        before = max((d for d in lake.dates("gold", "user_scores") if d < day), default=None)
        last = partition_state(lake, "gold.user_scores", before) if before else None
        found["scores of the last ingestion"] = last
    return found


def outputs(step: Step, values: Mapping[str, Any], run: Path) -> dict[str, str | None]:
    """The state of all that a step has made, in the lake and in its run's folder."""
    lake, day = lake_at(values["lake"]), values["ingestion_date"]
    found = {name: partition_state(lake, name, day) for name in step.writes}
    if step.name == CHARTS:
        files = sorted((run / "charts").glob("*"))
        found["charts"] = digest(f"{p.name} {file_digest(p)}" for p in files) if files else None
    return found


def source_digests(paths: Iterable[str]) -> dict[str, str]:
    """The SHA-256 of each file: all bytes are read."""
    return {path: file_digest(path) for path in paths}


def other_names(lake: Lake, day: str) -> dict[str, dict[str, str]]:
    """The names that the columns of gold.user_products have in other ingestions."""
    found = {}
    for other in lake.dates("gold", "user_products"):
        with suppress(LakeError):
            if other != day:
                found[other] = lake.manifest(
                    "gold", "user_products", other, ProductsManifest
                ).columns
    return found


def schema_mark(lake: Lake, day: str) -> str | None:
    """The schema that the drift is told from, and its date."""
    earlier = earlier_schema(lake, "users", day)
    return digest([earlier[0], json.dumps(to_json(earlier[1]))]) if earlier else None


# --- the code ---------------------------------------------------------------------------------


def notebook_code(notebook: Path) -> str:
    """The code of a notebook; its outputs and its texts decide nothing."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")


def library_digest(code: str) -> str:
    """The digest of every module that the code reaches through imports, directly or not."""
    return digest(f"{name} {text}" for name, text in sorted(reached(code).items()))


def reached(code: str) -> dict[str, str]:
    """The library's files that the code reaches, and the data files of the packages of those."""
    found: dict[str, str] = {}
    waiting = imported(code)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = module_text(name) or ""
        # A door is no reason to look at all that it offers: those who enter say what they take.
        if not is_door(found[name]):
            waiting |= imported_by(name) - found.keys()
    # The notebooks and settings beside the rooms are no part of what these do.
    for package in {module_file(name).parent for name in found} - {LIBRARY}:
        for path in data_files(package):
            found[str(path.relative_to(LIBRARY))] = path.read_text(encoding="utf-8")
    return found


def data_files(package: Path) -> Iterator[Path]:
    """What a package holds beside its modules: styles, templates, settings."""
    for path in package.iterdir():
        if path.is_dir() and not (path / "__init__.py").exists() and path.name != "__pycache__":
            yield from data_files(path)
        elif path.is_file() and path.suffix not in (".py", ".pyc"):
            yield path


def is_door(text: str) -> bool:
    return "on_demand(__name__)" in text


def imported(code: str) -> set[str]:
    """The modules of the library that stand in import statements, also inside of functions."""
    names = set()
    for module, listed in IMPORT.findall(code):
        members = re.findall(r"\w+", listed)
        names |= {module, *(f"{module}.{member}" for member in members)}
        offered = behind(module)
        names |= {offered[member] for member in members if member in offered}
        for whole in [f"{module}.{member}" for member in members] or [module]:
            names |= set(behind(whole).values())  # of a room that is taken whole, any may be used
    # The door of each package on the way is executed too.
    parts = [name.split(".") for name in names]
    names |= {".".join(part[:at]) for part in parts for at in range(1, len(part))}
    return {name for name in names if module_text(name) is not None}


@cache
def behind(name: str) -> Mapping[str, str]:
    """What a door offers, and the module of each; nothing, of what is no door."""
    text = module_text(name) or ""
    offered = modules(text) if is_door(text) else {}
    return {one: f"{name}.{one}" if place == name else place for one, place in offered.items()}


@cache
def imported_by(name: str) -> frozenset[str]:
    """The modules that a module of the library imports; steps share most of them."""
    return frozenset(imported(module_text(name) or ""))


def module_file(name: str) -> Path:
    """Where a module stands; a package's imports stand in its __init__."""
    path = LIBRARY.parent.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def module_text(name: str) -> str | None:
    """What stands in a module of the library; None where the name is that of no module."""
    with suppress(FileNotFoundError):
        return module_file(name).read_text(encoding="utf-8")
    return None
