"""The type of the charts: the style sheet, how wide a text is, where its lines break."""

import warnings
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import as_file, files
from typing import Final

from matplotlib import RcParams, rc_context, rc_params_from_file, rcParams
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.textpath import text_to_path

STYLES: Final = ("light", "dark")

# For scripts that DejaVu Sans lacks; those that a machine has are used, glyph by glyph.
_OTHER_FAMILIES: Final = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei", "PingFang SC", "Hiragino Sans GB",
    "Microsoft YaHei", "Noto Sans Thai", "Noto Sans Devanagari", "Noto Emoji", "Segoe UI Symbol",
    "Segoe UI Emoji", "Arial Unicode MS", "Unifont",
)  # fmt: skip
_COLOURS: Final = ("highlight", "grey", "secondary")  # their places in the style's colour cycle


@contextmanager
def chart_style(style: str = "light") -> Iterator[None]:
    """Apply styles/light.mplstyle for a while; draw and save inside of it.

    `dark` has the same sizes and other colours. Raises ValueError for any other style.
    """
    with rc_context(_settings(style)), warnings.catch_warnings():
        # A data label may be in a script that the font lacks; the SVG and the table still show it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def colour(name: str) -> str:
    """A colour of the style that is applied: `highlight`, `grey` or `secondary` (for texts)."""
    return str(rcParams["axes.prop_cycle"].by_key()["color"][_COLOURS.index(name)])


def text_width(text: str, weight: str = "normal", size: float | None = None) -> float:
    """Return the width of one line of text in inches, at the style's font size by default."""
    font = FontProperties(weight=weight, size=size or rcParams["font.size"])
    return float(text_to_path.get_text_width_height_descent(text, font, False)[0]) / 72


def wrap(text: str, width: float, size: float, weight: str = "normal", most: int = 99) -> str:
    """Break a text into lines no wider than `width` inches, at spaces where there are any.

    Past `most` lines it ends in an ellipsis; characters that cannot be printed become spaces.
    """
    rest = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    lines: list[str] = []
    while rest and len(lines) < most:
        cut = len(rest)
        if text_width(rest, weight, size) > width:  # most are short, and measuring takes its time
            starts = _width_of_start(rest, weight, size)
            cut = bisect_right(range(1, cut + 1), width, key=starts)
        if cut < len(rest):
            cut = rest.rfind(" ", 1, cut + 1) if " " in rest[1 : cut + 1] else max(cut, 1)
        lines.append(rest[:cut])
        rest = rest[cut:].lstrip()
    while rest and lines[-1] and text_width(lines[-1] + "…", weight, size) > width:
        lines[-1] = lines[-1][:-1].rstrip()
    return "\n".join(lines) + ("…" if rest else "")


def _width_of_start(text: str, weight: str, size: float) -> Callable[[int], float]:
    return lambda length: text_width(text[:length], weight, size)


@cache
def _settings(style: str) -> RcParams:
    if style not in STYLES:
        raise ValueError(f"style {style!r} is not known; use one of: {', '.join(STYLES)}")
    settings = RcParams()
    for name in ("light", *(["dark"] if style == "dark" else [])):
        with as_file(files(__package__) / "styles" / f"{name}.mplstyle") as path:
            settings.update(rc_params_from_file(path, use_default_template=False))
    installed = {font.name for font in fontManager.ttflist}
    settings["font.family"] = ["sans-serif", *(f for f in _OTHER_FAMILIES if f in installed)]
    return settings
