"""`virton resources`: list, add, change, move and remove HA resources."""

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from virton.cli.asked import JsonOption
from virton.cli.consent import Consent, Consented, DryRunOption, YesOption
from virton.cli.language import LanguageOption, sentences
from virton.cli.live_cluster import Live
from virton.cli.option_groups import MadeOf, with_groups
from virton.cli.terminal import terminal

# What asks and changes a cluster is loaded when one is asked: help starts without it.
if TYPE_CHECKING:
    from virton.console.translate import ResourceForm

HELP = "List, add, change, move and remove HA resources; the effect is told before."
resources = typer.Typer(help=HELP, no_args_is_help=True, add_completion=False)

SidArgument = Annotated[str, typer.Argument(metavar="SID", help="The resource, as vm:100.")]
StateOption = Annotated[
    Literal["started", "stopped", "disabled", "ignored"] | None,
    typer.Option(help="The state HA should keep this resource in."),
]
RestartOption = Annotated[
    int | None, typer.Option(min=0, help="How often a failed start is tried again on a node.")
]
RelocateOption = Annotated[
    int | None, typer.Option(min=0, help="How many other nodes are tried after that.")
]
FailbackOption = Annotated[
    bool | None,
    typer.Option("--failback/--no-failback", help="Whether it goes back to a better node."),
]
RebalanceOption = Annotated[
    bool | None,
    typer.Option("--auto-rebalance/--no-auto-rebalance", help="Whether balancing may move it."),
]
CommentOption = Annotated[str | None, typer.Option(help="A note for people.")]
GroupOption = Annotated[
    str | None, typer.Option(help="Its HA group, where the cluster still has groups.")
]


def _form(
    state: StateOption = None,
    max_restart: RestartOption = None,
    max_relocate: RelocateOption = None,
    failback: FailbackOption = None,
    auto_rebalance: RebalanceOption = None,
    group: GroupOption = None,
    comment: CommentOption = None,
) -> "ResourceForm":
    from virton.console.translate import ResourceForm

    told: dict[str, Any] = {
        "state": state,
        "max_restart": max_restart,
        "max_relocate": max_relocate,
        "failback": failback,
        "auto_rebalance": auto_rebalance,
        "group": group,
        "comment": comment,
    }
    return ResourceForm(**{name: value for name, value in told.items() if value is not None})


Form = Annotated["ResourceForm", MadeOf(_form)]


@resources.command("list")
@with_groups
def show(
    *,
    cluster: Live,
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """List the resources under HA."""
    from virton.cli.looking import looked_once
    from virton.cli.status_page import resources_table

    said = sentences(lang)
    page = cluster.ask(said, looked_once)
    if as_json:
        rows = [one.model_dump(mode="json") for one in page.resources]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        terminal().print(resources_table(page.resources, said))


@resources.command()
@with_groups
def add(
    *,
    sid: SidArgument,
    form: Form,
    cluster: Live,
    consent: Consented,
    lang: LanguageOption = None,
) -> None:
    """Put a guest under HA."""
    from virton.cli.resource_changes import added

    said = sentences(lang)
    cluster.ask(said, lambda api: added(api, said, consent, sid, form))


@resources.command("change")
@with_groups
def alter(
    *,
    sid: SidArgument,
    form: Form,
    cluster: Live,
    consent: Consented,
    lang: LanguageOption = None,
) -> None:
    """Change a resource; what is not named stays as it is."""
    from virton.cli.resource_changes import changed

    said = sentences(lang)
    cluster.ask(said, lambda api: changed(api, said, consent, sid, form))


@resources.command()
@with_groups
def move(
    *,
    sid: SidArgument,
    node: Annotated[str, typer.Argument(metavar="NODE", help="Where it should go.")],
    relocate: Annotated[
        bool,
        typer.Option("--relocate", help="Stop it, and start it there, instead of moving live."),
    ] = False,
    cluster: Live,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    lang: LanguageOption = None,
) -> None:
    """Move a resource to another node; what must stay with it goes along."""
    from virton.cli.resource_changes import moved

    said, consent = sentences(lang), Consent(yes, accept_worse=False, dry_run=dry_run)
    how = "relocate" if relocate else "migrate"
    cluster.ask(said, lambda api: moved(api, said, consent, sid, node, how))


@resources.command()
@with_groups
def remove(
    *,
    sid: SidArgument,
    keep_in_rules: Annotated[
        bool, typer.Option("--keep-in-rules", help="Leave it named in the rules.")
    ] = False,
    cluster: Live,
    consent: Consented,
    lang: LanguageOption = None,
) -> None:
    """Take a resource out of HA; the guest itself goes on running."""
    from virton.cli.resource_changes import removed

    said = sentences(lang)
    cluster.ask(said, lambda api: removed(api, said, consent, sid, keep_in_rules=keep_in_rules))
