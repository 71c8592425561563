"""`workbench run`: the chain."""

from __future__ import annotations

import argparse
import gc
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli import settings
from workbench.cli.standard_input import KEPT_AS
from workbench.engines import is_cluster
from workbench.errors import RequestError
from workbench.parameters import PARAMETERS, SILVER, check, defaults, known
from workbench.places import SETTINGS, Project, project
from workbench.services import region
from workbench.storage import scheme_of

if TYPE_CHECKING:
    from workbench.chain import Step
    from workbench.records import RunRecord
    from workbench.runs import Kernels

GLUE = (
    "glue"  # an engine of runs alone: sessions of AWS Glue's, in which the notebooks are executed
)


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
    settings.add_catalog(command)
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
    settings.add_lenient(command)
    settings.add_source_file(command)
    settings.add_lake(command)
    command.add_argument("--runs", metavar="DIR", help="folder of the runs (data/runs)")
    settings.add_shared(command)
    command.add_argument("--ingestion-date", metavar="YYYY-MM-DD", help="today (UTC) unless given")
    settings.add_engine(command)
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
    if options.engine == GLUE:
        region(GLUE)
    earlier = resumed(options)
    if earlier:
        steps = [step_named(name) for name in earlier.steps]
    values, engine = checked(parameters(options, earlier), steps)
    settings.check_catalog(options, values["lake"])
    here = place(options)
    # These start in the background while the rest is imported.
    with ExitStack() as stack:
        size = cache(partial(size_of, values, steps))
        server = stack.enter_context(started(engine, size, values))
        kernels = stack.enter_context(kernels_of(engine, here, steps, values))
        from workbench.cli.json_lines import JsonLines
        from workbench.cli.run_terminal import Terminal
        from workbench.records import usual_seconds
        from workbench.runs import carry_out, failure

        usual = usual_seconds(here.runs, size(), engine, values)
        with JsonLines() if options.json else Terminal(steps, usual) as terminal:
            done = carry_out(values, here, engine, steps, terminal.tell, kernels, server, earlier)
    failed = done.state.state == "failed"
    if options.json or not failed:
        terminal.summary(done.state, done.folder)
    if failed:
        raise failure(done)
    gc.freeze()  # else Python looks for garbage as it ends, a tenth of a second long


@contextmanager
def kernels_of(
    engine: str, here: Project, steps: Sequence[Step], values: Mapping[str, Any]
) -> Iterator[Kernels]:
    """What makes the kernels of the run, starting; it has ended at the end."""
    if engine == GLUE:
        from workbench.aws import GlueKernels

        with GlueKernels(values["lake"], values["source"]) as kernels:
            yield kernels
    else:
        from workbench.runs import Forge

        with Forge(notebooks(here, steps)) as forge:
            from workbench.runs import Forked

            yield Forked(forge)


def notebooks(here: Project, steps: Sequence[Step]) -> list[Path]:
    return [here.notebooks / f"{step.name}.ipynb" for step in steps]


def size_of(values: Mapping[str, Any], steps: Sequence[Step]) -> int | None:
    """The bytes of the dump; loads what finds dumps only when it is asked."""
    from workbench.records import source_bytes

    return source_bytes(values, steps)


def place(options: argparse.Namespace) -> Project:
    """The project, with the folder of the runs that is asked for."""
    return replace(project(), runs=settings.runs(options).absolute())


def checked(values: dict[str, Any], steps: Sequence[Step]) -> tuple[dict[str, Any], str]:
    """The values with paths made absolute, and the engine, after all checks that can come first."""
    check(**values)
    engine = values["engine"] or settings.from_outside()
    if engine != GLUE:
        settings.checked(engine)
    values = absolute({name: value for name, value in values.items() if name != "engine"})
    check(lake=values["lake"])
    if values["contract"]:
        from workbench.schema import load_contract

        load_contract(values["contract"])
    if values["types"]:
        from workbench.schema import chosen_types

        chosen_types(values["types"])
    check_source(values["source"], steps)
    return values, engine


def check_source(source: list[str], steps: Sequence[Step]) -> None:
    """Raises RequestError where no dump is named, and the project has none in data/input."""
    own = project().input
    if any(s.name == SILVER for s in steps) and source == [str(own)] and not own.exists():
        raise RequestError(
            f"--source: no dump is named, and there is none in {own}. Name files, folders or "
            f"globs with --source, or with `source` in the project's {SETTINGS}."
        )


