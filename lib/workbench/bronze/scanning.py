"""One pass over a dump: check, type, fingerprint and stage every document.

Worker processes take blocks of documents; each writes its documents as typed Parquet and its bad
documents with their reasons, and reports the schema and the fingerprints. Memory is bounded by
the blocks under way, whatever the size of the dump. Where a conflict of types comes up that the
blocks before did not know of, the pass is made once more with what it has learned; and a
third time where numbers that no double holds turn out to fit no decimal either.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from workbench.bronze.block import Task, breadth, read_block
from workbench.bronze.learning import texts_in_maps, with_learned
from workbench.bronze.outcomes import Outcomes, totals
from workbench.bronze.parsing import Rules
from workbench.bronze.pool import Pool
from workbench.bronze.reading import (
    BLOCK,
    MOST_FIELDS,
    Block,
    Digester,
    Source,
    blocks,
    find,
    passed_over,
    too_wide,
    unchanged,
)
from workbench.bronze.repeated import Twice, repeated
from workbench.bronze.results import FILE_COLUMN, Scan, of_leaves
from workbench.bronze.selecting import pruned, selection
from workbench.bronze.staging import regrouped, replaced, restage
from workbench.engines import Told, on_a_cluster
from workbench.errors import RequestError
from workbench.schema import (
    Node,
    Path,
    PathSet,
    Rule,
    agreed,
    before_maps,
    key_paths,
    loose_paths,
    merge,
    node_at,
    parse_path,
    read_as,
    settled,
    show,
    walk,
)
from workbench.storage import relay

if TYPE_CHECKING:
    from workbench.bronze.cluster_pool import ClusterPool


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
    chosen = types or {}
    contract = contract or Node("struct")
    contract = agreed(contract, {p: n for p, n in chosen.items() if node_at(contract, p)})
    expected = agreed(contract, chosen)
    maps = list(maps)
    personal = PathSet(one for path in pii for one in before_maps(parse_path(path), maps))
    check_seen(held, personal)
    selected = selection(include, exclude, key_paths(key or ""))
    contract = pruned(contract, selected)
    fixed = loose_paths(expected) | {
        path: "isotext" for path, node in walk(contract) if node.kind == "string"
    }
    rows_of = frozenset(arrays)
    rules = Rules(
        key_paths(key or ""),
        fixed,
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
    exact: set[Path] = set()
    total = sum(s.bytes for s in found)
    compressed = any(s.compression != "none" for s in found)
    alone = total <= 2 * block_size and not compressed
    with unchanged(found), Digester(found) as digester:
        with pool_for(alone, workers) as pool:
            pool.work_for(folder)
            pool.look_at(found)
            kept = pool.keep(pii_key, folder)
            outcomes, schema = one_pass(
                pool, found, rules, kept, folder, block_size, contract, expected, digester.block
            )
            wanted = set(rules.rows_of)
            twice: Twice | None = None
            texts: dict[Path, Node] = {}
            while (learned := with_learned(rules, wanted, maps, outcomes, schema)) != rules or (
                twice is None and (twice := repeated(folder, outcomes, schema, held))
            ):
                new = learned.loose.items() - rules.loose.items()
                exact |= {path for path, kind in new if kind == "exact"}
                rules = learned
                texts |= texts_with_times(schema) | texts_in_maps(schema, maps)
                clear(folder)
                outcomes, schema = one_pass(
                    pool,
                    found,
                    rules,
                    kept,
                    folder,
                    block_size,
                    contract,
                    expected,
                    twice=twice,
                )
            texts |= texts_with_times(schema)
            read_as_times = [path for path, node in walk(schema) if node.kind == "isotime"]
            schema = settled(schema)
            if not schema.fields and any(o.left_out for o in outcomes):
                raise RequestError(
                    "include, exclude: nothing of the documents is left. Name fewer, or others."
                )
            if key is not None:
                check_keys(schema, rules.keys)
            if schema.fields:
                groups = regrouped(outcomes, schema, folder, block_size // 2, rules.keys)
                for indexes, changed in pool.each(restage, groups):
                    replaced(folder, indexes)
                    for index, fingerprints in changed.items():
                        outcomes.proved(index, fingerprints)
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
            passed_over=passed_over(sources, found),
            exact=exact,
            times=read_as_times,
            texts={p: n for p, n in texts.items() if (node_at(schema, p) or n).kind == "string"},
            beside=rules.beside,
            contract=contract,
            cast=whole.cast,
            types=list(chosen),
            expanded=whole.expanded,
            whole=whole.whole,
            expand=list(expand),
            left_out=whole.left_out,
            typed=rules.typed,
            file_column=rules.file_column,
            reserved=rules.reserved,
            rewritten=whole.rewritten,
            checks=whole.checks,
            bases=whole.bases,
            starts=whole.starts,
            lone=whole.lone,
        )


def check_seen(held: Sequence[Rule], personal: frozenset[Path]) -> None:
    """Raises RequestError for a rule that personal values, which are read as texts, cannot keep."""
    for rule in held:
        if rule.of_values and rule.path in personal and rule.node and rule.node.kind != "string":
            raise RequestError(
                f"contract: {show(rule.path)} is in pii, and is read as a text. Say string there, "
                "or leave min, max and values out."
            )


def texts_with_times(schema: Node) -> dict[Path, Node]:
    """The paths of texts among which are many times."""
    kinds = ("string", "isotext")
    return {p: n for p, n in walk(schema) if n.kind in kinds and n.likely_times}


def clear(folder: FilePath) -> None:
    """Removes what a pass has staged, for the next may find other documents bad."""
    for part in ("documents", "bad", "mended"):
        relay.clear(folder / part)


def pool_for(alone: bool, workers: int | None) -> Pool | ClusterPool:
    """Who does the work: this process, workers of it, or the executors of a cluster."""
    spark = None if alone else on_a_cluster()
    if spark is None:
        return Pool(0 if alone else workers or os.cpu_count() or 1)
    from workbench.bronze.cluster_pool import ClusterPool

    return ClusterPool(spark)


def one_pass(
    pool: Pool | ClusterPool,
    sources: list[Source],
    rules: Rules,
    pii_key: bytes | FilePath | Told,
    folder: FilePath,
    size: int,
    contract: Node,
    expected: Node,
    noted: Callable[[Block], None] = lambda _: None,
    twice: Twice | None = None,
) -> tuple[Outcomes, Node]:
    """Every block read once; the outcomes in order and the schema of contract and documents.

    `expected` is what each document must fit: the contract, and types that were chosen beside it.
    Each block is given to `noted` before it is read.
    """
    known = contract
    outcomes = Outcomes(folder)

    def tasks() -> Iterator[tuple[Task]]:
        for block in blocks(sources, size):
            noted(block)
            block = pool.within_reach(block)
            at = (twice or {}).get(block.index, {})
            yield (Task(block, rules, pii_key, relay.as_told(folder), known, expected, at),)

    for outcome in pool.each(read_block, tasks()):
        outcomes.add(outcome)
        known = merge(known, outcome.node)
        if breadth(known) > 2 * rules.most_fields:
            raise too_wide(sources[outcome.file].path, rules.most_fields, "several of them")
    schema = contract
    for outcome in outcomes:
        schema = merge(schema, outcome.node)
    return outcomes, schema


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
