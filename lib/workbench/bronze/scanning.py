"""One pass over a dump: check, type, fingerprint and stage every document.

Worker processes take blocks of documents; each writes its documents as typed Parquet and its bad
documents with their reasons, and reports the schema and the fingerprints. Memory is bounded by
the blocks under way, whatever the size of the dump. Where a conflict of types comes up that the
blocks before did not know of, the pass is made once more with what it has learned; and a
third time where numbers that no double holds turn out to fit no decimal either.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from workbench.bronze.block import breadth
from workbench.bronze.outcomes import Outcomes, totals
from workbench.bronze.parsing import Rules
from workbench.bronze.passes import Passes
from workbench.bronze.pool import Pool
from workbench.bronze.reading import (
    BLOCK,
    MOST_FIELDS,
    Digester,
    Source,
    find,
    passed_over,
    unchanged,
)
from workbench.bronze.results import FILE_COLUMN, Scan, of_leaves
from workbench.bronze.selecting import pruned, selection
from workbench.bronze.staging import regrouped, replaced, restage
from workbench.engines import on_a_cluster
from workbench.errors import BoundExceeded, RequestError
from workbench.schema import (
    Node,
    Path,
    PathSet,
    Rule,
    agreed,
    before_maps,
    key_paths,
    loose_paths,
    node_at,
    parse_path,
    read_as,
    show,
    walk,
)

if TYPE_CHECKING:
    from workbench.bronze.cluster_pool import ClusterPool

MANY = 500  # files, each read for itself, which take as long as workers to start


def scan(
    sources: list[str],
    folder: FilePath,
    *,
    key: str | None = "_id",
    pii: Iterable[str] = (),
    pii_key: bytes = b"",
    contract: Node | None = None,
    held: Sequence[Rule] = (),
    arrays: Iterable[Path] = (),
    maps: Iterable[Path] = (),
    records: Path | None = None,
    types: Mapping[Path, Node] | None = None,
    expand: Iterable[Path] = (),
    include: Iterable[Path] = (),
    exclude: Iterable[Path] = (),
    lenient: bool = False,
    typed_json: str = "",
    source_file: bool = False,
    reserved: Collection[str] = (),
    block_size: int = BLOCK,
    workers: int | None = None,
    most_fields: int = MOST_FIELDS,
) -> Scan:
    """Reads every document of the sources and stages the good ones in `folder`.

    With `key=None` a document needs none; its position tells it apart. Of several fields (paths
    with commas between) each must be there. `contract` fixes types: a document that does not fit
    is bad, with reason `contract`; so is one that breaks a rule of `held`. `types` are those that
    values are read as, by path; `expand` are the paths of texts that hold JSON, and become what
    they hold. `include` are the paths to read (none: all), `exclude` those to leave out. `arrays`
    are the paths where arrays are expected: where some documents have one, a lone object is an
    array of one, and a document with anything else there is bad, and so is one with an element of
    another form (object, array, single value) than nearly all. `maps` are the objects whose
    fields are to be rows: where their values are times in some fields and other texts in others,
    all stay texts. `records`: the path in each object of the source where the documents stand, an
    array of them or a map. `lenient`: near-JSON is read too (`reading.near_json`). `typed_json`:
    "dynamodb", where documents are in its typed JSON. `source_file`: the rows have a column
    with the files of the documents. A dump with more names of fields than `most_fields` is refused:
    each would be a column.

    Cost: one pass over the bytes, in parallel (two when types conflict); memory some ten times
    `block_size` per worker. Raises RequestError for a source that is not there, SourceError
    where a file is not JSON text or the key is not a single value.
    """
    if key == "":
        raise RequestError("key: it is empty, and a key is one value per document. Name a field.")
    found = find(sources, records, lenient)
    for part in ("documents", "bad", "mended"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    chosen, maps, rows_of = types or {}, list(maps), frozenset(arrays)
    contract = agreed_upon(contract or Node("struct"), chosen)
    expected = agreed(contract, chosen)
    personal = PathSet(one for path in pii for one in before_maps(parse_path(path), maps))
    check_seen(held, personal)
    selected = selection(include, exclude, key_paths(key or ""))
    contract = pruned(contract, selected)
    check_fields(contract, most_fields)
    rules = Rules(
        key_paths(key or ""),
        loose_paths(expected) | texts_of(contract),
        personal,
        most_fields,
        types=read_as(contract, chosen),
        chosen=frozenset(chosen),
        expand=frozenset(expand) - personal,
        arrays=frozenset(p for p in rows_of if (node_at(expected, p) or Node()).kind == "list"),
        rows_of=rows_of,
        selected=selected,
        held=held,
        lenient=lenient,
        typed=bool(typed_json),
        file_column=FILE_COLUMN if source_file else "",
        reserved=frozenset(reserved),
    )
    with unchanged(found), Digester(found) as digester:
        with pool_for(is_small(found, block_size), workers) as pool:
            pool.work_for(folder)
            pool.look_at(found)
            kept = pool.keep(pii_key, folder)
            passes = Passes(pool, found, rules, kept, folder, block_size, contract, expected, maps)
            outcomes, schema = passes.until_settled(digester.block)
            check_settled(schema, rules.keys, outcomes)
            restaged(pool, outcomes, schema, folder, block_size, rules.keys)
        whole = totals(outcomes)
        return Scan(
            sources=found,
            digests=digester.digests(whole.extents),
            schema=schema,
            fingerprints=of_leaves(whole.fingerprints, schema),
            documents=whole.documents,
            good=whole.documents - whole.reasons.total(),
            reasons=whole.reasons,
            repeated=whole.repeated,
            folder=folder,
            key=key or "",
            block_size=block_size,
            size=whole.size,
            passed_over=passed_over(sources, found),
            exact=passes.exact,
            times=passes.times,
            texts=passes.texts_left(schema),
            beside=passes.rules.beside,
            contract=contract,
            cast=whole.cast,
            types=list(chosen),
            expanded=whole.expanded,
            whole=whole.whole,
            expand=list(expand),
            left_out=whole.left_out,
            typed=rules.typed,
            file_column=passes.rules.file_column,
            reserved=rules.reserved,
            rewritten=whole.rewritten,
            checks=whole.checks,
            bases=whole.bases,
            starts=whole.starts,
            lone=whole.lone,
        )


def agreed_upon(contract: Node, chosen: Mapping[Path, Node]) -> Node:
    """The contract, with the types that were chosen for paths of it."""
    return agreed(contract, {p: n for p, n in chosen.items() if node_at(contract, p)})


def texts_of(contract: Node) -> dict[Path, str]:
    """The paths that a contract says are texts, whatever they look like."""
    return {path: "isotext" for path, node in walk(contract) if node.kind == "string"}


def is_small(found: Sequence[Source], block_size: int) -> bool:
    """Whether the dump is read sooner than workers have started."""
    plain = len(found) < MANY and all(s.compression == "none" for s in found)
    return plain and sum(s.bytes for s in found) <= 2 * block_size


def restaged(
    pool: Pool | ClusterPool,
    outcomes: Outcomes,
    schema: Node,
    folder: FilePath,
    block_size: int,
    keys: Sequence[Path],
) -> None:
    """What is staged has one schema: what blocks did not know of when they were read."""
    if not schema.fields:
        return
    groups = regrouped(outcomes, schema, folder, block_size // 2, keys)
    for indexes, changed in pool.each(restage, groups):
        replaced(folder, indexes)
        for index, fingerprints in changed.items():
            outcomes.proved(index, fingerprints)


def check_settled(schema: Node, keys: Sequence[Path], outcomes: Outcomes) -> None:
    """Raises RequestError where nothing is left to read, or a key is not one value."""
    if not schema.fields and any(o.left_out for o in outcomes):
        raise RequestError(
            "include, exclude: nothing of the documents is left. Name fewer, or others."
        )
    check_keys(schema, keys)


def check_fields(contract: Node, most: int) -> None:
    """Raises BoundExceeded for a contract of more fields than any table should have."""
    fields = breadth(contract) - 1  # of its root none is made
    if fields > 2 * most:
        raise BoundExceeded(
            f"contract: it names {fields:,} fields, each a column, and a table should "
            f"have no more than {most:,}. Take those out that nobody needs, or leave them out with "
            "exclude."
        )


def check_seen(held: Sequence[Rule], personal: frozenset[Path]) -> None:
    """Raises RequestError for a rule that personal values, which are read as texts, cannot keep."""
    for rule in held:
        if rule.of_values and rule.path in personal and rule.node and rule.node.kind != "string":
            raise RequestError(
                f"contract: {show(rule.path)} is in pii, and is read as a text. Say string there, "
                "or leave min, max and values out."
            )


def pool_for(alone: bool, workers: int | None) -> Pool | ClusterPool:
    """Who does the work: this process, workers of it, or the executors of a cluster."""
    spark = None if alone else on_a_cluster()
    if spark is None:
        return Pool(0 if alone else workers or os.cpu_count() or 1)
    from workbench.bronze.cluster_pool import ClusterPool

    return ClusterPool(spark)


def check_keys(schema: Node, keys: Iterable[Path]) -> None:
    """Raises RequestError where a key is not one value."""
    for key in keys:
        node = schema
        for name in key:
            node = node.fields.get(str(name), Node())
        if node.kind not in ("struct", "list"):
            continue
        raise RequestError(
            f"key: {show(key)} is {'an object' if node.kind == 'struct' else 'an array'} in this "
            "dump, and a key is one value per document. Name a field inside it, or another."
        )
