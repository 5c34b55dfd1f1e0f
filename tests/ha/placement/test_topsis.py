from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virton.ha.placement.topsis import scores


def test_of_one_criterion_the_lowest_value_is_best_and_the_highest_worst() -> None:
    assert scores([[3.0, 1.0, 2.0]], [1.0]) == [0.0, 1.0, pytest.approx(0.5)]


def test_alternatives_that_do_not_differ_score_nothing() -> None:
    assert scores([[2.0, 2.0], [7.0, 7.0]], [1.0, 2.0]) == [0.0, 0.0]


def test_of_no_alternatives_there_are_no_scores() -> None:
    assert scores([[], []], [1.0, 2.0]) == []


def test_a_criterion_without_any_cost_does_not_matter() -> None:
    assert scores([[0.0, 0.0], [1.0, 2.0]], [10.0, 1.0]) == [1.0, 0.0]


def test_two_criteria_weigh_as_they_are_told() -> None:
    # Scaled to length 1 each criterion is (1, 2)/sqrt(5) and (2, 1)/sqrt(5), weighted 1/4 and 3/4.
    gap = 1 / sqrt(5)
    expected = (gap / 4) / (gap / 4 + gap * 3 / 4)
    assert scores([[1.0, 2.0], [2.0, 1.0]], [1.0, 3.0]) == [
        pytest.approx(expected),
        pytest.approx(1 - expected),
    ]


def test_a_score_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError):
        scores([[float("nan"), 1.0]], [1.0])


costs = st.floats(min_value=1.0, max_value=1e6)


@given(st.lists(st.tuples(costs, costs, costs), min_size=1, max_size=8))
def test_scores_lie_between_worst_and_best(rows: list[tuple[float, float, float]]) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)]
    assert all(0.0 <= score <= 1.0 for score in scores(columns, [1.0, 2.0, 5.0]))


@given(st.lists(st.tuples(costs, costs), min_size=2, max_size=8))
def test_who_costs_least_by_every_criterion_scores_best(rows: list[tuple[float, float]]) -> None:
    first = (0.5, 0.5)
    columns = [list(column) for column in zip(first, *rows, strict=True)]
    assert scores(columns, [1.0, 3.0])[0] == 1.0