def started(
    engine: str,
    dump_bytes: Callable[[], int | None] = lambda: None,
    values: Mapping[str, Any] | None = None,
) -> Any:
    """The engine that the whole run will share, starting; nothing where it is there already.

    Where the run's source or lake is on S3, its notebooks may read s3:// by themselves.
    """
    if engine == "sail":
        from workbench.engines import SailServer

        return SailServer()
    if engine == "spark" or (is_cluster(engine) and not engine.startswith("sc://")):
        from workbench.engines import LOCAL, S3A_VARIABLE, SparkServer, check_answers

        named = [values["lake"], *values["source"]] if values and engine == "spark" else []
        if any(map(scheme_of, named)):
            os.environ.setdefault(S3A_VARIABLE, "1")
        if engine.startswith("spark://"):
            check_answers(engine)
        return SparkServer(dump_bytes(), LOCAL if engine == "spark" else engine)
    return nullcontext()


def resumed(options: argparse.Namespace) -> RunRecord | None:
    """The record of the run to go on from, if that is what is asked for."""
    if options.resume is None:
        return None
    if options.only is not None or options.start is not None:
        raise RequestError(
            "--resume finds out by itself which steps to run; leave --only and --from out."
        )
    from workbench.runs import earlier_run

    return earlier_run(place(options).runs, options.resume)


def parameters(options: argparse.Namespace, earlier: RunRecord | None = None) -> dict[str, Any]:
    """All parameters. The later of these goes before the earlier:

    the defaults, the project's own, those of an earlier run, the file's, -p, the options'.
    """
    here = project()
    values = defaults() | {
        "source": [str(here.input)],
        "lake": str(here.lake),
        "ingestion_date": f"{datetime.now(UTC):%Y-%m-%d}",
    }
    own = settings.own(here)
    values |= own
    if earlier:
        values |= earlier.parameters
        values |= {"engine": earlier.engine.name, "charts": defaults()["charts"]}
    given = in_file_and_pairs(options)
    if "charts" in own | given:
        raise RequestError("charts: a run writes its charts to its own folder; leave it out.")
    values |= given
    for name in ("source", "lake", "ingestion_date", "engine", "lenient", "source_file"):
        if getattr(options, name) is not None:
            values[name] = getattr(options, name)
    if not earlier and "on_drift" not in own | given:
        values |= settings.on_drift(values["lake"])
    return values


def in_file_and_pairs(options: argparse.Namespace) -> dict[str, Any]:
    """The parameters of --params, and those of -p before them."""
    given = {}
    if options.params is not None:
        given = settings.from_file(options.params, f"--params: {options.params}")
    pairs = [pair(text) for text in options.pairs]
    refuse_repeated(pairs)
    return given | dict(pairs)


def refuse_repeated(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise RequestError(
                f"-p: {name} is given more than once. Give it once; `workbench sweep` runs the "
                "chain with each value and compares them."
            )


def pair(text: str) -> tuple[str, Any]:
    """`name=value`; as YAML where the parameter is no str, so that lists and numbers can be."""
    import yaml

    from workbench.storage import checked_yaml, yaml_loader

    name, equals, value = text.partition("=")
    if not equals or not name:
        raise RequestError(f"-p: {text!r} is not name=value. For example -p locale=en.")
    kinds = known(name).type.split(" | ")
    if "str" in kinds and not (kinds[1:] and value.startswith("[")):
        return name, value
    try:
        checked_yaml(f"-p: the value of {name}", value)
        return name, yaml.load(value, yaml_loader("Safe"))
    except (ValueError, yaml.YAMLError) as error:
        raise RequestError(
            f"-p: the value of {name}, {value!r}, cannot be read: {error}"
        ) from error


def absolute(values: dict[str, Any]) -> dict[str, Any]:
    """Paths made absolute: the notebooks run in another folder."""

    def made(source: str) -> str:
        marked = values["source_file"] or source.endswith(KEPT_AS)
        return (settings.marked if marked else settings.at)(Path.cwd(), source)

    return values | {
        "source": [made(source) for source in values["source"]],
        "lake": settings.at(Path.cwd(), values["lake"]),
        "contract": values["contract"] and os.path.abspath(values["contract"]),
    }
