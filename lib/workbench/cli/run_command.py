"""`workbench run`: the chain."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.engines import check_engine
from workbench.errors import RequestError
from workbench.parameters import PARAMETERS, check, defaults, known

ROOT = Path(__file__).resolve().parents[3]


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "run",
        parents=[shared],
        help="the chain: a dump to tables, charts and a report",
        description="Runs the notebooks of the chain on a dump.",
        epilog="parameters (-p name=value):\n" + describe_parameters(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(command)
    command.add_argument("--only", metavar="STEP", help="run one step alone (for example 04)")
    command.add_argument(
        "--from", metavar="STEP", dest="start", help="run a step and what needs it"
    )
    command.add_argument(
        "--resume",
        metavar="RUN_ID",
        help="go on from a run (an id, part of one, or latest): its parameters, and of its steps "
        "only those that would differ",
    )
    command.set_defaults(command=run_command)


def add_options(command: argparse.ArgumentParser) -> None:
    """What a run and a sweep are both told."""
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
    command.add_argument("--json", action="store_true", help="one line of JSON per event")


def describe_parameters() -> str:
    return "\n".join(
        f"  {p.name:15} {p.type:10} {p.meaning} (default: {p.default!r})"
        for p in PARAMETERS.values()
        if p.name not in ("charts", "engine")
    )


def run_command(options: argparse.Namespace) -> None:
    from workbench.chain import chosen, step_named

    steps = chosen(options.only, options.start)
    earlier = resumed(options)
    if earlier:
        steps = [step_named(name) for name in earlier["steps"]]
    values = parameters(options, earlier)
    values, engine = checked(values)
    from workbench.runs import Forge

    runs = Path(options.runs).absolute()
    # These start in the background while the rest is imported.
    with Forge() as forge, started(engine) as server:
        from workbench.cli.json_lines import JsonLines
        from workbench.cli.run_terminal import Terminal
        from workbench.records import source_bytes, usual_seconds
        from workbench.runs import carry_out, failure

        usual = usual_seconds(runs, source_bytes(values, steps), engine, values)
        with JsonLines() if options.json else Terminal(steps, usual) as terminal:
            done = carry_out(values, runs, engine, steps, terminal.tell, forge, server, earlier)
    failed = done.state["state"] == "failed"
    if options.json or not failed:
        terminal.summary(done.state, done.folder)
    if failed:
        raise failure(done)


def checked(values: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The values with paths made absolute, and the engine, after all checks that can come first."""
    check(**values)
    engine = values["engine"] or os.environ.get("WORKBENCH_ENGINE") or "sail"
    check_engine(engine)
    values = absolute({name: value for name, value in values.items() if name != "engine"})
    check(lake=values["lake"])
    if values["contract"]:
        from workbench.schema import load_contract

        load_contract(values["contract"])
    return values, engine


def started(engine: str) -> Any:
    """The engine that the whole run will share, starting; nothing where it is there already."""
    if engine == "sail":
        from workbench.engines import SailServer

        return SailServer()
    if engine == "spark":
        from workbench.engines import SparkServer

        return SparkServer()
    return nullcontext()


def resumed(options: argparse.Namespace) -> dict[str, Any] | None:
    """The record of the run to go on from, if that is what is asked for."""
    if options.resume is None:
        return None
    if options.only is not None or options.start is not None:
        raise RequestError(
            "--resume finds out by itself which steps to run; leave --only and --from out."
        )
    from workbench.runs import earlier_run

    return earlier_run(Path(options.runs).absolute(), options.resume)


def parameters(
    options: argparse.Namespace, earlier: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """All parameters: the defaults (or those of an earlier run), the file's, -p, the options'."""
    values = defaults() | {
        "source": [str(ROOT / "data" / "input")],
        "lake": str(ROOT / "data" / "lake"),
        "ingestion_date": f"{datetime.now(UTC):%Y-%m-%d}",
    }
    if earlier:
        values |= earlier["parameters"]
        values |= {"engine": earlier["engine"]["name"], "charts": defaults()["charts"]}
    given = from_file(options.params) if options.params is not None else {}
    pairs = [pair(text) for text in options.pairs]
    refuse_repeated(pairs)
    given |= dict(pairs)
    if "charts" in given:
        raise RequestError("charts: a run writes its charts to its own folder; leave it out.")
    values |= given
    for name in ("source", "lake", "ingestion_date", "engine"):
        if getattr(options, name) is not None:
            values[name] = getattr(options, name)
    return values


def refuse_repeated(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise RequestError(
                f"-p: {name} is given more than once. Give it once; `workbench sweep` runs the "
                "chain with each value and compares them."
            )


def from_file(path: str) -> dict[str, Any]:
    """The parameters of a YAML file: a mapping of names to values."""
    import yaml

    from workbench.storage import refuse_twice

    try:
        text = Path(path).read_text(encoding="utf-8")
        refuse_twice(f"--params: {path}", yaml.compose(text))
        read = yaml.load(text, Loader=yaml.BaseLoader)
        typed = yaml.safe_load(text)
    except OSError as error:
        raise RequestError(f"--params: {path} cannot be read: {error.strerror}.") from error
    except (ValueError, yaml.YAMLError) as error:
        raise RequestError(f"--params: {path} cannot be read as YAML: {error}") from error
    if not isinstance(typed, dict):
        raise RequestError(f"--params: {path} must hold `name: value` lines, one per parameter.")
    return {known(str(n)).name: as_written(str(n), v, read[n]) for n, v in typed.items()}


def pair(text: str) -> tuple[str, Any]:
    """`name=value`; as YAML where the parameter is no str, so that lists and numbers can be."""
    import yaml

    name, equals, value = text.partition("=")
    if not equals or not name:
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
    written = known(name).type == "str" and isinstance(text, str) and value is not None
    return text if written else value


def absolute(values: dict[str, Any]) -> dict[str, Any]:
    """Paths made absolute: the notebooks run in another folder."""
    return values | {
        "source": [s if "://" in s else os.path.abspath(s) for s in values["source"]],
        "lake": os.path.abspath(values["lake"]),
        "contract": values["contract"] and os.path.abspath(values["contract"]),
    }
