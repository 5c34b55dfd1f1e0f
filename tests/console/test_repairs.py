"""A resource in error is repaired as one operation that everybody sees, on the embedded cluster."""

import json
from pathlib import Path

import pytest

from tests.console.test_on_embedded_cluster import Seat, seat
from virton.console.clock import SystemClock
from virton.console.watch.repairs import FILE, Repairs

__all__ = ["seat"]

pytestmark = pytest.mark.anyio
PATH = "/api/resources/vm:100/repair"


async def broken(seat: Seat) -> None:
    """Let a guest fail until its resource is in error."""
    world = seat.cluster.world
    world.step(60)
    world.fail_starts("vm:100", 4)
    world.crash("vm:100")
    world.step(240)
    row = await seat.row("vm:100")
    assert row["state"] == "error"
    assert row["repair"] is None


async def test_a_repair_disables_waits_and_starts_again(seat: Seat, tmp_path: Path) -> None:
    await broken(seat)
    await seat.do("POST", PATH, {})
    row = await seat.row("vm:100")
    assert (row["repair"]["step"], row["repair"]["who"]) == ("clearing", "root@pam")
    assert row["repair"]["failed"]
    seat.cluster.world.step(30)
    row = await seat.row("vm:100")
    assert (row["state"], row["repair"]["step"]) == ("disabled", "waiting")
    kept = Repairs(tmp_path, SystemClock().time).current
    assert kept["vm:100"].step == "waiting"
    await seat.do("POST", f"{PATH}/start")
    seat.cluster.world.step(60)
    row = await seat.row("vm:100")
    assert (row["state"], row["repair"]) == ("started", None)
    assert json.loads((tmp_path / FILE).read_text()) == {}


async def test_a_repair_that_need_not_wait_starts_by_itself_and_tells_a_new_error(
    seat: Seat,
) -> None:
    await broken(seat)
    await seat.do("POST", PATH, {"at_once": True})
    seat.cluster.world.fail_starts("vm:100", 9)
    seat.cluster.world.step(30)
    await seat.look()
    assert (await seat.row("vm:100"))["request_state"] == "started"
    seat.cluster.world.step(240)
    assert (await seat.row("vm:100"))["repair"]["step"] == "failed"


async def test_a_repair_is_stopped_and_leaves_the_resource_as_it_is(seat: Seat) -> None:
    await broken(seat)
    await seat.do("POST", PATH, {"at_once": True})
    await seat.do("DELETE", PATH)
    seat.cluster.world.step(60)
    row = await seat.row("vm:100")
    assert (row["state"], row["repair"]) == ("disabled", None)
    error = await seat.refused("POST", f"{PATH}/start")
    assert error["code"] == "no_repair"
