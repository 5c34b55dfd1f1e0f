"""Embedded clusters of any size, to see how the API grows with them."""

from virton.embedded import seed
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.inventory import config_path
from virton.embedded.live import LiveWorld
from virton.embedded.pmxcfs import ClusterFiles
from virton.ha.dialect import dialect_of
from virton.simulation.value import HostValue

_VERSION = "9.1.6"
_STARTED_AT_S = 1_800_000_000


def large_cluster(resources: int, nodes: int = 32, rules: int = 500) -> EmbeddedCluster:
    """Return a cluster whose resources run, spread over the nodes, with rules for some of them."""
    names = [f"node{number:02}" for number in range(1, nodes + 1)]
    vmids = range(100, 100 + resources)
    where = {vmid: names[vmid % nodes] for vmid in vmids}
    texts = {
        config_path(node, "qemu", vmid): seed.guest_config(vmid, "qemu", f"vm{vmid}", 1, 512)
        for vmid, node in where.items()
    }
    texts["ha/resources.cfg"] = "".join(f"vm: {vmid}\n\tstate started\n\n" for vmid in vmids)
    texts["ha/rules.cfg"] = "".join(_rules(list(vmids), where, min(rules, resources // 3)))
    hosts = tuple(
        HostValue(
            name,
            power=True,
            network=True,
            cores=64.0,
            memory_bytes=512 << 30,
            version=_VERSION,
            running=frozenset(f"vm:{vmid}" for vmid in vmids if where[vmid] == name),
        )
        for name in names
    )
    files = ClusterFiles(texts)
    world = LiveWorld(files, hosts, _STARTED_AT_S, dialect_of(_VERSION))
    world.step(40)
    return EmbeddedCluster(files, world, world, version=_VERSION)


def _rules(vmids: list[int], where: dict[int, str], count: int) -> list[str]:
    """Return so many rules, half of them of each type, none in the way of another."""
    apart = [vmids[3 * number : 3 * number + 3] for number in range(count // 2)]
    homes = vmids[::-1][: count - len(apart)]
    return [
        *(
            f"resource-affinity: apart{number}\n\taffinity negative\n\tresources "
            f"{','.join(f'vm:{vmid}' for vmid in group)}\n\n"
            for number, group in enumerate(apart)
        ),
        *(
            f"node-affinity: home{vmid}\n\tnodes {where[vmid]}\n\tresources vm:{vmid}\n\n"
            for vmid in homes
        ),
    ]
