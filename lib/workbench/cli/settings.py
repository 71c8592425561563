"""What a command takes where it is not told: the folders and the parameters of the project."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engines import ENGINES, REQUIRED, check_engine, given_conf, keep_conf, required
from workbench.errors import RequestError
from workbench.parameters import PARAMETERS, check, known
from workbench.places import Project, project
from workbench.storage import SHARED, scheme_of, stand_in

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def session_for(engine: str | None) -> SparkSession:
    """A session of a command, which says itself what became of its engine.

    Py4J tells the root logger, which would tell the terminal, of a JVM that has ended.
    """
    import logging

    from workbench.session import session

    logging.getLogger().addHandler(logging.NullHandler())
    return session(engine)


def lake(options: argparse.Namespace) -> str:
    """The folder of the lake: as asked, as the project's own parameters say, or its data/lake."""
    here = project()
    given = own(here).get("lake", str(here.lake)) if options.lake is None else options.lake
    check(lake=given)
    return str(given)


def runs(options: argparse.Namespace) -> Path:
    """The folder of the runs, or what stands for it: as asked, or data/runs of the project."""
    return project().runs if options.runs is None else stand_in(options.runs)


class Shared(argparse.Action):
    """Said in the environment, where every process of the run sees it."""

    def __call__(self, *_: Any) -> None:
        os.environ[SHARED] = "1"


def add_shared(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--shared",
        action=Shared,
        nargs=0,
        help="other users of this machine may read what is made; else the folders that are made "
        "are for you and your group",
    )


def add_lake(command: argparse.ArgumentParser) -> None:
    command.add_argument("--lake", metavar="DIR", help="folder of the lake (data/lake)")


class Registered(argparse.Action):
    """Said in the environment, where every process of the run sees it."""

    def __call__(self, _: Any, namespace: argparse.Namespace, value: Any, *__: Any) -> None:
        from workbench.catalog import NONE, VARIABLE, check_pattern

        os.environ[VARIABLE] = value if value == NONE else check_pattern(value)
        setattr(namespace, self.dest, value)


def add_catalog(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--catalog",
        action=Registered,
        metavar="DATABASES",
        help="register the tables of a lake on S3 in AWS Glue's catalog, for Athena: the names of "
        "its databases, {layer} for silver and gold (WORKBENCH_CATALOG; a lake remembers it)",
    )


def check_catalog(options: argparse.Namespace, lake: str) -> None:
    """Raises RequestError where a catalog is asked for that could not find the lake's files."""
    if options.catalog and not scheme_of(lake):
        raise RequestError(
            f"--catalog: the lake {lake} is on this machine, where AWS cannot read it. Name a lake "
            "on S3 with --lake s3://bucket/prefix, or leave --catalog out."
        )


def on_drift(lake: str) -> dict[str, str]:
    """What is done where schemas differ, unless that is said: readers of a catalog know but one
    type per column, so a lake that is in one has its older ingestions restated."""
    if not scheme_of(lake):
        return {}
    from workbench.lake import ObjectLake, catalog_of

    in_one = catalog_of(ObjectLake(lake), remember=False) is not None
    return {"on_drift": "restate"} if in_one else {}


def add_raw(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--raw",
        action="store_true",
        help="with --format csv: texts that spreadsheets would take for formulas as they are",
    )


def add_source_file(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--source-file",
        action="store_const",
        const=True,
        help="a column, source_file, with the file that each document stood in, as it was given",
    )


def add_lenient(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--lenient",
        action="store_const",
        const=True,
        help="read near-JSON too: NaN, comments, trailing commas, other quotes, names without "
        "quotes, what the MongoDB shell prints, halves of surrogate pairs",
    )


class Required(argparse.Action):
    """Said in the environment, where every process of the run sees it."""

    def __call__(self, *_: Any) -> None:
        os.environ[REQUIRED] = "1"


class Conf(argparse.Action):
    """Said in the environment, where every process of the run sees it."""

    def __call__(self, _: Any, options: argparse.Namespace, value: Any, *__: Any) -> None:
        options.conf = [*(options.conf or []), value]
        keep_conf(options.conf)


