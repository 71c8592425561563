"""Settings of Spark's own that a person gives, for each session of a command."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable

from workbench.errors import RequestError

CONF_VARIABLE = "WORKBENCH_CONF"  # a JSON object, which every process of a run sees
OURS = {
    "spark.master": "name it with --engine",
    "spark.sql.session.timeZone": "times are in UTC",
    "spark.sql.caseSensitive": "fields that differ only in case are kept",
    "spark.sql.ansi.enabled": "values are converted alike on each engine",
    "spark.sql.parquet.outputTimestampType": "every reader knows that of the tables",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "dates of ingestions are texts",
}


def given_conf() -> dict[str, str]:
    """What was given. Raises RequestError where the variable holds something else."""
    text = os.environ.get(CONF_VARIABLE) or "{}"
    try:
        found = json.loads(text)
        return checked_conf(f"{name}={value}" for name, value in found.items())
    except (ValueError, AttributeError) as error:
        raise RequestError(
            f"{CONF_VARIABLE}: {text[:60]!r} is no JSON object of settings and their values, as "
            '{"spark.executor.memory": "4g"} is.'
        ) from error


def checked_conf(pairs: Iterable[str]) -> dict[str, str]:
    """The settings by name. Raises RequestError for what is none, or is the workbench's own."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.startswith("spark.") or name.split() != [name]:
            raise RequestError(
                f"--conf: {pair!r} is no setting of Spark. Write key=value, for example "
                "spark.executor.memory=4g."
            )
        if name in OURS:
            raise RequestError(f"--conf: {name} is not to be chosen: {OURS[name]}. Leave it out.")
        found[name] = value
    return found


def keep_conf(pairs: Iterable[str]) -> None:
    """Gives the settings to this process and those that it starts."""
    os.environ[CONF_VARIABLE] = json.dumps(checked_conf(pairs))
