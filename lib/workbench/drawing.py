"""A finished chart, and the two shapes it is drawn in: horizontal bars, and bars over time.

Figures are made without pyplot: nothing global is kept, and importing stays quick.
"""

import base64
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypedDict
from xml.sax.saxutils import escape, quoteattr

import pandas as pd
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from workbench.typesetting import chart_style, text_width, wrap

# Okabe-Ito blue stands out at 5.2:1 on white, the grey at 3.5:1.
HIGHLIGHT: Final = "#0072B2"
GREY: Final = "#8A8A8A"
SECONDARY: Final = "#4D4D4D"

_WIDTH, _MARGIN, _GAP = 5.0, 0.12, 0.1
_LABEL_WIDTH = 1.75
_LINE_HEIGHT = 1.3
_DAYS_HEIGHT = 2.3
_MOST_SEPARATE_BARS = 100


class Words(TypedDict):
    """What stands around a plot, title and subtitle above, caption below; and its alt text."""

    title: str
    subtitle: str
    alt: str
    caption: str


@dataclass(frozen=True, eq=False)
class Chart:
    """A chart and its words and numbers, in one locale.

    `table` holds the numbers as they are shown, formatted, under display names; `numbers` the
    same ones raw, ready for JSON; `name` is the stem of the files that `save` writes.
    """

    name: str
    title: str
    subtitle: str
    alt: str
    caption: str
    table: pd.DataFrame
    numbers: dict[str, Any]
    figure: Figure

    def save(self, folder: Path) -> list[Path]:
        """Write `<name>.png`, `.svg` and `.json` into the folder, made if need be.

        The same chart gives the same bytes. The alt text is in the images' metadata.
        """
        folder.mkdir(parents=True, exist_ok=True)
        contents = {"png": self._png(), "svg": self._svg(), "json": self._json()}
        paths = [folder / f"{self.name}.{suffix}" for suffix in contents]
        for path, content in zip(paths, contents.values(), strict=True):
            path.write_bytes(content)
        return paths

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        width, height = (round(inches * 100) for inches in self.figure.get_size_inches())
        image = base64.b64encode(self._png()).decode("ascii")
        size_and_alt = {"alt": self.alt, "width": width, "height": height}
        return {"image/png": image, "text/plain": self.alt}, {"image/png": size_and_alt}

    def _png(self) -> bytes:
        return self._image("png", {"Title": self.title, "Description": self.alt, "Software": None})

    def _svg(self) -> bytes:
        words = {"Title": self.title, "Description": self.alt, "Date": None, "Creator": None}
        svg = self._image("svg", words).decode("utf-8")
        svg = svg.replace("<svg ", f'<svg role="img" aria-label={quoteattr(self.alt)} ', 1)
        svg = svg.replace("</title>", f"</title>\n <desc>{escape(self.alt)}</desc>", 1)
        return svg.encode("utf-8")

    def _image(self, kind: str, metadata: dict[str, str | None]) -> bytes:
        content = io.BytesIO()
        with chart_style():
            self.figure.savefig(content, format=kind, metadata=metadata)
        return content.getvalue()

    def _json(self) -> bytes:
        content = {
            "name": self.name,
            "title": self.title,
            "subtitle": self.subtitle,
            "alt": self.alt,
            "caption": self.caption,
            "columns": list(self.table.columns),
            "rows": self.table.to_numpy().tolist(),
            "numbers": self.numbers,
        }
        return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def draw_bars(
    labels: Sequence[str],
    values: Sequence[float | None],
    texts: Sequence[str],
    highlight: int | None,
    words: Words,
) -> Figure:
    """Draw horizontal bars from zero, top to bottom, each with its label and its text.

    A value of None has its text and no bar. `highlight` is the place of the bar to stress.
    """
    with chart_style():
        lines = [wrap(text, _LABEL_WIDTH, rcParams["ytick.labelsize"], most=2) for text in labels]
        row = 0.42 if any("\n" in line for line in lines) else 0.29
        left = _MARGIN + 0.08 + max(text_width(part) for line in lines for part in line.split("\n"))
        figure, axes = _frame(words, left, height=row * len(labels), below=0)
        lengths = [value or 0 for value in values]
        colours = [HIGHLIGHT if place == highlight else GREY for place in range(len(labels))]
        axes.barh(range(len(labels)), lengths, height=0.68, color=colours)
        axes.set(ylim=(len(labels) - 0.5, -0.5), xticks=[], yticks=range(len(labels)))
        axes.set_yticklabels(lines)
        axes.tick_params(axis="y", length=0)
        axes.spines["bottom"].set_visible(False)
        _label_bars(axes, lengths, texts, highlight, room=_WIDTH - _MARGIN - left)
        return figure


