"""What a chart says of itself: its title, subtitle, caption and alternative text."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TypedDict

import pandas as pd

from workbench.words import Locale, integer, label, percent
from workbench.words import date as format_date


class Words(TypedDict):
    """What stands around a plot, title and subtitle above, caption below; and its alt text."""

    title: str
    subtitle: str
    alt: str
    caption: str


@dataclass(frozen=True)
class Telling:
    """How a chart is told: in which language, of which source and ingestion, in which style.

    `source` names the dump, `date` is its ingestion date, `style` is "light" or "dark".
    """

    locale: Locale
    source: str
    date: dt.date | str
    style: str

    def words(
        self, title: str, subtitle: str, alt: str, said: dict[str, str], among: str = ""
    ) -> Words:
        """The words around a plot, by the keys of their labels and what is filled into them.

        Title and alt text begin with whom they are `among`, where not all are counted.
        """
        about = f"{among}: " if among else ""
        said = said | {"date": format_date(self.date, self.locale), "source": self.source}
        finding = about + label(title, self.locale, **said)
        return Words(
            title=finding[:1].upper() + finding[1:],
            subtitle=label(subtitle, self.locale, **said),
            alt=about + label(alt, self.locale, **said),
            caption=label("caption", self.locale, **said),
        )

    def table(self, **columns: list[str]) -> pd.DataFrame:
        """Formatted columns under their display names, by the keys of their labels."""
        return pd.DataFrame({label(key, self.locale): texts for key, texts in columns.items()})

    def count_and_share(self, users: int, share: float) -> str:
        """`1.234 (12,3%)`."""
        return f"{integer(users, self.locale)} ({percent(share, self.locale)})"

    def type_name(self, kind: str | None) -> str:
        """A product type as it is shown; None is that there is no product."""
        if kind is None:
            return label("no_product", self.locale)
        printable = "".join(letter if letter.isprintable() else " " for letter in kind)
        return printable if printable.strip() else label("empty", self.locale)
