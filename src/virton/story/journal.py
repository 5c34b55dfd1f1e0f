"""The story in a node's journal: lines of CRM and LRM as the records that the stack told."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from virton.ha.events import Record
from virton.story.journal_lines import CRM_TAG, LRM_TAG, read_line

_DAEMONS = {CRM_TAG: "crm", LRM_TAG: "lrm"}


@dataclass(frozen=True, slots=True)
class JournalLine:
    """A line of a node's journal; `unit` is the daemon that wrote it, such as `pve-ha-crm`."""

    at_s: float
    node: str
    unit: str
    text: str


def records(lines: Iterable[JournalLine]) -> Iterator[Record]:
    """Yield the events that lines tell; of the other lines nothing is told."""
    for line in lines:
        daemon = _DAEMONS.get(line.unit)
        told = None if daemon is None else read_line(line.text)
        event = None if told is None else told.event
        if event is not None:
            yield Record(line.at_s, f"{line.node}/{daemon}", event)  # type: ignore[arg-type]
