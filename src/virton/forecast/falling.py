"""How a cluster falls apart, and what its nodes do about it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from virton.forecast.question import Loss
from virton.forecast.situation import Situation
from virton.forecast.staging import holds_lock
from virton.forecast.votes import majority
from virton.ha.lrm_duty import duty
from virton.ha.states import RequestState


@dataclass(frozen=True, slots=True)
class Falling:
    """How the cluster falls apart: who is left with quorum, who is gone, who resets itself."""

    left: frozenset[str]
    gone: frozenset[str]
    resets: tuple[str, ...]

    @property
    def quorate(self) -> bool:
        """Tell whether any part has quorum."""
        return bool(self.left)


def falling(
    situation: Situation, losses: Sequence[Loss], split: Iterable[frozenset[str]]
) -> Falling:
    """Return what is left of the cluster once nodes are lost and the network is split."""
    dead = frozenset(loss.node for loss in losses if not loss.cut)
    alone = [frozenset({loss.node}) for loss in losses if loss.cut]
    cut = frozenset[str]().union(*alone)
    there = situation.online - dead
    parts = [part & there - cut for part in split] or [there - cut]
    left = majority(situation, [*parts, *alone], cut)
    away = there - left
    resets = tuple(sorted(node for node in away if is_armed(situation, node)))
    return Falling(
        left,
        (situation.online & dead) | frozenset(resets) | (away if left else frozenset()),
        resets,
    )


def is_armed(situation: Situation, node: str) -> bool:
    """Tell whether a node's watchdog resets it when it loses quorum: its LRM holds its lock.

    One that still waits for its lock has it soon; the watchdog of one that is silent is not open,
    or it would have fired. A master without resources only lets go of its lock.
    """
    if situation.is_silent(node, "lrm"):
        return False
    return duty(situation.manager, node).active_count > 0 or holds_lock(situation, node)


def outside(situation: Situation, gone: Iterable[str]) -> tuple[str, ...]:
    """Return the guests that run on these nodes and that nobody brings back."""
    lost = frozenset(gone)
    there = (s for s, g in situation.guests.items() if g.running and g.node in lost)
    return tuple(sorted(sid for sid in there if not _looked_after(situation, sid)))


def _looked_after(situation: Situation, sid: str) -> bool:
    config = situation.resources.get(sid)
    return config is not None and config.state is not RequestState.IGNORED
