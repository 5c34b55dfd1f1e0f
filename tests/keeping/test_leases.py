"""A duty is one console's at a time, and another's within a minute of its silence."""

import threading

from sqlalchemy import Engine

from virton.keeping.database import open_database
from virton.keeping.leases import give_up, hold
from virton.notify.notifier import LEASE_S

MINUTE_MS = 60_000
LEASE_MS = round(LEASE_S * 1000)


def test_the_other_takes_over_within_a_minute_and_not_before(engine: Engine) -> None:
    assert hold(engine, "notify", "one", 0, LEASE_MS)
    assert not hold(engine, "notify", "two", LEASE_MS - 1, LEASE_MS)
    assert hold(engine, "notify", "one", 2000, 2000 + LEASE_MS)
    assert not hold(engine, "notify", "two", LEASE_MS + 1999, 2 * LEASE_MS)
    assert hold(engine, "notify", "two", 2000 + MINUTE_MS, 2 * MINUTE_MS)
    assert not hold(engine, "notify", "one", 2000 + MINUTE_MS, 2 * MINUTE_MS)


def test_a_duty_that_is_given_up_is_had_at_once(engine: Engine) -> None:
    assert hold(engine, "notify", "one", 0, LEASE_MS)
    give_up(engine, "notify", "two")
    assert not hold(engine, "notify", "two", 1, LEASE_MS)
    give_up(engine, "notify", "one")
    assert hold(engine, "notify", "two", 1, LEASE_MS)


def test_of_consoles_that_reach_for_it_at_once_one_has_it(address: str) -> None:
    engines = [open_database(address) for _ in range(4)]
    had: list[bool] = []

    def reach(number: int, engine: Engine) -> None:
        had.append(hold(engine, "notify", f"console-{number}", 0, LEASE_MS))

    threads = [threading.Thread(target=reach, args=pair) for pair in enumerate(engines)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(had) == [False, False, False, True]
