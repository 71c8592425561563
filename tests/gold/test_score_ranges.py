"""Score ranges: each user in one range, edges inclusive, users without a score by themselves."""

from typing import Any

import pytest

from support.chain import EDGES, typed
from workbench.errors import LeavesLost
from workbench.gold.score_ranges import (
    LONG,
    Range,
    check_rows,
    ranges,
    recounted,
    users_per_range,
)

PATHS: dict[str, Any] = {"score": "score.score", "score_text": "score.scoreText"}
NAN = float("nan")


def users(spark: Any, scores: list[Any], kind: str = "double") -> Any:
    """A user without a score object, and one per score; texts where a pair is given."""
    shape = {"_id": "int", "score": {"score": kind, "scoreText": "string"}}
    pairs = [s if isinstance(s, tuple) else (s, None) for s in scores]
    return spark.createDataFrame([(0, None), *((i, p) for i, p in enumerate(pairs))], typed(shape))


def counted(spark: Any, scores: list[Any], edges: list[int] = EDGES, kind: str = "double") -> Any:
    df = users(spark, scores, kind)
    rows = [tuple(row) for row in users_per_range(df, edges, **PATHS).collect()]
    assert rows == recounted(df, edges, **PATHS)
    return sorted(rows, key=lambda row: row[1])


def by_range(rows: Any) -> list[int]:
    return [row[4] for row in rows]


# without an engine


def test_ranges_have_the_labels_of_the_contract() -> None:
    assert [r.label for r in ranges(EDGES)] == [
        "ATE 200",
        "DE 201 A 400",
        "DE 401 A 600",
        "DE 601 A 800",
        "ACIMA DE 800",
        "SEM SCORE",
    ]


def test_bounds_are_inclusive_and_open_at_the_ends() -> None:
    assert ranges([0]) == [
        Range("ATE 0", None, 0),
        Range("ACIMA DE 0", 1, None),
        Range("SEM SCORE", None, None),
    ]


# on both engines


def test_edges_are_inclusive_and_fractions_fall_below_their_upper_edge(spark: Any) -> None:
    scores = [-5.0, 0.0, 200.0, 200.5, 201.0, 400.0, 400.0001, 600.0, 800.0, 800.1, 1000.0]
    rows = counted(spark, scores)
    assert by_range(rows) == [3, 3, 2, 1, 2, 1]
    assert sum(row[5] for row in rows) == pytest.approx(1)
    assert [row[1:4] for row in rows] == [
        (1, None, 200),
        (2, 201, 400),
        (3, 401, 600),
        (4, 601, 800),
        (5, 801, None),
        (6, None, None),
    ]


def test_labels_are_true_of_scores_with_fractions(spark: Any) -> None:
    def labels(scores: list[Any], **more: Any) -> list[str]:
        return [row[0] for row in counted(spark, scores, [2, 3], **more)]

    whole, odd = "DE 3 A 3", "MAIS DE 2 A 3"
    assert labels([1.0, 3.0, 1e300, NAN, float("inf"), None])[1] == whole
    assert labels([1.0, 2.5, 3.0])[1] == odd
    assert labels([1.0, 7.25])[1] == odd  # alike in all ranges of a table
    assert labels(["1", "2.50"], kind="string")[1] == odd
    assert labels(["2.0", "3"], kind="string")[1] == whole


def test_no_number_is_never_the_top_range(spark: Any) -> None:
    assert by_range(counted(spark, [None, NAN, 900.0])) == [0, 0, 0, 0, 1, 3]


def test_other_edges_are_taken(spark: Any) -> None:
    rows = counted(spark, [10, 11, 2**40], [10], "bigint")
    assert [(row[0], row[4]) for row in rows] == [
        ("ATE 10", 1),
        ("ACIMA DE 10", 2),
        ("SEM SCORE", 1),
    ]


