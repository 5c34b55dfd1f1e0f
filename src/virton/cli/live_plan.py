"""A live cluster that plans are applied to: who asks, its records, and what is told meanwhile."""

import getpass
import os
import platform
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import typer

from virton.cli import taking
from virton.cli.complaint import complain, words_of_failure
from virton.cli.language import Language, printable, sentences
from virton.cli.plan_source import PlanSource
from virton.cli.real_cluster import client_of
from virton.cli.terminal import terminal
from virton.damage import DamagedError
from virton.language import plans
from virton.plans.applying import Desk, ForeignChangeError, Surprise
from virton.plans.changers import Changers
from virton.plans.domains import DomainsFile
from virton.plans.records import BusyError, Record, Records, Stride, note_of
from virton.proxmox import ApiFailure

Done = TypeVar("Done")
WhyOption = Annotated[str, typer.Option("--why", help="Why it is done; others are told meanwhile.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask before the first step.")]


@dataclass(frozen=True)
class Session:
    """A live cluster, read once, and the desk at which it is changed; `taken_s` by our clock.

    `user` is who asks it, `who` tells others from where, too.
    """

    desk: Desk
    user: str
    who: str
    capture: bytes
    taken_s: float


def in_session(
    source: PlanSource, lang: Language | None, work: Callable[[Session], Awaitable[Done]]
) -> Done:
    """Work with a live cluster; whatever stands in the way is said, and ends it."""
    import asyncio

    from virton.proxmox import ClusterApi
    from virton.proxmox.capture import take_capture
    from virton.proxmox.features import detect

    chosen = source.source
    if chosen.capture is not None:
        raise AssertionError("a capture cannot be changed")
    if not chosen.proxmox:
        complain(text(lang, "no_cluster"))
    client = client_of(chosen.proxmox, chosen.fingerprint or [], chosen.ca_file)
    asker = taking.way_in(chosen.user, chosen.token, chosen=chosen.chosen)

    async def worked() -> Done:
        try:
            api = ClusterApi(client, await asker.credentials(client))
            features, cluster = await detect(api), await api.membership()
            records = Records(source.data, cluster.name or "cluster")
            domains = DomainsFile(source.data)
            changed_by = Changers(source.data).of
            desk = Desk(api, features, records, domains, asyncio.sleep, told_step(lang), changed_by)
            capture = await take_capture(api)
            user, who = asker.name.partition("!")[0], _who(asker.name)
            return await work(Session(desk, user, who, capture, time.time()))
        finally:
            await client.aclose()

    try:
        with _told(lang):
            return asyncio.run(worked())
    except ApiFailure as failure:
        taking.refuse_failure(failure.error, asker, sentences(lang))


def _who(asker: str) -> str:
    return f"{asker} ({getpass.getuser() if os.environ.get('USER') else os.getuid()}@{platform.node()})"


def told_step(lang: Language | None) -> Callable[[int, Stride], None]:
    """Return what tells each step once it is made."""

    def tell(at: int, stride: Stride) -> None:
        from rich.text import Text

        line = printable(plans.edit(stride.edit.to_json(), sentences(lang)))
        terminal(soft_wrap=True).print(Text.assemble(f"{at + 1:>3}. ", ("✓", "green"), f" {line}"))

    return tell


def note(who: str, why: str) -> dict[str, Any]:
    """Return what others are told who come meanwhile."""
    return note_of(who, why, time.time())


def text(lang: Language | None, key: str, **fields: Any) -> str:
    """Return a sentence."""
    return printable(sentences(lang).say(f"plans.{key}", fields))


def print_left(record: Record, lang: Language | None) -> None:
    """Print the steps that are not made yet."""
    out, said = terminal(soft_wrap=True), sentences(lang)
    for at, stride in enumerate(record.strides[record.done :], record.done + 1):
        out.print(f"{at:>3}. {printable(plans.edit(stride.edit.to_json(), said))}")


def stands(lang: Language | None, record: Record) -> str:
    """Say where an apply stands."""
    fields: dict[str, Any] = {"number": record.number, "who": record.who, "why": record.why}
    if record.undoes is not None:
        fields["undoes"] = record.undoes
    return text(lang, "stands", done=record.done, of=len(record.strides), **fields)


@contextmanager
def _told(lang: Language | None) -> Iterator[None]:
    try:
        yield
    except BusyError as busy:
        fields = {"who": "?", "why": "?", "since": "?", **busy.note}
        complain(text(lang, "busy", **fields))
    except Surprise as surprise:
        complain(text(lang, f"surprise.{surprise.kind}", **surprise.fields), text(lang, "go_on"))
    except ForeignChangeError as foreign:
        rows = [text(lang, "foreign.row", **one.fields) for one in foreign.changes]
        complain(text(lang, "foreign"), "\n".join(rows))
    except DamagedError as damaged:
        complain(printable(plans.damaged(damaged, sentences(lang))))
    except OSError as failure:
        told = words_of_failure(failure)
        complain(text(lang, "not_kept", file=str(failure.filename or ""), told=told))


def confirmed(lang: Language | None, question: str, *, yes: bool) -> None:
    """Ask before anything is done, and end where the answer is no."""
    if yes:
        return
    try:
        sure = typer.confirm(text(lang, question))
    except typer.Abort:
        complain(text(lang, "needs_yes"))
    if not sure:
        raise typer.Exit(0)
