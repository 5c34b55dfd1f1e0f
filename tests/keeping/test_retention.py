"""What is too old or has no room is deleted; everything else stays."""

import pytest
from sqlalchemy import Engine, func, select

from virton.keeping.database import size_of
from virton.keeping.history import History
from virton.keeping.moments import Moments
from virton.keeping.outbox import ChangedIncident, Outbox
from virton.keeping.retention import DAY_MS, Keepers, Retention, tidy
from virton.keeping.settings import Settings
from virton.keeping.tables import details
from virton.story.happenings import Happening, Kind

NOW_MS = 1000 * DAY_MS


@pytest.fixture
def keepers(engine: Engine) -> Keepers:
    return Keepers(History(engine, "c1"), Moments(engine, "c1"), Outbox(engine, "c1"))


def happened(days_ago: float, whom: str = "pve1") -> Happening:
    at_s = (NOW_MS - days_ago * DAY_MS) / 1000
    return Happening(Kind.NODE_LOST, whom, at_s, at_s, True, {"note": f"{days_ago} {whom}"})


def test_what_is_too_old_goes_and_what_still_holds_stays(keepers: Keepers) -> None:
    keepers.history.add([happened(days) for days in (500, 401, 399, 1)])
    for days, state in ((500, "online"), (450, "fence"), (1, "online")):
        keepers.moments.keep({"nodes/a": {"state": state}}, NOW_MS - days * DAY_MS)
    ended = [ChangedIncident("a", n, NOW_MS - n * DAY_MS, "{}") for n in (500, 1)]
    keepers.outbox.commit([*ended, ChangedIncident("b", 1, None, "{}")], lambda _: [])
    tidy(keepers, Retention(days=400), NOW_MS)
    assert [one.facts["note"] for one in keepers.history.find().rows] == ["1 pve1", "399 pve1"]
    assert keepers.moments.at(NOW_MS - 400 * DAY_MS) == {"nodes/a": {"state": "fence"}}
    assert keepers.moments.at(NOW_MS - 451 * DAY_MS) == {}
    assert {(one.key, one.began_ms) for one in keepers.outbox.recent()} == {("a", 1), ("b", 1)}


def test_texts_that_nobody_needs_any_more_go_too(keepers: Keepers, engine: Engine) -> None:
    keepers.history.add([happened(500), happened(1)])
    tidy(keepers, Retention(days=400), NOW_MS)
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(details)).scalar_one() == 1


def test_the_oldest_goes_until_the_rest_has_room(keepers: Keepers, engine: Engine) -> None:
    for day in range(20):
        keepers.history.add([happened(day + 1, f"{n:03200}") for n in range(25)])
    keepers.history.add([happened(0.01)])
    before = size_of(engine)
    limit = Retention(mib=max(1, before >> 21))
    assert tidy(keepers, limit, NOW_MS) > 0
    assert size_of(engine) <= limit.mib << 20
    left = [one.to_ms for one in keepers.history.find(limit=10_000).rows]
    assert 25 < len(left) < 500
    assert left == sorted(left, reverse=True)
    assert NOW_MS - left[0] < DAY_MS
    assert tidy(keepers, limit, NOW_MS) == 0


def test_the_last_hour_stays_however_little_room_there_is(keepers: Keepers) -> None:
    keepers.history.add([happened(0.01)])
    tidy(keepers, Retention(mib=0), NOW_MS)
    assert keepers.history.count() == 1


def test_another_clusters_history_is_left_alone(keepers: Keepers, engine: Engine) -> None:
    others = History(engine, "c2")
    others.add([happened(500)])
    keepers.history.add([happened(500)])
    tidy(keepers, Retention(days=400), NOW_MS)
    assert (keepers.history.count(), others.count()) == (0, 1)


def test_what_was_set_is_read_again_by_every_console(engine: Engine) -> None:
    assert Settings(engine, "c1").read("retention") is None
    for days in (30, 40):
        Settings(engine, "c1").write("retention", {"days": days})
    assert Settings(engine, "c1").read("retention") == {"days": 40}
    assert Settings(engine, "c2").read("retention") is None
