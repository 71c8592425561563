"""The parameters of the notebooks: declared once, checked everywhere before anything starts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.allowed import (
    LOCALES,
    article,
    date_fault,
    drift_fault,
    edges_fault,
    folder_fault,
    full_fault,
    is_a,
    lake_fault,
    locale_fault,
    mistyped,
    place_fault,
    scale_fault,
    share_fault,
    source_fault,
    typed_fault,
)
from workbench.errors import RequestError
from workbench.suggest import nearest

SILVER, PRODUCTS, SCORES, CHARTS = (
    "01_silver_users",
    "02_gold_user_products",
    "03_gold_user_scores",
    "04_score_charts",
)
EVERY = (SILVER, PRODUCTS, SCORES, CHARTS)


@dataclass(frozen=True)
class Parameter:
    """One parameter: its type, default, meaning with unit or allowed values, and who takes it.

    `fault` says what is wrong with a value of the right type, or nothing.
    """

    name: str
    type: str
    default: Any
    meaning: str
    steps: tuple[str, ...]
    fault: Callable[[Any], str] = lambda value: ""


PARAMETERS = {
    p.name: p
    for p in (
        Parameter(
            "source",
            "list[str]",
            ["../data/input"],
            "files, folders or globs of JSON",
            (SILVER,),
            source_fault,
        ),
        Parameter(
            "lake",
            "str",
            "../data/lake",
            "folder of the lake, or s3://bucket/prefix",
            EVERY,
            lake_fault,
        ),
        Parameter(
            "ingestion_date",
            "str",
            "2022-01-18",
            "YYYY-MM-DD, the partition written and read",
            EVERY,
            date_fault,
        ),
        Parameter(
            "key",
            "str | list[str]",
            "_id",
            "path of a document's key, several with commas between, or position: where it stands",
            EVERY,
            full_fault,
        ),
        Parameter(
            "updated_at",
            "str",
            "updatedAt",
            "path; of one key, the greatest stays; empty: there is none",
            (SILVER,),
        ),
        Parameter(
            "pii",
            "list[str]",
            ["name", "score.origin.ip", "score.origin.useragent"],
            "paths of personal fields, hashed; [] for none",
            (SILVER,),
        ),
        Parameter(
            "records",
            "str",
            "",
            "path of the documents in a file that is one object around them; . for the object",
            (SILVER,),
        ),
        Parameter(
            "as_map",
            "list[str]",
            [],
            "paths of objects whose fields are ids; they become arrays of entries",
            (SILVER,),
        ),
        Parameter(
            "max_bad_share",
            "float",
            0.01,
            "0..1, share of bad documents that fails the run",
            (SILVER,),
            share_fault,
        ),
        Parameter(
            "max_superseded_share",
            "float",
            0.1,
            "0..1, share of documents with the key of a later one that fails the run",
            (SILVER,),
            share_fault,
        ),
        Parameter(
            "contract",
            "str",
            "",
            "file that fixes types (workbench schema --freeze); empty for none",
            (SILVER,),
            place_fault,
        ),
        Parameter(
            "types",
            "dict[str, str]",
            {},
            "types that values are read as, by path: {zip: string}; {} for none",
            (SILVER,),
        ),
        Parameter(
            "expand",
            "list[str]",
            [],
            "paths of texts that hold JSON; they become what they hold",
            (SILVER,),
        ),
        Parameter(
            "include",
            "list[str]",
            [],
            "paths to read, with all below them and the key; [] for all",
            (SILVER,),
        ),
        Parameter(
            "exclude",
            "list[str]",
            [],
            "paths to leave out, with all below them",
            (SILVER,),
        ),
        Parameter(
            "as_columns",
            "list[str]",
            [],
            "paths of arrays whose elements become fields, one for each place",
            (SILVER,),
        ),
        Parameter(
            "lenient",
            "bool",
            False,
            "read near-JSON too: NaN, comments, other quotes, MongoDB's shell, half surrogates",
            (SILVER,),
        ),
        Parameter(
            "typed_json",
            "str",
            "",
            "dynamodb, where documents are in its typed JSON; empty: they are not",
            (SILVER,),
            typed_fault,
        ),
        Parameter(
            "source_file",
            "bool",
            False,
            "a column with the file that each document stood in",
            (SILVER,),
        ),
        Parameter(
            "on_drift",
            "str",
            "report",
            "report, fail or restate, when the schema is not that of the last ingestion",
            (SILVER, PRODUCTS),
            drift_fault,
        ),
        Parameter(
            "explode",
            "str",
            "alreadyHaveProducts",
            "path of the array that becomes rows; empty: there is none",
            (SILVER, PRODUCTS, CHARTS),
        ),
        Parameter(
            "score",
            "str",
            "score.score",
            "path of the score; empty: there is none",
            (SCORES, CHARTS),
        ),
        Parameter(
            "score_text",
            "str",
            "score.scoreText",
            "path of the text that states the rate; empty: there is none",
            (SCORES,),
        ),
        Parameter(
            "score_edges",
            "list[int]",
            [200, 400, 600, 800],
            "upper edges of the ranges, inclusive, rising",
            (SCORES,),
            edges_fault,
        ),
        Parameter(
            "score_scale",
            "int",
            1,
            "1 or more; the score times this is ranged (100 for one from 0 to 1)",
            (SCORES, CHARTS),
            scale_fault,
        ),
        Parameter(
            "product_type",
            "str",
            "alreadyHaveProducts[].productType",
            "path of the product type; empty: there is none",
            (CHARTS,),
        ),
        Parameter(
            "created_at",
            "str",
            "createdAt",
            "path of the day on which a user came; empty: there is none",
            (CHARTS,),
        ),
        Parameter(
            "entity",
            "str",
            "",
            "what the documents are, in the plural, for charts and report; empty: users",
            (CHARTS,),
        ),
        Parameter("locale", "str", "pt_BR", " or ".join(LOCALES), (CHARTS,), locale_fault),
        Parameter(
            "charts",
            "str",
            "../data/runs/by_hand/charts",
            "folder for the charts",
            (CHARTS,),
            folder_fault,
        ),
        Parameter(
            "engine", "str", "", "spark, sail, an address; empty: WORKBENCH_ENGINE or spark", EVERY
        ),
    )
}


def check(**values: Any) -> None:
    """Raises RequestError for the first parameter that is unknown, ill-typed or out of range."""
    for name, value in values.items():
        parameter = known(name)
        example = f"For example {parameter.default!r}."
        if not is_a(value, parameter.type):
            raise RequestError(
                f"{name}: {mistyped(value, parameter.type)}, and {name} is "
                f"{article(parameter.type)} ({parameter.meaning}). {example}"
            )
        fault = parameter.fault(value)
        if fault:
            near = nearest(value, re.split(", | or ", fault)) if isinstance(value, str) else ""
            raise RequestError(
                f"{name}: {value!r} is not allowed; it must be {fault}. "
                + (f"Did you mean {near}?" if near else example)
            )


def known(name: str) -> Parameter:
    """The declaration of a parameter; RequestError with the nearest right name if there is none."""
    if name in PARAMETERS:
        return PARAMETERS[name]
    near = nearest(name, PARAMETERS)
    raise RequestError(
        f"{name}: there is no such parameter. "
        + (f"Did you mean {near}? " if near else "")
        + f"There are: {', '.join(PARAMETERS)}."
    )


def of_step(step: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that one step takes; what every step takes, one that a project has added too."""
    takers = {name: PARAMETERS[name].steps for name in values}
    return {n: v for n, v in values.items() if takers[n] == EVERY or step in takers[n]}


def defaults() -> dict[str, Any]:
    return {p.name: p.default for p in PARAMETERS.values()}
