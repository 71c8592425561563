"""What is kept of a chart beside its picture: its words, and its numbers as shown and raw."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from workbench.charts.numbers import ChartNumbers
from workbench.stored import Document

IMAGE_TYPES: Final = {"svg": "image/svg+xml", "png": "image/png"}


@dataclass(kw_only=True)
class SavedChart(Document):
    """A chart as `Chart.save` writes it to `<name>.json`.

    `columns` and `rows` are its table as it is shown; `numbers` the same ones raw.
    """

    name: str
    title: str
    subtitle: str
    alt: str
    caption: str
    columns: list[str]
    rows: list[list[Any]]
    numbers: ChartNumbers


def image_of(folder: Path, name: str) -> str:
    """The picture of a chart as a data address: the drawing, else the bitmap; empty without."""
    for suffix, kind in IMAGE_TYPES.items():
        image = folder / f"{name}.{suffix}"
        if image.exists():
            return f"data:{kind};base64,{b64encode(image.read_bytes()).decode('ascii')}"
    return ""
