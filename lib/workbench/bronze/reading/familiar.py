"""What the documents of a dump look like, and what the objects in them: told apart by their keys.

Behind a broken document an object may be the next one, or a part of the broken one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any

SAMPLES = 20  # documents whose keys are remembered
PARTS = 200  # objects in documents whose keys are
LESSONS = 100  # documents that are looked into for those
REMEMBERED = 10_000  # answers; objects whose keys are ids never have those of another


class Like(Enum):
    """What an object has the keys of."""

    DOCUMENT = "a document"
    EITHER = "a document, and an object in one"
    OTHER = "neither, or an object in a document"


class Known:
    """The keys of documents that are whole, and of the objects in them, as examples of both."""

    def __init__(self) -> None:
        self.documents: list[frozenset[str]] = []
        self.parts: list[frozenset[str]] = []
        self._lessons = 0
        self._answers: dict[tuple[str, ...], Like] = {}

    def copy(self) -> Known:
        made = Known()
        made.documents, made.parts = [*self.documents], [*self.parts]
        return made

    def learn(self, document: dict[str, Any]) -> None:
        new = remember(document, self.documents, SAMPLES)
        if new or self._lessons < LESSONS:
            self._lessons += 1
            for part in itertools.islice(objects_in(document), 1, None):
                new |= remember(part, self.parts, PARTS)
        if new:
            self._answers.clear()

    def like(self, value: Iterable[str]) -> Like:
        """Like a document is what has at least half of its keys and of a document's in common.

        The value itself is given, or its keys.
        """
        names = tuple(value)
        answer = self._answers.get(names)
        if answer is None:
            keys = frozenset(names)
            document, part = nearest(keys, self.documents), nearest(keys, self.parts)
            answer = Like.OTHER
            if document >= 0.5 and document >= part:
                answer = Like.DOCUMENT if document > part else Like.EITHER
            if len(self._answers) < REMEMBERED:
                self._answers[names] = answer
        return answer


def remember(value: dict[str, Any], among: list[frozenset[str]], most: int) -> bool:
    """Puts the keys of an object among others; whether they are new there."""
    keys = frozenset(value)
    new = bool(keys) and len(among) < most and keys not in among
    if new:
        among.append(keys)
    return new


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """The value, if it is an object, then those that stand in it."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def nearest(keys: frozenset[str], examples: list[frozenset[str]]) -> float:
    """How much the keys have in common with the most alike of the examples: none 0, all 1."""
    return max((len(keys & seen) / (len(keys | seen) or 1) for seen in examples), default=0)
