"""What CRM and LRM write to their node's journal, event by event, as real daemons do."""

from collections.abc import Callable, Mapping

from virton.embedded.journal import Journal
from virton.ha.environment import MANAGER_LOCK, agent_lock
from virton.ha.events import Event, Record
from virton.ha.events.cluster import DisarmTakenOver, DisarmWatchdogReleased, RuleDropped
from virton.ha.events.daemon import DaemonExited, DaemonState, LockReleased
from virton.ha.events.lrm import LrmDisarmed, LrmDisarmedInMaintenance
from virton.ha.states import CrmState, LrmState
from virton.story.journal_lines import CRM_TAG, LRM_TAG, Line, line_of

_TAGS: Mapping[str, str] = {"crm": CRM_TAG, "lrm": LRM_TAG}
_OPENED = Line("watchdog active")
_CLOSED = Line("watchdog closed (disabled)")
_STARTING = Line("starting server")
_STOPPED = Line("server stopped")
_LOST = "lost lock '{lock} - cfs lock update failed - Operation not permitted"


class HaJournal:
    """Writes the events of the daemons to the journals; what no real daemon writes is left out.

    `reason_of` tells in words why a rule was dropped.
    """

    def __init__(self, journal: Journal, reason_of: Callable[[RuleDropped], str | None]) -> None:
        self._journal = journal
        self._reason_of = reason_of
        self._before: dict[str, Event] = {}

    def hear(self, record: Record) -> None:
        """Write what a daemon tells."""
        node, _, daemon = record.source.partition("/")
        tag = _TAGS.get(daemon)
        if tag is None:
            return
        event = record.event
        if isinstance(event, DaemonState) and event.from_ == "startup":
            self._journal.restarted(node, tag)
        for line in self._lines(node, event, self._before.get(record.source)):
            self._journal.write(node, tag, line.text, line.priority)
        self._before[record.source] = event

    def _lines(self, node: str, event: Event, before: Event | None) -> list[Line]:
        if isinstance(event, DaemonExited):
            return [_STOPPED]
        if isinstance(event, RuleDropped):
            reason = self._reason_of(event)
            event = event if reason is None else RuleDropped(event.rule, reason)
        told = line_of(event)
        if told is None:
            return []
        if isinstance(event, DaemonState):
            return _around(node, event, told, before)
        if isinstance(event, LockReleased):
            return [_CLOSED, told]
        closes = isinstance(event, DisarmWatchdogReleased | LrmDisarmed | LrmDisarmedInMaintenance)
        return [told, _CLOSED] if closes else [told]


def _around(node: str, event: DaemonState, told: Line, before: Event | None) -> list[Line]:
    """Return a change of state with the lines that a daemon writes before and behind it."""
    change = (event.from_, event.to)
    if event.from_ == "startup":
        return [_STARTING, told]
    if event.to == CrmState.MASTER:
        return [told] if isinstance(before, DisarmTakenOver) else [_OPENED, told]
    if change == (LrmState.WAIT_FOR_AGENT_LOCK, LrmState.ACTIVE):
        return [_OPENED, told]
    if event.to == LrmState.LOST_AGENT_LOCK:
        return [Line(_LOST.format(lock=agent_lock(node)), 3), told]
    if event.to == CrmState.LOST_MANAGER_LOCK:
        return [Line(_LOST.format(lock=MANAGER_LOCK), 3), told, _CLOSED]
    return [told]
