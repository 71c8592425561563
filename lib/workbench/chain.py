"""The chain, declared once: which notebook needs which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workbench.errors import RequestError
from workbench.parameters import CHARTS, PRODUCTS, SCORES, SILVER


@dataclass(frozen=True)
class Step:
    """One notebook of the chain. `needs`: the steps whose tables it reads; `writes`: its tables."""

    name: str
    needs: tuple[str, ...]
    writes: tuple[str, ...]


STEPS = (
    Step(SILVER, (), ("silver.users", "quarantine.users")),
    Step(PRODUCTS, (SILVER,), ("gold.user_products",)),
    Step(SCORES, (SILVER,), ("gold.user_scores",)),
    Step(CHARTS, (PRODUCTS, SCORES), ()),
)


def step_named(name: str) -> Step:
    """A step by its name, the start of it (`03`), or a part that no other has (`products`)."""
    found = [s for s in STEPS if name and s.name.startswith(name)]
    found = found or [s for s in STEPS if name and name in s.name]
    if len(found) != 1:
        raise RequestError(
            f"step: {name!r} is not a step. Choose one of {', '.join(s.name for s in STEPS)}."
        )
    return found[0]


def chosen(only: str | None, start: str | None) -> list[Step]:
    """The steps to run: all, one of them, or one and all that need it."""
    if only is not None and start is not None:
        raise RequestError("--only and --from exclude each other; give one of them.")
    if only is not None:
        return [step_named(only)]
    if start is None:
        return list(STEPS)
    kept = {step_named(start).name}
    for step in STEPS:
        if kept & set(step.needs):
            kept.add(step.name)
    return [s for s in STEPS if s.name in kept]


def tables_before(step: Step) -> list[str]:
    """The tables that the result of a step depends on: of those it needs, and of theirs."""
    tables: dict[str, None] = {}
    for need in map(step_named, step.needs):
        tables |= dict.fromkeys([*tables_before(need), *need.writes])
    return list(tables)


def ready(waiting: Iterable[Step], states: Mapping[str, str]) -> list[Step]:
    """The steps whose needs are met; a step outside this run counts as met."""
    return [s for s in waiting if all(states.get(n, "done") == "done" for n in s.needs)]
