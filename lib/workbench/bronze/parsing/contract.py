"""Documents held against a contract: what does not fit is bad."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.bronze.parsing.arrays import expect_arrays
from workbench.bronze.parsing.decoding import decode_all
from workbench.bronze.parsing.elements import take_out_odd
from workbench.bronze.parsing.exact import cast_in, exact, observe
from workbench.bronze.parsing.expanding import expand
from workbench.bronze.parsing.fast import attempt, joined
from workbench.bronze.parsing.holding import broken
from workbench.bronze.parsing.narrowing import narrowed, of_those
from workbench.bronze.parsing.parsed import Bad, Parsed, Rules
from workbench.bronze.parsing.typed_json import decoder_of
from workbench.bronze.reading import Documents
from workbench.schema import Node, misfit

REASON = "contract"


def enforce(
    documents: Documents,
    parsed: Parsed,
    rules: Rules,
    contract: Node,
    twice: Mapping[int, str] | None = None,
) -> Parsed:
    """The documents of a block that fit; the others are bad, with the path and what is wrong.

    `twice` are those, by their places, that have a value which is to be unique and is not. Only
    where the block as a whole does not fit are its documents looked at one by one.
    """
    if misfit(parsed.node, contract, rules.personal):
        parsed = fitting(documents, rules, contract, {})
    wrong = {parsed.kept[row]: said for row, said in broken(parsed.rows, rules.held).items()}
    for at in parsed.kept if twice else ():
        if documents.places[at] in (twice or {}):
            wrong.setdefault(at, (twice or {})[documents.places[at]])
    return fitting(documents, rules, contract, wrong) if wrong else parsed


def fitting(documents: Documents, rules: Rules, contract: Node, wrong: Mapping[int, str]) -> Parsed:
    """The documents whose types fit, and that are not known to be wrong."""
    texts, decoder = documents.strict, decoder_of(rules)
    decoded, bad = decode_all(texts, rules.keys, decoder, documents.faults)
    left_out = narrowed(documents, decoded, rules)
    expanded = expand(decoded, rules, decoder)
    lone, lists = expect_arrays(decoded, bad, rules)
    take_out_odd(decoded, bad, rules.elements)
    for at in sorted(decoded):
        found = wrong.get(at) or misfit(
            observe(decoded[at], (), rules), contract, rules.personal, (), rules.chosen
        )
        if found:
            bad.append(Bad(at, REASON, found))
    bad.sort(key=lambda b: b.at)
    kept = sorted(decoded.keys() - {b.at for b in bad})
    again = (
        None if decoder.repeated else attempt(joined([texts[i] for i in kept]), kept, bad, rules)
    )
    if again and not misfit(again.node, contract, rules.personal):
        return again
    good = [decoded[i] for i in kept]
    rows, node = exact(good, rules)
    cast = cast_in(good, node, rules)
    counts = (lone, lists, cast, expanded, of_those(left_out, kept), decoder.infinite)
    return Parsed(rows, node, kept, bad, decoder.repeated, *counts)
