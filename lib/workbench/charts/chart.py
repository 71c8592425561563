"""A finished chart: its words, its numbers, its picture, and the files that it is kept in."""

import base64
import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast
from xml.sax.saxutils import escape, quoteattr

import pandas as pd
from matplotlib.figure import Figure

from workbench.charts.numbers import ChartNumbers, tells
from workbench.charts.saved import SavedChart
from workbench.charts.typesetting import chart_style
from workbench.storage import local_path


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
    style: str = "light"

    @property
    def tells(self) -> bool:
        """Whether there is anything to show: a dump need not have scores, types or dates."""
        return tells(self.name, cast(ChartNumbers, self.numbers))

    def save(self, folder: Path) -> list[Path]:
        """Write `<name>.png`, `.svg` and `.json` into the folder, made if need be.

        The same chart gives the same bytes. The alt text is in the images' metadata.
        """
        local_path(folder, "charts").mkdir(parents=True, exist_ok=True)
        contents = {"png": self.png, "svg": self.svg(), "json": self._json()}
        paths = [folder / f"{self.name}.{suffix}" for suffix in contents]
        for path, content in zip(paths, contents.values(), strict=True):
            path.write_bytes(content)
        return paths

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        if not self.tells:
            return {"text/plain": f"{self.title}."}, {}
        width, height = (round(inches * 100) for inches in self.figure.get_size_inches())
        image = base64.b64encode(self.png).decode("ascii")
        size_and_alt = {"alt": self.alt, "width": width, "height": height}
        return {"image/png": image, "text/plain": self.alt}, {"image/png": size_and_alt}

    @cached_property
    def png(self) -> bytes:
        """The picture, with title and alt text in its metadata."""
        return self._image("png", {"Title": self.title, "Description": self.alt, "Software": None})

    def svg(self) -> bytes:
        """The drawing, named and described for screen readers."""
        words = {"Title": self.title, "Description": self.alt, "Date": None, "Creator": None}
        svg = self._image("svg", words).decode("utf-8")
        svg = svg.replace("<svg ", f'<svg role="img" aria-label={quoteattr(self.alt)} ', 1)
        svg = svg.replace("</title>", f"</title>\n <desc>{escape(self.alt)}</desc>", 1)
        return svg.encode("utf-8")

    def _image(self, kind: str, metadata: dict[str, str | None]) -> bytes:
        content = io.BytesIO()
        with chart_style(self.style):
            # Tighter packing takes twice the time, and flat colours gain nothing by it.
            packed: Any = {"pil_kwargs": {"compress_level": 3}} if kind == "png" else {}
            self.figure.savefig(content, format=kind, metadata=metadata, **packed)
        return content.getvalue()

    def _json(self) -> bytes:
        made = SavedChart(
            name=self.name,
            title=self.title,
            subtitle=self.subtitle,
            alt=self.alt,
            caption=self.caption,
            columns=list(self.table.columns),
            rows=self.table.to_numpy().tolist(),
            numbers=cast(ChartNumbers, self.numbers),
        )
        return made.text().encode("utf-8")
