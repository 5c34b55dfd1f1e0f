"""What led to what: from a happening back to those before it that brought it about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from virton.story.happenings import Kind

FURTHEST_MS = 3_600_000
"""What happened longer before is not taken for the reason."""

SOON_MS = 600_000
"""What is said of many resources at once is taken for the reason only for so long."""

ROUNDS_MS = 60_000
"""Within so long the manager has taken up whatever was set."""

RESET_MS = 60_000
"""After so long without quorum a node with work of HA has reset itself."""

LONGEST = 4

_RULE = (Kind.RULE_CHANGED, Kind.RULE_ADDED, Kind.RULE_REMOVED)
_NODE_IS_THERE = (Kind.NODE_BACK, Kind.MAINTENANCE_ENDED)
_NODE_IS_AWAY = (Kind.NODE_UNREACHABLE, Kind.NODE_LOST, Kind.NODE_FENCING, Kind.NODE_FENCED)

_ENDED_BY: dict[Kind, tuple[Kind, ...]] = {
    Kind.DISARMED: (Kind.ARMED,),
    Kind.ARMED: (Kind.DISARMED,),
    Kind.MAINTENANCE_BEGUN: (Kind.MAINTENANCE_ENDED,),
    Kind.MAINTENANCE_ENDED: (Kind.MAINTENANCE_BEGUN,),
    Kind.NODE_UNREACHABLE: (Kind.NODE_REACHABLE, Kind.NODE_BACK),
    **dict.fromkeys((Kind.NODE_LOST, Kind.NODE_FENCING, Kind.NODE_FENCED), (Kind.NODE_BACK,)),
    Kind.NODE_BACK: _NODE_IS_AWAY,
    Kind.QUORUM_LOST: (Kind.QUORUM_BACK,),
    Kind.GUEST_DOWN: (Kind.RESOURCE_STARTED, Kind.RESOURCE_STOPPED),
    Kind.RESOURCE_FAILED: (Kind.RESOURCE_STARTED, Kind.RESOURCE_STOPPED, Kind.RESOURCE_CLEARED),
    Kind.RESOURCE_RECOVERED: (Kind.RESOURCE_STARTED, Kind.RESOURCE_STOPPED),
    Kind.RESOURCE_MOVED: (Kind.RESOURCE_STARTED, Kind.RESOURCE_STOPPED),
    Kind.RESOURCE_CHANGED: (Kind.RESOURCE_CHANGED, Kind.RESOURCE_STARTED),
}
"""What ends something that goes on: what happens behind that is due to it no more."""

_COMMAND_ENDED_BY: dict[str, tuple[Kind, ...]] = {
    "disarm-ha": (Kind.ARMED,),
    "arm-ha": (Kind.DISARMED,),
}
_SET = (*_RULE, Kind.RESOURCE_ADDED, Kind.RESOURCE_CHANGED)
"""What is set in the cluster's configuration."""

_REASONS = frozenset(
    {
        *_RULE,
        *_NODE_IS_THERE,
        *_NODE_IS_AWAY,
        Kind.ARMED,
        Kind.ASKED,
        Kind.DISARMED,
        Kind.MAINTENANCE_BEGUN,
        Kind.QUORUM_LOST,
        Kind.RESOURCE_ADDED,
        Kind.RESOURCE_CHANGED,
        Kind.RESOURCE_FAILED,
        Kind.RESOURCE_MOVED,
        Kind.RESOURCE_RECOVERED,
        Kind.GUEST_DOWN,
    }
)
REASONS = _REASONS | {kind for ends in _ENDED_BY.values() for kind in ends}
"""The kinds that may bring another one about, and those that end what does."""

LED_TO = frozenset(
    {
        Kind.ARMED,
        Kind.DISARMED,
        Kind.GUEST_DOWN,
        Kind.MASTER_CHANGED,
        Kind.NODE_FENCED,
        Kind.NODE_FENCING,
        Kind.RESOURCE_CLEARED,
        Kind.RESOURCE_ERROR,
        Kind.RESOURCE_FROZEN,
        Kind.RESOURCE_RECOVERED,
        Kind.RESOURCE_STARTED,
        Kind.RESOURCE_STOPPED,
        Kind.RESOURCE_THAWED,
        Kind.RESOURCE_WAITS,
        Kind.RULE_CONFLICT,
    }
)
"""The kinds that are brought about by another one, though no cause of them may be told."""


