"""prometheus-pve-exporter, whose scrapes have to show nodes, guests and their HA states."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families
from proxmoxer import ProxmoxAPI

from tests.clients.conftest import PASSWORD, PATIENCE_S, Served

LISTENING = re.compile(r"Listening at: (http://\S+)")
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(scope="module")
def watcher(cluster: Served) -> Iterator[dict[str, str]]:
    """Add a user who may only read, with a token, as the exporter's manual recommends."""
    api = ProxmoxAPI(
        "127.0.0.1",
        port=cluster.port,
        user="root@pam",
        password=PASSWORD,
        verify_ssl=str(cluster.certificate),
    )
    api.access.users.post(userid="prometheus@pve")
    api.access.acl.put(path="/", users="prometheus@pve", roles="PVEAuditor")
    token = api.access.users("prometheus@pve").token("scrape").post(privsep=0)
    yield {
        "PVE_USER": "prometheus@pve",
        "PVE_TOKEN_NAME": "scrape",
        "PVE_TOKEN_VALUE": token["value"],
    }
    api.access.users("prometheus@pve").delete()


@contextmanager
def exporter(cluster: Served, credentials: dict[str, str]) -> Iterator[str]:
    """Run the exporter until the block ends; give its address."""
    command = [sys.executable, "-m", "pve_exporter", "--web.listen-address", "127.0.0.1:0"]
    environment = {**cluster.environment, **credentials}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        try:
            found = (LISTENING.search(line) for line in process.stderr)
            yield next(match[1] for match in found if match)
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE_S)


@pytest.fixture(scope="module")
def samples(cluster: Served, watcher: dict[str, str]) -> Samples:
    """Return what one scrape shows."""
    with exporter(cluster, watcher) as address:
        answer = requests.get(
            f"{address}/pve", params={"target": f"127.0.0.1:{cluster.port}"}, timeout=PATIENCE_S
        )
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, /, **labels: str) -> float:
    """Return the one sample of a name that has these labels among its own."""
    found = [v for (n, own), v in samples.items() if n == name and labels.items() <= own]
    assert len(found) == 1, f"{name}{labels}: {found}"
    return found[0]


@pytest.mark.parametrize("node", ["phum01", "phum02", "phum03"])
def test_nodes_are_up_and_online(samples: Samples, node: str) -> None:
    assert value(samples, "pve_up", id=f"node/{node}") == 1
    assert value(samples, "pve_ha_state", id=f"node/{node}", state="online") == 1
    assert value(samples, "pve_memory_size_bytes", id=f"node/{node}") > 0


def test_guests_show_their_ha_state(samples: Samples) -> None:
    assert value(samples, "pve_up", id="qemu/100") == 1
    assert value(samples, "pve_ha_state", id="qemu/100", state="started") == 1
    assert value(samples, "pve_ha_state", id="qemu/100", state="error") == 0
    assert value(samples, "pve_guest_info", id="qemu/100", name="LOTCES-WIN", node="phum03") == 1


def test_guests_outside_ha_have_none(samples: Samples) -> None:
    states = [
        v for (n, own), v in samples.items() if n == "pve_ha_state" and ("id", "qemu/101") in own
    ]
    assert states
    assert not any(states)


def test_the_cluster_is_quorate_and_tells_its_version(samples: Samples) -> None:
    assert value(samples, "pve_cluster_info", quorate="1") == 1
    assert value(samples, "pve_version_info", release="9.1") == 1


def test_the_collectors_of_single_nodes_are_answered(samples: Samples) -> None:
    node = {"id": "node/phum01"}
    assert value(samples, "pve_subscription_status", **node, status="notfound") == 1
