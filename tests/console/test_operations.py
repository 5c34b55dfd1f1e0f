"""Operations on the HA stack as a whole, on the embedded cluster."""

import re

import pytest

from tests.console.test_on_embedded_cluster import Seat, seat
from virton.ha.dialect import Dialect
from virton.proxmox.settings import options_params, parse_options

__all__ = ["seat"]

pytestmark = pytest.mark.anyio


async def test_the_stack_is_disarmed_and_armed_again(seat: Seat) -> None:
    seat.cluster.world.step(60)
    await seat.do("POST", "/api/ha/disarm", {"mode": "freeze"})
    seat.cluster.world.step(60)
    page = await seat.look()
    assert page["fencing"] == {"armed_state": "disarmed", "resource_mode": "freeze"}
    foretold = await seat.browser.get("/api/forecast/course?arming=arm")
    assert {row["verdict"] for row in foretold.json()["resources"].values()} == {"stays"}
    await seat.do("POST", "/api/ha/arm")
    seat.cluster.world.step(60)
    assert (await seat.look())["fencing"]["armed_state"] == "armed"
    error = await seat.refused("POST", "/api/ha/disarm", {"mode": "sleep"})
    assert error["fields"] == {"mode": "not_a_value"}


async def test_arming_while_a_node_is_cut_off_is_foretold_to_start_its_guests(seat: Seat) -> None:
    seat.cluster.world.step(60)
    await seat.do("POST", "/api/ha/disarm", {"mode": "ignore"})
    seat.cluster.world.step(60)
    seat.cluster.world.set_network("phum03", False)
    seat.cluster.world.step(60)
    await seat.look()
    foretold = (await seat.browser.get("/api/forecast/course?arming=arm")).json()
    started = {sid for sid, row in foretold["resources"].items() if row["verdict"] == "back"}
    assert started == {"vm:100", "vm:124"}


async def test_a_guest_is_stopped_in_time_and_then_wanted_stopped(seat: Seat) -> None:
    seat.cluster.world.step(60)
    await seat.do("POST", "/api/resources/vm:100/stop", {"timeout_s": 30})
    seat.cluster.world.step(60)
    row = await seat.row("vm:100")
    assert (row["state"], row["request_state"], row["guest"]) == ("stopped", "stopped", "stopped")
    error = await seat.refused("POST", "/api/resources/vm:100/stop", {"timeout_s": -1})
    assert error["fields"] == {"timeout_s": "not_a_value"}
    error = await seat.refused("POST", "/api/resources/vm:77/stop", {"timeout_s": 0})
    assert error["code"] == "no_guest"


async def test_settings_are_changed_and_what_is_not_ours_stays(seat: Seat) -> None:
    files = seat.cluster.cluster.files
    files.write("datacenter.cfg", "keyboard: de\n")
    before = (await seat.browser.get("/api/ha/settings")).json()
    assert (before["shutdown_policy"], before["mode"]) == ("conditional", "basic")
    wanted = before | {
        "shutdown_policy": "migrate",
        "mode": "static",
        "auto_rebalance": True,
        "threshold": 20,
    }
    await seat.do("PUT", "/api/ha/settings", wanted | {"before": before})
    assert (await seat.browser.get("/api/ha/settings")).json() == wanted
    assert "keyboard: de" in (files.read("datacenter.cfg") or "")
    error = await seat.refused("PUT", "/api/ha/settings", before | {"before": before})
    assert (error["status"], error["code"]) == (409, "settings_changed")
    error = await seat.refused("PUT", "/api/ha/settings", wanted | {"mode": "basic"})
    assert error["fields"] == {"auto_rebalance": "needs_load"}
    await seat.do("PUT", "/api/ha/settings", before)
    assert not re.search("^(ha|crs):", files.read("datacenter.cfg") or "", re.M)


@pytest.mark.parametrize(
    ("version", "written"), [("9.1.2", "0.2"), ("9.2.11", "20")], ids=["fractions", "percent"]
)
def test_thresholds_are_written_as_the_version_has_them(version: str, written: str) -> None:
    before = parse_options({"crs": {"ha": "static", "new-thing": 1}, "ha": "later=x"}, version)
    told = parse_options(
        {"crs": f"ha=static,ha-auto-rebalance=1,ha-auto-rebalance-threshold={written}"}, version
    )
    assert told.settings.scheduler.threshold == 0.2
    assert options_params(before, told.settings, version) == {
        "crs": f"ha=static,ha-auto-rebalance=1,ha-auto-rebalance-threshold={written},new-thing=1"
    }
    assert Dialect.PERCENT.parse_datacenter("").scheduler.threshold == 0.3
