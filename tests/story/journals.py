"""A journal has no word for causes: what leads to a move is told by the lines before it."""

from collections.abc import Sequence

from virton.ha.events import Record
from virton.story.happenings import Happening, Kind
from virton.story.journal_lines import line_of, read_line
from virton.story.told import Teller

MOVES = (Kind.RESOURCE_MOVED, Kind.RESOURCE_RECOVERED)
AS_GOOD = {"placed": {"rule", "failback", "together", "apart"}, "failback": {"apart", "together"}}
"""What is told where no line names the rule: true, but less exact."""


def as_read(record: Record) -> Record | None:
    """Return a record as its journal line gives it back; None where there is no line."""
    line = line_of(record.event)
    told = None if line is None else read_line(line.text)
    event = None if told is None else told.event
    return None if event is None else Record(record.time_s, record.source, event)


def as_journals_tell(
    moves: Sequence[Happening], records: Sequence[Record], master: str | None
) -> list[tuple[str | None, str | None]]:
    """Return the cause of each move as the stack tells it, and as its journals do."""
    journal = Teller(master=master)
    read = [one for record in records if (one := as_read(record)) is not None]
    told = {(h.kind, h.whom, h.to_s): h for one in read for h in journal.hear(one)}
    return [(_cause(h), _cause(told.get((h.kind, h.whom, h.to_s)))) for h in moves]


def _cause(happening: Happening | None) -> str | None:
    because = None if happening is None else happening.because
    return None if because is None else because.name


def is_wrong(true: str | None, told: str | None) -> bool:
    """Tell whether journals make a move look as if something else had led to it."""
    return told not in (None, true) and true not in AS_GOOD.get(told or "", ())
