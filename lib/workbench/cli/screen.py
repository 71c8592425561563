"""The terminal as commands write to it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.segment import Segment
from rich.text import Text

from workbench.visible import visible

FILE_WIDTH = 240


class Screen(Console):
    """The terminal: its own colours and bars, and no text that it would obey or take for markup."""

    def __init__(self, **more: Any) -> None:
        stream = getattr(sys.stdout, "as_it_is", sys.stdout)
        super().__init__(file=stream, highlight=False, markup=False, emoji=False, **more)

    def render_str(self, text: str, **more: Any) -> Text:
        return super().render_str(visible(text), **more)

    def _render_buffer(self, buffer: Iterable[Segment]) -> str:
        shown = [s if s.control else Segment(visible(s.text), s.style) for s in buffer]
        return super()._render_buffer(shown)


def wide_console() -> Console:
    """The terminal as wide as it is; a file or a pipe has room for whole rows."""
    console = Screen()
    return console if console.is_terminal else Screen(width=FILE_WIDTH)
