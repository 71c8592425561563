"""Many files of a store, of which each makes wait for its answer: some are asked at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from workbench.storage.address import scheme_of

Result = TypeVar("Result")
AT_ONCE = 8  # files on their way


def of_each(work: Callable[[str], Result], addresses: Sequence[str]) -> list[Result]:
    """What becomes of each address, in their order. Raises what the first that failed raised."""
    if not any(map(scheme_of, addresses)):
        return [work(address) for address in addresses]
    with ThreadPoolExecutor(AT_ONCE) as working:
        return list(working.map(work, addresses))
