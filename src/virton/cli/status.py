"""`virton status`: the page's one line, and its three parts, as text."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from virton.cli.asked import JsonOption
from virton.cli.language import LanguageOption, sentences
from virton.cli.live_cluster import Live
from virton.cli.option_groups import with_groups
from virton.cli.status_page import print_page, told_line
from virton.cli.terminal import terminal
from virton.console.clock import Clock, SystemClock
from virton.console.lender import Lender
from virton.console.page.assemble import Assembly
from virton.console.page.matters import line_of, matters_of
from virton.console.page.model import PageModel
from virton.console.settings import ConsoleSettings
from virton.console.watch.reader import Reader
from virton.language.sentences import Sentences
from virton.proxmox import ApiFailure, ClusterApi

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
    clock = SystemClock()

    async def looked(api: ClusterApi) -> PageModel:
        look = looker(api, clock)
        while watch:
            page = await look()
            if not as_json:
                terminal().clear()
            show(page, said)
            await clock.sleep(interval)
        return await look()

    page = cluster.ask(said, looked)
    show(page, said)
    if line_of(matters_of(page)) in URGENT:
        raise typer.Exit(NOT_WELL)


def looker(api: ClusterApi, clock: Clock) -> Callable[[], Awaitable[PageModel]]:
    """Return what looks at a cluster as the page does; raises ApiFailure where it sees nothing."""
    reader = Reader(
        api.client, Lender.of(api.credentials), ConsoleSettings(Path()), clock, lambda: None
    )
    assembly = Assembly()

    async def look() -> PageModel:
        await reader.read_anew()
        part = reader.readings.status
        if part.at is None and part.error is not None:
            raise ApiFailure(part.error)
        return assembly.page_model(reader.readings, clock.time())

    return look


def _as_text(page: PageModel, said: Sentences) -> None:
    print_page(terminal(), said, page)


def _as_json(page: PageModel, said: Sentences) -> None:
    typer.echo(json.dumps(told(page, said), ensure_ascii=False, indent=1))


def told(page: PageModel, said: Sentences) -> dict[str, Any]:
    """Return the line and the page for machines."""
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
