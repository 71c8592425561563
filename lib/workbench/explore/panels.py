"""What explore.ipynb shows: a lake at one ingestion, looked at through widgets.

Each panel is a widget to look at (`widget`) and holds what it shows (`table`, `chart`), so that a
notebook that runs without anybody shows the same as plain outputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

import ipywidgets as widgets
import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from workbench import charts
from workbench.charts import Chart, chart_of
from workbench.errors import LakeError, WorkbenchError
from workbench.explore.html import beside, picture, rows
from workbench.explore.one_user import first_keys, flat_rows, user_document
from workbench.explore.schema_tree import schema_tree
from workbench.gold import (
    EVERYONE,
    PRODUCTS,
    ScoreCounts,
    column_name,
    count_scores,
    key_columns,
    read_products,
    read_users,
    source_names,
)
from workbench.lake import lake_at
from workbench.sql import parameters, parse, run_sql, sql_files
from workbench.words import Locale, integer, label

MOST_ROWS = 20
WIDE = widgets.Layout(width="auto")
BROAD = widgets.Layout(width="28em", max_width="100%")
LONG = widgets.Layout(width="100%", max_width="56em")  # of a slider: a pixel is about a point
NAMED = {"description_width": "8em"}
FIRST_SQL = "users_per_score_range"


@dataclass(frozen=True)
class Explorer:
    """A lake, the engine that reads it, the fields to look at, and the language to show them in.

    `key`, `score`, `score_text` and `product_type` are paths, as in the parameters of a run.
    """

    spark: SparkSession
    lake: str
    key: str | list[str]
    score: str
    score_text: str
    product_type: str
    locale: Locale

    @cached_property
    def dates(self) -> list[str]:
        """The ingestion dates, latest first. Raises LakeError where a run has not made any."""
        dates = lake_at(self.lake).dates("gold", PRODUCTS)
        if not dates:
            raise LakeError(
                f"The lake {lake_at(self.lake).root} has no gold.{PRODUCTS} to explore. "
                "Make it with `make run`, or set `lake` to a folder that has it."
            )
        return dates[::-1]

    def count(self, date: str) -> ScoreCounts:
        """The users of an ingestion by score and product type. Two jobs."""
        fields = ("score", "score_text", "product_type")
        columns = {name: column_name(self.lake, date, getattr(self, name)) for name in fields}
        keys = key_columns(self.lake, date, self.key)
        return count_scores(self.products(date), key=keys, **columns)

    def products(self, date: str) -> DataFrame:
        return read_products(self.spark, self.lake, date)

    def schema(self, date: str) -> pd.DataFrame:
        """The fields of silver.users; see `schema_tree`. One job, and one per array."""
        return schema_tree(read_users(self.spark, self.lake, date))

    def users(self, date: str) -> int:
        """How many users an ingestion has, as its manifest says."""
        return lake_at(self.lake).manifest("silver", "users", date).rows

    def told(self, date: str) -> dict[str, Any]:
        """The words that every chart takes."""
        source = source_names(self.lake, date)
        return {"locale": self.locale, "source": source, "date": date}

    def ask(self, sql: str, date: str) -> Answer:
        """Rows and chart of an analysis of sql/ by its name, or of SQL as it is written."""
        written = any(character.isspace() for character in sql.strip())
        text = sql if written else next((f.text for f in sql_files() if f.name == sql), None)
        own = text is not None and "ingestion_date" in parameters(parse(text))
        values = {"ingestion_date": date} if own else {}
        table = run_sql(text or sql, self.lake, values, spark=self.spark)
        before = max((d for d in self.dates if d < date), default=None)
        users = self.users(date)
        chart = chart_of(table, users_total=users, before=before, **self.told(date))
        return Answer(table, chart)


@dataclass(frozen=True)
class Answer:
    """The rows of a query and the chart that suits them, if one does."""

    table: pd.DataFrame
    chart: Chart | None


class ScorePanel:
    """The score-range chart and its table, which follow ingestion, product type and edges."""

    def __init__(self, explorer: Explorer, date: str, edges: Sequence[int]) -> None:
        self.explorer, locale = explorer, explorer.locale
        self.pushing = False
        self.counts = explorer.count(date)
        self.date = widgets.Dropdown(
            options=explorer.dates, value=date, description=label("explore_date", locale)
        )
        self.product_type = widgets.Dropdown(description=label("product_type", locale))
        for control in (self.date, self.product_type):
            control.style, control.layout = NAMED, BROAD
        self.edges = [self._slider(place, edge) for place, edge in enumerate(edges, 1)]
        self.view = widgets.HTML()
        self._offer_types()
        self._widen(edges)
        self.date.observe(self._change_date, "value")
        self.product_type.observe(self._follow, "value")
        choices = widgets.Box(
            [self.date, self.product_type], layout=widgets.Layout(flex_flow="wrap")
        )
        self.widget = widgets.VBox([choices, *self.edges, self.view])
        self._follow()

    def _slider(self, place: int, edge: int) -> widgets.IntSlider:
        text = label("explore_edge", self.explorer.locale, place=place)
        slider = widgets.IntSlider(
            value=edge, description=text, min=edge, max=edge, style=NAMED, layout=LONG
        )
        slider.observe(self._push, "value")
        return slider

    def _offer_types(self) -> None:
        everyone = (label("explore_all", self.explorer.locale), EVERYONE)
        offered = [everyone, *((kind, kind) for kind in self.counts.types())]
        chosen = self.product_type.value
        self.product_type.options = offered
        self.product_type.value = chosen if (chosen, chosen) in offered else EVERYONE

    def _widen(self, edges: Sequence[int]) -> None:
        """Room for every slider between its neighbours, from the least score to the greatest."""
        low, high = self.counts.bounds()
        low, high = min(low, *edges), max(high, *edges)
        for place, slider in enumerate(self.edges):
            slider.min = min(slider.min, low + place)
            slider.max = max(slider.max, high - (len(self.edges) - 1 - place))

    def _push(self, change: dict[str, Any]) -> None:
        """An edge that meets another one pushes it, so that they keep rising."""
        if self.pushing:
            return
        self.pushing, moved = True, self.edges.index(change["owner"])
        for place in range(moved + 1, len(self.edges)):
            least = self.edges[place - 1].value + 1
            self.edges[place].value = max(self.edges[place].value, least)
        for place in range(moved - 1, -1, -1):
            most = self.edges[place + 1].value - 1
            self.edges[place].value = min(self.edges[place].value, most)
        self.pushing = False
        self._follow()

    def _change_date(self, change: dict[str, Any]) -> None:
        self.counts = self.explorer.count(self.date.value)
        self._widen([slider.value for slider in self.edges])
        self._offer_types()
        self._follow()

    def _follow(self, change: dict[str, Any] | None = None) -> None:
        kind, told = self.product_type.value, self.explorer.told(self.date.value)
        locale = self.explorer.locale
        if kind != EVERYONE:
            told["among"] = kind
            told["source"] += f"; {label('product_type', locale)}: {kind}"
        self.scores = self.counts.ranges([slider.value for slider in self.edges], kind)
        self.chart = charts.score_ranges(self.scores, **told)
        self.table = self.chart.table
        self.view.value = beside([picture(self.chart), rows(self.table, locale)])


class SqlPanel:
    """An analysis from the list, or SQL as it is written, with its rows and its chart."""

    def __init__(self, explorer: Explorer, date: str) -> None:
        self.explorer, self.date = explorer, date
        self.files = {file.title: file for file in sql_files()}
        first = next(title for title, file in self.files.items() if file.name == FIRST_SQL)
        self.choice = widgets.Dropdown(options=list(self.files), value=first, layout=BROAD)
        self.question, self.view = widgets.HTML(), widgets.HTML()
        self.text = widgets.Textarea(layout=widgets.Layout(width="auto", height="16em"))
        self.run = widgets.Button(description=label("explore_run", explorer.locale))
        self.choice.observe(self._choose, "value")
        self.text.observe(self._clear, "value")
        self.run.on_click(self._run)
        parts = [self.choice, self.question, self.text, self.run, self.view]
        self.widget = widgets.VBox(parts)
        self._choose()

    def _choose(self, change: dict[str, Any] | None = None) -> None:
        file = self.files[self.choice.value]
        self.question.value = f"<p>{escape(file.question)}</p>"
        self.text.value = file.text
        self._run()

    def _clear(self, change: dict[str, Any] | None = None) -> None:
        """No answer stands below a question that it does not answer."""
        self.answer, self.view.value = Answer(pd.DataFrame(), None), ""

    def _run(self, button: widgets.Button | None = None) -> None:
        self._clear()
        try:
            self.answer = self.explorer.ask(self.text.value, self.date)
        except WorkbenchError as error:
            self.view.value = f'<pre role="alert">{escape(str(error))}</pre>'
            return
        chart, table = self.answer.chart, self.answer.table
        sizes = {"shown": min(len(table), MOST_ROWS), "all": len(table)}
        texts = {name: integer(size, self.explorer.locale) for name, size in sizes.items()}
        count = f"<p>{label('explore_rows', self.explorer.locale, **texts)}</p>"
        first = rows(table.head(MOST_ROWS), self.explorer.locale) + count
        self.view.value = beside([picture(chart), first]) if chart else first


class UserPanel:
    """A user's document as silver holds it, beside its flat rows in gold."""

    def __init__(self, explorer: Explorer, date: str) -> None:
        self.explorer, self.date = explorer, date
        keys = first_keys(explorer.lake, date, explorer.key)
        self.user = widgets.Combobox(
            options=keys,
            value=keys[0],
            description=label("explore_user", explorer.locale),
            continuous_update=False,
        )
        self.view = widgets.HTML(layout=WIDE)
        self.user.observe(self._follow, "value")
        self.widget = widgets.VBox([self.user, self.view])
        self._follow()

    def _follow(self, change: dict[str, Any] | None = None) -> None:
        of = (self.explorer.lake, self.date, self.explorer.key, self.user.value)
        try:
            self.document, self.rows = user_document(*of), flat_rows(*of)
        except WorkbenchError as error:
            self.view.value = f'<pre role="alert">{escape(str(error))}</pre>'
            return
        names = [label(key, self.explorer.locale) for key in ("explore_document", "explore_flat")]
        document = (
            f'<pre style="line-height: 1.3; white-space: pre-wrap">{escape(self.document)}</pre>'
        )
        parts = zip(names, [document, rows(self.rows, self.explorer.locale)], strict=True)
        self.view.value = beside([f"<h4>{escape(name)}</h4>{part}" for name, part in parts])
