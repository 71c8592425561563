"""Several runs side by side, from what run.json holds of each: what differs, and how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from workbench.charts import ChartNumbers, tells
from workbench.gold import order
from workbench.parameters import CHARTS, SCORES
from workbench.proof import ScoreRange
from workbench.records.run import RunRecord
from workbench.records.two_runs import counts_of, parameters_of, schema_of
from workbench.words import Wording, wording_of

Rows = list[tuple[Any, list[Any]]]  # a name, and its value in each run; None where it has none
CHART_NAMES = ("score_ranges", "default_rates", "product_types", "users_per_day")


@dataclass(frozen=True)
class ManyRuns:
    """Runs compared. `varying` are parameters that differ, `shared` those that do not.

    `counts` and `schema` hold what differs, `alike` the counts that do not; `ranges` all score
    ranges of any run, in order; `charts` the names of the charts whose numbers differ.
    """

    records: Sequence[RunRecord]
    varying: Rows
    shared: Rows
    ranges: Rows
    counts: Rows
    alike: Rows
    schema: Rows
    charts: list[str]


def compare_many(records: Sequence[RunRecord]) -> ManyRuns:
    """Compares the records of runs, at least one of them.

    A run that has not ended well lacks most numbers; that alone makes no difference.
    """
    whole = [record.state == "done" for record in records]
    compared = whole if any(whole) else [True] * len(records)

    def differing(row: tuple[Any, list[Any]]) -> bool:
        return differs([value for value, of in zip(row[1], compared, strict=True) if of])

    parameters = joined([own_parameters(r) for r in records])
    varied = {name for r in records if r.sweep for name in r.sweep.varies}
    varying = [row for row in parameters if row[0] in varied or differs(row[1])]
    counts = [row for row in joined([counts_of(r) for r in records]) if row[0] not in OF_ALL]
    charts = [(name, [numbers(r, name) for r in records]) for name in CHART_NAMES]
    ranges = joined([ranges_of(r) for r in records])
    return ManyRuns(
        records,
        varying,
        [row for row in parameters if row not in varying],
        sorted(ranges, key=lambda row: order(*row[0])),
        [row for row in counts if differing(row)],
        [row for row in counts if not differing(row)],
        [row for row in joined([schema_of(r) or {} for r in records]) if differing(row)],
        [name for name, drawn in charts if differing((name, drawn))],
    )


OF_ALL = ("seconds", "state")  # shown of each run, whether they differ or not


def wording_of_all(many: ManyRuns) -> Wording:
    """The words of the first run, but for what differs, which is called as by default."""
    values = dict(many.records[0].parameters)
    for name, _ in many.varying:
        if name != "locale":
            values.pop(name, None)
    return wording_of(values)


def own_parameters(record: RunRecord) -> dict[str, Any]:
    return parameters_of(record) | {"engine": record.engine.name}


def joined(sides: Sequence[Mapping[Any, Any]]) -> list[tuple[Any, list[Any]]]:
    """One row per name of any side, in order of first appearance."""
    names = dict.fromkeys(name for side in sides for name in side)
    return [(name, [side.get(name) for side in sides]) for name in names]


def differs(values: Sequence[Any]) -> bool:
    return any(value != values[0] for value in values)


def numbers(record: RunRecord, chart: str) -> ChartNumbers | None:
    """The numbers behind a chart of a run; None where it drew none, or one that tells nothing."""
    step = record.step(CHARTS)
    found = step.chart(chart) if step else None
    return found if found and tells(chart, found) else None


def ranges_of(record: RunRecord) -> dict[tuple[int | None, int | None], ScoreRange]:
    """The bounds of each score range and its row of gold.user_scores."""
    step = record.step(SCORES)
    found = step.ranges if step else None
    return {(row["lower"], row["upper"]): row for row in found or []}


def largest(record: RunRecord) -> ScoreRange | None:
    """The row of the score range with the most users; None where none has any."""
    rows = ranges_of(record).values()
    top = max(rows, key=lambda row: row["users"], default=None)
    return top if top and top["users"] else None


def source_of(record: RunRecord) -> str:
    return ", ".join(PurePath(path).name for path in record.parameters["source"])
