"""One block of documents to a typed Arrow array: fast where Arrow can, exact where it cannot.

Arrow's JSON reader is C++ and strict about most of what JSON forbids, but it reads NaN, turns
integers beyond 64 bits into doubles, takes strings that look like dates for dates, loses leading
nulls of arrays, and stops where one path has two kinds. Each of these is detected, and the block
is then read document by document with Python's own decoder. Both ways give the same array.
"""

from __future__ import annotations

import itertools
from typing import Any

from workbench.bronze.parsing.arrays import expect_arrays
from workbench.bronze.parsing.decoding import BROKEN, decode_all
from workbench.bronze.parsing.elements import take_out_odd
from workbench.bronze.parsing.exact import cast_in, exact
from workbench.bronze.parsing.expanding import expand
from workbench.bronze.parsing.fast import DEEP, attempt, daring, joined
from workbench.bronze.parsing.narrowing import narrowed, of_those
from workbench.bronze.parsing.parsed import Bad, Parsed, Rules
from workbench.bronze.parsing.repair import mend
from workbench.bronze.parsing.typed_json import decoder_of
from workbench.bronze.reading import LESSONS, Documents, Form, form_of


def parse(documents: Documents, rules: Rules) -> Parsed:
    """The documents as Arrow, and those that are bad with their reasons.

    Raises BoundExceeded where `narrow` ones have too many fields still.
    """
    lines = documents.one_a_line
    if lines is not None and not any(map(daring, documents.long_lines(2 * DEEP))):
        parsed = attempt(lines, range(len(documents.places)), [], rules)
        if parsed:
            return parsed
    texts = documents.strict
    parsed = attempt(joined(texts), range(len(texts)), [], rules)
    if parsed:
        return parsed
    decoder = decoder_of(rules)
    decoded, bad = decode_all(texts, rules.keys, decoder, documents.faults)
    if mended(documents, decoded, bad, rules):
        texts, decoder = documents.strict, decoder_of(rules)
        decoded, bad = decode_all(texts, rules.keys, decoder, documents.faults)
    left_out = narrowed(documents, decoded, rules)
    expanded = expand(decoded, rules, decoder)
    lone, lists = expect_arrays(decoded, bad, rules)
    take_out_odd(decoded, bad, rules.elements)
    kept = sorted(decoded)
    if bad and not decoder.repeated:
        parsed = attempt(joined([texts[i] for i in kept]), kept, bad, rules)
        if parsed:
            return parsed
    good = [decoded[i] for i in kept]
    rows, node = exact(good, rules)
    cast = cast_in(good, node, rules)
    counts = (lone, lists, cast, expanded, of_those(left_out, kept), decoder.infinite)
    return Parsed(rows, node, kept, bad, decoder.repeated, *counts)


def mended(
    documents: Documents, decoded: dict[int, dict[str, Any]], bad: list[Bad], rules: Rules
) -> bool:
    """Whether whole documents were found in the bad ones: then `documents` are others now.

    An array among lines is taken for a dump of its own, if it holds documents.
    """
    texts, known = documents.texts, documents.known.copy()
    arrays = [b.at for b in bad if texts[b.at].startswith(b"[")]
    broken = [] if documents.alone else [b.at for b in bad if b.reason in BROKEN]
    broken = [at for at in sorted({*broken, *arrays}) if form_of(texts[at]) is not Form.WHOLE]
    for document in itertools.islice(decoded.values(), LESSONS):
        known.learn(document)

    def accepted(text: bytes) -> bool:
        return bool(decode_all([text], rules.keys, decoder_of(rules))[0])

    return bool(broken) and mend(documents, broken, known, accepted)
