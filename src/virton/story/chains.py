"""What led to what: from a happening back to those before it that brought it about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from virton.story.happenings import Kind

FURTHEST_MS = 3_600_000
"""What happened longer before is not taken for the reason."""

LONGEST = 4

_RULE = (Kind.RULE_CHANGED, Kind.RULE_ADDED, Kind.RULE_REMOVED)
_NODE_IS_THERE = (Kind.NODE_BACK, Kind.MAINTENANCE_ENDED)

REASONS = frozenset(
    {
        *_RULE,
        *_NODE_IS_THERE,
        Kind.ASKED,
        Kind.DISARMED,
        Kind.MAINTENANCE_BEGUN,
        Kind.NODE_FENCED,
        Kind.NODE_FENCING,
        Kind.NODE_LOST,
        Kind.NODE_UNREACHABLE,
        Kind.RESOURCE_CHANGED,
        Kind.RESOURCE_FAILED,
        Kind.GUEST_DOWN,
    }
)
"""The kinds that may bring another one about."""

LED_TO = frozenset(
    {
        Kind.NODE_FENCED,
        Kind.NODE_FENCING,
        Kind.RESOURCE_ERROR,
        Kind.RESOURCE_FROZEN,
        Kind.RESOURCE_RECOVERED,
        Kind.RESOURCE_STARTED,
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
    def to_ms(self) -> int: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...
    @property
    def because(self) -> Sequence[Any] | None: ...


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Whose happenings may be the reason: of these kinds, to one of these (None: anybody)."""

    kinds: tuple[Kind, ...]
    whom: frozenset[str] | None
    command: str | None = None

    def fits(self, one: Happened) -> bool:
        """Tell whether a happening may be the reason."""
        is_whom = self.whom is None or one.whom in self.whom
        is_command = self.command is None or one.facts.get("command") == self.command
        return one.kind in self.kinds and is_whom and is_command


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
            if other.to_ms > one.to_ms or other.number == one.number:
                continue
            if one.to_ms - other.to_ms > FURTHEST_MS:
                break
            if wanted.fits(other):
                return other
    return None


def _wanted(one: Happened) -> list[_Wanted]:
    """Return what may have been the reason, the surest first."""
    name, fields = one.because or ("", {})
    found: list[_Wanted] = []
    if name == "commanded":
        found.append(_Wanted((Kind.ASKED,), None, str(fields.get("command"))))
    if name == "follows":
        found.append(_Wanted((Kind.ASKED,), None))
    if fields.get("rules"):
        found.append(_Wanted(_RULE, frozenset(fields["rules"])))
    if name == "failback":
        found.append(_Wanted(_NODE_IS_THERE, frozenset({str(fields.get("to"))})))
    if name in _BY_NODE:
        kinds, field = _BY_NODE[name]
        found.append(_Wanted(kinds, frozenset({str(fields.get(field))})))
    if name == "requested":
        found.append(_Wanted((Kind.RESOURCE_CHANGED,), frozenset({one.whom})))
    return found + _by_itself(one)


_BY_NODE: dict[str, tuple[tuple[Kind, ...], str]] = {
    "node_fenced": ((Kind.NODE_FENCED,), "node"),
    "taken_over": ((Kind.NODE_FENCED,), "from_"),
    "maintenance": ((Kind.MAINTENANCE_BEGUN,), "node"),
    "maintenance_begun": ((Kind.MAINTENANCE_BEGUN,), "node"),
    "returns": ((Kind.MAINTENANCE_ENDED,), "node"),
}


def _by_itself(one: Happened) -> list[_Wanted]:
    """Return what leads to a happening of this kind, whatever is told of its cause."""
    same = frozenset({one.whom})
    before = frozenset({str(one.facts.get("before") or one.facts.get("node"))})
    match one.kind:
        case Kind.RESOURCE_RECOVERED | Kind.RESOURCE_WAITS:
            return [_Wanted((Kind.NODE_FENCED,), before)]
        case Kind.NODE_FENCED:
            return [_Wanted((Kind.NODE_FENCING,), same)]
        case Kind.NODE_FENCING:
            return [_Wanted((Kind.NODE_LOST,), same)]
        case Kind.RESOURCE_ERROR:
            return [_Wanted((Kind.RESOURCE_FAILED,), same)]
        case Kind.RESOURCE_STARTED:
            return [_Wanted((Kind.GUEST_DOWN, Kind.RESOURCE_FAILED), same)]
        case Kind.RESOURCE_FROZEN:
            return [_Wanted((Kind.DISARMED,), None)]
        case Kind.RULE_CONFLICT:
            return [_Wanted(_RULE, same)]
        case _:
            return []
