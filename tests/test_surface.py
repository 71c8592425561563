"""What users may rely on: a change of a name or of what it takes is one that they notice."""

from __future__ import annotations

import inspect
from importlib import import_module
from importlib.metadata import version

import pytest

import workbench
from workbench.cli import main

# A `*` stands before what is given by name alone, `=` after what has a default.
SURFACE = {
    "workbench.flatten.flatten": "df explode= *outer= *position= *sep= *names= *other_arrays= "
    "*max_depth= *how= *max_rows= *max_columns= *known= *prefix= *as_json=",
    "workbench.flatten.relational": "df key= root= *sep= *names= *max_depth= *max_tables= "
    "*max_columns= *known= *prefix= *as_json=",
    "workbench.flatten.plan": "df_or_schema key= root= *sep= *names= *max_depth= *sample= *known= "
    "*prefix= *as_json=",
    "workbench.flatten.verify": "df result options",
    "workbench.flatten.as_columns": "df path",
    "workbench.flatten.as_map": "df path",
    "workbench.flatten.select": "df include= exclude=",
    "workbench.session.session": "engine= *s3=",
    "workbench.session.describe": "spark",
    "workbench.lake.read_together": "spark lake table dates=",
    "workbench.lake.read_arrow": "lake table dates=",
    "workbench.lake.read_pandas": "lake table dates=",
    "workbench.parameters.check": "values",
    "workbench.record.record": "step facts more",
    "workbench.charts.change_between": "change *before *locale *source *date *style=",
    "workbench.charts.default_rates": "scores *locale *source *date *style= *scale=",
    "workbench.charts.product_types": "products *users_total *locale *source *date *style= *scale=",
    "workbench.charts.products_by_range": "cells *users_total *locale *source *date *style=",
    "workbench.charts.score_distribution": "scores *edges *locale *source *date *style=",
    "workbench.charts.score_ranges": "scores *locale *source *date *style= *scale= *among=",
    "workbench.charts.users_per_day": "days *locale *source *date *style=",
}


def taken(name: str) -> str:
    module, _, function = name.rpartition(".")
    offered = inspect.signature(getattr(import_module(module), function)).parameters.values()
    return " ".join(
        ("*" if one.kind is one.KEYWORD_ONLY else "")
        + one.name
        + ("" if one.default is one.empty else "=")
        for one in offered
    )


@pytest.mark.parametrize("name", SURFACE)
def test_what_users_call_takes_what_it_took(name: str) -> None:
    assert taken(name) == SURFACE[name]


def test_every_chart_is_among_them() -> None:
    of_rooms = {
        "Chart",
        "ChartNumbers",
        "SavedChart",
        "chart_of",
        "has_no_score",
        "image_of",
        "plain_rows",
        "range_names",
        "tells",
    }
    charts = {*import_module("workbench.charts").__all__} - of_rooms
    assert charts == {name.rpartition(".")[2] for name in SURFACE if ".charts." in name}


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert workbench.__version__ == version("workbench")
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"workbench {version('workbench')}\n"
    with pytest.raises(AttributeError):
        workbench.no_such_name  # noqa: B018
