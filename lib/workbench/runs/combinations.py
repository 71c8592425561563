"""Variants of a run: which parameters are given several values, and every combination of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any

from workbench.errors import RequestError
from workbench.parameters import EVERY, PARAMETERS

MOST = 24  # variants; a page of more cannot be compared by a person
Variant = dict[str, Any]  # the values of the parameters that vary


def variants(given: Sequence[tuple[str, Any]]) -> tuple[dict[str, Any], list[Variant]]:
    """What all variants share, and the variants: one per combination of what is given repeatedly.

    `given` are names and values, in order. Parameters of early steps vary slowest, so that one
    variant after another can use most of what the last one made. Raises RequestError where
    nothing varies, a value comes twice, or there are more than 24.
    """
    values: dict[str, list[Any]] = {}
    for name, value in given:
        values.setdefault(name, []).append(value)
    several = {name: of for name, of in values.items() if len(of) > 1}
    if not several:
        raise RequestError(
            "sweep: no parameter is given more than once, so nothing varies. For example "
            "-p score_edges=[300,600] -p score_edges=[400,700]."
        )
    for name, of in several.items():
        twice = [value for at, value in enumerate(of) if value in of[:at]]
        if name in ("lake", "charts"):
            raise RequestError(
                f"sweep: {name} cannot vary; each variant has its own. Give it once."
            )
        if twice:
            raise RequestError(f"sweep: {name} is given the value {twice[0]!r} twice.")
    number = prod(len(of) for of in several.values())
    if number > MOST:
        each = " x ".join(f"{len(of)} of {name}" for name, of in several.items())
        raise RequestError(f"sweep: {each} are {number} variants, and at most {MOST} are run.")
    names = sorted(several, key=lambda name: EVERY.index(PARAMETERS[name].steps[0]))
    combined = product(*(several[name] for name in names))
    shared = {name: of[0] for name, of in values.items() if len(of) == 1}
    return shared, [dict(zip(names, one, strict=True)) for one in combined]


def told(number: Sequence[Variant]) -> str:
    """`6 variants: 3 of score_edges x 2 of locale`."""
    counts = {name: len({repr(v[name]) for v in number}) for name in number[0]}
    return f"{len(number)} variants: " + " x ".join(f"{n} of {name}" for name, n in counts.items())
