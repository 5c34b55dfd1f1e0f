"""An account of a resource: where it is, why there and not elsewhere, and how it got there."""

from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from virton.cli.language import printable
from virton.forecast.account import Account
from virton.ha.placement.reasons import Explanation
from virton.language.sentences import Sentences

INDENT = (0, 0, 1, 2)


class Page:
    """An account of a resource, printed for a person."""

    def __init__(self, screen: Console, said: Sentences, found: Account) -> None:
        self._terminal = screen
        self._said = said
        self._found = found

    def print(self) -> None:
        """Print everything, the most urgent first."""
        found = self._found
        self._terminal.print(self._text("at", sid=found.sid, at_s=found.at_s), style="bold")
        self._terminal.print(Padding(self._facts(), INDENT, expand=False))
        if found.node is not None:
            self._section("why", *self._why(found.node))
            if found.now or self._then():
                self._section("others", self._others(found.node))
        self._section("history", *self._history())

    def _text(self, key: str, **fields: Any) -> str:
        return printable(self._said.say(f"explain.{key}", fields))

    def _section(self, heading: str, *parts: Table | Text) -> None:
        self._terminal.print(self._text(heading), style="bold")
        for part in parts:
            self._terminal.print(Padding(part, (0, 0, 0, 2), expand=False))
        self._terminal.print()

    # where it is

    def _facts(self) -> Table:
        found, table = self._found, Table.grid(padding=(0, 2))
        node = found.node
        where = self._text("where.here", node=node) if node else self._text("where.removed")
        table.add_row(self._text("where"), Text(where, "bold"))
        table.add_row(self._text("state"), self._state())
        if found.config is not None:
            request = self._text("request.text", state=found.config.state)
            table.add_row(self._text("request"), request)
        runs = ", ".join(found.runs_on)
        table.add_row(
            self._text("runs"),
            self._text("runs.on", nodes=runs) if runs else self._text("runs.not"),
        )
        table.add_row(self._text("master"), found.master or self._text("master.none"))
        return table

    def _state(self) -> str:
        status = self._found.status
        if status is None:
            return self._text("state.none")
        if status.target is not None:
            return self._text("state.target", state=status.state, target=status.target)
        return self._text("state.plain", state=status.state)

    # why there and not elsewhere

    def _then(self) -> Explanation | None:
        """Return why the resource was brought to where it is, if placement did that."""
        arrival = self._found.arrival
        return arrival.decision.explain() if arrival and arrival.decision else None

    def _why(self, node: str) -> list[Text]:
        arrival, now, then = self._found.arrival, self._found.now, self._then()
        if arrival is None:
            lines = [self._text("why.start")]
        else:
            told = self._said.cause(arrival.cause) if arrival.cause else self._event(arrival.event)
            lines = [self._text("why.since", time_s=arrival.time_s, cause=told)]
        if then is not None:
            lines[0] = f"{lines[0]} {printable(self._said.because(then))}"
        lines.append(self._why_now(node, now))
        return [Text(line) for line in lines]

    def _event(self, event: Any) -> str:
        return self._said.event(event)

    def _why_now(self, node: str, now: Explanation | None) -> str:
        if now is None:
            return self._text("why.unknown")
        if now.node is None:
            return self._text("why.nowhere")
        because = self._said.because(now)
        key = "why.here" if now.node == node else "why.elsewhere"
        return self._text(key, node=now.node, because=because)

    def _others(self, node: str) -> Table:
        arrival, now, then = self._found.arrival, self._found.now, self._then()
        table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
        table.add_column(self._text("others.node"), style="bold")
        explanations = [explanation for explanation in (then, now) if explanation]
        if then is not None and arrival is not None:
            then_at = self._text("others.then", time_s=arrival.time_s)
            table.add_column(then_at, overflow="fold")
        if now is not None:
            now_at = self._text("others.now", time_s=self._found.at_s)
            table.add_column(now_at, overflow="fold")
        names = {name for told in explanations for name in (told.node, *told.objections) if name}
        for name in sorted(names - {node}):
            table.add_row(name, *(self._against(name, told) for told in explanations))
        return table

    def _against(self, node: str, told: Explanation) -> str:
        objection = told.objections.get(node)
        if objection is not None:
            return printable(self._said.objection(objection))
        return self._text("others.chosen") if told.node == node else ""

    # how it got there

    def _history(self) -> list[Table | Text]:
        changes = self._found.changes
        if not changes:
            return [Text(self._text("history.none"))]
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", style="dim")
        for record in changes:
            told = Text(printable(self._said.event(record.event)))
            if record.cause is not None:
                told.append(f"\n{printable(self._said.cause(record.cause))}", "dim")
            table.add_row(self._text("time", time_s=record.time_s), told)
        return [table]
