"""Try one fault in a live cluster: capture, strike, look until it is over, and put it right again."""

import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from virton.plans.drill import Fault, Tried, read_tried
from virton.plans.fields import Fields
from virton.plans.looking import AT_REST, Look, look, looks
from virton.proxmox.errors import ApiFailure

if TYPE_CHECKING:
    from virton.plans.drill_keeper import UnderWay
    from virton.proxmox.api import ClusterApi

LOOK_S = 1.0
RETURN_S = 900
SPOKE_S = 30
_OVER = (*AT_REST, "recovery")


class NotReturnedError(Exception):
    """The cluster did not come back to rest after a fault was put right."""


class LostMomentError(Exception):
    """It is not known when a fault was done: nobody looked when it was."""


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


Keep = Callable[["Trying"], None]
"""Keeps how far a fault has come, so that it can be gone on with."""


class Phase(StrEnum):
    """How far a fault has come: about to be done, done, or over and to be put right."""

    WAITS = "waits"
    STRUCK = "struck"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Trying:
    """A fault that is being tried: everything that is needed to go on with it after a restart."""

    fault: Fault
    by: str
    phase: Phase
    capture: Mapping[str, Any]
    expected: tuple[str, ...]
    longest_s: int
    struck_s: int
    looks: tuple[Mapping[str, Any], ...]

    @property
    def last(self) -> Look:
        """The last look."""
        return [*looks(self.looks)][-1]

    @property
    def tried(self) -> Tried:
        """What a report is made of."""
        return Tried(self.fault, self.by, self.struck_s, self.capture, self.looks)

    def to_json(self) -> dict[str, Any]:
        """Return everything but the capture, to be kept."""
        return {
            "fault": {"how": self.fault.how, "node": self.fault.node},
            "by": self.by,
            "phase": str(self.phase),
            "expected": list(self.expected),
            "longest_s": self.longest_s,
            "struck_s": self.struck_s,
            "looks": list(self.looks),
        }


def read_trying(told: Fields, capture: Mapping[str, Any]) -> Trying:
    """Read a fault that was being tried; raises FieldError."""
    tried = read_tried(told, capture)
    phase, expected = Phase(told.text("phase", among=tuple(Phase))), tuple(told.texts("expected"))
    longest_s = told.count("longest_s")
    return Trying(
        tried.fault, tried.by, phase, capture, expected, longest_s, tried.struck_s, tried.looks
    )


async def try_out(
    watch: Watch,
    hand: Hand,
    fault: Fault,
    foresee: Foresee,
    keep: Keep = lambda trying: None,
    begun: Trying | None = None,
) -> Tried:
    """Try a fault, or go on with one that was begun.

    Raises ApiFailure where the cluster cannot be captured before, NotReturnedError, LostMomentError.
    """
    trying = None if begun is None else await _gone_on(watch, hand, begun)
    if trying is None:
        trying = await _ready(watch, hand, fault, foresee)
        keep(trying)
        began_s = watch.monotonic()
        await hand.strike(fault)
        # an operator may take his time; and a cluster that loses a node may answer late
        struck_s = trying.struck_s + round(watch.monotonic() - began_s)
        trying = replace(trying, phase=Phase.STRUCK, struck_s=struck_s)
    keep(trying)
    if trying.phase is Phase.STRUCK:
        trying = await _watched(watch, trying, keep)
        keep(trying)
    clock = _clock(trying.capture, fault)
    if begun is None or not await _is_back(watch, clock, fault):
        await hand.mend(fault)
    await _returned(watch, clock, fault)
    return trying.tried


async def try_all(
    begun: "UnderWay",
    keep: Callable[["UnderWay"], None],
    watch_of: Callable[[Fault], Watch],
    hand: Hand,
    foresee: Foresee,
) -> "UnderWay":
    """Try what is left of a drill's faults, and keep each step; raises what `try_out` does."""
    for fault in begun.proposal.faults[len(begun.tried) :]:
        at = begun

        def kept(trying: Trying, at: "UnderWay" = at) -> None:
            keep(replace(at, trying=trying))

        tried = await try_out(watch_of(fault), hand, fault, foresee, kept, at.trying)
        begun = at.with_tried(tried)
        keep(begun)
    return begun


async def _ready(watch: Watch, hand: Hand, fault: Fault, foresee: Foresee) -> Trying:
    """Capture the cluster, foresee, and look once more."""
    from virton.proxmox.capture import take_capture

    document: dict[str, Any] = json.loads(await take_capture(watch.api))
    expected, longest_s = await foresee(document, fault)
    before = await look(watch.api, _clock(document, fault))
    told = (before.since(None),)
    back = tuple(sorted(expected))
    return Trying(fault, hand.name, Phase.WAITS, document, back, longest_s, before.at_s, told)


async def _gone_on(watch: Watch, hand: Hand, begun: Trying) -> Trying | None:
    """Return what is gone on with; None where nothing was done yet, and it begins anew."""
    if begun.phase is not Phase.WAITS:
        return begun
    clock = _clock(begun.capture, begun.fault)
    while (seen := await _look(watch, clock)) is None:
        await watch.pause(LOOK_S)
    if seen.online.get(begun.fault.node):
        return None
    if hand.name != "lab":
        raise LostMomentError(begun.fault.node)
    # the lab takes no time: it was done right after the last look
    return replace(begun, phase=Phase.STRUCK)


async def _watched(watch: Watch, trying: Trying, keep: Keep) -> Trying:
    """Look until it is over; each change is kept."""
    told, last, struck_s = list(trying.looks), trying.last, trying.struck_s
    clock = _clock(trying.capture, trying.fault)
    while True:
        seen = await _look(watch, clock)
        if seen is not None:
            change = seen.since(last)
            if len(change) > 1:
                # the moment up to which nothing had changed bounds what is measured
                told += [{"at_s": last.at_s}] if told[-1]["at_s"] != last.at_s else []
                told.append(change)
                keep(replace(trying, looks=tuple(told)))
            last = seen
            watch.tell(seen, seen.at_s - struck_s)
            is_late = seen.at_s - struck_s > trying.longest_s
            if is_late or _is_over(seen, trying.fault, trying.expected):
                break
        await watch.pause(LOOK_S)
    if told[-1]["at_s"] != last.at_s:
        told.append({"at_s": last.at_s})
    return replace(trying, phase=Phase.OVER, looks=tuple(told))


def _clock(document: Mapping[str, Any], fault: Fault) -> str:
    """Return a node whose clock is asked: one that stays."""
    online = [n for n, row in sorted(document["nodes"].items()) if row.get("online", True)]
    return next((node for node in online if node != fault.node), fault.node)


async def _look(watch: Watch, clock: str) -> Look | None:
    """Look; None while the cluster does not answer, as it may for a moment."""
    try:
        return await look(watch.api, clock)
    except ApiFailure:
        return None


def _is_over(seen: Look, fault: Fault, expected: Sequence[str]) -> bool:
    """Tell whether everything runs again that is expected to, and nothing else is under way."""
    if seen.nodes.get(fault.node) == "online":
        return False
    back = all(seen.running.get(sid) not in (None, fault.node) for sid in expected)
    waits = any(s == "started" and node == fault.node for s, node in seen.services.values())
    return back and not waits and all(state in _OVER for state, _ in seen.services.values())


async def _is_back(watch: Watch, clock: str, fault: Fault) -> bool:
    seen = await _look(watch, clock)
    return seen is not None and seen.nodes.get(fault.node) == "online"


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
