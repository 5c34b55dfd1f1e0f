"""How the HA model grows: families of clusters from 500 to 5000 resources."""

import json
import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from virton.ha.crm import Crm
from virton.ha.events import Record
from virton.ha.manager.manager import Manager
from virton.ha.states import RequestState
from virton.simulation.scenario import run_scenario, scenario_from
from virton.simulation.virtual import LOOP_S_PER_NODE, SHORTEST_LOOP_S
from virton.simulation.world import World

PERFORMANCE = Path(__file__).parents[2] / "docs" / "performance.md"
RUNS = 3
SIZES = ((500, 3), (500, 8), (1000, 16), (2000, 3), (2000, 16), (5000, 29))
QUIET_ROUNDS = 20
LOOPS = 40
MOST_WHOLE_MS = 15.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One member of the family: CPU seconds, loops, memory (MiB), and rounds of the manager.

    Those take so many milliseconds: at rest, after one resource's configuration changed, and when
    every resource is looked at.
    """

    resources: int
    nodes: int
    rules: int
    seconds: float
    loops: int
    memory_mib: int
    events: int
    rest_ms: float
    changed_ms: float
    whole_ms: float

    @property
    def loop_ms(self) -> float:
        """The milliseconds of one loop of all daemons, of which every member takes as many."""
        return self.seconds * 1000 / self.loops


def cluster(resources: int, nodes: int, rules: int) -> dict[str, Any]:
    """Return the scenario of one member: all powered on, then the last node is cut off."""
    names = [f"node{number:02}" for number in range(1, nodes + 1)]
    sids = [f"vm:{100 + number}" for number in range(resources)]
    apart = [
        {
            "type": "resource-affinity",
            "id": f"apart{number}",
            "resources": sids[3 * number : 3 * number + 3],
            "affinity": "negative",
        }
        for number in range(rules // 2)
    ]
    prefer = [
        {
            "type": "node-affinity",
            "id": f"prefer{number}",
            "resources": [sids[-1 - number]],
            "nodes": {names[number % nodes]: 1},
        }
        for number in range(rules - len(apart))
    ]
    return {
        "nodes": {name: {"power": "off", "network": "off"} for name in names},
        "resources": {
            sid: {"node": names[number % nodes], "state": "started"}
            for number, sid in enumerate(sids)
        },
        "rules": apart + prefer,
        "commands": [
            [f"power {name} on" for name in names],
            [f"network {names[-1]} off"],
            [f"delay {LOOPS * _loop_s(nodes)}"],
        ],
    }


def family() -> Iterator[tuple[int, int, int]]:
    """Yield resources, nodes and rules of every member."""
    for resources, nodes in SIZES:
        yield resources, nodes, 0
        if nodes > 3:
            yield resources, nodes, resources * 3 // 10


def measure(resources: int, nodes: int, rules: int) -> Measured:
    """Run one member in processes of its own, and take the median of their CPU seconds."""
    runs = sorted(
        (_in_a_process(resources, nodes, rules) for _ in range(RUNS)),
        key=lambda run: run["seconds"],
    )
    middle = runs[len(runs) // 2]
    return Measured(resources, nodes, rules, **middle)


def _in_a_process(resources: int, nodes: int, rules: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.scale", *map(str, (resources, nodes, rules))]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result: dict[str, Any] = json.loads(output)
    return result


def run_one(resources: int, nodes: int, rules: int) -> dict[str, Any]:
    """Run one member here: the scenario, then rounds of the manager with nothing to do."""
    import resource

    records: list[Record] = []
    started = time.process_time()
    scenario = scenario_from(cluster(resources, nodes, rules), "bench")
    world = run_scenario(scenario, records.append, LOOPS * _loop_s(nodes) - 1).world
    seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {
        "seconds": round(seconds, 3),
        "loops": world.now_s // _loop_s(nodes),
        "memory_mib": peak,
        "events": len(records),
        **rounds(world),
    }


def _loop_s(nodes: int) -> int:
    return max(SHORTEST_LOOP_S, LOOP_S_PER_NODE * nodes)


def rounds(world: World) -> dict[str, float]:
    """Measure rounds of the manager in a world at rest."""
    masters = [host.crm for host in world.hosts.values() if host.crm is not None]
    master = next(crm for crm in masters if crm.manager is not None)
    sid = sorted(world.files.resources())[0]

    def changed() -> None:
        state = world.files.resources()[sid].state
        other = state is RequestState.STARTED
        world.files.request(sid, RequestState.STOPPED if other else RequestState.STARTED)

    def forgotten() -> None:
        manager = master.manager
        if manager is not None:
            master.manager = Manager(manager.node, replace(manager.memory(), agenda=None))

    return {
        "rest_ms": _round_ms(master, lambda: None),
        "changed_ms": _round_ms(master, changed),
        "whole_ms": _round_ms(master, forgotten),
    }


def _round_ms(master: Crm, prepare: Callable[[], None]) -> float:
    seconds = []
    for _ in range(QUIET_ROUNDS):
        prepare()
        started = time.process_time()
        master.round()
        seconds.append(time.process_time() - started)
    return round(min(seconds) * 1000, 2)


def growth(few: Measured, many: Measured) -> float:
    """Return the exponent with which a loop's CPU time grows in the number of resources."""
    return math.log(many.loop_ms / few.loop_ms) / math.log(many.resources / few.resources)


