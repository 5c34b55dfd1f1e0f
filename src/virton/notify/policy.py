"""Who wants to know what, when and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from virton.notify.incidents import Incident, Weight

HOLD_S = 20.0
"""An incident that is over sooner is not worth a message."""


class Phase(StrEnum):
    """What a message says of an incident."""

    BEGUN = "begun"
    WORSE = "worse"
    ENDED = "ended"
    TEST = "test"


class Reason(StrEnum):
    """Why a message is sent, or is not."""

    SENT = "sent"
    PAUSED = "paused"
    TOO_LIGHT = "too_light"
    QUIET = "quiet"
    SILENCED = "silenced"
    ACKNOWLEDGED = "acknowledged"
    TOO_SHORT = "too_short"
    NEVER_TOLD = "never_told"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of the day in a time zone, in which only what weighs enough is told."""

    begin: time
    end: time
    zone: tzinfo = UTC
    unless: Weight = Weight.CRITICAL

    def holds(self, at_s: float) -> bool:
        """Tell whether it is quiet at a moment (Unix seconds)."""
        clock = datetime.fromtimestamp(at_s, self.zone).time()
        if self.begin <= self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end


def quiet_hours(text: str, zone: str = "UTC", unless: Weight = Weight.CRITICAL) -> QuietHours:
    """Read `22:00-07:00`; raises ValueError for what are no hours, and for an unknown zone."""
    begin, dash, end = text.partition("-")
    if not dash:
        raise ValueError(f"{text!r} is not of the form 22:00-07:00")
    try:
        known = ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{zone!r} is no time zone such as Asia/Seoul") from None
    return QuietHours(
        time.fromisoformat(begin.strip()), time.fromisoformat(end.strip()), known, unless
    )


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is told: through which channel, in which language, of what."""

    name: str
    channel: str
    language: str = "ko"
    least: Weight = Weight.WARNING
    quiet: QuietHours | None = None
    zone: str = "Asia/Seoul"
    paused: bool = False
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attention:
    """What people did about an incident: taken note of it, or silenced it until a moment."""

    acknowledged: bool = False
    silenced_until_s: float | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a recipient knows of an incident: how much it weighed when last told, and of its end.

    `objection` is why something was not told last; the same is not noted again.
    """

    weight: Weight | None = None
    ended: bool = False
    objection: Reason | None = None

    def after(self, decision: "Decision", weight: Weight) -> "Told":
        """Return what the recipient knows once a decision was carried out."""
        if decision.phase is Phase.ENDED:
            return replace(self, ended=True)
        if decision.send:
            return replace(self, weight=weight, ended=False, objection=None)
        return replace(self, objection=decision.reason)


@dataclass(frozen=True, slots=True)
class Decision:
    """What to tell a recipient of an incident now, if anything, and why so."""

    phase: Phase
    reason: Reason

    @property
    def send(self) -> bool:
        """Tell whether a message goes out."""
        return self.reason is Reason.SENT


def decide(
    incident: Incident,
    recipient: Recipient,
    told: Told,
    attention: Attention,
    now_s: float,
    hold_s: float = HOLD_S,
    ahead_s: float = 0.0,
) -> Decision | None:
    """Return what is due to a recipient now; None while there is nothing to decide.

    Each phase is told once: the beginning when the incident has lasted for `hold_s`, a higher
    weight at once, the end if the beginning was told. Incidents begin by the cluster's clock, which
    is `ahead_s` ahead of `now_s`.
    """
    if incident.ended_s is not None:
        return _end(incident, told, hold_s)
    if told.weight is None:
        phase = Phase.BEGUN
        if now_s + ahead_s - incident.began_s < hold_s:
            return None
    elif told.ended or incident.weight > told.weight:
        # one that was over goes on where it is seen only later what it did
        phase = Phase.WORSE
    else:
        return None
    reason = _objection(incident, recipient, attention, now_s)
    return None if reason is told.objection else Decision(phase, reason)


def _end(incident: Incident, told: Told, hold_s: float) -> Decision | None:
    if told.ended:
        return None
    if told.weight is not None:
        return Decision(Phase.ENDED, Reason.SENT)
    short = (incident.lasted_s or 0.0) < hold_s
    return Decision(Phase.ENDED, Reason.TOO_SHORT if short else Reason.NEVER_TOLD)


def _objection(
    incident: Incident, recipient: Recipient, attention: Attention, now_s: float
) -> Reason:
    if recipient.paused:
        return Reason.PAUSED
    if incident.weight < recipient.least:
        return Reason.TOO_LIGHT
    if attention.silenced_until_s is not None and now_s < attention.silenced_until_s:
        return Reason.SILENCED
    if attention.acknowledged:
        return Reason.ACKNOWLEDGED
    quiet = recipient.quiet
    if quiet is not None and quiet.holds(now_s) and incident.weight < quiet.unless:
        return Reason.QUIET
    return Reason.SENT