class Happened(Protocol):
    """A happening as it is kept."""

    @property
    def number(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def whom(self) -> str: ...
    @property
    def from_ms(self) -> int: ...
    @property
    def to_ms(self) -> int: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...
    @property
    def because(self) -> Sequence[Any] | None: ...


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Whose happenings may be the reason: of these kinds, to one of these (None: anybody).

    A command is given by its first words; of `says` (a fact, and values) a fact must say one.
    """

    kinds: tuple[Kind, ...]
    whom: frozenset[str] | None = None
    command: tuple[str, ...] = ()
    says: tuple[str, frozenset[str]] | None = None
    within_ms: int = FURTHEST_MS

    def fits(self, one: Happened) -> bool:
        """Tell whether a happening may be the reason."""
        is_whom = self.whom is None or one.whom in self.whom
        return one.kind in self.kinds and is_whom and self._is_command(one) and self._is_said(one)

    def _is_command(self, one: Happened) -> bool:
        words = str(one.facts.get("command")).split()
        return tuple(words[: len(self.command)]) == self.command or not self.command

    def _is_said(self, one: Happened) -> bool:
        if self.says is None:
            return True
        name, values = self.says
        said = one.facts.get(name) or ()
        return not values.isdisjoint((said,) if isinstance(said, str) else said)


H = TypeVar("H", bound=Happened)


def chain_of(one: H, before: Sequence[H]) -> list[H]:
    """Return what led to a happening, the first first; `before` is in the order of time."""
    found: list[H] = []
    step = one
    while len(found) < LONGEST and (reason := _reason(step, before)) is not None:
        if reason.number in {one.number, *(other.number for other in found)}:
            break
        found.append(reason)
        step = reason
    return found[::-1]


def _reason(one: H, before: Sequence[H]) -> H | None:
    for wanted in _wanted(one):
        for other in reversed(before):
            # what is set was so before it was seen, and may have had its effect by then
            earliest_ms = other.from_ms if other.kind in _SET else other.to_ms
            if earliest_ms > one.to_ms or other.number == one.number:
                continue
            late_ms = one.to_ms - other.to_ms
            if late_ms > FURTHEST_MS:
                break
            if any(late_ms <= each.within_ms and each.fits(other) for each in wanted):
                if _is_over(other, one, before):
                    break
                return other
    return None


def _is_over(reason: Happened, one: Happened, before: Sequence[H]) -> bool:
    """Tell whether a reason was over before something happened, however near it is."""
    if reason.kind == Kind.QUORUM_LOST and _was_short(reason, before):
        return True
    verb = str(reason.facts.get("command")).partition(" ")[0]
    ends = _COMMAND_ENDED_BY.get(verb) or _ENDED_BY.get(Kind(reason.kind), ())
    return any(
        other.kind in ends
        and other.whom == reason.whom
        and other.number not in (one.number, reason.number)
        and reason.to_ms < other.from_ms
        and other.to_ms < one.from_ms
        for other in before
    )


def _was_short(lost: Happened, before: Sequence[Happened]) -> bool:
    """Tell whether quorum was back before a node reset itself for want of it."""
    back = (o.to_ms for o in before if o.kind == Kind.QUORUM_BACK and o.to_ms >= lost.to_ms)
    return next(back, lost.from_ms + RESET_MS) - lost.from_ms < RESET_MS


def _wanted(one: Happened) -> list[tuple[_Wanted, ...]]:
    """Return what may have been the reason, the surest first; of each, whichever was last."""
    name, fields = one.because or ("", {})
    found: list[tuple[_Wanted, ...]] = []
    if name == "commanded":
        words = tuple(str(fields.get("command")).split())
        found.append((_Wanted((Kind.ASKED,), command=words),))
    if name == "follows":
        found.append((_Wanted((Kind.ASKED,), frozenset({str(fields.get("sid"))})),))
    if fields.get("rules"):
        found.append((_Wanted(_RULE, frozenset(fields["rules"])),))
    if name == "failback":
        found.append((_Wanted(_NODE_IS_THERE, frozenset({str(fields.get("to"))})),))
    if name in _BY_RULES:
        # a journal names no rule: it is one of those that name the resource
        says = ("resources", frozenset({one.whom}))
        found.append((_Wanted(_RULE, says=says, within_ms=SOON_MS),))
    if name in _BY_NODE:
        kinds, field = _BY_NODE[name]
        found.append((_Wanted(kinds, frozenset({str(fields.get(field))})),))
    if name == "start_failed":
        found.append((_Wanted((Kind.RESOURCE_FAILED,), frozenset({one.whom})),))
    if name == "requested":
        found.append((_Wanted((Kind.RESOURCE_CHANGED,), frozenset({one.whom}), says=_STATE),))
    return found + _by_itself(one)


_BY_RULES = frozenset({"placed", "failback", "rule", "apart", "together"})
_STATE = ("changed", frozenset({"state"}))
_BY_NODE: dict[str, tuple[tuple[Kind, ...], str]] = {
    "node_fenced": ((Kind.NODE_FENCED,), "node"),
    "taken_over": ((Kind.NODE_FENCED,), "from_"),
    "maintenance": ((Kind.MAINTENANCE_BEGUN,), "node"),
    "maintenance_begun": ((Kind.MAINTENANCE_BEGUN,), "node"),
    "returns": ((Kind.MAINTENANCE_ENDED,), "node"),
}


def _by_itself(one: Happened) -> list[tuple[_Wanted, ...]]:
    """Return what leads to a happening of this kind, whatever is told of its cause."""
    same = frozenset({one.whom})
    before = frozenset({str(one.facts.get("before") or one.facts.get("node"))})
    match one.kind:
        case Kind.RESOURCE_RECOVERED | Kind.RESOURCE_WAITS:
            return [(_Wanted((Kind.NODE_FENCED,), before),)]
        case Kind.NODE_FENCED:
            return [(_Wanted((Kind.NODE_FENCING,), same),)]
        case Kind.NODE_FENCING:
            return [(_Wanted((Kind.NODE_LOST,), same),)]
        case Kind.GUEST_DOWN:
            return [(_Wanted(_NODE_IS_AWAY, before), _Wanted((Kind.QUORUM_LOST,)))]
        case Kind.MASTER_CHANGED:
            return [(_Wanted((Kind.NODE_UNREACHABLE,), before),)]
        case Kind.RESOURCE_ERROR:
            return [(_Wanted((Kind.RESOURCE_FAILED,), same),)]
        case Kind.RESOURCE_STARTED:
            return [
                (
                    _Wanted(_STARTS, same),
                    _Wanted((Kind.RESOURCE_MOVED,), same, says=_STOPPED_FOR),
                    _Wanted((Kind.RESOURCE_CHANGED,), same, says=_STATE),
                )
            ]
        case Kind.RESOURCE_STOPPED | Kind.RESOURCE_CLEARED:
            asked = _Wanted((Kind.ASKED,), same, ("stop",))
            return [(asked, _Wanted((Kind.RESOURCE_CHANGED,), same, says=_STATE))]
        case Kind.RESOURCE_FROZEN:
            return [(_soon(Kind.ASKED, "disarm-ha"),), (_soon(Kind.DISARMED),)]
        case Kind.RESOURCE_THAWED:
            return [(_soon(Kind.ASKED, "arm-ha"),), (_soon(Kind.ARMED),)]
        case Kind.DISARMED:
            return [(_Wanted((Kind.ASKED,), command=("disarm-ha",)),)]
        case Kind.ARMED:
            return [(_Wanted((Kind.ASKED,), command=("arm-ha",)),)]
        case Kind.RULE_CONFLICT:
            return [(_Wanted(_RULE, same),), (_Wanted(_RULE, within_ms=ROUNDS_MS),)]
        case _:
            return []


def _soon(kind: Kind, *command: str) -> _Wanted:
    return _Wanted((kind,), command=command, within_ms=ROUNDS_MS)


_STARTS = (
    Kind.GUEST_DOWN,
    Kind.RESOURCE_FAILED,
    Kind.RESOURCE_RECOVERED,
    Kind.RESOURCE_ADDED,
)
"""What a start follows."""

_STOPPED_FOR = ("how", frozenset({"relocate", "request_start_balance"}))
"""The moves for which a resource is stopped, and started where it arrives."""
