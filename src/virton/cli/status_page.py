"""The page's one line and its three parts, printed for a person."""

import time
from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from virton.cli.language import printable
from virton.console.page.matters import Matter, Word, line_of, matters_of, well_facts
from virton.console.page.model import Node, PageModel, Resource, Rule
from virton.language.sentences import Sentences
from virton.language.states import worded

STYLES: dict[Word, str] = {
    "unknown": "bold magenta",
    "no_quorum": "bold red",
    "fault": "bold red",
    "disarmed": "yellow",
    "caution": "yellow",
    "maintenance": "cyan",
    "well": "green",
}
GIB = 1 << 30


def print_page(out: Console, said: Sentences, page: PageModel) -> None:
    """Print the line, the nodes, the resources and the rules."""
    shown = _Page(said, page)
    out.print(shown.line(), soft_wrap=True)
    for matter in matters_of(page)[1:]:
        text = Text("  ").append(said.say(f"line.word.{matter.word}", {}), STYLES[matter.word])
        out.print(text.append(f" {told_line(matter, said)}"), soft_wrap=True)
    for heading, table in (
        ("status.title", shown.nodes()),
        ("resources.title", shown.resources()),
        ("rules.title", rules_table(page.rules, said)),
    ):
        out.print(Text(f"\n{said.say(heading, {})}", "bold"))
        out.print(Padding(table, (0, 0, 0, 2)))


def told_line(matter: Matter, said: Sentences) -> str:
    """Return what is the matter, in one line."""
    if matter.kind.startswith("part."):
        code = matter.kind.removeprefix("part.")
        key = f"error.{code}" if f"error.{code}" in said.texts else "error.cluster"
        return printable(" ".join(filter(None, (said.say(key, {}), matter.own))))
    if matter.kind == "last_known":
        words = (said.say("resources.last_known", {"when": ""}),)
        return " ".join((*words, said.say("resources.last_known.dead_master", {})))
    return printable(said.say(f"warning.{matter.kind}.head", matter.facts))


def rules_table(rules: Sequence[Rule], said: Sentences) -> Table | Text:
    """Return the rules."""
    if not rules:
        return Text(said.say("cli.none", {}), "dim")
    table = _table(
        said, "rule.name", "column.type", "rule.resources", "rule.nodes", "column.policy"
    )
    for rule in sorted(rules, key=lambda one: (one.type, one.order, one.rule)):
        nodes = ", ".join(f"{n.node}:{n.priority}" if n.priority else n.node for n in rule.nodes)
        style = "dim" if rule.disabled else "bold red" if rule.errors else ""
        table.add_row(
            *_cells(
                rule.rule,
                said.say(f"rules.{rule.type}", {}),
                ", ".join(rule.resources),
                nodes,
                _policy(rule, said),
            ),
            style=style,
        )
    return table


def _policy(rule: Rule, said: Sentences) -> str:
    words = []
    if rule.type == "node-affinity":
        words.append(said.say("cli.strict" if rule.strict else "cli.preferred", {}))
    if rule.affinity:
        words.append(said.say(f"rule.affinity.{rule.affinity}", {}))
    if rule.disabled:
        words.append(said.say("cli.disabled", {}))
    if rule.errors:
        words.append(said.say("rule.conflict", {}))
    return " · ".join(words)


def _state_of(one: Resource, said: Sentences) -> str:
    """Return a resource's state, and what is requested where that is something else."""
    state = worded("resource", one.state, said).word if one.state else "–"
    if one.request_state in (None, one.state, "started"):
        return state
    asked = worded("resource", one.request_state, said).word
    return f"{state} ({said.say('resources.request', {'state': asked})})"


def resources_table(resources: Sequence[Resource], said: Sentences) -> Table | Text:
    """Return the resources."""
    if not resources:
        return Text(said.say("cli.none", {}), "dim")
    columns = ("id", "node", "name", "state", "max_restart", "max_relocate", "failback")
    table = _table(said, *(f"column.{name}" for name in columns))
    for one in resources:
        table.add_row(
            *_cells(
                one.sid,
                one.node or "–",
                one.name or "",
                _state_of(one, said),
                str(one.max_restart),
                str(one.max_relocate),
                "On" if one.failback else "Off",
            ),
            style="bold red" if one.state in ("error", "recovery", "fence") or one.down else "",
        )
    return table


def _table(said: Sentences, *headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    for key in headings:
        table.add_column(said.say(key, {}), overflow="fold")
    return table


def _cells(*texts: str) -> tuple[str, ...]:
    return tuple(printable(text) for text in texts)


class _Page:
    def __init__(self, said: Sentences, page: PageModel) -> None:
        self._said = said
        self._page = page

    def line(self) -> Text:
        """Return the page's one line: a word, and the worst, or that all is well."""
        matters = matters_of(self._page)
        word = line_of(matters)
        text = Text(f"{self._said.say(f'line.word.{word}', {})}", STYLES[word])
        told = told_line(matters[0], self._said) if matters else self._well()
        since = self._since(matters[0]) if matters else ""
        return text.append("  ").append(told, "bold").append(since)

    def _since(self, matter: Matter) -> str:
        if matter.since is None:
            return ""
        at = time.strftime("%H:%M:%S", time.localtime(matter.since))
        return f"  {self._said.say('line.reported', {'time': at})}"

    def _well(self) -> str:
        return " · ".join(self._said.say(key, fields) for key, fields in well_facts(self._page))

    def nodes(self) -> Table:
        """Return the master and every node, as the page's first part has them."""
        columns = ("column.node", "column.role", "column.state", "column.memory_short")
        table = _table(self._said, *columns)
        if self._page.master is not None:
            quorum = "quorum.ok" if self._page.quorum and self._page.quorum.ok else "quorum.lost"
            table.add_row(
                *_cells(
                    self._page.master.node,
                    self._said.say("crm.role", {}),
                    self._said.say(quorum, {}),
                    "",
                )
            )
        for node in self._page.nodes:
            table.add_row(*_cells(node.name, "LRM", self._state(node), _memory(node)))
        return table

    def _state(self, node: Node) -> str:
        if node.ha_state and node.ha_state != "online":
            return worded("node", node.ha_state, self._said).word
        if not node.online:
            return self._said.say("node.state.offline", {})
        return worded("lrm", node.lrm.display if node.lrm else "missing", self._said).word

    def resources(self) -> Table | Text:
        """Return the resources."""
        return resources_table(self._page.resources, self._said)


def _memory(node: Node) -> str:
    if not node.maxmem or node.mem is None:
        return ""
    return f"{node.mem / GIB:.0f}/{node.maxmem / GIB:.0f} GiB"
