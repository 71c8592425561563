"""Documents are told apart by their brackets, and no byte is lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from support.dumps import (
    noise,
)
from workbench.bronze.reading.brackets import BLANK, split, strip_lines


@given(noise, st.booleans(), st.booleans())
@settings(max_examples=200)
def test_splitting_loses_no_byte_but_commas_and_brackets(
    data: bytes, array: bool, final: bool
) -> None:
    spans, used = split(data, array, final)
    edges = [0, *(edge for span in spans for edge in span), used]
    assert edges == sorted(edges) and used <= len(data) and (used == len(data) or not final)
    between = [data[s:e] for s, e in zip(edges[::2], edges[1::2], strict=True)]
    assert not b"".join(between).strip(BLANK + b",]" if array else BLANK)


@given(noise, st.booleans())
@settings(max_examples=200)
def test_stripping_keeps_every_line_and_its_text(data: bytes, array: bool) -> None:
    lines = strip_lines(data, array)
    assert len(lines) == data.count(b"\n") + 1
    assert all(line in raw for line, raw in zip(lines, data.split(b"\n"), strict=True))
