"""The one who makes incidents of the history and tells of them; of several consoles only one does."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from virton.keeping import leases
from virton.keeping.history import History
from virton.keeping.moments import Moments
from virton.keeping.outbox import ChangedIncident, Delivery, KeptIncident, Outbox, State
from virton.language.called import sids_in
from virton.notify.answers import Answer, Outcome
from virton.notify.channels import Channel
from virton.notify.incidents import Incident, Weight, hear_all, may_go_on
from virton.notify.messages import compose, trial
from virton.notify.policy import HOLD_S, Attention, Decision, Phase, Reason, Recipient, Told, decide
from virton.notify.writing import (
    as_kept,
    happening_of,
    read_incident,
    read_message,
    write_incident,
    write_message,
)

LEASE_S = 45.0
"""How long the others wait for a console that fell silent before one of them takes over."""

FIRST_PAUSE_S = 10.0
LONGEST_PAUSE_S = 900.0
GIVE_UP_S = 24 * 3600.0

REMEMBERED = 100
"""Of so many incidents that are over it is remembered what was told, should one begin anew."""

log = logging.getLogger(__name__)

_Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Setup:
    """Who is told, through what; `hold_s` is how long an incident lasts before it is told."""

    recipients: Sequence[Recipient] = ()
    channels: Mapping[str, Callable[[Recipient], Channel]] | None = None
    hold_s: float = HOLD_S

    def channel(self, recipient: Recipient) -> Channel | None:
        """Return the way to a recipient, if it is set up."""
        make = (self.channels or {}).get(recipient.channel)
        return None if make is None else make(recipient)


class Notifier:
    """Takes turns; each makes incidents of what is new, decides what is due, and sends it."""

    def __init__(self, engine: Engine, cluster: str, holder: str, setup: Setup) -> None:
        """Stand on a history; `holder` names this console among those that share it."""
        self.setup = setup
        self._engine = engine
        self._cluster = cluster
        self._holder = holder
        self._history = History(engine, cluster)
        self._moments = Moments(engine, cluster)
        self._outbox = Outbox(engine, cluster)
        self._duty = False
        self._opened: dict[str, Incident] = {}
        self._over: dict[str, Incident] = {}
        self._known: dict[_Key, dict[str, Told]] = {}

    def prepare(self, now_s: float, ahead_s: float = 0.0) -> bool:
        """Make incidents and decide; False where another console has the duty. HistoryError.

        Incidents begin by the cluster's clock, which is `ahead_s` ahead of `now_s`.
        """
        name = f"notify:{self._cluster}"
        until_ms = _ms(now_s + LEASE_S)
        if not leases.hold(self._engine, name, self._holder, _ms(now_s), until_ms):
            self._duty = False
            return False
        if not self._duty:
            self._take_over()
        while self._go_on(now_s, ahead_s):
            pass
        return True

    def _take_over(self) -> None:
        """Learn what is open, and what was told of it."""
        kept = self._outbox.open_incidents()
        self._opened = {one.key: read_incident(one.body) for one in kept}
        ended = [one for one in reversed(self._outbox.recent()) if one.ended_ms is not None]
        over = {one.key: one for one in ended if may_go_on(one.key)}
        self._over = {key: read_incident(one.body) for key, one in over.items()}
        self._known = {
            (one.key, one.began_ms): self._told_of(one.number) for one in (*over.values(), *kept)
        }
        self._duty = True

    def _told_of(self, number: int) -> dict[str, Told]:
        told: dict[str, Told] = {}
        for one in self._outbox.of_incident(number):
            decision = Decision(Phase(one.phase), Reason(one.reason))
            before = told.get(one.recipient, Told())
            told[one.recipient] = before.after(decision, Weight(one.weight))
        return told

    def _go_on(self, now_s: float, ahead_s: float) -> bool:
        """Hear what is new, and decide; True if there may be more that is new."""
        new = self._history.since(self._outbox.mark())
        heard = [found for kept in new if (found := happening_of(kept)) is not None]
        opened, changed = hear_all(self._opened, heard, self._over)
        ended = [incident for incident in changed if incident.ended_s is not None]
        due = self._due([*opened.values(), *ended], now_s, ahead_s)
        if new or due:
            touched = [*changed, *(one.incident for one in due)]
            self._outbox.commit(
                list({_key(incident): _changed(incident) for incident in touched}.values()),
                lambda numbers: [self._delivery(one, numbers, now_s) for one in due],
                new[-1].number if new else None,
            )
        # only what is kept has been heard: else the next turn hears it again
        self._opened = opened
        self._over |= {one.key: one for one in ended if may_go_on(one.key)}
        for one in due:
            known = self._known.setdefault(_key(one.incident), {})
            told = known.get(one.recipient.name, Told())
            known[one.recipient.name] = told.after(one.decision, one.incident.weight)
        self._forget_the_longest_over()
        return bool(new)

    def _forget_the_longest_over(self) -> None:
        still = {_key(incident) for incident in self._opened.values()}
        over = [key for key in self._known if key not in still]
        for key in over[:-REMEMBERED]:
            del self._known[key]

    @property
    def remembered(self) -> int:
        """Return of how many incidents it is remembered what was told."""
        return len(self._known)

    def _due(self, incidents: Sequence[Incident], now_s: float, ahead_s: float) -> list["_Due"]:
        attention = {(kept.key, kept.began_ms): _attention(kept) for kept in self._kept()}
        found = []
        for incident in incidents:
            noted = attention.get(_key(incident), Attention())
            for recipient in self.setup.recipients:
                told = self._known.get(_key(incident), {}).get(recipient.name, Told())
                decision = decide(
                    incident, recipient, told, noted, now_s, self.setup.hold_s, ahead_s
                )
                if decision is not None:
                    found.append(_Due(incident, recipient, decision))
        return found

    def _kept(self) -> list[KeptIncident]:
        return self._outbox.open_incidents() if self._opened else []

    def _delivery(self, one: "_Due", numbers: Mapping[_Key, int], now_s: float) -> Delivery:
        recipient, decision = one.recipient, one.decision
        kept = self._history.numbered(happening.number for happening in one.incident.happenings)
        message = compose(
            as_kept(one.incident, kept),
            decision.phase,
            self._cluster,
            recipient.language,
            recipient.zone,
            self._moments.called(sids_in(write_incident(one.incident))),
        )
        return Delivery(
            recipient=recipient.name,
            phase=decision.phase,
            weight=one.incident.weight.value,
            state=State.QUEUED if decision.send else State.NOT_SENT,
            reason=decision.reason,
            message=write_message(message),
            made_ms=_ms(now_s),
            next_ms=_ms(now_s),
            incident=numbers[_key(one.incident)],
        )

    def try_out(self, name: str, now_s: float) -> bool:
        """Queue a test message to a recipient; False if there is none of that name."""
        recipient = next((r for r in self.setup.recipients if r.name == name), None)
        if recipient is None:
            return False
        message = write_message(trial(self._cluster, recipient.language))
        made_ms = _ms(now_s)
        test = Delivery(name, Phase.TEST, 0, State.QUEUED, Reason.SENT, message, made_ms, made_ms)
        self._outbox.commit([], lambda _: [test])
        return True

    async def send_due(self, now_s: float) -> int:
        """Try the messages whose time has come; return how many went out. Raises HistoryError."""
        found = await asyncio.to_thread(self._outbox.due, _ms(now_s))
        answers = await asyncio.gather(*(self._try(one) for one in found))
        for one, answer in zip(found, answers, strict=True):
            state, next_ms = _next_state(one, answer, now_s)
            await asyncio.to_thread(self._outbox.settle, one, state, answer.said, next_ms)
        return sum(answer.outcome is Outcome.SENT for answer in answers)

    async def _try(self, one: Delivery) -> Answer:
        recipient = next((r for r in self.setup.recipients if r.name == one.recipient), None)
        channel = None if recipient is None else self.setup.channel(recipient)
        if channel is None:
            return Answer(Outcome.REFUSED, "no_recipient")
        try:
            return await channel.send(read_message(one.message), f"{self._cluster}.{one.number}")
        except Exception:
            log.exception("a channel failed")
            return Answer(
                Outcome.FAILED, "broken", {"message": "the console made a mistake; see its log"}
            )


@dataclass(frozen=True, slots=True)
class _Due:
    """Something to tell a recipient of an incident, or to note why it is not told."""

    incident: Incident
    recipient: Recipient
    decision: Decision


def _next_state(one: Delivery, answer: Answer, now_s: float) -> tuple[State, int]:
    """Return what becomes of a message after an attempt, and when it is tried again."""
    if answer.outcome is Outcome.SENT:
        return State.SENT, 0
    if answer.outcome is Outcome.REFUSED:
        return State.REFUSED, 0
    pause_s = _pause_s(one.attempts)
    if now_s + pause_s - one.made_ms / 1000 > GIVE_UP_S:
        return State.GIVEN_UP, 0
    return State.QUEUED, _ms(now_s + pause_s)


def _pause_s(attempts: int) -> float:
    """Return how long to wait after an attempt, when there were so many before it."""
    return float(min(FIRST_PAUSE_S * 2**attempts, LONGEST_PAUSE_S))


def most_attempts() -> int:
    """Return how often a message is tried before it is given up."""
    attempts, waited_s = 1, _pause_s(0)
    while waited_s <= GIVE_UP_S:
        waited_s += _pause_s(attempts)
        attempts += 1
    return attempts


def _attention(kept: KeptIncident) -> Attention:
    until_ms = kept.silenced_until_ms
    return Attention(
        kept.acknowledged_by is not None, None if until_ms is None else until_ms / 1000
    )


def _changed(incident: Incident) -> ChangedIncident:
    ended_ms = None if incident.ended_s is None else _ms(incident.ended_s)
    return ChangedIncident(*_key(incident), ended_ms, write_incident(incident))


def _key(incident: Incident) -> _Key:
    return incident.key, _ms(incident.began_s)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
