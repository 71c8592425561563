"""The shapes that charts are drawn in: the frame of words, horizontal bars, bars over time.

Figures are made without pyplot: nothing global is kept, and importing stays quick. All of it is
done inside `chart_style`, which sets sizes and colours.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from workbench.charts.telling import Words
from workbench.charts.typesetting import chart_style, colour, text_width, wrap

WIDTH, MARGIN, GAP = 5.0, 0.12, 0.1
LABEL_WIDTH = 1.75
ROW, TALL_ROW = 0.29, 0.42
TIME_HEIGHT = 2.3
_LINE_HEIGHT: Final = 1.3
_SCALE_LENGTH: Final = 1.4  # of the longest bar of several figures; leaves room for labels
_MOST_SEPARATE_BARS: Final = 100


def draw_bars(
    labels: Sequence[str],
    values: Sequence[float | None],
    texts: Sequence[str],
    highlight: int | None,
    words: Words,
    style: str,
    scale: float = 0,
) -> Figure:
    """Draw horizontal bars from zero, top to bottom, each with its label and its text.

    A value of None has its text and no bar. `highlight` is the place of the bar to stress. With
    one `scale`, the greatest value of several figures, their bars are of one scale.
    """
    with chart_style(style):
        lines, row, left = row_labels(labels)
        figure, axes = frame(words, left, height=row * len(labels), below=0)
        lengths = [value or 0 for value in values]
        colours = [
            colour("highlight") if place == highlight else colour("grey")
            for place in range(len(labels))
        ]
        axes.barh(range(len(labels)), lengths, height=0.68, color=colours)
        name_rows(axes, lines)
        room = WIDTH - MARGIN - left
        _label_bars(axes, lengths, texts, highlight, room, least=scale * room / _SCALE_LENGTH)
        return figure


def row_labels(labels: Sequence[str]) -> tuple[list[str], float, float]:
    """The labels of rows, broken into lines; the height of a row; where the plot begins."""
    lines = [wrap(text, LABEL_WIDTH, rcParams["ytick.labelsize"], most=2) for text in labels]
    row = TALL_ROW if any("\n" in line for line in lines) else ROW
    widest = max(text_width(part) for line in lines for part in line.split("\n"))
    return lines, row, MARGIN + 0.08 + widest


def name_rows(axes: Axes, lines: Sequence[str]) -> None:
    """Rows from top to bottom, each with its label, and no other axis."""
    axes.set(ylim=(len(lines) - 0.5, -0.5), xticks=[], yticks=range(len(lines)))
    axes.set_yticklabels(lines)
    axes.tick_params(axis="y", length=0)
    axes.spines["bottom"].set_visible(False)


def draw_periods(
    values: Sequence[int],
    ticks: dict[int, str],
    highlight: tuple[int, str] | None,
    count: Callable[[int], str],
    words: Words,
    style: str,
    line: tuple[Sequence[float | None], str] | None = None,
) -> Figure:
    """Draw bars from zero over time, one a period, with few ticks and the peak labelled.

    `ticks` maps places to labels; `highlight` is the peak's place and label; `count` formats
    the numbers of the vertical axis. `line` is drawn over the bars, its label right of its end.
    """
    with chart_style(style):
        top = max([1, *values]) * 1.2
        marks = whole_marks(top)
        left = MARGIN + GAP + max(text_width(count(mark)) for mark in marks)
        name = line[1].split("\n") if line else []
        right = MARGIN + (0.06 + max(text_width(part) for part in name) if line else 0)
        figure, axes = frame(words, left, height=TIME_HEIGHT, below=0.42, right=right)
        axes.set(xlim=(-0.6, len(values) - 0.4), ylim=(0, top))
        if line:
            _draw_line(axes, *line, height=TIME_HEIGHT)
        _draw_columns(axes, values, highlight, room=WIDTH - right - left)
        axes.set_xticks(list(ticks), list(ticks.values()))
        name_heights(axes, marks, count)
        return figure


def whole_marks(top: float) -> list[int]:
    """A few whole numbers from 0 to the top, for a vertical axis."""
    marks = [int(mark) for mark in MaxNLocator(4, integer=True).tick_values(0, top)]
    return [mark for mark in marks if mark <= top]


def name_heights(axes: Axes, marks: Sequence[int], count: Callable[[int], str]) -> None:
    """A vertical axis of a few marks with lines across the plot."""
    axes.set_yticks(marks, [count(mark) for mark in marks])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)


def add_box(
    axes: Axes, x: float, y: float, width: float, height: float, *, facecolor: str, **look: Any
) -> None:
    """A filled rectangle on axes whose limits are set: to find them by it would take longer."""
    axes.add_artist(
        Rectangle((x, y), width, height, facecolor=facecolor, **{"linewidth": 0} | look)
    )


def frame(
    words: Words,
    left: float,
    height: float,
    below: float,
    right: float = MARGIN,
    above: float = 0,
) -> tuple[Figure, Axes]:
    """Place the words around an empty plot; lengths in inches.

    `below` and `above` are for the labels of its axes.
    """
    inside = WIDTH - 2 * MARGIN
    sizes = [rcParams[key] for key in ("figure.titlesize", "font.size", "xtick.labelsize")]
    title = wrap(words["title"], inside, sizes[0], "bold", most=3)
    subtitle = "\n".join(wrap(part, inside, sizes[1]) for part in words["subtitle"].split("\n"))
    caption = wrap(words["caption"], inside, sizes[2], most=3)
    lines = [text.count("\n") + 1 for text in (title, subtitle, caption)]
    heights = [n * size * _LINE_HEIGHT / 72 for n, size in zip(lines, sizes, strict=True)]
    total = 2 * MARGIN + sum(heights) + above + height + below + 3 * GAP
    figure = Figure(figsize=(WIDTH, total))
    FigureCanvasAgg(figure)
    write = partial(figure.text, MARGIN / WIDTH, va="top", linespacing=1.2)
    write(1 - MARGIN / total, title, fontsize=sizes[0], weight="bold")
    write(1 - (MARGIN + heights[0]) / total, subtitle, fontsize=sizes[1], color=colour("secondary"))
    write((MARGIN + heights[2]) / total, caption, fontsize=sizes[2], color=colour("secondary"))
    bottom = MARGIN + heights[2] + GAP + below
    width = WIDTH - right - left
    box = (left / WIDTH, bottom / total, width / WIDTH, height / total)
    return figure, figure.add_axes(box)


def _label_bars(
    axes: Axes,
    lengths: Sequence[float],
    texts: Sequence[str],
    highlight: int | None,
    room: float,
    least: float,
) -> None:
    """Write each text right of its bar, with the axis just long enough for all of them.

    The axis is `least` long where that is enough.
    """
    weights = ["bold" if place == highlight else "normal" for place in range(len(texts))]
    free = [
        room - 0.1 - text_width(text, weight) for text, weight in zip(texts, weights, strict=True)
    ]
    end = max(length * room / width for length, width in zip(lengths, free, strict=True))
    end = max(end, least) or 1.0
    axes.set_xlim(0, end)
    for place, (length, text) in enumerate(zip(lengths, texts, strict=True)):
        x = length + end * 0.06 / room
        axes.text(x, place, text, va="center_baseline", weight=weights[place])


def _draw_line(axes: Axes, values: Sequence[float | None], name: str, height: float) -> None:
    """A line over columns, its name right of its end, within the plot's height."""
    there = [(place, value) for place, value in enumerate(values) if value is not None]
    axes.plot(*zip(*there, strict=True), color=rcParams["text.color"], linewidth=1.8, zorder=3)
    top = axes.get_ylim()[1]
    half = (name.count("\n") + 1) * rcParams["font.size"] * 1.2 / 72 / 2 * top / height
    at = min(max(there[-1][1], half), top - half)
    right = axes.get_xlim()[1] * (1 + 0.06 / (WIDTH - MARGIN))
    axes.text(right, at, name, va="center", linespacing=1.1)


def _draw_columns(
    axes: Axes, values: Sequence[int], highlight: tuple[int, str] | None, room: float
) -> None:
    """Draw one bar a period, or their outline, filled, when there are too many to tell apart."""
    periods = len(values)
    if periods <= _MOST_SEPARATE_BARS:
        width = min(0.8, 0.12 * periods)
        for at, value in enumerate(values):
            add_box(axes, at - width / 2, 0, width, value, facecolor=colour("grey"))
    else:
        width = max(1.0, 0.006 * periods)
        axes.stairs(
            values, [place - 0.5 for place in range(periods + 1)], fill=True, color=colour("grey")
        )
    if highlight is None:
        return
    place, text = highlight
    add_box(axes, place - width / 2, 0, width, values[place], facecolor=colour("highlight"))
    half = (text_width(text, "bold") / 2) * (periods + 0.2) / room
    x = min(max(place, half - 0.6), periods - 0.4 - half)
    above = axes.get_ylim()[1] * 0.02
    box = {"facecolor": rcParams["axes.facecolor"], "edgecolor": "none", "pad": 1}
    axes.text(
        x,
        values[place] + above,
        text,
        ha="center",
        weight="bold",
        color=colour("highlight"),
        bbox=box,
    )
