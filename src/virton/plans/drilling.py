"""Try one fault in a live cluster: capture, strike, look until it is over, and put it right again."""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from virton.plans.drill import Fault, Tried
from virton.plans.looking import AT_REST, Look, look
from virton.proxmox.errors import ApiFailure

if TYPE_CHECKING:
    from virton.proxmox.api import ClusterApi

LOOK_S = 1.0
RETURN_S = 900
SPOKE_S = 30
_OVER = (*AT_REST, "recovery")


class NotReturnedError(Exception):
    """The cluster did not come back to rest after a fault was put right."""


class Hand(Protocol):
    """Who pulls the plug: the lab, or an operator who is told to."""

    @property
    def name(self) -> str:
        """`lab` or `operator`."""

    async def strike(self, fault: Fault) -> None:
        """Do it to the node."""

    async def mend(self, fault: Fault) -> None:
        """Put it right again."""


@dataclass(frozen=True)
class Watch:
    """How to look at the cluster, wait between two looks, and tell what was seen."""

    api: "ClusterApi"
    pause: Callable[[float], Awaitable[None]]
    tell: Callable[[Look, int], None] = lambda look, after_s: None
    monotonic: Callable[[], float] = time.monotonic


Foreseen = tuple[dict[str, str], int]
"""Which resources of the node are expected back, and how long it is looked on at most."""

Foresee = Callable[[dict[str, Any], Fault], Awaitable[Foreseen]]


async def try_out(watch: Watch, hand: Hand, fault: Fault, foresee: Foresee) -> Tried:
    """Try a fault; raises ApiFailure where the cluster cannot be captured before."""
    from virton.proxmox.capture import take_capture

    document: dict[str, Any] = json.loads(await take_capture(watch.api))
    clock = _clock(document, fault)
    expected, longest_s = await foresee(document, fault)
    before, began_s = await look(watch.api, clock), watch.monotonic()
    told, last = [before.since(None)], before
    await hand.strike(fault)
    # an operator may take his time; and a cluster that loses a node may answer late
    struck_s = before.at_s + round(watch.monotonic() - began_s)
    while True:
        seen = await _look(watch, clock)
        if seen is not None:
            change = seen.since(last)
            if len(change) > 1 or not told:
                # the moment up to which nothing had changed bounds what is measured
                told += [{"at_s": last.at_s}] if told[-1]["at_s"] != last.at_s else []
                told.append(change)
            last = seen
            watch.tell(seen, seen.at_s - struck_s)
            if _is_over(seen, fault, expected) or seen.at_s - struck_s > longest_s:
                break
        await watch.pause(LOOK_S)
    if told[-1]["at_s"] != last.at_s:
        told.append({"at_s": last.at_s})
    await hand.mend(fault)
    await _returned(watch, clock, fault)
    return Tried(fault, hand.name, struck_s, document, tuple(told))


def _clock(document: dict[str, Any], fault: Fault) -> str:
    """Return a node whose clock is asked: one that stays."""
    online = [n for n, row in sorted(document["nodes"].items()) if row.get("online", True)]
    return next((node for node in online if node != fault.node), fault.node)


async def _look(watch: Watch, clock: str) -> Look | None:
    """Look; None while the cluster does not answer, as it may for a moment."""
    try:
        return await look(watch.api, clock)
    except ApiFailure:
        return None


def _is_over(seen: Look, fault: Fault, expected: dict[str, str]) -> bool:
    """Tell whether everything runs again that is expected to, and nothing else is under way."""
    if seen.nodes.get(fault.node) == "online":
        return False
    back = all(seen.running.get(sid) not in (None, fault.node) for sid in expected)
    waits = any(s == "started" and node == fault.node for s, node in seen.services.values())
    return back and not waits and all(state in _OVER for state, _ in seen.services.values())


async def _returned(watch: Watch, clock: str, fault: Fault) -> None:
    """Wait until the node is back and everything is at rest, for the next fault or for good."""
    waited_s = 0.0
    while waited_s < RETURN_S:
        seen = await _look(watch, clock)
        if seen is not None and seen.nodes.get(fault.node) == "online":
            states = {state for state, _ in seen.services.values()}
            at_rest = states.issubset(AT_REST)
            if at_rest and await _speaks(watch, fault.node, seen.at_s):
                return
        await watch.pause(LOOK_S)
        waited_s += LOOK_S
    raise NotReturnedError(fault.node)


async def _speaks(watch: Watch, node: str, now_s: int) -> bool:
    """Tell whether a node's LRM is at work again: until then nothing can start there."""
    try:
        lrm = (await watch.api.manager_status()).lrms.get(node)
    except ApiFailure:
        return False
    return lrm is not None and (lrm.timestamp or 0) > now_s - SPOKE_S
