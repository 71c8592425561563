"""Other words for other data: the labels speak of users, scores and products unless told not to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from workbench.parameters import PARAMETERS

GENERIC: Final = ("data", "item", "items", "value", "values", "list", "entries", "results")
# What the labels say, and what is said instead; `{}` stands for the other word. The first that
# fits a place is taken. Of a Portuguese noun the gender is not known, so it gets no article.
_USERS: Final = {
    "pt_BR": {"dos usuários(?: novos)?": "de {}", "(?:os )?usuários(?: novos| distintos)?": "{}"},
    "en": {"(?:new )?users": "{}"},
}
_TITLE: Final = {"pt_BR": "Scores dos usuários", "en": "User scores"}
_KINDS: Final = {"pt_BR": "tipos? de produto", "en": "product types?"}
_PARTS: Final = {"pt_BR": "produtos?", "en": "products?"}


@dataclass(frozen=True)
class Wording:
    """A language, and other words for some of those that its labels use: place -> word."""

    locale: str
    rules: Mapping[str, str] = field(default_factory=dict)

    def reworded(self, text: str) -> str:
        """The text of a label with the other words; names in braces stay."""
        if not self.rules:
            return text
        words = list(self.rules.values())
        places = "|".join(f"({words})" for words in self.rules)
        return re.sub(
            rf"(?<!\{{)\b(?:{places})\b",
            lambda found: like(found[0], words[(found.lastindex or 1) - 1]),
            text,
            flags=re.I,
        )


# What labels are written in: a language as it is, or one with words for other data.
Locale: TypeAlias = str | Wording


def like(found: str, word: str) -> str:
    """The word, with a capital where the other had one."""
    return word[:1].upper() + word[1:] if found[:1].isupper() else word


def wording(locale: str, score_scale: int = 1, /, **said: str) -> Wording:
    """The locale with the words for the data that parameters say.

    `said` are parameters by their names: `entity` is what the documents are called; of `score`,
    `explode`, `product_type` and `created_at` the last key is taken. What is not given or has its
    default is called as ever. A score that is ranged at a scale has it in its name.
    """
    other = {
        name: value.replace("{", "{{").replace("}", "}}")
        for name, value in said.items()
        if value and value != PARAMETERS[name].default
    }
    rules: dict[str, str] = {}
    measure = last(other.get("score", "")) or "score"
    measure += f" × {score_scale}" if score_scale > 1 else ""
    if "entity" in other:
        about = f": {measure}" if measure != "score" else ""
        rules[_TITLE[locale]] = other["entity"] + about
        rules |= {words: new.format(other["entity"]) for words, new in _USERS[locale].items()}
    kind, array = other.get("product_type", ""), other.get("explode", "")
    inside = kind.startswith(f"{array}[]")
    part = last(array if inside else kind)
    if kind:
        rules[_KINDS[locale]] = last(kind)
    if part:
        rules[_PARTS[locale]] = part
    if measure != "score":
        if locale == "en" and measure[:1].lower() in tuple("aeiou"):
            rules["a score"] = f"an {measure}"
        rules["scores?"] = measure
    if "created_at" in other:
        rules["createdAt"] = other["created_at"]
    return Wording(locale, rules)


def wording_of(parameters: Mapping[str, Any]) -> Wording:
    """The wording of a run, from its parameters."""
    names = ("entity", "score", "explode", "product_type", "created_at")
    said = {name: parameters[name] for name in names if name in parameters}
    return wording(parameters["locale"], parameters.get("score_scale", 1), **said)


def last(path: str) -> str:
    """The last key that says something: of `refunds.data` that is `refunds`."""
    keys = path.replace("[]", "").split(".")
    return next((key for key in reversed(keys) if key.lower() not in GENERIC), keys[-1])
