"""Pages that open without a network: of a run, of two, of many."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.report.many_runs_page import Grid, build_page, finding, grids, overview
    from workbench.report.run_page import build_report, report_template
    from workbench.report.two_runs_page import build_comparison, sections

__all__ = [
    "Grid",
    "build_comparison",
    "build_page",
    "build_report",
    "finding",
    "grids",
    "overview",
    "report_template",
    "sections",
]

__getattr__ = on_demand(__name__)
