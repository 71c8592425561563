"""`workbench runs`, `workbench compare` and `workbench open`: what was run before."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli import settings
from workbench.errors import RequestError
from workbench.storage import fetch, keep, place_behind, scratch, told_as

if TYPE_CHECKING:
    import pandas as pd

SHORT = 6  # of a run's id, the part that no other run is likely to share
RUN_HELP = "a run's id, the beginning or end of it, its folder, or `latest`"


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--runs", metavar="DIR", help="folder of the runs (data/runs)")
    parents = [shared, where]
    runs = commands.add_parser(
        "runs",
        parents=parents,
        help="the history of runs",
        description="Lists the runs, latest first: when, what was read, rows, state, duration.",
    )
    runs.add_argument("--format", default="table", choices=["table", "csv", "json"])
    settings.add_raw(runs)
    runs.set_defaults(command=runs_command)
    compare = commands.add_parser(
        "compare",
        parents=parents,
        help="two runs or more side by side",
        description="What changed from one run to another: parameters, schema, counts, scores. "
        "More than two are compared as the variants of `workbench sweep` are.",
    )
    compare.add_argument("before", metavar="RUN", help=RUN_HELP)
    compare.add_argument("after", metavar="RUN", nargs="+", help="the other run, or the others")
    compare.add_argument(
        "--out", metavar="FILE.html", help="the page with the charts (in the last run's folder)"
    )
    compare.set_defaults(command=compare_command)
    opened = commands.add_parser(
        "open",
        parents=parents,
        help="a run's report",
        description="Opens a run's report in the browser, where there is one; prints its path.",
    )
    opened.add_argument("run", metavar="RUN", nargs="?", default="latest", help=RUN_HELP)
    opened.set_defaults(command=open_command)


def runs_command(options: argparse.Namespace) -> None:
    from workbench.cli.output import write
    from workbench.records import list_runs

    runs = settings.runs(options)
    table = list_runs(runs)
    if table.empty and options.format == "table":
        print(f"{told_as(runs)} holds no run. Make one with `workbench run`.")
        return
    if options.format == "table":
        table = for_people(table)
    heading = f"Runs in {told_as(runs)} (times in UTC; a run is known by the end of its id)"
    write(table, options.format, heading, settings.locale(), raw=options.raw)


def for_people(table: pd.DataFrame) -> pd.DataFrame:
    """The history in 80 columns: what is narrow and what differs from run to run."""
    import pandas as pd

    short = pd.DataFrame(
        {
            "run": table["run_id"].str[-SHORT:],
            "started": table["started"].str[:16],
            "source": table["source"],
            "rows": [amount(number) for number in table["silver"]],
            "bad": [amount(number) for number in table["quarantined"]],
            "state": table["state"],
            "seconds": [amount(seconds, ".1f") for seconds in table["seconds"]],
        },
        dtype=object,
    )
    engines = table["engine"].dropna().unique()
    more = {"engine": len(engines) > 1, "variant": table["variant"].notna().any()}
    return short.assign(**{name: table[name] for name, shown in more.items() if shown}).fillna("")


def amount(number: float | None, form: str = ",") -> str:
    return "" if number is None or number != number else format(number, form)


def compare_command(options: argparse.Namespace) -> None:
    from workbench.cli.output import show_changes
    from workbench.records import compare_runs, find_run, read_run
    from workbench.report import build_comparison, sections
    from workbench.words import wording_of

    names = [options.before, *options.after]
    folders = [find_run(settings.runs(options), name) for name in names]
    if len(folders) > 2:
        compare_many_runs(folders, options.out)
        return
    compared = compare_runs(*(read_run(folder) for folder in folders))
    locale = wording_of(compared.after.parameters)
    out = Path(options.out or folders[1] / f"compared_with_{folders[0].name}.html")
    page = build_comparison(compared, out, locale)
    show_changes(sections(compared, locale), [folder.name for folder in folders])
    keep(page)
    print(f"charts     {told_as(page)}")


def compare_many_runs(folders: list[Path], out: str | None) -> None:
    from workbench.cli.sweep_terminal import show_many
    from workbench.records import compare_many, read_run, wording_of_all
    from workbench.report import build_page

    many = compare_many([read_run(folder) for folder in folders])
    locale = wording_of_all(many)
    page = build_page(many, Path(out or folders[-1] / "compared.html"), locale)
    keep(page)
    show_many(many, page, locale)


def open_command(options: argparse.Namespace) -> None:
    from workbench.records import find_run, read_run, state_of

    folder = find_run(settings.runs(options), options.run)
    report = brought(folder / "report.html")
    if not report.is_file():
        raise RequestError(
            f"run: {folder.name} has no report (it is {state_of(read_run(folder))}; a run that "
            f"ends well and draws the charts has one). Its notebooks are in {told_as(folder)}."
        )
    print(report)
    if has_screen():
        import webbrowser

        webbrowser.open(report.resolve().as_uri())


def brought(report: Path) -> Path:
    """A report to look at. One on a store is copied to where it outlives this command.

    What it shows may be somebody's who is forgotten later: a next command removes the copy.
    """
    if place_behind(report) is None:
        return report
    fetch(report)
    if report.is_file():
        folder = Path(tempfile.mkdtemp(prefix=f"{scratch.START}{report.parent.name}-"))
        shutil.copy(report, folder)
        return folder / report.name
    return report


def has_screen() -> bool:
    """Whether a browser would open a window; on a server it would take over the terminal."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
