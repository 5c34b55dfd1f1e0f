"""What makes the console draw the table of what is borne anew."""

from dataclasses import replace

import pytest

from virton.console.watch.forecasts import drawing
from virton.console.watch.readings import Part, Readings
from virton.proxmox.inventory import Guest, Inventory, Membership
from virton.proxmox.manager import parse_manager_status
from virton.proxmox.reading import NodesReading, StatusReading
from virton.proxmox.votes import QDevice, Votes

GUEST = Guest(100, "qemu", "web", "pve1", "running")


def readings(
    guest: Guest = GUEST, lrm: str = "active", wrote: int = 995, votes: Votes | None = None
) -> Readings:
    files = {
        "manager_status": {"master_node": "pve1", "timestamp": 1000},
        "lrm_status": {"pve2": {"state": lrm, "mode": "active", "timestamp": wrote}},
    }
    nodes = NodesReading(Inventory((guest,)), Membership(online={"pve1": True, "pve2": True}))
    status = StatusReading(manager=parse_manager_status(files))
    return Readings(
        status=Part(status, 1.0), nodes=Part(nodes, 1.0), resources=Part((), 1.0), votes=votes
    )


@pytest.mark.parametrize(
    "changed",
    [
        readings(replace(GUEST, lock="backup")),
        readings(lrm="maintenance"),
        readings(wrote=500),
        readings(votes=Votes({"pve1": 1, "pve2": 1}, QDevice(connected=False))),
    ],
    ids=["a guest's lock", "an LRM's state", "an LRM's silence", "the QDevice"],
)
def test_the_table_is_drawn_anew_when_this_changes(changed: Readings) -> None:
    assert drawing(changed, {}) != drawing(readings(), {})


def test_the_mere_passing_of_rounds_is_no_reason() -> None:
    assert drawing(readings(wrote=990), {}) == drawing(readings(), {})
