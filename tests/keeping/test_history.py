"""What happened is kept once, and found again."""

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

from virton.ha.causes import Commanded, NodeFenced
from virton.keeping.database import HistoryError, Trouble, open_database
from virton.keeping.history import Filter, History
from virton.keeping.moments import Moments
from virton.keeping.tables import metadata
from virton.story.happenings import Happening, Kind


def happened(
    kind: Kind = Kind.NODE_LOST, whom: str = "pve1", at_s: float = 0, wide_s: float = 0
) -> Happening:
    return Happening(kind, whom, at_s, at_s + wide_s, told=not wide_s)


RECOVERED = Happening(
    Kind.RESOURCE_RECOVERED, "vm:1", 10, 12, False, {"node": "pve2"}, NodeFenced("pve1")
)


def test_what_is_kept_is_found_again_whole(engine: Engine) -> None:
    history = History(engine, "c1")
    (added,) = history.add([RECOVERED])
    (found,) = history.find().rows
    assert found == added
    assert (found.kind, found.whom) == ("resource.recovered", "vm:1")
    assert (found.from_ms, found.to_ms, found.told) == (10_000, 12_000, False)
    assert found.facts == {"node": "pve2"}
    assert found.because == ["node_fenced", {"node": "pve1"}]


def test_two_consoles_keep_the_same_once_with_the_narrower_bounds(address: str) -> None:
    ours, theirs = (History(open_database(address), "c1") for _ in range(2))
    assert len(ours.add([happened(at_s=10, wide_s=2)])) == 1
    assert theirs.add([happened(at_s=11, wide_s=2)]) == []
    assert theirs.add([happened(at_s=11.5)]) == []
    (found,) = ours.find().rows
    assert (found.from_ms, found.to_ms, found.told) == (11_500, 11_500, True)
    assert len(theirs.add([happened(at_s=60, wide_s=2)])) == 1


def test_what_is_told_brings_its_cause_to_what_was_observed(engine: Engine) -> None:
    history = History(engine, "c1")
    history.add([replace(RECOVERED, because=None)])
    assert history.add([replace(RECOVERED, from_s=11, to_s=11, told=True)]) == []
    (found,) = history.find().rows
    assert (found.told, found.because) == (True, ["node_fenced", {"node": "pve1"}])


def test_the_last_change_of_each_is_found(engine: Engine) -> None:
    history = History(engine, "c1")
    history.add([happened(whom=whom, at_s=at_s) for whom, at_s in (("a", 9), ("b", 3), ("a", 5))])
    History(engine, "c2").add([happened(whom="a", at_s=99)])
    assert {one.whom: one.to_ms for one in history.latest()} == {"a": 9000, "b": 3000}


def test_consoles_that_add_at_once_keep_each_happening_once(address: str) -> None:
    histories = [History(open_database(address), "c1") for _ in range(4)]
    found = [happened(at_s=10.0 * number, wide_s=2) for number in range(20)]

    def add(history: History) -> None:
        for one in found:
            history.add([one])

    threads = [threading.Thread(target=add, args=(history,)) for history in histories]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert histories[0].count() == len(found)


def test_clusters_do_not_see_each_other(engine: Engine) -> None:
    History(engine, "c1").add([happened()])
    assert History(engine, "c2").find().rows == []
    assert len(History(engine, "c2").add([happened()])) == 1
    assert History(engine, "c1").count() == 1


