"""`workbench sweep`: variants of a run, compared in one page."""

from __future__ import annotations

import argparse
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from workbench.chain import STEPS
from workbench.cli.run_command import (
    add_options,
    checked,
    notebooks,
    pair,
    parameters,
    place,
    started,
)
from workbench.errors import RequestError, StepFailed
from workbench.storage import keep

DESCRIPTION = """\
Runs the chain once for each value of a parameter that -p gives more than once, and compares the
runs in one page. Several such parameters make every combination of their values, 24 at most.

Each variant is a run as any other (`workbench runs`, `compare`, `open`), but its tables go when
the sweep ends: nothing is published in the lake. `workbench run --resume RUN` publishes one.
What no parameter changes is made once. A variant that fails does not stop the others (exit 1)."""
EXAMPLE = """\
for example:
  workbench sweep --source dump.json -p score_edges=[300,600] -p score_edges=[250,500,750]"""


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "sweep",
        parents=[shared],
        help="the chain with several values of a parameter, compared",
        description=DESCRIPTION,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(command)
    command.add_argument(
        "--out", metavar="FILE.html", help="the page (sweep.html in the last variant's folder)"
    )
    command.set_defaults(command=sweep_command)


def sweep_command(options: argparse.Namespace) -> None:
    from workbench.catalog import NONE, VARIABLE
    from workbench.runs import told, variants

    os.environ[VARIABLE] = NONE  # the tables of variants are for nobody to find
    shared, varied = variants([pair(text) for text in options.pairs])
    for name in ("source", "lake", "ingestion_date", "engine"):
        if getattr(options, name) is not None and name in varied[0]:
            raise RequestError(f"sweep: {name} varies with -p; leave --{name} out.")
    options.pairs = [text for text in options.pairs if pair(text)[0] in shared]
    values = parameters(options)
    wholes = [checked(values | variant, STEPS) for variant in varied]
    from workbench.cli.json_lines import SweepLines
    from workbench.cli.sweep_terminal import SweepTerminal
    from workbench.records import RunRecord, compare_many, wording_of_all
    from workbench.report import build_page
    from workbench.runs import Forge, Forked, failures, run_variants

    records: list[RunRecord] = []
    interrupted = False
    with ExitStack() as stack:
        here, varies = place(options), list(varied[0])
        forge = stack.enter_context(Forge(notebooks(here, STEPS)))
        servers = {e: stack.enter_context(started(e)) for e in dict.fromkeys(e for _, e in wholes)}
        say: SweepLines | SweepTerminal
        say = SweepLines() if options.json else SweepTerminal(told(varied))
        stack.callback(say.stop)
        try:
            for record in run_variants(wholes, varies, here, servers, Forked(forge), say):
                records.append(record)
        except KeyboardInterrupt:
            interrupted = True  # what is done is compared all the same
    if records:
        many = compare_many(records)
        locale = wording_of_all(many)
        out = Path(options.out or records[-1].folder / "sweep.html")
        page = build_page(many, out, locale)
        keep(page)
        say.compared(many, page, locale)
    if interrupted:
        raise KeyboardInterrupt
    failed = [record for record in records if record.state != "done"]
    if failed:
        said = [f"{len(failed)} of {len(records)} variants failed."]
        raise StepFailed("\n".join(said + [line for record in failed for line in failures(record)]))
