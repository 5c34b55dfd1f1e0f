"""The running world as a value in files beside those of the cluster; the API does not show them.

It is written in the transaction of what happened, so that a process killed at any moment leaves
files and world as they were together. What is large and seldom changes stands in files of its own.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from virton.embedded.pmxcfs import ClusterFiles
from virton.embedded.shared_files import SharedFiles
from virton.ha.manager.manager import RulesMemory
from virton.ha.model import Instant
from virton.ha.workers import WorkersMemory
from virton.simulation.encoding import EncodingError, Pool, decode, decode_pool, encode, encode_pool
from virton.simulation.value import (
    HostValue,
    LockValue,
    PacedClockValue,
    TimedGuestsValue,
    WorldValue,
)

FORM = 2
_LEEWAY_S = 60
_MOST_AHEAD_S = 90 * 86_400
log = logging.getLogger(__name__)
_NOW = "virton/world/now"
_ON = "virton/world/on/"
_RULES = "virton/world/rules/"
_SINCE = "virton/world/since"
_FORMER = "virton/world"


@dataclass(frozen=True, slots=True)
class Kept:
    """A world as it is kept.

    `ahead_s` is how far its time runs before that of the machine, by speed and steps. `since` tells
    since when each guest runs. One that does not go `on` is an older version's: its daemons start.
    """

    world: WorldValue
    ahead_s: float = 0.0
    since: Mapping[str, Instant] = field(default_factory=dict)
    goes_on: bool = True


@dataclass(frozen=True, slots=True)
class _OnHost:
    """What a host's value holds that is large: the guests that run, and what its LRM knows of them."""

    running: frozenset[str] = frozenset()
    workers: WorkersMemory = field(default_factory=WorkersMemory)


class WorldMemory:
    """Keeps the world, and gives it back."""

    def __init__(self, files: ClusterFiles, shared: SharedFiles) -> None:
        self._files = files
        self._shared = shared
        # what each file was written from, and the version that it had then: an undone change is seen
        self._written: dict[str, tuple[Any, int]] = {}

    # write

    def keep(self, kept: Kept) -> None:
        """Keep a world as it is now; only what changed is written."""
        value = kept.world
        for host in value.hosts:
            workers = WorkersMemory() if host.lrm is None else host.lrm.workers
            self._write(_ON + host.name, _OnHost(host.running, workers), _on_json)
            manager = None if host.crm is None else host.crm.manager
            self._write(_RULES + host.name, None if manager is None else manager.rules, _rules_json)
        self._write(_SINCE, kept.since, dict)
        pool = self._pool()
        world = encode(replace(value, hosts=tuple(map(_light, value.hosts))), WorldValue, pool)
        data = {"form": FORM, "ahead_s": round(kept.ahead_s, 3), "world": world}
        self._files.write_json(_NOW, data | {"pool": encode_pool(pool)})
        self._files.remove(_FORMER)

    def _pool(self, by_s: int = 0) -> Pool:
        """Return a pool with what the cluster's own files hold, which the daemons alone write."""
        status = self._shared.manager_status
        return Pool.beside(status.service_status, status, by_s=by_s)

    def _write(self, path: str, value: Any, to_json: Callable[[Any], dict[str, Any]]) -> None:
        """Write a file unless it holds the value already; None removes it."""
        known = self._written.get(path)
        if known is not None and known[1] == self._files.version(path) and known[0] == value:
            return
        if value is None:
            self._files.remove(path)
        else:
            self._files.write_json(path, to_json(value))
        self._written[path] = (value, self._files.version(path))

    # read

    def recall(self, hosts: tuple[HostValue, ...], wall_s: int) -> Kept | None:
        """Return the world that was kept, None if there is none.

        Its time is moved on, as the machine's went on meanwhile: to `wall_s` and as far ahead of it
        as it was. All its instants move with it, and nothing in it notices. `hosts` are those of a
        world that an older version kept. Raises EncodingError where the files are damaged.
        """
        data = self._files.read_json(_NOW)
        if not data:
            former = self._files.read_json(_FORMER)
            return _former(former, hosts, wall_s) if former else None
        if data.get("form") != FORM:
            raise EncodingError(
                f"the world is kept in a form that is not known: {data.get('form')}"
            )
        by_s = wall_s + max(0, round(data["ahead_s"])) - data["world"]["now_s"]
        if by_s < -_LEEWAY_S:
            log.warning(
                "the machine's clock is %d s behind what it was when the cluster last ran; "
                "the cluster's time goes back with it",
                -by_s,
            )
        self._shared.move_in_time(by_s)
        pool = decode_pool(data["pool"], self._pool(by_s))
        world = decode(data["world"], WorldValue, pool)
        since = {sid: at_s + by_s for sid, at_s in self._files.read_json(_SINCE).items()}
        whole = tuple(self._whole(host, by_s) for host in world.hosts)
        return Kept(replace(world, hosts=whole), data["ahead_s"], since)

    def _whole(self, host: HostValue, by_s: int) -> HostValue:
        """Return a host with what is kept of it in files of its own."""
        on = decode(self._files.read_json(_ON + host.name), _OnHost, Pool(by_s=by_s))
        crm, lrm = host.crm, host.lrm
        if lrm is not None:
            lrm = replace(lrm, workers=on.workers)
        if crm is not None and crm.manager is not None:
            crm = replace(crm, manager=replace(crm.manager, rules=self._rules_of(host.name)))
        return replace(host, running=on.running, lrm=lrm, crm=crm)

    def _rules_of(self, node: str) -> RulesMemory | None:
        data = self._files.read_json(_RULES + node)
        if not data:
            return None
        return decode(data["rules"], RulesMemory, decode_pool(data["pool"], Pool()))


