"""Drills in sentences: what became of each resource, in one line."""

from collections.abc import Mapping, Sequence
from typing import Any

from virton.language.sentences import Sentences


def outcome(row: Mapping[str, Any], said: Sentences) -> str:
    """Say of a row of a report how long its resource took, what was expected, and where it runs."""
    fields = {
        "who": " ".join(part for part in (row["sid"], row["name"]) if part),
        "to": row["to"] or "–",
        "measured": span(row["measured_s"], said),
        "expected": span(row["expected_s"], said),
        "says": row["says"],
    }
    return said.say("plans.drill.row", fields)


def span(seconds: Sequence[int] | None, said: Sentences) -> str:
    """Say from when to when."""
    if seconds is None:
        return "–"
    return said.say("plans.drill.span", {"from_s": seconds[0], "to_s": seconds[1]})
