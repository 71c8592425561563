"""The command line: `workbench run` and `workbench sample`.

Exit code 0: done; 1: the run failed; 2: the request is wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.errors import RequestError, WorkbenchError
from workbench.parameters import PARAMETERS, check, check_engine, defaults, known

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    options = parser().parse_args(arguments)
    try:
        options.command(options)
    except RequestError as error:
        return failed(error, 2, options.debug)
    except WorkbenchError as error:
        return failed(error, 1, options.debug)
    except KeyboardInterrupt as error:
        return failed(
            WorkbenchError(
                "Interrupted. The lake is as it was after the last finished step; run again."
            ),
            1,
            options.debug,
            error,
        )
    except Exception as error:
        return failed(error, 1, options.debug)
    return 0


def failed(error: Exception, code: int, debug: bool, cause: BaseException | None = None) -> int:
    if debug:
        traceback.print_exception(cause or error)
    if not isinstance(error, WorkbenchError):
        name = type(error).__name__
        print(f"error: {name}: {error} (--debug shows where)", file=sys.stderr)
    else:
        print(f"error: {error}", file=sys.stderr)
    return code


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="workbench",
        description="Nested JSON dumps to flat, verified tables and charts.",
        epilog="Exit code 0: done; 1: the run failed; 2: the request is wrong.",
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--debug", action="store_true", help="show the traceback of an error")
    add_run(commands, shared)
    add_sample(commands, shared)
    return top


# --- workbench run ----------------------------------------------------------------------------


def add_run(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "run",
        parents=[shared],
        help="the chain: a dump to tables, charts and a report",
        description="Runs the notebooks of the chain on a dump.",
        epilog="parameters (-p name=value):\n" + describe_parameters(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "--source", nargs="+", metavar="PATH", help="files, folders or globs (data/input)"
    )
    command.add_argument("--lake", metavar="DIR", help="folder of the lake (data/lake)")
    command.add_argument(
        "--runs", metavar="DIR", default=str(ROOT / "data" / "runs"), help="folder of the runs"
    )
    command.add_argument("--ingestion-date", metavar="YYYY-MM-DD", help="today (UTC) unless given")
    command.add_argument("--engine", metavar="E", help="sail (default), spark, or an address")
    command.add_argument("--params", metavar="FILE.yml", help="parameters from a YAML file")
    command.add_argument(
        "-p", action="append", default=[], metavar="name=value", help="one parameter", dest="pairs"
    )
    command.add_argument("--only", metavar="STEP", help="run one step alone (for example 04)")
    command.add_argument(
        "--from", metavar="STEP", dest="start", help="run a step and what needs it"
    )
    command.set_defaults(command=run_command)


def describe_parameters() -> str:
    return "\n".join(
        f"  {p.name:15} {p.type:10} {p.meaning} (default: {p.default!r})"
        for p in PARAMETERS.values()
        if p.name not in ("charts", "engine")
    )


def run_command(options: argparse.Namespace) -> None:
    from workbench.pipeline import chosen

    steps = chosen(options.only, options.start)
    values = parameters(options)
    engine = values.pop("engine") or os.environ.get("WORKBENCH_ENGINE") or "sail"
    check_engine(engine)
    check(**values)
    values = absolute(values)
    check(lake=values["lake"])
    from workbench.forge import Forge
    from workbench.sail import SailServer

    runs = Path(options.runs).absolute()
    # These start in the background while the rest is imported.
    with Forge() as forge, SailServer() if engine == "sail" else nullcontext() as server:
        from workbench.runner import run
        from workbench.terminal import Terminal

        with Terminal(steps) as terminal:
            state = run(values, runs, engine, steps, terminal.tell, forge, server)
    terminal.summary(state, runs / state["run_id"])


def parameters(options: argparse.Namespace) -> dict[str, Any]:
    """All parameters: the defaults, then the file's, then -p, then the options'."""
    values = defaults() | {
        "source": [str(ROOT / "data" / "input")],
        "lake": str(ROOT / "data" / "lake"),
        "ingestion_date": f"{datetime.now(UTC):%Y-%m-%d}",
    }
    given = from_file(options.params) if options.params is not None else {}
    given |= dict(pair(text) for text in options.pairs)
    if "charts" in given:
        raise RequestError("charts: a run writes its charts to its own folder; leave it out.")
    values |= given
    for name in ("source", "lake", "ingestion_date", "engine"):
        if getattr(options, name) is not None:
            values[name] = getattr(options, name)
    return values


def from_file(path: str) -> dict[str, Any]:
    """The parameters of a YAML file: a mapping of names to values."""
    import yaml

    try:
        text = Path(path).read_text(encoding="utf-8")
        read = yaml.load(text, Loader=yaml.BaseLoader)
        typed = yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise RequestError(f"--params: {path} cannot be read as YAML: {error}") from error
    if not isinstance(typed, dict):
        raise RequestError(f"--params: {path} must hold `name: value` lines, one per parameter.")
    return {known(str(n)).name: as_written(str(n), v, read[n]) for n, v in typed.items()}


def pair(text: str) -> tuple[str, Any]:
    """`name=value`; as YAML where the parameter is no str, so that lists and numbers can be."""
    import yaml

    name, equals, value = text.partition("=")
    if not equals:
        raise RequestError(f"-p: {text!r} is not name=value. For example -p locale=en.")
    if known(name).type == "str":
        return name, value
    try:
        return name, yaml.safe_load(value)
    except (ValueError, yaml.YAMLError) as error:
        raise RequestError(
            f"-p: the value of {name}, {value!r}, cannot be read: {error}"
        ) from error


def as_written(name: str, value: Any, text: Any) -> Any:
    """A parameter of type str keeps what was written: YAML makes dates and numbers of some."""
    return text if known(name).type == "str" and isinstance(text, str) else value


def absolute(values: dict[str, Any]) -> dict[str, Any]:
    """Paths made absolute: the notebooks run in another folder."""
    return values | {
        "source": [s if "://" in s else os.path.abspath(s) for s in values["source"]],
        "lake": os.path.abspath(values["lake"]),
    }


# --- workbench sample -------------------------------------------------------------------------


def add_sample(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "sample",
        parents=[shared],
        help="a synthetic dump of any size",
        description="Writes a synthetic dump: the same bytes for the same users and seed.",
    )
    command.add_argument("--users", type=int, required=True, metavar="N")
    command.add_argument("--seed", type=int, default=0, metavar="S")
    command.add_argument("--out", required=True, metavar="PATH")
    command.add_argument("--layout", default="ndjson", choices=["ndjson", "array"])
    command.add_argument(
        "--flaws", action="store_true", help="add a late field and two bad documents"
    )
    command.set_defaults(command=sample_command)


def sample_command(options: argparse.Namespace) -> None:
    from workbench.sample import write_sample

    if options.users < 1:
        raise RequestError(f"--users: {options.users} is not allowed; it must be 1 or more.")
    out = Path(options.out)
    if out.is_dir():
        raise RequestError(f"--out: {out} is a folder; name the file to write.")
    write_sample(out, options.users, options.seed, options.layout, options.flaws)
    print(f"{options.users} users in {out}")


if __name__ == "__main__":
    sys.exit(main())