def main() -> None:
    """Measure the whole family, print the table, and keep it in docs/performance.md."""
    rows = []
    for member in family():
        rows.append(measure(*member))
        print(f"{member[0]} resources on {member[1]} nodes, {member[2]} rules: done", flush=True)
    exponents = _exponents(rows)
    _show(rows, exponents)
    _, mark, kept = PERFORMANCE.read_text(encoding="utf-8").partition("\n## ")
    PERFORMANCE.write_text(_page(rows, exponents) + mark + kept, encoding="utf-8")


def _exponents(rows: list[Measured]) -> Mapping[str, float]:
    plain = [row for row in rows if not row.rules]
    ruled = [row for row in rows if row.rules]
    small = [row for row in plain if row.nodes == 3]
    return {
        "without rules, 500 on 8 to 5000 on 29 nodes": growth(plain[1], plain[-1]),
        "with rules, 500 on 8 to 5000 on 29 nodes": growth(ruled[0], ruled[-1]),
        "on 3 nodes, 500 to 2000": growth(small[0], small[-1]),
    }


def _cells(row: Measured) -> list[str]:
    return [
        str(row.resources),
        str(row.nodes),
        str(row.rules),
        f"{row.seconds:.2f}",
        str(row.loops),
        f"{row.loop_ms:.1f}",
        str(row.memory_mib),
        str(row.events),
        f"{row.rest_ms:.1f}",
        f"{row.changed_ms:.1f}",
        f"{row.whole_ms:.1f}",
    ]


_HEADS = (
    "resources",
    "nodes",
    "rules",
    "CPU s",
    "loops",
    "a loop ms",
    "memory MiB",
    "events",
    "round at rest ms",
    "one changed ms",
    "all looked at ms",
)


def _show(rows: list[Measured], exponents: Mapping[str, float]) -> None:
    table = Table(*_HEADS)
    for row in rows:
        table.add_row(*_cells(row))
    console = Console()
    console.print(table)
    for what, exponent in exponents.items():
        console.print(f"growth exponent {what}: {exponent:.2f}")
    for row in rows:
        if row.resources == SIZES[-1][0]:
            rules = f"with {row.rules} rules" if row.rules else "without rules"
            took = f"{row.whole_ms:.1f} of {MOST_WHOLE_MS:.0f} ms"
            console.print(f"all {row.resources} looked at, {rules}: {took}")


def _page(rows: list[Measured], exponents: Mapping[str, float]) -> str:
    lines = [
        "# Performance of the HA model",
        "",
        f"Measured by `make bench` on {datetime.now(UTC).date().isoformat()}: {os.cpu_count()} cores, "
        f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}. "
        f"CPU seconds are the median of {RUNS} processes; the machine is shared, so read the growth "
        "and the ratios rather than the seconds.",
        "",
        "A member of the family powers all nodes on, starts all resources, loses its last node, "
        "fences it and recovers what was there. A loop is one round of every CRM and LRM; every "
        f"member plays {LOOPS} of them, so that like is compared with like. The last columns are rounds of the manager, the quickest of "
        f"{QUIET_ROUNDS} each: at rest, after the "
        "configuration of one resource changed, and when it has to look at every resource.",
        "",
        "| " + " | ".join(_HEADS) + " |",
        "| " + " | ".join("---:" for _ in _HEADS) + " |",
        *("| " + " | ".join(_cells(row)) + " |" for row in rows),
        "",
        *(f"- Growth exponent {what}: **{value:.2f}**" for what, value in exponents.items()),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) == 4:
        print(json.dumps(run_one(*map(int, sys.argv[1:]))))
    else:
        main()
