"""An embedded cluster in memory to which things are done at random, with restarts or without."""

import json
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

from tests.embedded.living import STARTED_AT_S
from virton.embedded.pmxcfs import ClusterFiles
from virton.embedded.running import RunningCluster
from virton.ha.events import Record

Deed = Callable[[RunningCluster], None]

DEEDS: tuple[Deed, ...] = (
    lambda c: c.world.set_network("phum03", False),
    lambda c: c.world.set_network("phum03", True),
    lambda c: c.world.set_network("phum01", False),
    lambda c: c.world.set_network("phum01", True),
    lambda c: c.world.set_power("phum02", False),
    lambda c: c.world.set_power("phum02", True),
    lambda c: c.world.set_power("phum01", True),
    lambda c: c.world.set_power("phum03", True),
    lambda c: c.world.crash("vm:121"),
    lambda c: c.world.fail_starts("vm:121", 3),
    lambda c: _queue(c, "migrate vm:100 phum01"),
    lambda c: _queue(c, "relocate vm:999 phum02"),
    lambda c: _queue(c, "enable-node-maintenance phum01"),
    lambda c: _queue(c, "disable-node-maintenance phum01"),
    lambda c: _queue(c, "disarm-ha freeze"),
    lambda c: _queue(c, "arm-ha"),
)


def _queue(cluster: RunningCluster, command: str) -> None:
    cluster.cluster.files.append("ha/crm_commands", f"{command}\n")


class Course:
    """A cluster in memory that is done to, and may be restarted."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.wall_s = STARTED_AT_S
        self.moved_s = 0
        self.files = ClusterFiles()
        self.cluster = self._start()

    def _start(self) -> RunningCluster:
        cluster = RunningCluster(self.files, None, self.wall_s)
        cluster.world.listeners.append(self._hear)
        return cluster

    def _hear(self, record: Record) -> None:
        time_s, *what = record.to_json()
        self.told.append(json.dumps([time_s - self.moved_s, *what]))

    def restart(self, after_s: int = 0) -> None:
        """Kill the process, and start another one on what the first had written."""
        self.wall_s += after_s
        self.moved_s += after_s
        texts = {path: self.files.read(path) for path in self.files.paths()}
        self.files = ClusterFiles(texts)
        self.cluster = self._start()

    def pass_unkept(self, seconds: int) -> None:
        """Let time pass, and keep nothing: no restart may follow."""
        self.cluster.world.clock.step(seconds)

    def most_nodes_of_a_guest(self) -> int:
        """Return on how many nodes a guest runs at most."""
        hosts = self.cluster.world.hosts.values()
        return max(Counter(sid for host in hosts for sid in host.running).values(), default=0)


def play(seed: int, *, restarts: bool, seconds: int = 900) -> Course:
    """Do things to a cluster at random, the same for the same seed, with or without restarts.

    Without any nothing is kept: that it is kept after each second changes nothing either.
    """
    course, draw, other = Course(), Random(seed), Random(seed + 1)  # noqa: S311 (repeatable)
    for second in range(seconds):
        if second < seconds // 2 and draw.random() < 0.02:
            draw.choice(DEEDS)(course.cluster)
        if restarts and other.random() < 0.05:
            course.restart(after_s=other.choice((0, 0, 7, 3600)))
        if restarts:
            course.cluster.world.step(1)
        else:
            course.pass_unkept(1)
        assert course.most_nodes_of_a_guest() <= 1, f"at {second}"
    return course
