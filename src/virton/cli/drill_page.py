"""The result of a drill, printed for a person."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from virton.cli.language import printable
from virton.language.sentences import Sentences

MARKS = {True: ("✓ ", "green"), False: ("✗ ", "bold red")}


def print_report(out: Console, said: Sentences, told: Mapping[str, Any]) -> None:
    """Print each scenario with its times, what falls short, and the result."""
    for scenario in told["scenarios"]:
        out.print(Text(printable(f"{scenario['title']}: {scenario['result_says']}"), "bold"))
        for row in scenario["rows"]:
            out.print(Text.assemble("  ", MARKS[row["good"]], printable(_line(row, said))))
        if not scenario["rows"]:
            out.print(f"  {printable(said.say('plans.drill.nothing_struck', {}))}")
    for part in ("shortfalls", "measures"):
        if told[part]:
            out.print(Text(printable(said.say(f"plans.drill.{part}", {})), "bold"))
        for line in told[part]:
            out.print(f"  {printable(line)}")
    is_good = told["result"] == "pass"
    words = f"{said.say('plans.drill.result', {})}: {told['result_says']}"
    out.print(Text.assemble(MARKS[is_good], (printable(words), "bold")))


def _line(row: Mapping[str, Any], said: Sentences) -> str:
    fields = {
        "who": " ".join(part for part in (row["sid"], row["name"]) if part),
        "to": row["to"] or "–",
        "measured": _span(row["measured_s"], said),
        "expected": _span(row["expected_s"], said),
        "says": row["says"],
    }
    return said.say("plans.drill.row", fields)


def _span(seconds: Any, said: Sentences) -> str:
    if seconds is None:
        return "–"
    return said.say("plans.drill.span", {"from_s": seconds[0], "to_s": seconds[1]})
