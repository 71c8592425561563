"""What run.json says: of one run, of two beside each other, of many."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.records.folders import find_run, run_folders, state_of
    from workbench.records.history import list_runs, source_bytes, usual_seconds
    from workbench.records.many_runs import (
        CHART_NAMES,
        ManyRuns,
        Rows,
        compare_many,
        largest,
        numbers,
        source_of,
        wording_of_all,
    )
    from workbench.records.run import (
        RUN_FILE,
        CellDone,
        Counts,
        Engine,
        Origin,
        Proof,
        RunRecord,
        Started,
        StepOutcome,
        Sweep,
        read_run,
    )
    from workbench.records.two_runs import Comparison, compare_runs

__all__ = [
    "CHART_NAMES",
    "RUN_FILE",
    "CellDone",
    "Comparison",
    "Counts",
    "Engine",
    "ManyRuns",
    "Origin",
    "Proof",
    "Rows",
    "RunRecord",
    "Started",
    "StepOutcome",
    "Sweep",
    "compare_many",
    "compare_runs",
    "find_run",
    "largest",
    "list_runs",
    "numbers",
    "read_run",
    "run_folders",
    "source_bytes",
    "source_of",
    "state_of",
    "usual_seconds",
    "wording_of_all",
]

__getattr__ = on_demand(__name__)
