"""`virton status`: the page's one line, and its three parts, as text."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from virton.cli.asked import JsonOption
from virton.cli.language import LanguageOption, sentences
from virton.cli.live_cluster import Live
from virton.cli.option_groups import with_groups
from virton.cli.terminal import terminal
from virton.language.sentences import Sentences

# What looks at a cluster, and what prints it, is loaded when one is looked at.
if TYPE_CHECKING:
    from virton.console.page.model import PageModel
    from virton.proxmox import ClusterApi

NOT_WELL = 3
URGENT = ("unknown", "no_quorum", "fault")


@with_groups
def status(
    *,
    cluster: Live,
    as_json: JsonOption = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show it anew again and again, until Ctrl-C.")
    ] = False,
    interval: Annotated[
        float, typer.Option(min=0.5, max=3600, help="Seconds between two looks of --watch.")
    ] = 2.0,
    lang: LanguageOption = None,
) -> None:
    """Show how the cluster's HA is: the page's one line, and its three parts, as text.

    Exits with 3 where the line says that something is broken or not known.
    """
    said = sentences(lang)
    show = _as_json if as_json else _as_text

    async def looked(api: "ClusterApi") -> "PageModel":
        import asyncio

        from virton.cli.looking import looker

        look = looker(api)
        while watch:
            page = await look()
            if not as_json:
                terminal().clear()
            show(page, said)
            await asyncio.sleep(interval)
        return await look()

    page = cluster.ask(said, looked)
    show(page, said)
    if _is_urgent(page):
        raise typer.Exit(NOT_WELL)


def _is_urgent(page: "PageModel") -> bool:
    from virton.console.page.matters import line_of, matters_of

    return line_of(matters_of(page)) in URGENT


def _as_text(page: "PageModel", said: Sentences) -> None:
    from virton.cli.status_page import print_page

    print_page(terminal(), said, page)


def _as_json(page: "PageModel", said: Sentences) -> None:
    typer.echo(json.dumps(told(page, said), ensure_ascii=False, indent=1))


def told(page: "PageModel", said: Sentences) -> dict[str, Any]:
    """Return the line and the page for machines."""
    from virton.cli.status_page import told_line
    from virton.console.page.matters import line_of, matters_of

    matters = matters_of(page)
    rows = [
        {
            "word": one.word,
            "kind": one.kind,
            "since": one.since,
            "facts": one.facts,
            "says": told_line(one, said),
        }
        for one in matters
    ]
    return {
        "version": 1,
        "line": line_of(matters),
        "matters": rows,
        "page": page.model_dump(mode="json"),
    }