def draw_periods(
    values: Sequence[int],
    ticks: dict[int, str],
    highlight: tuple[int, str] | None,
    count: Callable[[int], str],
    words: Words,
) -> Figure:
    """Draw bars from zero over time, one a period, with few ticks and the peak labelled.

    `ticks` maps places to labels; `highlight` is the peak's place and label; `count` formats
    the numbers of the vertical axis.
    """
    with chart_style():
        top = max([1, *values]) * 1.2
        marks = [int(mark) for mark in MaxNLocator(4, integer=True).tick_values(0, top)]
        marks = [mark for mark in marks if mark <= top]
        left = _MARGIN + _GAP + max(text_width(count(mark)) for mark in marks)
        figure, axes = _frame(words, left, height=_DAYS_HEIGHT, below=0.42)
        axes.set(xlim=(-0.6, len(values) - 0.4), ylim=(0, top))
        _draw_columns(axes, values, highlight, room=_WIDTH - _MARGIN - left)
        axes.set_yticks(marks, [count(mark) for mark in marks])
        axes.set_xticks(list(ticks), list(ticks.values()))
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        return figure


def _frame(words: Words, left: float, height: float, below: float) -> tuple[Figure, Axes]:
    """Place the words around an empty plot; lengths in inches, `below` is for its axis's labels."""
    inside = _WIDTH - 2 * _MARGIN
    sizes = [rcParams[key] for key in ("figure.titlesize", "font.size", "xtick.labelsize")]
    title = wrap(words["title"], inside, sizes[0], "bold", most=3)
    subtitle = "\n".join(wrap(part, inside, sizes[1]) for part in words["subtitle"].split("\n"))
    caption = wrap(words["caption"], inside, sizes[2], most=3)
    lines = [text.count("\n") + 1 for text in (title, subtitle, caption)]
    heights = [n * size * _LINE_HEIGHT / 72 for n, size in zip(lines, sizes, strict=True)]
    total = 2 * _MARGIN + sum(heights) + height + below + 3 * _GAP
    figure = Figure(figsize=(_WIDTH, total))
    FigureCanvasAgg(figure)
    write = partial(figure.text, _MARGIN / _WIDTH, va="top", linespacing=1.2)
    write(1 - _MARGIN / total, title, fontsize=sizes[0], weight="bold")
    write(1 - (_MARGIN + heights[0]) / total, subtitle, fontsize=sizes[1], color=SECONDARY)
    write((_MARGIN + heights[2]) / total, caption, fontsize=sizes[2], color=SECONDARY)
    bottom = _MARGIN + heights[2] + _GAP + below
    width = _WIDTH - _MARGIN - left
    box = (left / _WIDTH, bottom / total, width / _WIDTH, height / total)
    return figure, figure.add_axes(box)


def _label_bars(
    axes: Axes, lengths: Sequence[float], texts: Sequence[str], highlight: int | None, room: float
) -> None:
    """Write each text right of its bar, with the axis just long enough for all of them."""
    weights = ["bold" if place == highlight else "normal" for place in range(len(texts))]
    free = [
        room - 0.1 - text_width(text, weight) for text, weight in zip(texts, weights, strict=True)
    ]
    end = max(length * room / width for length, width in zip(lengths, free, strict=True)) or 1.0
    axes.set_xlim(0, end)
    for place, (length, text) in enumerate(zip(lengths, texts, strict=True)):
        x = length + end * 0.06 / room
        axes.text(x, place, text, va="center_baseline", weight=weights[place])


def _draw_columns(
    axes: Axes, values: Sequence[int], highlight: tuple[int, str] | None, room: float
) -> None:
    """Draw one bar a period, or their outline, filled, when there are too many to tell apart."""
    periods = len(values)
    if periods <= _MOST_SEPARATE_BARS:
        width = min(0.8, 0.12 * periods)
        axes.bar(range(periods), values, width=width, color=GREY)
    else:
        width = max(1.0, 0.006 * periods)
        axes.stairs(values, [place - 0.5 for place in range(periods + 1)], fill=True, color=GREY)
    if highlight is None:
        return
    place, text = highlight
    axes.bar(place, values[place], width=width, color=HIGHLIGHT)
    half = (text_width(text, "bold") / 2) * (periods + 0.2) / room
    x = min(max(place, half - 0.6), periods - 0.4 - half)
    above = axes.get_ylim()[1] * 0.02
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    axes.text(x, values[place] + above, text, ha="center", weight="bold", color=HIGHLIGHT, bbox=box)
