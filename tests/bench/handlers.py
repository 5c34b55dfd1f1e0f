"""How the embedded cluster's answers grow: every handler at 500, 2,000 and 5,000 resources."""

import math
import time

from rich.console import Console
from rich.table import Table

from tests.embedded.large import large_cluster
from virton.embedded.access.access import Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.dispatch import Request, dispatch
from virton.embedded.endpoints.everything import REGISTRY

SIZES = (500, 2000, 5000)
RUNS = 3
PATHS = (
    "/cluster/resources",
    "/cluster/ha/status/current",
    "/cluster/ha/status/manager_status",
    "/cluster/ha/resources",
    "/cluster/ha/rules",
    "/nodes",
    "/cluster/status",
    "/nodes/node05/qemu",
    "/nodes/node05/qemu/100/migrate",
    "/nodes/node05/qemu/100/status/current",
    "/nodes/node05/storage",
    "/nodes/node05/journal",
)


def answer_ms(cluster: EmbeddedCluster, path: str) -> float:
    """Return the CPU milliseconds of an answer, the least of some runs."""
    return min(_once_ms(cluster, path) for _ in range(RUNS))


def _once_ms(cluster: EmbeddedCluster, path: str) -> float:
    begun = time.process_time()
    dispatch(REGISTRY, cluster, Caller("root@pam"), Request("GET", path))
    return (time.process_time() - begun) * 1000


def main() -> None:
    """Measure every handler at every size, and print the exponents of their growth."""
    clusters = [large_cluster(size) for size in SIZES]
    table = Table("answer (CPU ms)", *(f"{size}" for size in SIZES), "exponent")
    for path in PATHS:
        times = [answer_ms(cluster, path) for cluster in clusters]
        exponent = math.log(times[-1] / times[0]) / math.log(SIZES[-1] / SIZES[0])
        table.add_row(path, *(f"{ms:.1f}" for ms in times), f"{exponent:.2f}")
    Console().print(table)
