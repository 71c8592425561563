"""What runs leave in their folders, and how a person or a date is taken out of it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import RequestError
from workbench.records import RUN_FILE, RunRecord, read_run, run_folders
from workbench.storage import write_whole

REMOVED = {"name": "stdout", "output_type": "stream", "text": ["(removed: forgotten)\n"]}


@dataclass(frozen=True)
class RunFolder:
    """A run's folder, with the date that it was about and what run.json holds."""

    folder: Path
    day: str
    state: RunRecord

    @property
    def run_id(self) -> str:
        return self.folder.name


def runs_of(runs: Path, lake: Path) -> Iterator[RunFolder]:
    """The runs on a lake, oldest first. What is no run's folder is passed over."""
    for folder in reversed(run_folders(runs)):
        try:
            state = read_run(folder)
        except RequestError:
            continue
        values = state.parameters
        if Path(values["lake"]).resolve() == lake:
            yield RunFolder(folder, values["ingestion_date"], state)


def forget_run(run: RunFolder) -> None:
    """Leaves of a run only that it was: when, of what, with which parameters."""
    was = run.state
    RunRecord(
        run_id=was.run_id,
        state="forgotten",
        started=was.started,
        finished=was.finished,
        parameters=was.parameters,
        engine=was.engine,
        versions=was.versions,
        git_commit=was.git_commit,
        steps={},
        folder=run.folder,
    ).save()
    for path in run.folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != RUN_FILE:
            path.unlink()


def forget_in_run(run: RunFolder, token: re.Pattern[str]) -> int:
    """Empties the outputs of every cell that shows the token; returns how many those were.

    The tables of a notebook are all that shows rows: run.json, charts and report hold counts.
    """
    cells = 0
    for path in sorted(run.folder.glob("*.ipynb")):
        try:
            notebook = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:  # its run was killed while it wrote; what it shows cannot be told
            path.unlink()
            cells += 1
            continue
        found = [c for c in notebook["cells"] if token.search(shown(c.get("outputs", [])))]
        for cell in found:
            cell["outputs"] = [REMOVED]
        if found:
            replace(path, notebook)
        cells += len(found)
    return cells


def shown(outputs: list[dict[str, Any]]) -> str:
    """All texts of a cell's outputs; pictures are none."""
    texts: list[str] = []
    for output in outputs:
        data = output.get("data", {})
        parts = [output.get("text", ""), output.get("traceback", "")]
        parts += [v for k, v in data.items() if "image" not in k]
        texts += ["".join(part) if isinstance(part, list) else str(part) for part in parts]
    return "\n".join(texts)


def replace(path: Path, content: dict[str, Any]) -> None:
    """A JSON file with other content, in one step."""
    write_whole(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
