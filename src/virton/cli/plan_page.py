"""A plan, printed for a person."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from virton.cli.language import printable
from virton.language import plans
from virton.language.sentences import Sentences

if TYPE_CHECKING:
    from virton.plans.plan import Plan
    from virton.plans.requirements import Checked

MARKS = {"add": ("+", "green"), "set": ("~", "yellow"), "remove": ("-", "red")}


def print_plan(
    out: Console, said: Sentences, plan: "Plan", checked: "Sequence[Checked]" = ()
) -> None:
    """Print the steps in their order, what is borne before and after, conflicts, requirements."""
    told = plans.told_plan(plan.to_json(), said)
    out.print(Text(printable(told["says"]), "bold"))
    for at, step in enumerate(told["steps"], 1):
        mark, colour = MARKS[step["verb"]]
        out.print(
            Text.assemble(f"{at:>3}. ", (mark, f"bold {colour}"), " ", printable(step["says"]))
        )
        for line in step["notes"]:
            out.print(f"       {printable(line)}")
    for line in told["bearing"]:
        out.print(printable(line))
    for line in told["trouble"]:
        out.print(printable(line), style="bold red")
        for repair in line_repairs(told, line):
            out.print(f"    {printable(repair)}")
    for one in checked:
        print_checked(out, said, one)


def line_repairs(told: dict[str, object], line: str) -> list[str]:
    """Return the repairs that belong to a line of trouble."""
    repairs = told["repairs_of"]
    return repairs.get(line, []) if isinstance(repairs, dict) else []


def print_checked(out: Console, said: Sentences, one: "Checked") -> None:
    """Print whether a requirement is kept."""
    mark = Text("✓ ", "green") if one.kept else Text("✗ ", "bold red")
    line = plans.told_requirement(one.to_json(), said)
    out.print(mark + Text(printable(line)))
