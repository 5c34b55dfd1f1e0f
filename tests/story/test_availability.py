"""For how long a resource was up and down is counted from what its row showed."""

from typing import Any

import pytest

from virton.story.availability import Run, fared, run_of

UP: dict[str, Any] = {
    "configured": True,
    "request_state": "started",
    "state": "started",
    "guest": "running",
    "down": False,
    "last_known": False,
}
RECOVERY = UP | {"state": "recovery", "guest": None}
STARTING = UP | {"state": "starting", "guest": "stopped"}
STOPPED = UP | {"request_state": "stopped", "state": "stopped", "guest": "stopped"}


@pytest.mark.parametrize(
    ("row", "before", "run"),
    [
        (UP, Run.UP, Run.UP),
        (UP | {"state": "migrate"}, Run.UP, Run.UP),
        (UP | {"state": "freeze"}, Run.UP, Run.UP),
        (STOPPED, Run.UP, Run.PLANNED),
        (STARTING, Run.PLANNED, Run.PLANNED),
        (STARTING, Run.UNPLANNED, Run.UNPLANNED),
        (UP | {"state": "relocate", "guest": "stopped"}, Run.UP, Run.PLANNED),
        (RECOVERY, Run.UP, Run.UNPLANNED),
        (UP | {"down": True, "guest": "stopped"}, Run.UP, Run.UNPLANNED),
        (UP | {"last_known": True}, Run.UP, Run.UNPLANNED),
        (UP | {"state": "error"}, Run.UP, Run.UNPLANNED),
        ({}, Run.UP, Run.GONE),
        (UP | {"configured": False}, Run.UP, Run.GONE),
    ],
)
def test_what_the_page_shows_is_up_or_down_planned_or_not(
    row: dict[str, Any], before: Run, run: Run
) -> None:
    assert run_of(row, before) is run


def test_an_outage_lasts_until_the_resource_runs_again() -> None:
    how = fared([(0, UP), (100, RECOVERY), (160, STARTING), (180, UP)], [], 1000)
    assert how.outages == [(100, 180)]
    assert (how.ms[Run.UP], how.ms[Run.UNPLANNED], how.longest_ms) == (920, 80, 80)
    assert how.availability == pytest.approx(0.92)


def test_a_stop_that_was_asked_for_counts_apart() -> None:
    how = fared([(0, UP), (500, STOPPED), (800, STARTING), (900, UP)], [], 1000)
    assert (how.ms[Run.PLANNED], how.ms[Run.UNPLANNED]) == (400, 0)
    assert how.availability == 1


def test_what_nobody_saw_is_not_known() -> None:
    how = fared([(0, UP), (500, RECOVERY)], [(100, 200), (400, 600)], 1000)
    assert (how.ms[Run.UP], how.ms[Run.UNKNOWN], how.ms[Run.UNPLANNED]) == (300, 300, 400)


def test_what_was_never_to_run_has_no_availability() -> None:
    assert fared([(0, STOPPED)], [], 10).availability is None