def fresh_world(hosts: tuple[HostValue, ...], now_s: int) -> WorldValue:
    """Return a world in which no daemon runs yet."""
    return WorldValue(
        hosts=tuple(replace(host, booted_s=now_s) for host in hosts),
        guests=TimedGuestsValue(),
        clock=PacedClockValue(),
        now_s=now_s,
        max_workers=4,
        whole=True,
    )


def _on_json(on: _OnHost) -> dict[str, Any]:
    data: dict[str, Any] = encode(on, _OnHost, Pool())
    return data


def _rules_json(rules: RulesMemory) -> dict[str, Any]:
    pool = Pool()
    data = encode(rules, RulesMemory, pool)
    return {"pool": encode_pool(pool), "rules": data}


def _light(host: HostValue) -> HostValue:
    """Return a host without what is kept in files of its own."""
    crm, lrm = host.crm, host.lrm
    if crm is not None and crm.manager is not None:
        crm = replace(crm, manager=replace(crm.manager, rules=None))
    if lrm is not None:
        lrm = replace(lrm, workers=WorkersMemory())
    return replace(host, running=frozenset(), crm=crm, lrm=lrm)


def _former(data: dict[str, Any], hosts: tuple[HostValue, ...], wall_s: int) -> Kept:
    """Read what older versions kept: switches, guests and locks, and nothing of the daemons."""
    told = data.get("hosts", {})
    locks = {
        name: LockValue(node, at_s) for name, (node, at_s) in sorted(data.get("locks", {}).items())
    }
    guests = TimedGuestsValue(failing_starts=data.get("failing_starts", {}))
    kept_s = data.get("now", 0)
    # Ahead by more was the machine's clock, and not the cluster's time by speed and steps.
    now_s = wall_s if kept_s - wall_s > _MOST_AHEAD_S else max(kept_s, wall_s)
    world = fresh_world(tuple(_former_host(h, told.get(h.name)) for h in hosts), now_s)
    kept = replace(world, locks=locks, guests=guests)
    return Kept(kept, ahead_s=now_s - wall_s, goes_on=False)


def _former_host(host: HostValue, told: dict[str, Any] | None) -> HostValue:
    if told is None:
        return host
    running = frozenset(told["running"])
    return replace(host, power=told["power"], network=told["network"], running=running)
