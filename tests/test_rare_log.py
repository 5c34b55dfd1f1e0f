"""Logging that says the same thing but once in a while."""

import logging
from collections.abc import Callable

import pytest

from virton.rare_log import EVERY_S, MOST, RareLog, Seldom


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def rare(log: logging.Logger, clock: Clock) -> Callable[[str], None]:
    return RareLog(log, clock).warning


def seldom(log: logging.Logger, clock: Clock) -> Callable[[str], None]:
    log.addFilter(Seldom(clock))
    return lambda what: log.warning(what)


@pytest.mark.parametrize("way", [rare, seldom])
def test_the_same_is_said_once_and_then_how_often_it_was_not(
    way: Callable[[logging.Logger, Clock], Callable[[str], None]],
) -> None:
    log, clock, heard = logging.Logger("test"), Clock(), Heard()
    log.addHandler(heard)
    say = way(log, clock)
    for what in ("full", "full", "away", "full"):
        say(what)
    assert heard.lines == ["full", "away"]
    clock.now_s = EVERY_S
    say("full")
    assert heard.lines[2:] == ["full (and 2 times more since it was last said)"]
    clock.now_s = 2 * EVERY_S
    say("full")
    assert heard.lines[3:] == ["full"]


@pytest.mark.parametrize("way", [rare, seldom])
def test_what_was_said_does_not_grow_with_whoever_causes_it(
    way: Callable[[logging.Logger, Clock], Callable[[str], None]],
) -> None:
    log, heard = logging.Logger("test"), Heard()
    log.addHandler(heard)
    say = way(log, Clock())
    for number in range(MOST + 1):
        say(str(number))
    say("0")
    assert heard.lines[-2:] == [str(MOST), "0"]
    say("0")
    assert len(heard.lines) == MOST + 2


def test_news_is_never_left_out() -> None:
    log, heard = logging.Logger("test"), Heard()
    log.addHandler(heard)
    log.addFilter(Seldom(Clock()))
    for _ in range(3):
        log.info("served")
    assert heard.lines == ["served"] * 3
