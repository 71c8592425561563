"""`workbench aws deploy`, `run`, `status`, `logs`, `open`, `destroy`: the stack, from here."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from workbench.cli import settings
from workbench.cli.history_command import RUN_HELP, open_command
from workbench.errors import ServiceError, StorageError

if TYPE_CHECKING:
    from workbench.aws import Stack

MOST = 20  # executions that are listed


def add_to(actions: Any, shared: argparse.ArgumentParser) -> None:
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument(
        "--environment", metavar="E", help="workspace of Terraform (the one that is chosen there)"
    )
    parents = [shared, where]
    add_terraform(actions, parents)
    add_run(actions, parents)
    status = actions.add_parser(
        "status",
        parents=parents,
        help="the last executions of the state machine",
        description="Lists the last executions, the latest first, and the runs that they are.",
    )
    status.add_argument("--format", default="table", choices=["table", "csv", "json"])
    settings.add_raw(status)
    status.set_defaults(command=status_command)
    logs = actions.add_parser(
        "logs",
        parents=parents,
        help="what the jobs of a run have said",
        description="Prints the logs of a run's Glue jobs, one step after the other.",
    )
    logs.add_argument("run", metavar="RUN", nargs="?", default="latest", help=RUN_HELP)
    logs.add_argument("--step", metavar="STEP", help="one step alone (for example 01), or report")
    logs.set_defaults(command=logs_command)
    opened = actions.add_parser(
        "open",
        parents=parents,
        help="the report of a run there",
        description="Brings a run's report, and opens it in the browser, where there is one.",
    )
    opened.add_argument("run", metavar="RUN", nargs="?", default="latest", help=RUN_HELP)
    opened.set_defaults(command=open_there)


def add_terraform(actions: Any, parents: list[argparse.ArgumentParser]) -> None:
    plain = argparse.ArgumentParser(add_help=False)
    plain.add_argument(
        "--var",
        action="append",
        default=[],
        metavar="name=value",
        dest="pairs",
        help="an input of the stack; may be repeated (terraform/variables.tf)",
    )
    plain.add_argument("--yes", action="store_true", help="ask nothing")
    deploy = actions.add_parser(
        "deploy",
        parents=[*parents, plain],
        help="build what runs there, and apply the stack",
        description="Builds library, job script and notebooks, shows what Terraform would change, "
        "and applies it. An environment but main has its own workspace and databases.",
    )
    deploy.set_defaults(command=deploy_command)
    destroy = actions.add_parser(
        "destroy",
        parents=[*parents, plain],
        help="take the stack away, but for its data",
        description="Destroys what runs and costs: jobs, state machine, schedule, workgroup and "
        "the like. Lake, dumps and runs stay, with what keeps them readable and closed: the "
        "buckets' settings, the key, the secret of the hashes.",
    )
    destroy.add_argument(
        "--everything", action="store_true", help="the lake, the dumps and the runs too"
    )
    destroy.set_defaults(command=destroy_command)


def deploy_command(options: argparse.Namespace) -> None:
    from workbench.aws import answers, applied, deploy, variables

    done = deploy(options.environment, variables(options.pairs), answers(options.yes))
    if not done:
        print("Nothing was applied.")
        return
    here = applied()
    for name in ("bronze", "lake", "runs"):
        print(f"{name:10} {getattr(here, name)}")
    print(f"Put a dump at {here.bronze}, and `workbench aws run` runs the chain on it.")


def destroy_command(options: argparse.Namespace) -> None:
    from workbench.aws import answers, destroy, variables

    given, agreed = variables(options.pairs), answers(options.yes)
    stays = destroy(options.environment, given, agreed, data=options.everything)
    print("These stay:" if stays else "Nothing stays.")
    for address in stays:
        print(f"    {address}")
    if stays:
        print(
            "`workbench aws deploy` takes them up again; `destroy --everything` removes them too."
        )


def add_run(actions: Any, parents: list[argparse.ArgumentParser]) -> None:
    run = actions.add_parser(
        "run",
        parents=parents,
        help="the chain in the stack, shown as a run here is",
        description="Starts the state machine, shows its steps as they go, and opens the report. "
        "What is not given is the stack's own: all dumps in bronze, its lake, the day of the "
        "start. Ctrl-C stops the execution and its jobs.",
        epilog="Exit code 0: done; 1: the run failed; 2: the request is wrong.",
    )
    run.add_argument("--source", nargs="+", metavar="ADDRESS", help="s3:// of files or folders")
    run.add_argument("--ingestion-date", metavar="YYYY-MM-DD", help="today (UTC) unless given")
    run.add_argument("--params", metavar="FILE.yml", help="parameters from a YAML file")
    run.add_argument(
        "-p", action="append", default=[], metavar="name=value", help="one parameter", dest="pairs"
    )
    run.add_argument("--detach", action="store_true", help="start it, and leave it to itself")
    run.add_argument("--json", action="store_true", help="one line of JSON per event")
    run.set_defaults(command=run_there)


def given_parameters(options: argparse.Namespace) -> dict[str, Any]:
    """The parameters that are said here; the others are the machine's."""
    from workbench.cli.run_command import in_file_and_pairs

    given = in_file_and_pairs(options)
    for name in ("source", "ingestion_date"):
        if getattr(options, name) is not None:
            given[name] = getattr(options, name)
    return given


