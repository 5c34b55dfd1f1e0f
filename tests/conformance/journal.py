"""A scenario's events, written as journal lines, must give back those events."""

from typing import Any

from virton.story.journal_lines import read_line, text_of, told_kinds

_TOLD = frozenset(told_kinds())


def run_case(case: dict[str, Any]) -> str | None:
    """Return None if every event that a line tells comes back, else the first that does not."""
    for number, (_, _, kind, fields) in enumerate(case["expect"]):
        if kind in _TOLD:
            difference = _difference(kind, fields)
            if difference is not None:
                return f"event {number}: {difference}"
    return None


def _difference(kind: str, fields: dict[str, Any]) -> str | None:
    text = text_of(kind, fields, simulator=True)
    if text is None:
        return f"no line for {kind} {fields}"
    told = read_line(text, simulator=True)
    if told is None or told.event is None:
        return f"not understood: {text}"
    got = (told.kind, told.event.fields())
    return None if got == (kind, fields) else f"read as {got}: {text}"
