"""What the embedded cluster's world costs: at rest, with a node lost, copied, kept and begun again."""

import json
import math
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.scale import cluster
from virton.embedded.demo import Demo
from virton.embedded.pmxcfs import ClusterFiles
from virton.embedded.running import RunningCluster
from virton.embedded.seed import DATACENTER
from virton.embedded.store import FileStore
from virton.simulation.captures import read_capture, write_capture
from virton.simulation.freezing import freeze, thaw
from virton.simulation.scenario import run_scenario, scenario_from

SIZES = ((500, 32, 500), (2000, 32, 500), (5000, 32, 500))
COPIED = (1000, 16, 300)
NOW_S = 1_800_000_000
TICKS_A_MINUTE, TICK_S, SPEED = 4, 0.25, 60
MOST_S_AT_REST = 0.4


def cpu_s(work: Callable[[], object], times: int = 1) -> float:
    """Return the least CPU seconds that some work took."""
    took = []
    for _ in range(times):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return min(took)


def minutes(running: RunningCluster, count: int = 1) -> None:
    """Let simulated minutes pass at sixty times the speed."""
    for _ in range(count * TICKS_A_MINUTE):
        running.world.elapse(TICK_S)


def measure(resources: int, nodes: int, rules: int) -> dict[str, float]:
    """Return the CPU seconds of a minute at rest, of five in which a node is lost, of a start.

    A minute at rest is measured without figures and with those of the static scheduler.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = ClusterFiles(store=FileStore(Path(folder) / "cluster.sqlite"))
        running = RunningCluster(files, None, NOW_S, demo=Demo(nodes, resources, rules))
        running.world.step(120)
        running.world.set_speed(SPEED)
        rest_s = cpu_s(lambda: minutes(running), 5)
        files.write(DATACENTER, "crs: ha=static\n")
        minutes(running)
        static_s = cpu_s(lambda: minutes(running), 5)
        files.write(DATACENTER, "")
        running.world.set_power(f"node{nodes:02}", False)
        lost_s = cpu_s(lambda: minutes(running, 5))
        texts = {path: files.read(path) for path in files.paths()}
        start_s = cpu_s(lambda: RunningCluster(ClusterFiles(texts), None, NOW_S + 3600), 3)
    return {
        "a minute at rest": rest_s,
        "that, static": static_s,
        "a node lost": lost_s,
        "a restart": start_s,
    }


def copies() -> dict[str, float]:
    """Return the CPU seconds of a copy in memory, and of one through its bytes."""
    simulation = run_scenario(scenario_from(cluster(*COPIED), "bench"), lambda record: None, 200)
    value = freeze(simulation)

    def through_bytes() -> None:
        thaw(read_capture(json.loads(write_capture(value, "bench")))[1], lambda record: None)

    copied_s = cpu_s(lambda: thaw(freeze(simulation), lambda record: None), 9)
    return {"in memory": copied_s, "through bytes": cpu_s(through_bytes, 3)}


def main() -> None:
    """Measure all sizes; print the table, the growth exponents and the copies."""
    rows = {size: measure(*size) for size in SIZES}
    names = list(rows[SIZES[0]])
    table = Table("resources", "nodes", "rules", *(f"{name}, CPU ms" for name in names))
    for (resources, nodes, rules), row in rows.items():
        figures = [f"{row[name] * 1000:.0f}" for name in names]
        table.add_row(str(resources), str(nodes), str(rules), *figures)
    console = Console()
    console.print(table)
    few, many = rows[SIZES[0]], rows[SIZES[-1]]
    for name in names:
        exponent = math.log(many[name] / few[name]) / math.log(SIZES[-1][0] / SIZES[0][0])
        console.print(f"growth exponent of {name}: {exponent:.2f}")
    rest_s = many[names[0]]
    console.print(
        f"a minute at rest at 5000: {rest_s * 1000:.0f} of {MOST_S_AT_REST * 1000:.0f} ms"
    )
    for name, copied_s in copies().items():
        console.print(f"a copy of 1000 resources on 16 nodes {name}: {copied_s * 1000:.1f} ms")
