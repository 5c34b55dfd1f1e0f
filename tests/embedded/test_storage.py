"""Storages, networks and small facts of nodes and guests, in the form that a real cluster gives."""

from pathlib import Path
from typing import Any

import pytest

from tests.embedded.conftest import Login
from tests.embedded.living import Living


def rows(living: Living, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = living.get(f"/cluster/resources?type={kind}")
    return found


def test_every_node_has_a_storage_of_its_own_and_the_shared_one(tmp_path: Path) -> None:
    living = Living(tmp_path)
    told = [(row["node"], row["storage"], row["shared"]) for row in rows(living, "storage")]
    nodes = ("phum01", "phum02", "phum03")
    assert told == [(n, s, int(s == "shared")) for n in nodes for s in ("local", "shared")]
    assert [row["storage"] for row in living.get("/nodes/phum02/storage")] == ["local", "shared"]
    assert living.get("/storage/shared")["shared"] == 1


def test_the_disks_of_the_guests_fill_the_shared_storage(tmp_path: Path) -> None:
    living = Living(tmp_path)
    content = living.get("/nodes/phum01/storage/shared/content")
    used = living.get("/nodes/phum01/storage/shared/status")["used"]
    assert used == sum(volume["size"] for volume in content) > 0
    assert {volume["vmid"] for volume in content} >= {100, 200}
    assert living.get("/nodes/phum03/qemu/100/config")["scsi0"].startswith("shared:")


def test_the_nodes_bridges_are_a_zone_of_the_network(tmp_path: Path) -> None:
    assert [row["id"] for row in rows(Living(tmp_path), "sdn")] == [
        f"network/{node}/zone/localnetwork" for node in ("phum01", "phum02", "phum03")
    ]


def test_memory_is_a_number_of_a_container_and_a_text_of_a_machine(tmp_path: Path) -> None:
    living = Living(tmp_path)
    assert living.get("/nodes/phum01/lxc/200/config")["memory"] == 512
    assert living.get("/nodes/phum03/qemu/100/config")["memory"] == "32768"
    machine = next(row for row in rows(living, "vm") if row["id"] == "qemu/100")
    assert machine["memhost"] == machine["mem"] > 0


def test_a_node_tells_its_fingerprint_and_what_it_booted(tmp_path: Path) -> None:
    living = Living(tmp_path)
    prints = {row["ssl_fingerprint"] for row in living.get("/nodes")}
    assert len(prints) == 3
    assert all(len(text.split(":")) == 32 for text in prints)
    status = living.get("/nodes/phum01/status")
    assert status["boot-info"]["mode"] == "efi"
    assert status["current-kernel"]["sysname"] == "Linux"
    assert status["pveversion"].startswith("pve-manager/9.1.6/")


@pytest.mark.parametrize(("user", "seen"), [("audit@pve", 2), ("nobody@pve", 0)])
def test_who_may_not_see_a_storage_does_not(login: Login, user: str, seen: int) -> None:
    assert len(login(user).get("/storage").json()["data"]) == seen


def test_a_container_tells_in_its_own_words_where_it_may_move_to(tmp_path: Path) -> None:
    living = Living(tmp_path)
    told = living.get("/nodes/phum01/lxc/200/migrate")
    assert told["allowed-nodes"] == ["phum02", "phum03"]
    assert {"running", "not-allowed-nodes", "dependent-ha-resources"} < told.keys()
    assert "has-dbus-vmstate" in living.get("/nodes/phum03/qemu/100/migrate")
