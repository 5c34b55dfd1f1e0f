"""`virton resources`: list, add, change, move and remove HA resources."""

import json
from typing import Annotated, Any, Literal

import typer

from virton.cli.asked import JsonOption
from virton.cli.changing import (
    Consent,
    Consented,
    DryRunOption,
    YesOption,
    carry_out,
    foreseen_changes,
    foreseen_move,
)
from virton.cli.language import LanguageOption, sentences
from virton.cli.live_cluster import Live
from virton.cli.option_groups import MadeOf, with_groups
from virton.cli.status import looker
from virton.cli.status_page import resources_table
from virton.cli.terminal import terminal
from virton.console.clock import SystemClock
from virton.console.translate import (
    RESOURCE_DEFAULTS,
    Params,
    ResourceForm,
    change,
    creation,
    resource_params,
)
from virton.forecast.changes import Change
from virton.proxmox import ClusterApi
from virton.proxmox.comments import resource_comment
from virton.proxmox.features import Features, detect

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
) -> ResourceForm:
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


Form = Annotated[ResourceForm, MadeOf(_form)]


@resources.command("list")
@with_groups
def show(
    *,
    cluster: Live,
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """List the resources under HA."""
    said = sentences(lang)
    page = cluster.ask(said, lambda api: looker(api, SystemClock())())
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
    said = sentences(lang)

    async def added(api: ClusterApi) -> None:
        params = creation(_params(form, await detect(api)), RESOURCE_DEFAULTS)
        wanted = [Change("add", sid, _words(params))]
        await carry_out(
            api,
            said,
            consent,
            lambda situation: foreseen_changes(situation, wanted),
            lambda: api.add_resource({"sid": sid, **params}),
        )

    cluster.ask(said, added)


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
    said = sentences(lang)

    async def changed(api: ClusterApi) -> None:
        params = _params(form, await detect(api))
        digest = next((one.digest for one in await api.resources() if one.digest), None)
        sent = change(params, RESOURCE_DEFAULTS) | ({"digest": digest} if digest else {})
        wanted = [Change("set", sid, _words(params))]
        await carry_out(
            api,
            said,
            consent,
            lambda situation: foreseen_changes(situation, wanted),
            lambda: api.change_resource(sid, sent),
        )

    cluster.ask(said, changed)


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
    said, consent = sentences(lang), Consent(yes, accept_worse=False, dry_run=dry_run)

    async def moved(api: ClusterApi) -> None:
        await carry_out(
            api,
            said,
            consent,
            lambda situation: foreseen_move(situation, sid, node),
            lambda: api.move_resource(sid, "relocate" if relocate else "migrate", node),
        )

    cluster.ask(said, moved)


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
    said = sentences(lang)

    async def removed(api: ClusterApi) -> None:
        knows_purge = (await detect(api)).purge
        params: Params = {"purge": int(not keep_in_rules)} if knows_purge else {}
        wanted = [Change("remove", sid, {})]
        await carry_out(
            api,
            said,
            consent,
            lambda situation: foreseen_changes(situation, wanted),
            lambda: api.remove_resource(sid, params),
        )

    cluster.ask(said, removed)


def _params(form: ResourceForm, features: Features) -> Params:
    """Return the parameters; what the cluster's version does not know it refuses by itself."""
    params = resource_params(form, ("failback", "auto-rebalance", "group"))
    if form.comment is not None:
        params["comment"] = resource_comment(form.comment, features)
    return params


def _words(params: Params) -> dict[str, str]:
    """Return the parameters in which the effect is asked; a group's rules are nothing it plays."""
    return {key: str(value) for key, value in params.items() if key not in ("group", "comment")}
