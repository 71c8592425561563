"""The parameters of the notebooks: declared once, checked everywhere before anything starts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final

from workbench.errors import RequestError
from workbench.storage import PATTERNS, scheme_of
from workbench.suggest import nearest

SILVER, PRODUCTS, SCORES, CHARTS = (
    "01_silver_users",
    "02_gold_user_products",
    "03_gold_user_scores",
    "04_score_charts",
)
LOCALES = ("pt_BR", "en")
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


DAY: Final = "a day of the calendar written YYYY-MM-DD"


def is_day(text: str) -> bool:
    """Whether a text is a day of the calendar, written YYYY-MM-DD."""
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _date_fault(value: str) -> str:
    return "" if is_day(value) else DAY


def _share_fault(value: float) -> str:
    return "" if 0 <= value <= 1 else "a share from 0 to 1"


def _edges_fault(value: list[int]) -> str:
    rising = all(a < b for a, b in pairwise(value))
    fit = all(-(1 << 31) <= edge < (1 << 31) - 1 for edge in value)
    right = value and rising and fit
    return "" if right else "at least one whole number of 32 bits, each greater than the last"


def _scale_fault(value: int) -> str:
    return "" if 1 <= value <= 1_000_000 else "a whole number from 1 to 1,000,000"


def _place_fault(value: str) -> str:
    return "a path on this machine" if scheme_of(value) else ""


def _folder_fault(value: str) -> str:
    return _place_fault(value) or _full_fault(value)


def _lake_fault(value: str) -> str:
    if scheme_of(value) not in ("", "s3"):
        return "a path on this machine, or an address s3://"
    plain = value and not set(value) & set(PATTERNS)
    return "" if plain else f"a path without any of {' '.join(PATTERNS)}, which make patterns"


def _source_fault(value: list[str]) -> str:
    odd = [scheme for scheme in map(scheme_of, value) if scheme not in ("", "s3")]
    return "paths on this machine, or addresses s3://" if odd else _full_fault(value)


def _full_fault(value: str | list[str]) -> str:
    return "" if value else "not empty"


def _locale_fault(value: str) -> str:
    return "" if value in LOCALES else " or ".join(LOCALES)


def _typed_fault(value: str) -> str:
    return "" if value in ("", "dynamodb") else "dynamodb, or empty"


def _drift_fault(value: str) -> str:
    return "" if value in ("report", "fail", "restate") else "report, fail or restate"


PARAMETERS = {
    p.name: p
    for p in (
        Parameter(
            "source",
            "list[str]",
            ["../data/input"],
            "files, folders or globs of JSON",
            (SILVER,),
            _source_fault,
        ),
        Parameter(
            "lake",
            "str",
            "../data/lake",
            "folder of the lake, or s3://bucket/prefix",
            EVERY,
            _lake_fault,
        ),
        Parameter(
            "ingestion_date",
            "str",
            "2022-01-18",
            "YYYY-MM-DD, the partition written and read",
            EVERY,
            _date_fault,
        ),
        Parameter(
            "key",
            "str | list[str]",
            "_id",
            "path of a document's key, several with commas between, or position: where it stands",
            EVERY,
            _full_fault,
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
            _share_fault,
        ),
        Parameter(
            "max_superseded_share",
            "float",
            0.1,
            "0..1, share of documents with the key of a later one that fails the run",
            (SILVER,),
            _share_fault,
        ),
        Parameter(
            "contract",
            "str",
            "",
            "file that fixes types (workbench schema --freeze); empty for none",
            (SILVER,),
            _place_fault,
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
            _typed_fault,
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
            _drift_fault,
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
            _edges_fault,
        ),
        Parameter(
            "score_scale",
            "int",
            1,
            "1 or more; the score times this is ranged (100 for one from 0 to 1)",
            (SCORES, CHARTS),
            _scale_fault,
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
        Parameter("locale", "str", "pt_BR", " or ".join(LOCALES), (CHARTS,), _locale_fault),
        Parameter(
            "charts",
            "str",
            "../data/runs/by_hand/charts",
            "folder for the charts",
            (CHARTS,),
            _folder_fault,
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


def mistyped(value: Any, kind: str) -> str:
    """What a value of another type is: of a list the first that does not belong in it."""
    if value is None:
        return "no value is given"
    wrong = value
    if kind.startswith("list[") and isinstance(value, list):
        wrong = next(v for v in value if not is_a(v, kind[5:-1]))
        return f"{value!r} holds {wrong!r}, which is {article(type(wrong).__name__)}"
    if kind.startswith("dict[") and isinstance(value, dict):
        wrong = next(v for pair in value.items() for v in pair if not is_a(v, "str"))
        return f"{value!r} holds {wrong!r}, which is {article(type(wrong).__name__)}"
    return f"{wrong!r} is {article(type(wrong).__name__)}"


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


def is_a(value: Any, kind: str) -> bool:
    """Whether a value is of a declared type; a whole number also is a float, a bool is no int."""
    if " | " in kind:
        return any(is_a(value, one) for one in kind.split(" | "))
    if kind.startswith("list["):
        return isinstance(value, list) and all(is_a(v, kind[5:-1]) for v in value)
    if kind.startswith("dict["):
        texts = isinstance(value, dict) and [*value, *value.values()]
        return texts is not False and all(is_a(v, "str") for v in texts)
    if kind == "float":
        return type(value) in (int, float)
    return type(value).__name__ == kind


def article(name: str) -> str:
    return ("an " if name[0] in "aeiou" else "a ") + name.replace(" | ", " or ")


def of_step(step: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that one step takes; what every step takes, one that a project has added too."""
    takers = {name: PARAMETERS[name].steps for name in values}
    return {n: v for n, v in values.items() if takers[n] == EVERY or step in takers[n]}


def defaults() -> dict[str, Any]:
    return {p.name: p.default for p in PARAMETERS.values()}
