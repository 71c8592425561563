"""Parameters of SQL that are dates."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.allowed import DAY, is_day
from workbench.errors import RequestError


def check_dates(values: Mapping[str, str]) -> None:
    """Raises RequestError for a parameter named `..._date` that is no date."""
    for name, value in values.items():
        if name.endswith("_date") and not is_day(value):
            raise RequestError(f"{name}: {value!r} is not {DAY}. For example 2022-01-18.")
