"""`virton log`: what happened, from the console's history or from the nodes' own journals."""

import json
import re
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from virton.cli.asked import JsonOption
from virton.cli.complaint import WRONG_INPUT, complain
from virton.cli.data_folder import default_data
from virton.cli.language import LanguageOption, printable, sentences
from virton.cli.live_cluster import Live
from virton.cli.option_groups import with_groups
from virton.cli.terminal import terminal
from virton.language.called import caller, sids_in
from virton.language.sentences import Sentences

# The history's database, and what speaks HTTP, are loaded when they are asked: help needs neither.
if TYPE_CHECKING:
    from rich.text import Text

    from virton.keeping.history import Filter
    from virton.keeping.once import Kept
    from virton.proxmox import ClusterApi
    from virton.story.happenings import Happening

_AGO = re.compile(r"(\d{1,6})([smhd])")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_A_DAY_S = 86400


@with_groups
def log(
    *,
    since: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="From when on: 2h, 3d, or 2026-11-26 10:00."),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Until when, written likewise.")
    ] = None,
    whom: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="To whom it happened: vm:100, a node, a rule."),
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option(metavar="KIND", help="Of which kind, as --json names it.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Of which cluster, where the history has several."),
    ] = None,
    live: Live,
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Tell what happened: from the console's history, or from the nodes' own journals.

    With --proxmox, and for who is named by --user, the journals are asked; else the history.
    """
    from virton.keeping.history import Filter

    said, now = sentences(lang), time.time()
    wanted = Filter(
        frozenset(kind or ()),
        frozenset(whom or ()),
        since_ms=_moment(said, "--since", since, now),
        until_ms=_moment(said, "--until", until, now),
    )
    if live.proxmox or live.user:
        since_s = now - _A_DAY_S if wanted.since_ms is None else wanted.since_ms / 1000
        found, names = live.ask(said, lambda api: _journals(api, since_s))
        rows = [row for row in found if _is_wanted(row, wanted)][-limit:]
    else:
        rows, names = _kept(said, live.config, live.data, cluster, wanted, limit)
    _print(rows, said.calling(caller(names)), as_json=as_json)


def _kept(
    said: Sentences,
    config: Path | None,
    data: Path | None,
    cluster: str | None,
    wanted: "Filter",
    limit: int,
) -> "tuple[list[Kept], dict[str, str]]":
    """Return what the history has, the oldest first, and names; exit where there is none."""
    from virton.cli.settings_file import settings_file
    from virton.console.handlers.history import named
    from virton.keeping.database import HistoryError, open_database
    from virton.keeping.history import History, clusters_in
    from virton.keeping.moments import Moments

    folder = data or default_data()
    file, _ = settings_file(config, Path.cwd(), folder)
    address = file.history or f"sqlite:///{folder.absolute()}/history.sqlite"
    path = Path(address.removeprefix("sqlite:///"))
    if address.startswith("sqlite:") and not path.is_file():
        complain(said.say("cli.no_history", {"file": str(path)}), code=WRONG_INPUT)
    try:
        engine = open_database(address)
        names = clusters_in(engine)
        if cluster is None and len(names) > 1:
            complain(said.say("cli.which_cluster", {"names": names}), code=WRONG_INPUT)
        if cluster is not None and cluster not in names:
            values = {"cluster": cluster, "names": names}
            complain(said.say("cli.no_cluster", values), code=WRONG_INPUT)
        if not names:
            return [], {}
        identity = cluster or names[0]
        rows = [*reversed(History(engine, identity).find(wanted, limit=limit).rows)]
        sids = sids_in(json.dumps([named(row) for row in rows]))
        return rows, Moments(engine, identity).called(sids)
    except HistoryError as error:
        words = said.say(f"cli.history.{error.trouble}", {})
        complain(printable(words))


async def _journals(api: "ClusterApi", since_s: float) -> "tuple[list[Kept], dict[str, str]]":
    """Return what the HA stack tells in the journals of all nodes that are online, and guests' names."""
    from virton.console.clock import SystemClock
    from virton.console.lender import Lender
    from virton.console.watch.journals import Journals

    online = [node for node, up in (await api.membership()).online.items() if up]
    journals = Journals(api.client, Lender.of(api.credentials), SystemClock())
    found = await journals.news(online, (await api.version()).version, since_s)
    names = {one.sid: one.name for one in (await api.inventory()).guests if one.name}
    return [_as_kept(number, one) for number, one in enumerate(found)], names


def _as_kept(number: int, one: "Happening") -> "Kept":
    from virton.keeping.once import Kept, detail_of

    body = json.loads(detail_of(one))
    bounds = (round(one.from_s * 1000), round(one.to_s * 1000))
    facts, because = body.get("facts", {}), body.get("because")
    return Kept(number, str(one.kind), one.whom, *bounds, one.told, facts, because)


def _is_wanted(row: "Kept", wanted: "Filter") -> bool:
    return (
        (not wanted.kinds or row.kind in wanted.kinds)
        and (not wanted.whom or row.whom in wanted.whom)
        and (wanted.since_ms is None or row.to_ms >= wanted.since_ms)
        and (wanted.until_ms is None or row.from_ms <= wanted.until_ms)
    )


def _moment(said: Sentences, option: str, text: str | None, now: float) -> int | None:
    if text is None:
        return None
    if ago := _AGO.fullmatch(text):
        return round((now - int(ago[1]) * _UNIT_S[ago[2]]) * 1000)
    try:
        return round(datetime.fromisoformat(text).astimezone().timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        complain(said.say("cli.no_moment", {"option": option, "words": text}), code=WRONG_INPUT)


def _print(rows: "Iterable[Kept]", said: Sentences, *, as_json: bool) -> None:
    from virton.console.handlers.history import told

    out = terminal(soft_wrap=True)
    rows = list(rows)
    if not rows and not as_json:
        out.print(said.say("cli.nothing_happened", {}), style="dim")
    for row in rows:
        line = told(row, said)
        if as_json:
            typer.echo(json.dumps(line, ensure_ascii=False))
        else:
            out.print(_line(row, line))


def _line(row: "Kept", line: dict[str, Any]) -> "Text":
    from rich.text import Text

    at = datetime.fromtimestamp(row.to_ms / 1000).astimezone()
    text = Text(f"{at:%Y-%m-%d %H:%M:%S}  ", "dim")
    text.append(printable(line["says"]))
    if line["because"]:
        text.append(f"  ({printable(line['because'])})", "dim")
    return text