def test_pages_follow_each_other_newest_first_without_gap_or_repetition(engine: Engine) -> None:
    history = History(engine, "c1")
    history.add([happened(whom=f"pve{n % 3}", at_s=float(n // 3)) for n in range(30)])
    seen, after = [], None
    while True:
        page = history.find(after=after, limit=7)
        seen += page.rows
        if (after := page.after) is None:
            break
    assert len({one.number for one in seen}) == 30
    assert [one.to_ms for one in seen] == sorted((one.to_ms for one in seen), reverse=True)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(), {"vm:1", "vm:12", "pve1"}),
        (Filter(whom=frozenset({"vm:1"})), {"vm:1"}),
        (Filter(kinds=frozenset({"node.lost"})), {"pve1"}),
        (Filter(text="VM:1"), {"vm:1", "vm:12"}),
        (Filter(text="%"), set()),
        (Filter(since_ms=1500), {"vm:12", "pve1"}),
        (Filter(until_ms=1500), {"vm:1"}),
        (Filter(kinds=frozenset({"no.such"})), set()),
        (Filter(text="vm", kinds=frozenset({"resource.started"}), since_ms=1500), {"vm:12"}),
    ],
)
def test_a_filter_finds_what_it_says(engine: Engine, wanted: Filter, found: set[str]) -> None:
    history = History(engine, "c1")
    history.add(
        [
            happened(Kind.RESOURCE_STARTED, "vm:1", 1),
            happened(Kind.RESOURCE_STARTED, "vm:12", 2),
            happened(Kind.NODE_LOST, "pve1", 3),
        ]
    )
    assert {one.whom for one in history.find(wanted).rows} == found


def test_the_page_is_shown_as_it_stood(engine: Engine) -> None:
    moments = Moments(engine, "c1")
    moments.keep({"nodes/a": {"state": "online"}, "resources/vm:1": {"node": "a"}}, 1000)
    assert (
        moments.keep({"nodes/a": {"state": "online"}, "resources/vm:1": {"node": "a"}}, 2000) == 0
    )
    moments.keep({"nodes/a": {"state": "fence"}}, 3000)
    assert moments.at(500) == {}
    assert moments.at(2500) == {"nodes/a": {"state": "online"}, "resources/vm:1": {"node": "a"}}
    assert moments.at(3000) == {"nodes/a": {"state": "fence"}}
    again = Moments(engine, "c1")
    assert again.keep({"nodes/a": {"state": "fence"}}, 4000) == 0
    assert moments.forget(before_ms=2500) == 0
    moments.forget(before_ms=3000)
    assert moments.at(3000) == {"nodes/a": {"state": "fence"}}


def test_a_row_is_followed_through_a_time(engine: Engine) -> None:
    moments = Moments(engine, "c1")
    for at_ms, state in ((1000, "online"), (3000, "fence"), (5000, "online")):
        moments.keep({"nodes/a": {"state": state}}, at_ms)
    moments.keep({}, 6000)
    assert moments.between(2000, 9000, ["nodes/a", "nodes/b"]) == {
        "nodes/a": [
            (2000, {"state": "online"}),
            (3000, {"state": "fence"}),
            (5000, {"state": "online"}),
            (6000, {}),
        ]
    }


def test_the_steps_lead_to_the_tables_as_they_are(engine: Engine) -> None:
    seen = inspect(engine)
    for table in metadata.sorted_tables:
        columns = {column["name"] for column in seen.get_columns(table.name)}
        assert columns == set(table.columns.keys())
        made = {index["name"] for index in seen.get_indexes(table.name)}
        assert {index.name for index in table.indexes} <= made


def test_a_newer_history_is_refused_and_left_alone(address: str) -> None:
    engine = open_database(address)
    with engine.begin() as connection:
        own = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(HistoryError) as refusal:
        open_database(address)
    assert refusal.value.trouble is Trouble.NEWER
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :own"), {"own": own})


def test_a_full_disk_keeps_what_was_acknowledged_and_says_so(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/history.sqlite")
    history = History(engine, "c1")
    history.add([happened()])
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    with engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 10}")
    with pytest.raises(HistoryError) as refusal:
        history.add([happened(whom=f"pve{k}" * 50, at_s=k) for k in range(1000)])
    assert refusal.value.trouble is Trouble.FULL
    assert [one.whom for one in history.find().rows] == ["pve1"]


def test_what_is_no_history_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "history.sqlite").write_text("this is no database, but a text of some length" * 99)
    with pytest.raises(HistoryError) as refusal:
        open_database(f"sqlite:///{tmp_path}/history.sqlite")
    assert refusal.value.trouble is Trouble.DAMAGED
    with pytest.raises(HistoryError) as refusal:
        open_database("mysql://somewhere/else")
    assert refusal.value.trouble is Trouble.ADDRESS


def test_what_one_console_observes_twice_happened_twice(engine: Engine) -> None:
    history = History(engine, "c1")
    assert len(history.add([happened(at_s=10, wide_s=2)])) == 1
    assert len(history.add([happened(at_s=11, wide_s=2)])) == 1
    assert history.add([happened(at_s=11.5)]) == []
    assert history.count() == 2


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/history.sqlite"
    code = f"""if True:
        from virton.keeping.database import open_database
        from virton.keeping.history import History
        from virton.story.happenings import Happening, Kind
        history = History(open_database({address!r}), "c1")
        for n in range(1000):
            history.add([Happening(Kind.NODE_LOST, f"pve{{n}}", n, n, True)])
            print(n, flush=True)
    """
    told = -1
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        while told < 100:
            told = int(writer.stdout.readline())
        writer.kill()
        told = int((writer.stdout.read().split() or [told])[-1])
    kept = {one.whom for one in History(open_database(address), "c1").find(limit=1000).rows}
    assert {f"pve{n}" for n in range(told + 1)} <= kept


def moved(at_s: float, wide_s: float = 0, to: str = "pve2", **more: str) -> Happening:
    told = not wide_s
    facts = {"before": "pve1", "node": to, **more}
    cause = Commanded(f"migrate vm:1 {to}") if told else None
    return Happening(Kind.RESOURCE_MOVED, "vm:1", at_s, at_s + wide_s, told, facts, cause)


@pytest.mark.parametrize("late_s", [-1.5, 3.9])
def test_clocks_that_differ_a_little_make_no_second_happening(
    engine: Engine, late_s: float
) -> None:
    history = History(engine, "c1")
    history.add([moved(10, wide_s=2, how="migrate")])
    assert history.add([moved(10 + late_s)]) == []
    (found,) = history.find().rows
    assert (found.told, found.from_ms, found.to_ms) == (True, *[round((10 + late_s) * 1000)] * 2)
    assert found.facts == {"before": "pve1", "node": "pve2", "how": "migrate"}
    assert found.because is not None
    assert history.add([moved(10, wide_s=2, to="pve3")])
    assert len(history.add([moved(30), moved(31)])) == 2


def test_who_asked_is_added_to_what_the_manager_took(engine: Engine) -> None:
    history = History(engine, "c1")
    asked = Happening(Kind.ASKED, "vm:1", 10, 10, True, {"command": "migrate vm:1 pve2"})
    other = replace(asked, facts={"command": "migrate vm:1 pve3"})
    history.add([other, asked])
    facts = {"command": "migrate vm:1 pve2", "who": "ada@pve"}
    assert history.add([replace(asked, from_s=2, to_s=2, told=False, facts=facts)]) == []
    assert [one.facts.get("who") for one in history.find().rows] == ["ada@pve", None]
