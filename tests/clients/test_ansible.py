"""Ansible's community.proxmox: its HA modules create, change nothing twice, and remove.

What these modules make of some answers is not what one would hope; the tests hold the cluster to
answering as Proxmox VE does, and say where the module falls short of it.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import VIRTON, Ansible, Served, served

MODULES = "community.proxmox.proxmox_"
Task = dict[str, Any]


def resource(name: str, state: str = "present", **settings: Any) -> Task:
    """Return a task about an HA resource."""
    return {f"{MODULES}cluster_ha_resources": {"name": name, "state": state, **settings}}


def rule(name: str, state: str = "present", **settings: Any) -> Task:
    """Return a task about an HA rule."""
    return {f"{MODULES}cluster_ha_rules": {"name": name, "state": state, **settings}}


def group(name: str, state: str = "present", **settings: Any) -> Task:
    """Return a task about a legacy HA group."""
    nodes = settings.pop("nodes", [])
    return {
        f"{MODULES}cluster_ha_groups": {"name": name, "state": state, "nodes": nodes, **settings}
    }


def changed(results: list[dict[str, Any]]) -> list[bool]:
    """Return what each task changed; none may have failed."""
    failed = [result["msg"] for result in results if result.get("failed")]
    assert not failed
    return [result["changed"] for result in results]


def test_resources_are_created_changed_once_and_removed(ansible: Ansible) -> None:
    first = {"comment": "by Ansible", "max_restart": 2}
    second = {"comment": "by hand", "max_restart": 2, "max_relocate": 3, "hastate": "stopped"}
    results = ansible.play(
        resource("vm:101", **first),
        resource("vm:101", **first),
        resource("vm:101", **second),
        resource("vm:101", **second),
        resource("ct:200", comment="a container"),
        resource("200", comment="a container"),
        resource("vm:101", "absent"),
        resource("vm:101", "absent"),
        resource("ct:200", "absent"),
    )
    assert changed(results) == [True, False, True, False, True, False, True, False, True]


def test_a_resource_without_a_comment_is_written_each_time(ansible: Ansible) -> None:
    """As on Proxmox VE: the module sends an empty comment, which no configuration keeps."""
    results = ansible.play(resource("vm:101"), resource("vm:101"), resource("vm:101", "absent"))
    assert changed(results) == [True, True, True]


def test_a_guest_that_does_not_exist_is_refused_in_words(ansible: Ansible) -> None:
    results = ansible.play(resource("vm:555", comment="nowhere"))
    assert results[0]["failed"]
    assert "unable to detect SID from VMID - VM/CT 555 does not exist" in results[0]["msg"]


def test_node_rules_are_created_changed_once_and_removed(ansible: Ansible) -> None:
    home = {"type": "node-affinity", "resources": ["vm:121"], "nodes": ["phum02", "phum01:2"]}
    strict = {**home, "strict": True, "comment": "home", "nodes": ["phum01:2"]}
    results = ansible.play(
        rule("home", **home),
        rule("home", **home),
        rule("home", **strict),
        rule("home", **strict),
        rule("home", "absent"),
        rule("home", "absent"),
    )
    assert changed(results) == [True, False, True, False, True, False]
    assert results[2]["rule"]["strict"] == 1


def test_resource_rules_are_created_changed_once_and_removed(ansible: Ansible) -> None:
    apart = {"type": "resource-affinity", "affinity": "negative", "resources": "vm:122,vm:100"}
    together = {**apart, "affinity": "positive", "comment": "together", "disable": True}
    results = ansible.play(
        rule("pair", **apart),
        rule("pair", **apart),
        rule("pair", **together),
        rule("pair", **together),
        rule("pair", "absent"),
        rule("pair", "absent"),
    )
    assert changed(results) == [True, False, True, False, True, False]


def test_a_rule_becomes_one_of_another_type_only_by_force(ansible: Ansible) -> None:
    pair = {"type": "resource-affinity", "affinity": "negative", "resources": "vm:100,vm:121"}
    home = {"type": "node-affinity", "nodes": ["phum01"], "resources": ["vm:121"]}
    results = ansible.play(
        rule("one", **pair),
        rule("one", **home),
        rule("one", **home, force=True),
        rule("one", "absent"),
    )
    assert [bool(result.get("failed")) for result in results] == [False, True, False, False]
    assert results[2]["rule"]["type"] == "node-affinity"


def test_a_rule_that_conflicts_is_refused_in_words(ansible: Ansible) -> None:
    results = ansible.play(
        rule("alone", type="resource-affinity", affinity="negative", resources=["vm:100"])
    )
    assert results[0]["failed"]
    assert "Rule 'alone' is invalid." in results[0]["msg"]


def test_a_comment_that_is_not_ascii_is_taken_as_a_real_cluster_takes_it(ansible: Ansible) -> None:
    """A rule's is refused, a resource's comes back as its bytes and so is written each time."""
    home = {"type": "node-affinity", "resources": ["vm:121"], "nodes": ["phum01"]}
    korean = {"comment": "앤서블"}
    results = ansible.play(
        rule("home", **home, **korean),
        resource("vm:102", **korean),
        resource("vm:102", **korean),
        resource("vm:102", "absent"),
    )
    assert results[0]["failed"]
    assert "Wide character" in results[0]["msg"]
    assert changed(results[1:]) == [True, True, True]


def test_a_disabled_rule_is_not_enabled_by_saying_that_it_is_not_disabled(
    ansible: Ansible,
) -> None:
    """As on Proxmox VE: `disable=0` says nothing there, and the module knows no other way."""
    pair = {"type": "resource-affinity", "affinity": "negative", "resources": "vm:100,vm:121"}
    results = ansible.play(
        rule("off", **pair, disable=True),
        rule("off", **pair, disable=False),
        rule("off", **pair, disable=False),
        rule("off", "absent"),
    )
    assert changed(results) == [True, True, True, True]


def test_groups_are_told_to_have_become_rules(ansible: Ansible) -> None:
    results = ansible.play(group("old", nodes=["phum01"]), group("old", "absent"))
    assert [result["failed"] for result in results] == [True, True]
    words = "cannot index groups: ha groups have been migrated to rules"
    assert all(words in result["msg"] for result in results)


@pytest.fixture
def with_groups(tmp_path: Path) -> Iterator[Ansible]:
    """Serve a cluster whose groups cannot become rules yet, since one of its nodes is off."""
    python = Path(VIRTON).with_name("python")
    script = Path(__file__).with_name("cluster_with_groups.py")
    home = tmp_path / "home"
    subprocess.run([python, script, home / ".local/share/virton"], check=True)
    with served(home) as cluster:
        yield Ansible(cluster, tmp_path)


def test_groups_are_created_changed_once_and_removed_while_there_are_groups(
    with_groups: Ansible,
) -> None:
    first = {"nodes": ["phum01:2", "phum03:1"], "comment": "by Ansible"}
    second = {**first, "nodes": ["phum01:1"], "restricted": True, "nofailback": True}
    member = {"comment": "in a group", "group": "old"}
    results = with_groups.play(
        group("old", **first),
        group("old", **first),
        group("old", **second),
        group("old", **second),
        resource("vm:101", **member),
        resource("vm:101", **member),
        resource("vm:101", "absent"),
        group("old", "absent"),
        group("old", "absent"),
    )
    assert changed(results) == [True, False, True, False, True, False, True, True, False]


def test_other_modules_read_what_there_is(ansible: Ansible) -> None:
    nodes, guests, tasks, domains = ansible.play(
        {f"{MODULES}node_info": {}},
        {f"{MODULES}vm_info": {"name": "web01", "config": "current"}},
        {f"{MODULES}tasks_info": {"node": "phum01"}},
        {f"{MODULES}domain_info": {}},
    )
    assert [node["status"] for node in nodes["proxmox_nodes"]] == ["online"] * 3
    assert guests["proxmox_vms"][0]["config"]["name"] == "web01"
    assert not tasks.get("failed")
    assert {domain["realm"] for domain in domains["proxmox_domains"]} == {"pam", "pve"}


def test_a_guest_is_started_and_stopped(ansible: Ansible) -> None:
    guest = {"vmid": 110, "node": "phum02"}
    results = ansible.play(
        {f"{MODULES}kvm": {**guest, "state": "started"}},
        {f"{MODULES}kvm": {**guest, "state": "started"}},
        {f"{MODULES}kvm": {**guest, "state": "stopped", "force": True}},
    )
    assert changed(results) == [True, False, True]


def test_users_and_their_permissions_are_managed(ansible: Ansible) -> None:
    auditor = {"path": "/", "type": "user", "ugid": "ann@pve", "roleid": "PVEAuditor"}
    results = ansible.play(
        {f"{MODULES}user": {"userid": "ann@pve", "comment": "watches"}},
        {f"{MODULES}user": {"userid": "ann@pve", "comment": "watches"}},
        {f"{MODULES}access_acl": {"state": "present", **auditor}},
        {f"{MODULES}access_acl": {"state": "present", **auditor}},
        {f"{MODULES}user_info": {"userid": "ann@pve"}},
        {f"{MODULES}user": {"userid": "ann@pve", "state": "absent"}},
    )
    assert changed(results) == [True, False, True, False, False, True]


def test_the_inventory_lists_nodes_and_guests(ansible: Ansible, cluster: Served) -> None:
    inventory = ansible.folder / "cluster.proxmox.yml"
    settings = {
        "plugin": "community.proxmox.proxmox",
        "url": cluster.url,
        "user": "root@pam",
        "password": "{{ lookup('env', 'PROXMOX_PASSWORD') }}",
        "validate_certs": True,
        "want_facts": True,
    }
    inventory.write_text(json.dumps(settings))
    listed = json.loads(ansible.run("ansible-inventory", "-i", str(inventory), "--list"))
    assert listed["proxmox_nodes"]["hosts"] == ["phum01", "phum02", "phum03"]
    assert {"LOTCES-WIN", "web01"} <= set(listed["proxmox_all_qemu"]["hosts"])
