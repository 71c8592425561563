"""What runs leave in their folders, and how a person or a date is taken out of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.errors import RequestError, StorageError
from workbench.forget.person import Person
from workbench.forget.traces import Tells
from workbench.lake import Lake
from workbench.parameters import CHARTS
from workbench.records import RUN_FILE, RunRecord, StepOutcome, read_run, run_folders, state_of
from workbench.report import build_report
from workbench.storage import (
    drop,
    fetch,
    keep,
    place_behind,
    scheme_of,
    scratch,
    store_of,
    write_whole,
)
from workbench.words import wording_of

REMOVED = {"name": "stdout", "output_type": "stream", "text": ["(removed: forgotten)\n"]}
REPORT = "report.html"
GONE = "(removed: forgotten)"
DISTINCT = 6  # characters of a key that stand nowhere by chance
PAGES = {".html", ".json", ".ipynb", ".svg", ".txt"}  # files of a run that have words in them


@dataclass(frozen=True)
class RunFolder:
    """A run's folder, with the date that it was about and what run.json holds.

    `there`: whether the lake that run.json names is there. A folder may stand for a place on a
    store, from where `bring` fetches what is in it.
    """

    folder: Path
    day: str
    state: RunRecord
    there: bool = True

    @property
    def run_id(self) -> str:
        return self.folder.name

    @property
    def under_way(self) -> bool:
        return state_of(self.state) == "running"

    def bring(self) -> None:
        """All files of the run, as they are now."""
        if place_behind(self.folder):
            shutil.rmtree(self.folder, ignore_errors=True)
            fetch(self.folder)


def runs_of(runs: Path, lake: Lake) -> Iterator[RunFolder]:
    """The runs of a folder on a lake, and those whose lake is gone or has moved; oldest first.

    What is no run's folder is passed over.
    """
    here = {str(lake.root): True}
    for folder in reversed(run_folders(runs)):
        try:
            state = read_run(folder)
        except RequestError:
            continue
        values = state.parameters
        named = root_of(values["lake"])
        if named not in here:
            here[named] = is_there(named)
        if not here[named] or named == str(lake.root):
            yield RunFolder(folder, values["ingestion_date"], state, here[named])


def root_of(lake: str) -> str:
    """One name of a lake, however it was given."""
    return str(store_of(lake)) if scheme_of(lake) else str(Path(lake).resolve())


def is_there(lake: str) -> bool:
    """Whether anything is where a lake was."""
    if not scheme_of(lake):
        return Path(lake).is_dir()
    with suppress(StorageError):  # as far as can be told from here
        return any(True for _ in store_of(lake).files())
    return False


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
    if place := place_behind(run.folder):
        rest = (found.address for found in place.files())
        place.remove([one for one in rest if one != str(place.join(RUN_FILE))])
    for path in run.folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != RUN_FILE:
            path.unlink()


@dataclass
class Showing:
    """What of a run tells of a person: cells by notebook, charts by name, notes and messages.

    `damaged` are notebooks that were cut off, of which nothing can be told.
    """

    cells: dict[Path, list[int]] = field(default_factory=dict)
    damaged: list[Path] = field(default_factory=list)
    charts: list[str] = field(default_factory=list)
    pages: list[Path] = field(default_factory=list)
    told: bool = False

    def __bool__(self) -> bool:
        return bool(self.cells or self.damaged or self.charts or self.pages or self.told)

    def __str__(self) -> str:
        cells = sum(map(len, self.cells.values())) + len(self.damaged)
        parts = [f"what {cells:,} cell{'' if cells == 1 else 's'} showed"] if cells else []
        parts += [f"the chart{'' if len(self.charts) == 1 else 's'} {', '.join(self.charts)}"] * (
            bool(self.charts)
        )
        parts += [f"the page {page.name}" for page in self.pages]
        return " and ".join([*parts, *["what its steps told"] * self.told])


def showing(run: RunFolder, tells: Tells) -> Showing:
    """Looks for a person in all that a run has left, by what tells of them."""
    found = Showing()

    alts = []
    for path in sorted(run.folder.glob("charts/*.json")):
        text = path.read_text(encoding="utf-8")
        if tells(text):
            found.charts.append(path.stem)
            with suppress(ValueError, KeyError):
                alts.append(json.loads(text)["alt"])
    step = run.state.steps.get(CHARTS)
    for name, numbers in (step.more if step else {}).items():  # of what was not drawn, too
        of_a_chart = isinstance(numbers, dict) and name not in found.charts
        if of_a_chart and tells(json.dumps(numbers, ensure_ascii=False)):
            found.charts.append(name)
    for path in sorted(run.folder.rglob("*.ipynb")):  # Jupyter keeps others in .ipynb_checkpoints
        try:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        except (ValueError, KeyError):  # its run was killed while it wrote
            found.damaged.append(path)
            continue
        texts = {at: shown(cell.get("outputs", [])) for at, cell in enumerate(cells)}
        hit = [at for at, text in texts.items() if tells(text) or any(a in text for a in alts)]
        if hit:
            found.cells[path] = hit
    for path in sorted(run.folder.glob("*.html")):
        if path.name != REPORT and tells(path.read_text(encoding="utf-8")):
            found.pages.append(path)
    steps = run.state.steps.values()
    words = [text for step in steps for text in [*(step.notes or []), step.message or ""]]
    found.told = any(map(tells, words)) or any(map(has_sums, steps))
    return found


def has_sums(step: StepOutcome) -> bool:
    """Whether a run of before kept sums and bounds of values, which tell of single ones."""
    sides = (step.fingerprints or {}).values()
    return any(f.keys() - {"count"} for side in sides for f in side.values())


def forget_in_run(run: RunFolder, found: Showing, tells: Tells) -> None:
    """Takes what was found out of a run: outputs of cells, charts, numbers, sums and bounds.

    Its report is made again, without them. If the process is killed, what is left is found again.
    """
    with scratch.for_now(scratch.temporary()) as aside:
        copy = Path(shutil.copytree(run.folder, aside / run.run_id))
        clean(copy, run.folder, found, tells)
        for path in sorted(files_of(run.folder), key=lambda path: finding(run.folder, path)):
            new = copy / path.relative_to(run.folder)
            if not new.exists():
                drop(path)
            elif new.read_bytes() != path.read_bytes():
                write_whole(path, new.read_bytes())
                keep(path)


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def finding(run: Path, path: Path) -> tuple[int, str]:
    """When a file is changed: the later, the more is known by what is in it that more is to do.

    A report is looked at by nobody; a chart's numbers tell which cells show it.
    """
    name = path.relative_to(run).as_posix()
    last = {"charts/": 3, "charts/json": 4}
    kind = f"charts/{path.suffix[1:]}" if path.suffix == ".json" else "charts/"
    order = last[kind] if name.startswith("charts/") else {REPORT: 0, RUN_FILE: 2}.get(name, 1)
    return order, name


def clean(copy: Path, run: Path, found: Showing, tells: Tells) -> None:
    """Takes what was found out of a copy of a run's folder."""
    for path in found.damaged + found.pages:
        (copy / path.relative_to(run)).unlink()
    for path, hit in found.cells.items():
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for at in hit:
            notebook["cells"][at]["outputs"] = [REMOVED]
        replace(copy / path.relative_to(run), notebook)
    for path in [p for name in found.charts for p in copy.glob(f"charts/{name}.*")]:
        path.unlink()
    for path in sorted(copy.glob("records/*.json")):
        with suppress(ValueError):
            replace(path, untold(json.loads(path.read_text(encoding="utf-8")), found, tells))
    path = copy / RUN_FILE
    state = json.loads(path.read_text(encoding="utf-8"))
    state["steps"] = {n: untold(step, found, tells) for n, step in state["steps"].items()}
    replace(path, state)
    report = copy / REPORT
    if report.exists():
        told = read_run(copy)
        build_report(told, copy / "charts", report, wording_of(told.parameters))


