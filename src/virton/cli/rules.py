"""`virton rules`: list, add, change and remove affinity rules."""

import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import typer

from virton.cli.asked import JsonOption
from virton.cli.changing import (
    Consented,
    carry_out,
    foreseen_changes,
)
from virton.cli.complaint import WRONG_INPUT, complain
from virton.cli.language import LanguageOption, sentences
from virton.cli.live_cluster import Live
from virton.cli.option_groups import MadeOf, with_groups
from virton.cli.status import looker
from virton.cli.status_page import rules_table
from virton.cli.terminal import terminal
from virton.console.clock import SystemClock
from virton.console.translate import (
    RULE_DEFAULTS,
    NodePriority,
    Params,
    RuleForm,
    change,
    creation,
    rule_params,
)
from virton.forecast.changes import Change
from virton.language.sentences import Sentences
from virton.proxmox import ClusterApi
from virton.proxmox.comments import rule_comment
from virton.proxmox.configuration import Rule
from virton.proxmox.features import Features, detect

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

    def form(self, said: Sentences, kind: str, resources: str | None) -> RuleForm:
        """Return it as the form of a rule of a kind."""
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
    said = sentences(lang)
    page = cluster.ask(said, lambda api: looker(api, SystemClock())())
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
    said = sentences(lang)
    if asked.nodes is None and asked.affinity is None:
        complain(said.say("cli.rule_of_what", {}), code=WRONG_INPUT)
    kind = "resource-affinity" if asked.nodes is None else "node-affinity"
    form = asked.form(said, kind, resources)

    async def added(api: ClusterApi) -> None:
        params = creation(_params(form, await detect(api)), RULE_DEFAULTS)
        wanted = [Change("add", name, {"type": kind, **_words(params)})]
        await carry_out(
            api,
            said,
            consent,
            lambda situation: foreseen_changes(situation, wanted),
            lambda: api.add_rule({"rule": name, "type": kind, **params}),
        )

    cluster.ask(said, added)


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
    said = sentences(lang)

    async def changed(api: ClusterApi) -> None:
        rule = _known(said, await api.rules(), name)
        form = asked.form(said, rule.type, resources)
        params = _params(form, await detect(api))
        sent: Params = {"type": rule.type, **change(params, RULE_DEFAULTS)}
        if rule.digest:
            sent["digest"] = rule.digest
        wanted = [Change("set", name, _words(params))]
        await carry_out(
            api,
            said,
            consent,
            lambda situation: foreseen_changes(situation, wanted),
            lambda: api.change_rule(name, sent),
        )

    cluster.ask(said, changed)


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
    said = sentences(lang)

    async def removed(api: ClusterApi) -> None:
        _known(said, await api.rules(), name)
        wanted = [Change("remove", name, {})]
        await carry_out(
            api,
            said,
            consent,
            lambda situation: foreseen_changes(situation, wanted),
            lambda: api.remove_rule(name),
        )

    cluster.ask(said, removed)


def _known(said: Sentences, known: tuple[Rule, ...], name: str) -> Rule:
    found = next((rule for rule in known if rule.rule == name), None)
    if found is None:
        names = ", ".join(sorted(rule.rule for rule in known)) or "–"
        complain(said.say("cli.no_rule", {"rule": name, "names": names}), code=WRONG_INPUT)
    return found


def _words_of(text: str) -> list[str]:
    return [word for word in text.replace(" ", "").split(",") if word]


def _node(said: Sentences, words: str) -> NodePriority:
    node, _, priority = words.partition(":")
    if priority and not priority.isdecimal():
        complain(said.say("cli.no_priority", {"words": words}), code=WRONG_INPUT)
    return NodePriority(node=node, priority=int(priority or 0))


def _params(form: RuleForm, features: Features) -> Params:
    params = rule_params(form, node_affinity_signed=features.negative_node_affinity)
    comment = params.get("comment")
    return params if comment is None else params | {"comment": rule_comment(str(comment), features)}


def _words(params: Params) -> dict[str, str]:
    return {key: str(value) for key, value in params.items() if key != "comment"}
