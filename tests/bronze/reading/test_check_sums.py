"""A check is the same however a range was read, and another where anything in it changed."""

from __future__ import annotations

import random

from workbench.bronze.reading.check_sums import PIECE, check_of

TEXT = random.Random(5).randbytes(2 * PIECE + 13)


def test_a_range_that_is_read_piece_by_piece_has_the_check_of_the_whole() -> None:
    check = 0
    for at in range(0, len(TEXT), PIECE):
        check = check_of(TEXT[at : at + PIECE], check)
    assert check == check_of(TEXT) == check_of(bytearray(TEXT))


def test_what_is_changed_moved_added_or_lost_is_seen() -> None:
    words = [TEXT[at : at + 8] for at in range(0, len(TEXT), 8)]
    changed = [
        b"".join([words[1], words[0], *words[2:]]),
        b"".join([*words[: PIECE // 4], *words[: PIECE // 4]]),
        TEXT[PIECE:] + TEXT[:PIECE],
        TEXT[1:] + TEXT[:1],
        TEXT + b"\0",
        TEXT + bytes(PIECE),
        TEXT[:-1],
        TEXT[:PIECE],
        *(TEXT[:at] + bytes([TEXT[at] ^ 1]) + TEXT[at + 1 :] for at in (0, 7, PIECE, -14, -2)),
    ]
    assert len({check_of(text) for text in [TEXT, *changed]}) == 1 + len(changed)


def test_nothing_and_zeros_have_checks_of_their_own() -> None:
    assert len({check_of(bytes(size)) for size in range(20)}) == 20