def add_engine(command: argparse.ArgumentParser) -> None:
    """The options of a command that needs an engine."""
    command.add_argument("--engine", metavar="E", help="sail (default), spark, or an address")
    command.add_argument(
        "--conf",
        action=Conf,
        metavar="KEY=VALUE",
        help="a setting of Apache Spark's; may be given several times",
    )
    command.add_argument(
        "--require-private-engine",
        action=Required,
        nargs=0,
        help="refuse to work where other users of this machine could reach the engine",
    )


def engine(options: argparse.Namespace) -> str:
    """The name of the engine: as asked, as the project or the environment says, or Sail."""
    name = options.engine or own(project()).get("engine") or from_outside()
    return checked(str(name))


def checked(name: str) -> str:
    """The name of an engine. Raises RequestError where it is none, or not as private as asked."""
    check_engine(name)
    if required() and name not in ENGINES:
        raise RequestError(
            f"--require-private-engine: who can reach {name} is not known here. Use sail or "
            "spark, which run on this machine, or leave it out."
        )
    if name == "sail" and given_conf():
        raise RequestError(
            f"--conf: {next(iter(given_conf()))} is a setting of Apache Spark's, and the engine is "
            "Sail. Leave it out, or use --engine spark."
        )
    return name


def locale() -> str:
    """The language of what is printed for people: as the project says, or that of charts."""
    return str(own(project()).get("locale", PARAMETERS["locale"].default))


def from_outside() -> str:
    return os.environ.get("WORKBENCH_ENGINE") or "sail"


def own(here: Project) -> dict[str, Any]:
    """The parameters of the project's workbench.yml; its paths begin at the project's folder.

    Raises RequestError where one of them is not known or not right.
    """
    if not here.settings.is_file():
        return {}
    values = from_file(str(here.settings), str(here.settings))
    try:
        check(**values)
    except RequestError as error:
        raise RequestError(f"{here.settings}: {error}") from error
    for name in {"lake", "contract"} & values.keys():
        values[name] = values[name] and at(here.root, values[name])
    if "source" in values:
        made = marked if values.get("source_file") else at
        values["source"] = [made(here.root, one) for one in values["source"]]
    return values


def at(folder: Path, path: str) -> str:
    """A path that begins at a folder, made absolute; an address stays as it is."""
    return path if scheme_of(path) else os.path.abspath(folder / path)


def marked(folder: Path, path: str) -> str:
    """The same, with the mark `/./` before what was given, which files are called by in rows."""
    if "/./" in path:
        return path if scheme_of(path) else os.path.join(folder, path)
    if scheme_of(path) or os.path.isabs(path):
        return at(folder, path)
    return f"{folder}/./{os.path.normpath(path)}"


def from_file(path: str, where: str) -> dict[str, Any]:
    """The parameters of a YAML file, which errors call `where`: a mapping of names to values."""
    import yaml

    from workbench.storage import checked_yaml, yaml_loader, yaml_text

    try:
        text = yaml_text(where, Path(path))
        checked_yaml(where, text)
        read = yaml.load(text, yaml_loader("Base"))
        typed = yaml.load(text, yaml_loader("Safe"))
    except OSError as error:
        raise RequestError(f"{where} cannot be read: {error.strerror}.") from error
    except (ValueError, yaml.YAMLError) as error:
        raise RequestError(f"{where} cannot be read as YAML: {error}") from error
    if typed is None and where == path:
        return {}
    if not isinstance(typed, dict):
        raise RequestError(f"{where} must hold `name: value` lines, one per parameter.")
    try:
        return {known(str(n)).name: as_written(str(n), v, read[n]) for n, v in typed.items()}
    except RequestError as error:
        raise RequestError(f"{where}: {error}") from error


def as_written(name: str, value: Any, text: Any) -> Any:
    """A parameter of type str keeps what was written: YAML makes dates and numbers of some."""
    written = "str" in known(name).type.split(" | ") and isinstance(text, str) and value is not None
    return text if written else value


def line(name: str, value: Any) -> str:
    """`name: value` as a parameter file has it."""
    import yaml

    text = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=10_000)
    return f"{name}: {text.strip()[1:-1]}"
