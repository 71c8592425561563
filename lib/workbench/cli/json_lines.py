"""A run told as lines of JSON, for machines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from workbench.record import stamp
from workbench.storage import told_as
from workbench.stored import as_json

if TYPE_CHECKING:
    from workbench.records import CellDone, ManyRuns, RunRecord, Started, StepOutcome
    from workbench.words import Locale


class JsonLines:
    """The same for machines: each event is one line of JSON on standard output.

    Keys: event (started, cell, done, failed, reused, interrupted, not run; at the end `run`), time
    (UTC), step, and the event's facts; of the run, all that is in run.json.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def tell(self, event: str, step: str, facts: Started | CellDone | StepOutcome) -> None:
        self.say({"event": event, "step": step, **as_json(facts)})

    def summary(self, state: RunRecord, folder: Path) -> None:
        self.say({"event": "run", "folder": told_as(folder), **as_json(state)})

    def say(self, facts: Mapping[str, Any]) -> None:
        time = stamp(datetime.now(UTC))
        text = json.dumps({"time": time, **facts}, ensure_ascii=False, default=str)
        # In one write: steps side by side would else come between a line and its end.
        print(text + "\n", end="", flush=True)


class SweepLines(JsonLines):
    """The same as lines of JSON: `variant` begins one, `sweep` ends all."""

    def stop(self) -> None:
        return None

    def variant(self, number: int, of: int, values: Mapping[str, Any]) -> None:
        self.say({"event": "variant", "variant": number, "of": of, "parameters": values})

    def compared(self, many: ManyRuns, page: Path, locale: Locale) -> None:
        runs = [
            {
                "run_id": record.run_id,
                "state": record.state,
                "folder": told_as(record.folder),
                "seconds": record.seconds,
                "parameters": {name: values[at] for name, values in many.varying},
            }
            for at, record in enumerate(many.records)
        ]
        self.say({"event": "sweep", "page": told_as(page), "variants": runs})