def run_there(options: argparse.Namespace) -> None:
    from workbench.aws import follow, reached, start, stop

    here = reached("run", options.environment)
    execution = start(here, given_parameters(options))
    if options.detach:
        print(f"{execution.run} runs: `workbench aws status`\n{execution.arn}")
        return
    from workbench.chain import STEPS
    from workbench.cli.json_lines import JsonLines
    from workbench.cli.run_terminal import Terminal

    with JsonLines() if options.json else Terminal(STEPS, {}) as terminal:
        try:
            record = follow(here, execution, terminal.tell)
        except KeyboardInterrupt as error:
            stop(execution.arn)
            raise KeyboardInterrupt(f"The execution was stopped: {execution.arn}") from error
        except (ServiceError, StorageError) as error:
            raise type(error)(f"{error} The execution goes on: `workbench aws status`.") from error
    tell_end(here, execution.run, record, terminal)
    if not options.json:
        options.run = execution.run
        open_run(here, options)


def tell_end(here: Stack, run: str, record: dict[str, Any], terminal: Any) -> None:
    from workbench.records import RunRecord
    from workbench.storage import fetch, stand_in
    from workbench.stored import from_json

    folder = stand_in(here.runs) / run
    fetch(folder)
    terminal.summary(from_json(RunRecord, record), folder)


def open_there(options: argparse.Namespace) -> None:
    from workbench.aws import reached

    open_run(reached("open", options.environment), options)


def open_run(here: Stack, options: argparse.Namespace) -> None:
    options.runs = here.runs
    open_command(options)


def status_command(options: argparse.Namespace) -> None:
    import pandas as pd

    from workbench.aws import latest, reached
    from workbench.cli.output import write

    here = reached("status", options.environment)
    found = latest(here, MOST)
    rows = [(e.run, f"{e.started:%Y-%m-%d %H:%M:%S}", e.status.lower()) for e in found]
    table = pd.DataFrame(rows, columns=["run", "started", "state"], dtype=object)
    heading = f"Executions of {here.state_machine} (times in UTC)"
    write(table, options.format, heading, settings.locale(), raw=options.raw)


def logs_command(options: argparse.Namespace) -> None:
    from workbench.aws import REPORT, log_lines, reached
    from workbench.chain import step_named
    from workbench.records import find_run
    from workbench.storage import stand_in

    here = reached("logs", options.environment)
    run = find_run(stand_in(here.runs), options.run).name
    step = options.step
    if step is not None and step != REPORT:
        step = step_named(step).name
    said = False
    for at, name, text in log_lines(here, run, step):
        print(f"{at:%Y-%m-%dT%H:%M:%SZ}  {name:22} {text}")
        said = True
    if not said:
        print(f"{run}: its jobs have no logs yet, or these are gone (log_days).")
