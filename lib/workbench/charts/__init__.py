"""The charts: from a small table to a finding in words, its numbers, and a picture."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.charts.any_answer import chart_of
    from workbench.charts.change_bars import change_between
    from workbench.charts.chart import Chart
    from workbench.charts.heat_map import products_by_range
    from workbench.charts.histogram import score_distribution
    from workbench.charts.numbers import ChartNumbers, has_no_score, plain_rows, range_names, tells
    from workbench.charts.range_bars import default_rates, score_ranges
    from workbench.charts.saved import SavedChart, image_of
    from workbench.charts.time_bars import users_per_day
    from workbench.charts.type_bars import product_types

__all__ = [
    "Chart",
    "ChartNumbers",
    "SavedChart",
    "change_between",
    "chart_of",
    "default_rates",
    "has_no_score",
    "image_of",
    "plain_rows",
    "product_types",
    "products_by_range",
    "range_names",
    "score_distribution",
    "score_ranges",
    "tells",
    "users_per_day",
]

__getattr__ = on_demand(__name__)
