"""A plan of maintenance for a terminal: each step, and the order that bears most."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.text import Text

from virton.cli.language import printable
from virton.language.sentences import Sentences

Json = dict[str, Any]


def print_plan(out: Console, said: Sentences, plan: Json) -> None:
    """Print the steps of a plan, and its best order."""

    def text(key: str, **fields: Any) -> str:
        return printable(said.say(f"maintenance.{key}", fields))

    for number, step in enumerate(plan["steps"], 1):
        out.print(Text(text("step", number=number, node=step["node"]), "bold"))
        for line, style in _lines(step, text):
            out.print(Text(f"   {line}", style))
    order = plan["best"]["order"]
    if order is None:
        key = "order.none" if plan["best"]["whole"] else "order.unknown"
        out.print(Text(text(key), "bold red"))
    elif len(order) > 1:
        if not plan["best"]["whole"]:
            out.print(Text(text("order.unproven"), "yellow"))
            if order == plan["nodes"]:
                return
        key = "order.good" if order == plan["nodes"] else "order.better"
        out.print(text(key, nodes=" → ".join(order)))


def _lines(step: Json, text: Any) -> Iterable[tuple[str, str]]:
    yield _fact(step["empties"], "empties", "not_empties", text)
    yield _fact(step["off"]["quorate"], "quorate", "not_quorate", text)
    bad = [
        row["name"].removeprefix(f"{step['node']} + ") for row in step["further"] if not row["safe"]
    ]
    if not step["safe"]:
        yield text("not_safe"), "bold red"
    elif bad or not step["further"]:
        yield text("bears_none", nodes=bad), "yellow"
    else:
        yield text("bears_one"), "green"
    for row in step["moves"]:
        how = text("live" if row["how"] == "live" else "stopped")
        yield f"{row['sid']} → {row['node'] or '–'} ({how}) {printable(row['says'])}", ""
    for row in step["stuck"]:
        yield f"{row['sid']}: {printable(row['says'])}", "bold red"
    for row in step["outside"]:
        goal = text("outside.goes", node=row["node"]) if row["node"] else text("outside.stays")
        yield f"{row['sid']}: {goal} {printable(row['says'])}".rstrip(), "yellow"


def _fact(holds: bool, good: str, bad: str, text: Any) -> tuple[str, str]:
    return (text(good), "green") if holds else (text(bad), "bold red")
