"""The fence clock: how long until a lost node is fenced and its guests run again, by the model.

The model plays on from where the cluster stands. What it said before still holds where it says
less later: a range only ever gets narrower.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from virton.console.clock import Clock
from virton.console.page.cluster import clock_told
from virton.console.watch.arrivals import lost_nodes
from virton.console.watch.readings import Readings

ASKED_AGAIN_S = 10.0
PHASES = frozenset({"fence", "fenced", "master"})
LOST = frozenset({"cannot_start", "not_placed", "no_quorum"})

Json = dict[str, Any]
Span = tuple[float, float]


@dataclass(slots=True)
class LostNode:
    """What is expected of one lost node: by step, between when, in the cluster's time.

    `stuck` are the resources on it that come back nowhere.
    """

    steps: dict[str, Span] = field(default_factory=dict)
    stuck: tuple[str, ...] = ()

    def hear(self, steps: Mapping[str, Span]) -> None:
        """Take in what the model says now; a step that it tells no more has been taken."""
        self.steps = {what: _narrowed(self.steps.get(what), span) for what, span in steps.items()}

    def to_json(self) -> Json:
        """Return the steps, and who comes back nowhere."""
        told: Json = {what: list(span) for what, span in sorted(self.steps.items())}
        return told | ({"stuck": list(self.stuck)} if self.stuck else {})


class FenceClock:
    """Asks the model while nodes are lost, and no more often than is worth it."""

    def __init__(
        self,
        clock: Clock,
        readings: Callable[[], Readings],
        course: Callable[[], Awaitable[Json]],
    ) -> None:
        self._clock = clock
        self._readings = readings
        self._course = course
        self._nodes: dict[str, LostNode] = {}
        self._asked: tuple[float, object] | None = None
        self._asking = asyncio.Lock()

    async def told(self) -> Json:
        """Return what is expected of every lost node."""
        async with self._asking:
            readings = self._readings()
            lost = lost_nodes(readings)
            self._nodes = {node: self._nodes.get(node, LostNode()) for node in sorted(lost)}
            if lost and self._is_due(readings):
                await self._look(readings)
            return {"nodes": {node: one.to_json() for node, one in self._nodes.items()}}

    def _is_due(self, readings: Readings) -> bool:
        if self._asked is None:
            return True
        at, stood = self._asked
        return stood != _standing(readings) or self._clock.monotonic() - at >= ASKED_AGAIN_S

    async def _look(self, readings: Readings) -> None:
        now = clock_told(readings, self._clock.time()).now
        self._asked = (self._clock.monotonic(), _standing(readings))
        if now is None:
            return
        told = await self._course()
        for node, one in self._nodes.items():
            on = _on(readings, node)
            one.hear(_steps(told, node, now, on))
            fates = told["resources"].items()
            one.stuck = tuple(sorted(s for s, row in fates if s in on and row["verdict"] in LOST))


def _standing(readings: Readings) -> object:
    """Return on what the model's answer depends, but for the time."""
    manager = readings.status.data.manager
    services = {sid: (one.state, one.node) for sid, one in manager.services.items()}
    return dict(manager.node_states), manager.master_node, services


def _on(readings: Readings, node: str) -> frozenset[str]:
    services = readings.status.data.manager.services
    return frozenset(sid for sid, one in services.items() if one.node == node)


def _steps(told: Json, node: str, now: float, guests: frozenset[str]) -> dict[str, Span]:
    steps: dict[str, Span] = {}
    for phase in told.get("phases", ()):
        what = phase["what"]
        if what in PHASES and phase.get("node", node) == node:
            steps[what] = _at(phase["at_s"], now)
    spans = [row.get("after_s") for sid, row in told["resources"].items() if sid in guests]
    if again := _hull(span for span in spans if span is not None):
        steps["again"] = _at(again, now)
    return steps


def _at(span: Iterable[float], now: float) -> Span:
    from_s, to_s = span
    return now + from_s, now + to_s


def _hull(spans: Iterable[Iterable[float]]) -> Span | None:
    """Return the range in which all of them lie."""
    pairs = [tuple(span) for span in spans]
    if not pairs:
        return None
    return min(pair[0] for pair in pairs), max(pair[1] for pair in pairs)


def _narrowed(before: Span | None, now: Span) -> Span:
    if before is None:
        return now
    both = max(before[0], now[0]), min(before[1], now[1])
    return both if both[0] <= both[1] else now
