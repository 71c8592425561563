"""The tables of one date without a person, each published with what follows for the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path as FilePath
from typing import Any

from workbench.forget.partitions import batches, either, mask_of_raw, unknown_in_raw, without
from workbench.forget.person import Person
from workbench.forget.places import Places
from workbench.forget.rows import (
    in_quarantine,
    mask_of_products,
    mask_of_users,
    scores_of,
)
from workbench.forget.telling import counted
from workbench.gold import PRODUCTS, SCORES, publish_user_scores, read_users, user_scores
from workbench.lake import Lake
from workbench.proof import Manifest, SilverManifest
from workbench.silver import TABLE as USERS


def forget_in_date(
    places: Places,
    day: str,
    person: Person,
    staging: FilePath | None,
    engine: Callable[[], Any],
) -> Iterator[str]:
    """One date's tables without the person; where there is no staging, what would go."""
    lake = places.lake
    in_silver, in_products = mask_of_users(lake, day, person), mask_of_products(lake, day, person)
    if in_quarantine(lake, day, person):
        mask = mask_of_raw(person)
        mask = either(mask, unknown_in_raw(person)) if places.unkeyed else mask
        gone = without(lake, "quarantine", USERS, day, mask, staging, Manifest)
        if gone:
            yield f"quarantine.users of {day}: {counted(gone, 'document')} removed"
    if not in_silver:
        return
    reasons = Counter[str]()
    if staging and lake.has("quarantine", USERS, day):
        for batch in batches(lake, "quarantine", USERS, day, ["reason"]):
            reasons.update(batch["reason"].to_pylist())
    settled = partial(with_quarantine, reasons)
    gone = without(lake, "silver", USERS, day, in_silver, staging, SilverManifest, settled)
    if staging and not gone:
        settle(lake, day, staging, settled)
    left = lake.manifest("silver", USERS, day).rows - (0 if staging else gone)
    if gone:
        yield f"silver.users of {day}: {counted(gone, 'row')} removed"
    if in_products:
        made_from = partial(replace, rows_in=left)
        gone = without(lake, "gold", PRODUCTS, day, in_products, staging, Manifest, made_from)
        if gone:
            yield f"gold.user_products of {day}: {counted(gone, 'row')} removed"
    if lake.has("gold", SCORES, day) and scores_of(lake, day).users != left:
        if left and staging:
            count_again(lake, day, engine())
        yield f"gold.user_scores of {day}: counted again, {counted(left, 'user')}"
    if not left:
        for layer, table in (("gold", PRODUCTS), ("gold", SCORES), ("silver", USERS)):
            if staging:
                lake.remove(layer, table, day, staging)
        yield f"{day}: no user is left, so its tables are removed"


def count_again(lake: Lake, day: str, spark: Any) -> None:
    """gold.user_scores from what silver.users is now."""
    root, how = str(lake.root), scores_of(lake, day).parameters
    users = read_users(spark, root, day)
    edges, scale = how.score_edges, how.score_scale
    paths = {"score": how.score, "score_text": how.score_text}
    scores = user_scores(users, edges, scale=scale, **paths)
    publish_user_scores(spark, scores, root, day, users=users, edges=edges, scale=scale, **paths)


def with_quarantine(reasons: Counter[str], manifest: SilverManifest) -> SilverManifest:
    """The counts of silver.users once more, from what is in its quarantine now."""
    return replace(
        manifest,
        documents=manifest.rows + reasons.total(),
        quarantined=reasons.total(),
        reasons=dict(sorted(reasons.items())),
    )


def settle(
    lake: Lake,
    day: str,
    staging: FilePath,
    settled: Callable[[SilverManifest], SilverManifest],
) -> None:
    """Where only the quarantine of silver.users has changed, its manifest does too."""
    manifest = lake.manifest("silver", USERS, day, SilverManifest)
    now = settled(manifest)
    if now != manifest:
        lake.replace_manifest("silver", USERS, day, now, staging)
