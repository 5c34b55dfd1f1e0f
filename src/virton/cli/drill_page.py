"""The result of a drill, printed for a person."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from virton.cli.language import printable
from virton.language import drills
from virton.language.sentences import Sentences

MARKS = {True: ("✓ ", "green"), False: ("✗ ", "bold red")}


def print_report(out: Console, said: Sentences, told: Mapping[str, Any]) -> None:
    """Print each scenario with its times, what falls short, and the result."""
    for scenario in told["scenarios"]:
        out.print(Text(printable(f"{scenario['title']}: {scenario['result_says']}"), "bold"))
        for row in scenario["rows"]:
            out.print(Text.assemble("  ", MARKS[row["good"]], printable(drills.outcome(row, said))))
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
