"""What the tests of charts share: the texts of a figure, and whether they can be read."""

from __future__ import annotations

import itertools
from typing import Any

from matplotlib.patches import Rectangle
from matplotlib.text import Text

from workbench.charts.chart import Chart
from workbench.charts.heat_map import luminance
from workbench.charts.typesetting import chart_style


def texts(chart: Chart) -> list[Text]:
    with chart_style(chart.style):
        chart.figure.draw_without_rendering()
    found = [text for text in chart.figure.findobj(Text) if isinstance(text, Text)]
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def shown(chart: Chart) -> list[str]:
    return [text.get_text() for text in texts(chart)]


def bars_of(chart: Chart) -> list[Rectangle]:
    return [bar for bar in chart.figure.axes[0].patches if isinstance(bar, Rectangle)]


def assert_readable(chart: Chart) -> None:
    boxes = [(text.get_text(), text.get_window_extent().padded(-0.5)) for text in texts(chart)]
    page = chart.figure.bbox
    outside = [
        name
        for name, box in boxes
        if box.x0 < page.x0 or box.y0 < page.y0 or box.x1 > page.x1 or box.y1 > page.y1
    ]
    overlapping = [
        (one, other)
        for (one, box), (other, another) in itertools.combinations(boxes, 2)
        if box.overlaps(another)
    ]
    assert (outside, overlapping) == ([], [])
    assert min(float(text.get_fontsize()) for text in texts(chart)) >= 9


def contrast(one: Any, other: Any) -> float:
    """The contrast of two colours by WCAG 2.1, from 1 to 21."""
    lights = sorted(luminance(shade) + 0.05 for shade in (one, other))
    return lights[1] / lights[0]
