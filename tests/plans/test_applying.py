"""Plans are applied step by step, stopped by surprises, gone on with, and undone byte by byte."""

import json
import random
from pathlib import Path

import pytest

from tests.plans.live import Cut, Live, boundary, random_plan
from virton.plans.applying import ForeignChangeError, Surprise, carry_out, require_unchanged
from virton.plans.records import BusyError, State

pytestmark = pytest.mark.anyio
SEEDS = 3
"""Of the 100 random plans that `python -m tests.plans.proof` tries, so many are tried always."""

TWO = """
version: 1
resources: {vm:100: {max_restart: 3}}
rules: {r2: {type: resource-affinity, affinity: positive}}
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def live(tmp_path: Path) -> Live:
    return await Live(tmp_path).log_in()


async def interrupted(folder: Path, seed: int) -> None:
    """Apply a random plan, killed at every write; it stands at a boundary, and is undone."""
    dice = random.Random(seed)  # noqa: S311
    live = await Live(folder).log_in()
    before = live.bytes()
    domains = live.domains.named()
    record = None
    while record is None:
        record = await live.begin(random_plan(await live.configured(), dice))
    for at in range(len(record.strides)):
        for sent in (False, True):
            with pytest.raises(Cut):
                await carry_out(live.desk(0, sent), live.records.all()[-1])
            assert await boundary(live, record) == at + sent
    ended = await carry_out(live.desk(), live.records.all()[-1])
    assert ended.state is State.DONE
    assert await boundary(live, record) == len(record.strides)
    await live.undo()
    assert live.bytes() == before
    assert live.domains.named() == domains


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_a_random_plan_killed_at_every_step_stands_at_a_boundary_and_is_undone(
    tmp_path: Path, seed: int
) -> None:
    await interrupted(tmp_path, seed)


async def test_an_apply_waits_until_what_was_foreseen_has_moved(live: Live) -> None:
    record = await live.apply(TWO)
    moved = [move["sid"] for stride in record.strides for move in stride.moves]
    assert len(moved) == 1
    services = (await live.api.manager_status()).services
    assert services["vm:121"].node == services["vm:122"].node
    assert all(services[sid].state == "started" for sid in ("vm:121", "vm:122"))


async def test_somebody_elses_change_stops_an_apply_before_its_next_step(live: Live) -> None:
    record = await live.begin(TWO)

    def meddle(_at: int, _stride: object) -> None:
        text = live.files.read("ha/resources.cfg")
        live.files.write(
            "ha/resources.cfg", text.replace("vm: 999\n", "vm: 999\n\tmax_restart 9\n")
        )

    desk = live.desk()
    object.__setattr__(desk, "tell", meddle)
    with pytest.raises(Surprise) as surprise:
        await carry_out(desk, record)
    assert surprise.value.kind == "changed"
    assert surprise.value.fields["name"] == "vm:999"
    [kept] = [one for one in live.records.all() if one.state is State.STOPPED]
    assert (kept.done, kept.stopped["name"]) == (1, "vm:999")
    assert await boundary(live, record) == -1  # somebody else's change is in no step
    ended = await carry_out(live.desk(), kept)
    assert (ended.done, ended.state) == (2, State.DONE)


async def test_an_entry_that_is_not_as_planned_any_more_is_not_overwritten(live: Live) -> None:
    record = await live.begin(TWO)
    await live.api.change_resource("vm:100", {"max_restart": 7})
    with pytest.raises(Surprise, match="changed"):
        await carry_out(live.desk(), record)
    assert "max_restart 7" in live.files.read("ha/resources.cfg")
    [stopped] = live.records.all()
    live.records.close(stopped)
    assert live.records.unfinished() is None  # neither gone on with nor undone: the next may begin


async def test_what_somebody_else_changes_before_the_first_step_is_told_with_who(
    live: Live, tmp_path: Path
) -> None:
    record = await live.begin(TWO)
    await live.api.change_resource("vm:999", {"max_restart": 7})
    told = {"at": 5, "who": "kim@pam", "what": "PUT /api/resources/vm%3A999", "result": "done"}
    (tmp_path / "audit.log").write_text(f"half a line\n{json.dumps(told)}\tsums\thash\n")
    with pytest.raises(ForeignChangeError) as foreign:
        await require_unchanged(live.desk(), record.rows, 0)
    [change] = foreign.value.changes
    assert (change.name, change.by) == ("vm:999", "kim@pam")
    with pytest.raises(Surprise, match="changed"):
        await carry_out(live.desk(), record, fresh=True)


async def test_what_the_cluster_refuses_stops_an_apply(live: Live) -> None:
    record = await live.begin(TWO)
    live.running.cluster.version = "8.4"
    live.files.write("ha/groups.cfg", "group: old\n\tnodes phum01\n\n")
    with pytest.raises(Surprise, match="refused"):
        await carry_out(live.desk(), record)


async def test_a_lost_node_stops_an_apply(live: Live) -> None:
    record = await live.begin(TWO)
    master = (await live.api.manager_status()).master_node

    def cut(_at: int, stride: object) -> None:
        slave = min(live.running.world.hosts.keys() - {master})
        live.running.world.set_network(slave, False)
        live.running.world.step(40)

    desk = live.desk()
    object.__setattr__(desk, "tell", cut)
    with pytest.raises(Surprise, match="node_lost"):
        await carry_out(desk, record)


async def test_of_two_applies_one_wins_and_the_other_is_told_who_and_why(live: Live) -> None:
    with live.records.alone({"who": "kim@pam", "why": "racks"}):
        with pytest.raises(BusyError) as busy, live.records.alone({"who": "lee@pam"}):
            raise AssertionError("two at once")
        assert (busy.value.note["who"], busy.value.note["why"]) == ("kim@pam", "racks")
    with live.records.alone({"who": "lee@pam"}):
        pass


async def test_an_undo_goes_not_over_somebody_elses_change_and_shows_it(live: Live) -> None:
    await live.apply(TWO)
    await live.api.change_resource("vm:100", {"max_restart": 7})
    with pytest.raises(ForeignChangeError) as foreign:
        await live.undo()
    [change] = foreign.value.changes
    told = change.fields
    assert (change.name, "max_restart=7" in told["now"]) == ("vm:100", True)
    assert "max_restart=3" in told["was"]
    await live.api.change_rule("r3", {"type": "resource-affinity", "disable": 1})
    await live.api.change_resource("vm:100", {"max_restart": 3})
    await live.undo()  # what else was changed is left alone
    assert "disable" in live.files.read("ha/rules.cfg")