def untold(step: dict[str, Any], found: Showing, tells: Tells) -> dict[str, Any]:
    """What a step told, without the charts, and without notes, sums and bounds that tell."""

    def clean(text: Any) -> Any:
        told = isinstance(text, str) and tells(text)
        return GONE if told else text

    left = {name: value for name, value in step.items() if name not in found.charts}
    if "notes" in left:
        left["notes"] = [clean(note) for note in left["notes"] or []]
    if "message" in left:
        left["message"] = clean(left["message"])
    for side in (left.get("fingerprints") or {}).values():
        side.update({path: {"count": f["count"]} for path, f in side.items()})
    return left


def still_showing(place: Path, person: Person) -> list[Path]:
    """The files of a folder, or the file, in which a key stands, all the values that it has.

    Only keys that stand nowhere by chance are looked for.
    """
    keys = [field.key for field in person.fields]
    if max(map(len, keys)) < DISTINCT:
        return []
    spelled = [
        {key, json.dumps(key)[1:-1], json.dumps(key, ensure_ascii=False)[1:-1]} for key in keys
    ]
    every = sorted(place.rglob("*")) if place.is_dir() else [place]
    files = (path for path in every if path.suffix in PAGES and path.is_file())
    texts = ((path, path.read_text(encoding="utf-8", errors="replace")) for path in files)
    return [path for path, text in texts if all(any(one in text for one in of) for of in spelled)]


def shown(outputs: list[dict[str, Any]]) -> str:
    """All texts of a cell's outputs; pictures are none."""
    texts: list[str] = []
    for output in outputs:
        data = output.get("data", {})
        parts = [output.get(name, "") for name in ("text", "evalue", "traceback")]
        parts += [v for k, v in data.items() if "image" not in k]
        texts += ["".join(part) if isinstance(part, list) else str(part) for part in parts]
    return "\n".join(texts)


def replace(path: Path, content: dict[str, Any]) -> None:
    """A JSON file with other content, in one step."""
    write_whole(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
