"""What pages share: their templates, drawings as addresses, values as a person writes them."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import ChainableUndefined, Environment, Template, Undefined

from workbench.words import Locale, locales

if TYPE_CHECKING:
    from workbench.charts import Chart

DASH = "–"


def template(name: str, locale: Locale, **filters: Callable[..., str]) -> Template:
    """A page's template, in one language; what is missing shows as a dash."""
    environment = Environment(
        autoescape=True,
        undefined=ChainableUndefined,
        finalize=lambda value: DASH if is_missing(value) else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["t"] = lambda key, **values: locales.label(key, locale, **values)
    environment.filters.update(filters)
    text = (files(__package__) / "templates" / f"{name}.html.j2").read_text(encoding="utf-8")
    return environment.from_string(text)


def is_missing(value: Any) -> bool:
    return value is None or isinstance(value, Undefined)


def as_address(chart: Chart) -> str:
    """The drawing as an address that a page can hold."""
    return "data:image/svg+xml;base64," + b64encode(chart.svg()).decode("ascii")


def shown(value: Any, locale: Locale) -> str:
    """A value as a person would write it."""
    if value is None:
        return DASH
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        return locales.integer(value, locale)
    return locales.decimal(value, locale)
