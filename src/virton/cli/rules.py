"""`virton rules`: list, add, change and remove affinity rules."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from virton.cli.asked import JsonOption
from virton.cli.complaint import WRONG_INPUT, complain
from virton.cli.consent import Consented
from virton.cli.language import LanguageOption, sentences
from virton.cli.live_cluster import Live
from virton.cli.option_groups import MadeOf, with_groups
from virton.cli.terminal import terminal
from virton.language.sentences import Sentences

# What asks and changes a cluster is loaded when one is asked: help starts without it.
if TYPE_CHECKING:
    from virton.console.translate import NodePriority, RuleForm

HELP = "List, add, change and remove affinity rules; the effect is told before."
rules = typer.Typer(help=HELP, no_args_is_help=True, add_completion=False)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The rule's name.")]
ResourcesOption = Annotated[
    str | None, typer.Option(metavar="SID,...", help="The resources, as vm:100,vm:101.")
]
NodesOption = Annotated[
    str | None,
    typer.Option(
        metavar="NODE[:N],...", help="Nodes with their priorities, as pve1:2,pve2: a node rule."
    ),
]
AffinityOption = Annotated[
    Literal["positive", "negative"] | None,
    typer.Option(help="Keep the resources together, or apart: a resource rule."),
]
StrictOption = Annotated[
    bool | None, typer.Option("--strict/--preferred", help="On these nodes alone, or rather there.")
]
EnabledOption = Annotated[
    bool | None, typer.Option("--enable/--disable", help="Whether the rule is applied.")
]
CommentOption = Annotated[str | None, typer.Option(help="A note for people.")]


@dataclass(frozen=True, slots=True)
class _RuleWords:
    """What was typed of a rule; what was not is None."""

    nodes: str | None
    affinity: str | None
    strict: bool | None
    enabled: bool | None
    comment: str | None

    def form(self, said: Sentences, kind: str, resources: str | None) -> "RuleForm":
        """Return it as the form of a rule of a kind."""
        from virton.console.translate import RuleForm

        told: dict[str, Any] = {
            "type": kind,
            "resources": resources and _words_of(resources),
            "nodes": self.nodes and [_node(said, words) for words in _words_of(self.nodes)],
            "affinity": self.affinity,
            "strict": self.strict,
            "disabled": None if self.enabled is None else not self.enabled,
            "comment": self.comment,
        }
        return RuleForm(**{key: value for key, value in told.items() if value is not None})


def _rule_words(
    nodes: NodesOption = None,
    affinity: AffinityOption = None,
    strict: StrictOption = None,
    enabled: EnabledOption = None,
    comment: CommentOption = None,
) -> _RuleWords:
    return _RuleWords(nodes, affinity, strict, enabled, comment)


Asked = Annotated[_RuleWords, MadeOf(_rule_words)]


@rules.command("list")
@with_groups
def show(
    *,
    cluster: Live,
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """List the affinity rules."""
    from virton.cli.looking import looked_once
    from virton.cli.status_page import rules_table

    said = sentences(lang)
    page = cluster.ask(said, looked_once)
    if as_json:
        rows = [one.model_dump(mode="json") for one in page.rules]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        terminal().print(rules_table(page.rules, said))


@rules.command()
@with_groups
def add(
    *,
    name: NameArgument,
    resources: Annotated[
        str, typer.Option(metavar="SID,...", help="The resources, as vm:100,vm:101.")
    ],
    asked: Asked,
    cluster: Live,
    consent: Consented,
    lang: LanguageOption = None,
) -> None:
    """Add a rule: of nodes with --nodes, of resources among each other with --affinity."""
    from virton.cli.rule_changes import added

    said = sentences(lang)
    if asked.nodes is None and asked.affinity is None:
        complain(said.say("cli.rule_of_what", {}), code=WRONG_INPUT)
    kind = "resource-affinity" if asked.nodes is None else "node-affinity"
    form = asked.form(said, kind, resources)
    cluster.ask(said, lambda api: added(api, said, consent, name, form))


@rules.command("change")
@with_groups
def alter(
    *,
    name: NameArgument,
    resources: ResourcesOption = None,
    asked: Asked,
    cluster: Live,
    consent: Consented,
    lang: LanguageOption = None,
) -> None:
    """Change a rule; what is not named stays as it is."""
    from virton.cli.rule_changes import changed

    said = sentences(lang)
    cluster.ask(
        said,
        lambda api: changed(
            api, said, consent, name, lambda kind: asked.form(said, kind, resources)
        ),
    )


@rules.command()
@with_groups
def remove(
    *,
    name: NameArgument,
    cluster: Live,
    consent: Consented,
    lang: LanguageOption = None,
) -> None:
    """Remove a rule."""
    from virton.cli.rule_changes import removed

    said = sentences(lang)
    cluster.ask(said, lambda api: removed(api, said, consent, name))


def _words_of(text: str) -> list[str]:
    return [word for word in text.replace(" ", "").split(",") if word]


def _node(said: Sentences, words: str) -> "NodePriority":
    from virton.console.translate import NodePriority

    node, _, priority = words.partition(":")
    if priority and not priority.isdecimal():
        complain(said.say("cli.no_priority", {"words": words}), code=WRONG_INPUT)
    return NodePriority(node=node, priority=int(priority or 0))
