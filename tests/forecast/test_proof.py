"""Random faults in the embedded cluster come as they were forecast; `make proof` plays hundreds."""

from typing import Any

import pytest

from tests.forecast.proof import summary, try_one, under_way


@pytest.mark.parametrize("first", [0, 5])
def test_faults_come_as_they_were_forecast(first: int) -> None:
    hits = [try_one(number) for number in range(first, first + 5)]
    told = summary(hits)
    assert [(hit.number, hit.wrong_fates, hit.wrong_times) for hit in hits] == [
        (hit.number, [], []) for hit in hits
    ]
    assert told["mean_width_s"] is None or told["mean_width_s"] <= 30


def _without_rules(answers: dict[str, Any]) -> dict[str, Any]:
    return answers | {"/cluster/ha/rules": []}


def test_a_model_that_leaves_a_rule_out_is_found_out() -> None:
    hits = [try_one(number, _without_rules) for number in RULES_DECIDE]
    assert all(hit.wrong_fates for hit in hits)


RULES_DECIDE = (4, 15)
"""Faults after which a rule decides where something is recovered."""


@pytest.mark.parametrize(("seed", "wait_s"), [(303, 130), (307, 65), (308, 90)])
def test_a_loss_under_way_is_forecast_from_what_the_api_shows_then(seed: int, wait_s: int) -> None:
    assert under_way(seed, wait_s) == []
