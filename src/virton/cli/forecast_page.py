"""A forecast, printed for a person."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from virton.cli.language import printable
from virton.forecast.answer import Answer, NodeAnswer, ResourceAnswer
from virton.forecast.fates import Fate, Verdict
from virton.language import forecasts
from virton.language.sentences import Sentences

STYLES = {
    Verdict.BACK: "green",
    Verdict.SQUEEZED: "yellow",
    Verdict.CANNOT_START: "bold red",
    Verdict.NOT_PLACED: "bold red",
    Verdict.NO_QUORUM: "bold red",
    Verdict.STAYS: "dim",
    Verdict.MOVES: "cyan",
    Verdict.STOPS: "yellow",
}


def print_answer(terminal: Console, said: Sentences, answer: Answer) -> None:
    """Print the verdicts, the resources, the nodes and what the answer stands on."""
    page = _Page(said)
    terminal.print(page.summary(answer))
    terminal.print(Padding(page.counts(answer.resources), (0, 0, 1, 0)))
    terminal.print(Padding(page.resources(answer), (0, 0, 1, 0)))
    terminal.print(Padding(page.nodes(answer.nodes), (0, 0, 1, 0)))
    if answer.phases:
        terminal.print(Padding(page.phases(answer), (0, 0, 1, 0)))
    if answer.to_and_fro:
        terminal.print(page.text("to_and_fro", sids=list(answer.to_and_fro)), style="bold red")
    if answer.outside_ha:
        terminal.print(page.text("outside", sids=list(answer.outside_ha)), style="yellow")
    terminal.print(page.text("assumptions"), style="dim")
    for line in page.assumptions(answer):
        terminal.print(Padding(Text(line, "dim"), (0, 0, 0, 2)))


class _Page:
    def __init__(self, said: Sentences) -> None:
        self._said = said

    def text(self, key: str, **fields: Any) -> str:
        return printable(self._said.say(f"forecast.{key}", fields))

    def summary(self, answer: Answer) -> Text:
        key = "quorate" if answer.quorate else "not_quorate"
        line = Text(self.text(key), "bold" if answer.quorate else "bold red")
        resets = self.text("resets", nodes=list(answer.resets)) if answer.resets else None
        line.append(f" {resets or self.text('no_resets')}")
        if answer.endless:
            line.append(f" {self.text('endless')}", "bold red")
        return line

    def counts(self, resources: Mapping[str, ResourceAnswer]) -> Text:
        line = Text()
        for verdict in Verdict:
            count = sum(row.fate.verdict is verdict for row in resources.values())
            style = STYLES[verdict] if count else "dim"
            line.append(f"{self.text(f'verdict.{verdict}')} {count}   ", style)
        return line

    def resources(self, answer: Answer) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
        for column in ("sid", "name", "verdict", "node", "after", "why"):
            table.add_column(self.text(f"column.{column}"), overflow="fold")
        guests = answer.situation.guests
        for sid, row in sorted(answer.resources.items()):
            name = guests[sid].name if sid in guests else ""
            verdict = Text(self.text(f"verdict.{row.fate.verdict}"), STYLES[row.fate.verdict])
            table.add_row(
                sid, printable(name), verdict, self._where(row), self._when(row), self.why(row.fate)
            )
        return table

    def _where(self, row: ResourceAnswer) -> str:
        nodes = [row.fate.node, *(fate.node for fate in row.others)]
        return " | ".join(dict.fromkeys(node or "–" for node in nodes))

    def _when(self, row: ResourceAnswer) -> str:
        if row.after_s is None:
            return ""
        return self.text("span", from_s=row.after_s[0], to_s=row.after_s[1])

    def why(self, fate: Fate) -> str:
        """Say what the reason of a fate was, in one line."""
        parts = []
        if fate.why.missing:
            parts.append(self.text("missing", names=list(fate.why.missing)))
        elif fate.why.decision is not None and fate.verdict is Verdict.NOT_PLACED:
            told = fate.why.decision.explain().objections
            parts += [f"{node}: {self._said.objection(o)}" for node, o in told.items()]
        elif fate.why.decision is not None:
            parts.append(self._said.because(fate.why.decision.explain()))
        elif fate.why.cause is not None:
            parts.append(self._said.cause(fate.why.cause))
        return printable(" ".join(parts))

    def nodes(self, nodes: Mapping[str, NodeAnswer]) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
        for column in ("node", "assigned", "used", "cores"):
            table.add_column(self.text(f"column.{column}"))
        for name, row in nodes.items():
            style = "bold red" if row.overfull else ("dim" if not row.online[1] else "")
            memory = row.memory_bytes
            table.add_row(
                name,
                _change(row.before.assigned_bytes / memory, row.after.assigned_bytes / memory),
                _change(row.before.used_bytes / memory, row.after.used_bytes / memory),
                _change(row.before.used_cores / row.cores, row.after.used_cores / row.cores),
                style=style,
            )
        return table

    def phases(self, answer: Answer) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", style="dim")
        for phase in answer.phases:
            when = self.text("span", from_s=phase.at_s[0], to_s=phase.at_s[1])
            table.add_row(when, printable(forecasts.phase(phase.to_json(), self._said)))
        return table

    def assumptions(self, answer: Answer) -> list[str]:
        rows = [assumption.to_json() for assumption in answer.assumptions]
        return [printable(forecasts.assumption(row, self._said)) for row in rows]


def _change(before: float, after: float) -> str:
    return f"{before:.0%} → {after:.0%}" if abs(before - after) >= 0.005 else f"{after:.0%}"