def test_scores_in_a_text_column_are_read_where_they_are_numbers(spark: Any) -> None:
    texts = ["100", '"300"', "5e2", "700.5", '" 900 "']
    none = ["12d", "NaN", "Infinity", "", '"abc"', "true", "[1]", '{"a":1}', "0x10", "１２"]
    assert by_range(counted(spark, texts + none, kind="string")) == [1, 1, 1, 1, 1, len(none) + 1]


def test_a_score_of_another_kind_or_place_counts_as_none(spark: Any) -> None:
    df = users(spark, [True, False], "boolean")
    for path in ("score.score", "score", "nowhere.at.all", "score.score[].x"):
        rows = users_per_range(df, [1], score=path, score_text="score").collect()
        assert [row[4] for row in rows] == [0, 0, 3]


def test_the_rate_is_the_mean_of_those_that_the_texts_state(spark: Any) -> None:
    said = "De cada 100 pessoas, é provável que {} apresentem débitos"
    texts = [said.format(n) for n in ("7", "7,5", "8.25")]
    strange = ["", None, said.format("muitas"), said.format("123456789"), said.format("٣")]
    rows = counted(spark, [*((1.0, t) for t in texts + strange), (300.0, None)])
    assert [row[6] for row in rows] == [pytest.approx(0.22750 / 3), None, None, None, None, None]


def test_a_text_counts_for_each_user_who_has_it_however_long(spark: Any) -> None:
    said, padding = "é provável que {} apresentem", "x" * LONG
    long = [f"{said.format(9)}{padding}", f"{padding}{said.format(9)}", padding]
    rows = counted(spark, [(1.0, t) for t in [said.format(3)] * 5 + long] + [(300.0, long[0])] * 2)
    assert by_range(rows) == [8, 2, 0, 0, 0, 1]
    assert [row[6] for row in rows[:2]] == [pytest.approx(0.33 / 7), pytest.approx(0.09)]


def test_no_users_are_empty_ranges(spark: Any) -> None:
    rows = users_per_range(users(spark, []).where("_id > 0"), [200], **PATHS).collect()
    assert [(row[4], row[5]) for row in rows] == [(0, 0.0)] * 3


# the proof, without an engine

ROWS = [("ATE 5", 1, None, 5, 1, 0.25, 0.5), ("ACIMA DE 5", 2, 6, None, 3, 0.75, None)]
ROWS.append(("SEM SCORE", 3, None, None, 0, 0.0, None))


def test_equal_rows_pass() -> None:
    check_rows(ROWS, list(ROWS))


def test_a_difference_names_the_column_and_the_range() -> None:
    found = [(*ROWS[0][:5], None, 0.5), *ROWS[1:]]
    with pytest.raises(LeavesLost, match=r"share of ATE 5: expected 0\.25; found None"):
        check_rows(found, ROWS)


@pytest.mark.parametrize(
    ("found", "said"), [(ROWS[:2], "row 3: missing"), ([*ROWS, ROWS[0]], "row 4: too many")]
)
def test_a_row_too_many_or_missing_is_named(found: list[Any], said: str) -> None:
    with pytest.raises(LeavesLost, match=said):
        check_rows(found, ROWS)


def test_a_score_from_0_to_1_is_ranged_in_hundredths_and_stays_at_its_edges(spark: Any) -> None:
    df = users(spark, [n / 100 for n in range(101)])
    found = users_per_range(df, [7, 29, 57], **PATHS, scale=100)
    rows = sorted((tuple(row) for row in found.collect()), key=lambda row: row[1])
    assert by_range(rows) == [8, 22, 28, 43, 1]
    assert rows[1][0] == "DE 8 A 29"  # 100 times each is whole
    assert rows == recounted(df, [7, 29, 57], **PATHS, scale=100)


def test_without_a_score_there_are_no_ranges_of_it(spark: Any) -> None:
    df = users(spark, [5.0, 900.0])
    paths: dict[str, Any] = {"score": "", "score_text": ""}
    rows = [tuple(row) for row in users_per_range(df, EDGES, **paths).collect()]
    assert rows == recounted(df, EDGES, **paths) == [("SEM SCORE", 1, None, None, 3, 1.0, None)]
