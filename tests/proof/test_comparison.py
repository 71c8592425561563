"""The conservation proof: every difference is named by its path."""

import pytest

from workbench.errors import LeavesLost
from workbench.proof.comparison import compare
from workbench.proof.fingerprint import Fingerprint


def test_equal_fingerprints_pass() -> None:
    compare({("a",): Fingerprint(1, 2)}, {("a",): Fingerprint(1, 2)}, "t")


def test_a_path_without_values_may_be_missing() -> None:
    compare({("a",): Fingerprint(0, 0)}, {("b",): Fingerprint()}, "t")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Fingerprint(7, 7), "expected 8 values, total 7; found 7 values, total 7"),
        (Fingerprint(8, 6), "found 8 values, total 6"),
    ],
)
def test_a_difference_names_the_table_the_path_and_both_sides(
    found: Fingerprint, said: str
) -> None:
    with pytest.raises(LeavesLost, match=said) as error:
        compare({("a", None, "b c"): Fingerprint(8, 7)}, {("a", None, "b c"): found}, "gold.t")
    assert "gold.t" in str(error.value) and "a[].`b c`" in str(error.value)


def test_a_total_of_a_few_is_not_told() -> None:
    with pytest.raises(LeavesLost, match="a: expected 1 values; found others") as error:
        compare({("a",): Fingerprint(1, 98765)}, {("a",): Fingerprint(1, 4321)}, "t")
    assert "98765" not in str(error.value)


def test_a_path_that_came_from_nowhere_is_named() -> None:
    with pytest.raises(LeavesLost, match="new: expected 0 values; found 1 values"):
        compare({}, {("new",): Fingerprint(1)}, "t")


def test_values_changed_on_purpose_are_only_counted() -> None:
    before, after = Fingerprint(2, 7), Fingerprint(2, 128)
    compare({("a",): before}, {("a",): after}, "t", counted_only=[("a",)])


def test_many_differences_are_cut_short() -> None:
    with pytest.raises(LeavesLost, match="and 5 more"):
        compare({(f"f{i}",): Fingerprint(1) for i in range(25)}, {}, "t")
