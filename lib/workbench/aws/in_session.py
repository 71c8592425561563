"""In a session of AWS Glue's: cells whose tables and pictures are seen, and files brought back.

A session gives back text alone. So what a cell shows is written as one line of JSON, which the
kernel on the person's machine turns into what Jupyter shows.
"""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from workbench.aws.notebook import CellFailed, Shown, run_cell
from workbench.parameters import PARAMETERS
from workbench.record import RECORD_VARIABLE

MARK = "workbench outputs: "
LAKE_VARIABLE, SOURCE_VARIABLE = "WORKBENCH_LAKE", "WORKBENCH_SOURCE"
WIDGET = "application/vnd.jupyter.widget-view+json"
NO_WIDGET = (
    "Widgets need a kernel on the machine of the browser, and this one is in AWS Glue. What the "
    "other cells show is the same; change the values in them."
)
KEPT = ("spark", "sc", "glueContext", "display")  # a session's own names


def run(code: str, names: dict[str, Any], number: int) -> None:
    """A cell, in the names of the session. What it raises is raised, after what it has shown."""
    outputs: list[Shown] = []
    raised: BaseException | None = None
    with redirect_stdout(io.StringIO()):  # it stands in the outputs
        try:
            run_cell(code, names, number, outputs)
        except CellFailed as failed:
            raised = failed.__cause__
        outputs += moved(names)
    print(MARK + json.dumps([without_widgets(one) for one in outputs]))
    if raised is not None:
        raise raised


def moved(names: dict[str, Any]) -> list[Shown]:
    """Defaults that name folders of the project name those of the session instead, and say so."""
    here = {
        "lake": os.environ.get(LAKE_VARIABLE),
        "source": json.loads(os.environ.get(SOURCE_VARIABLE, "[]")),
        "charts": str(folder_of("by_hand") / "charts"),
    }
    said = ""
    for name, value in here.items():
        if value and names.get(name) == PARAMETERS[name].default:
            names[name] = value
            said += f"{name} = {value!r}  # in this session\n"
    return [{"output_type": "stream", "name": "stdout", "text": said}] if said else []


def without_widgets(output: Shown) -> Shown:
    if WIDGET in output.get("data", {}):
        return output | {"data": {"text/plain": NO_WIDGET}}
    return output


def begin(environment: Mapping[str, str], sql: Mapping[str, str] | None = None) -> None:
    """What the library finds from here on: in the environment, and as `sql` where it works."""
    os.environ.update(environment)
    here = folder_of("by_hand")
    (here / "sql").mkdir(parents=True, exist_ok=True)
    os.chdir(here)
    for name, text in (sql or {}).items():
        Path("sql", name).write_text(text, encoding="utf-8")


def begin_step(run: str, names: dict[str, Any]) -> None:
    """A notebook begins: without the names of the one before, its record in a folder of its own."""
    for name in [name for name in names if not name.startswith("_") and name not in KEPT]:
        del names[name]
    folder = folder_of(run)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "records").mkdir(parents=True)
    os.environ[RECORD_VARIABLE] = str(folder / "records")


def folder_of(run: str) -> Path:
    """Where a run's own files stand in the session."""
    return Path("/tmp") / f"workbench-{run}"


def bring(run: str, address: str) -> None:
    """Puts what a notebook has left in the run's folder where the machine of the run finds it."""
    from workbench.storage import store_of

    folder = folder_of(run)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        store_of(address).join(*path.relative_to(folder).parts).write(path.read_bytes())
    shutil.rmtree(folder, ignore_errors=True)
