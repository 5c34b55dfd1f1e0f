"""What needs the operator's eye, worst first: the status line's words, for whoever has no page.

The page tells the same from the same page model (`web/words/matters.ts`), and beside it what only a
page knows: its own line to the console. A test holds one against the other.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from virton.console.page.model import Node, PageModel, Resource

Word = Literal["unknown", "no_quorum", "fault", "disarmed", "caution", "maintenance", "well"]

WORDS: tuple[Word, ...] = (
    "unknown",
    "no_quorum",
    "fault",
    "disarmed",
    "caution",
    "maintenance",
    "well",
)
VITAL = ("status", "resources")
SLOW_S = 2.0
FEWEST_VOTES = 3
MOST_NAMED = 3
DISARMED = ("disarming", "disarmed")
UNGUARDED = ("freeze", "ignore")
"""States in which the HA stack lets a resource be, though it is armed."""
UNKNOWN = "unknown"
"""What the cluster says of a guest whose node sends no figures."""
MUTE = ("dead", "unreadable")
"""Words for an LRM that does not report, or never has."""

_NOT_YET_RUNNING = (
    "queued",
    "request_start",
    "request_start_balance",
    "relocate",
    "request_stop",
    "stopping",
)


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that is not normal: its sentence is `warning.KIND.head`, filled with the facts.

    `since` is by the cluster's clock; `own` are the cluster's own words.
    """

    word: Word
    kind: str
    facts: dict[str, Any]
    since: float | None = None
    own: str | None = None


def matters_of(page: PageModel) -> list[Matter]:
    """Return all that is not normal, worst first."""
    found = [*_parts(page)]
    if page.parts.status.at is not None:
        found += [*_ha(page), *_nodes(page)]
    found += [*_resources(page), *_not_yet_well(page), *_answers(page)]
    return sorted(found, key=lambda matter: WORDS.index(matter.word))


def line_of(matters: Sequence[Matter]) -> Word:
    """Return the one word for all of it."""
    return matters[0].word if matters else "well"


def _parts(page: PageModel) -> Iterator[Matter]:
    """Yield what cannot be read; the same reason once, whatever it hinders."""
    found: dict[tuple[str, str | None], Matter] = {}
    for name in ("status", "resources", "rules", "nodes"):
        part = getattr(page.parts, name)
        if part.ok:
            continue
        error = part.error
        code, own = (error.code, error.message) if error else ("cluster", None)
        word: Word = "unknown" if name in VITAL else "caution"
        known = found.get((code, own))
        if known is None or known.word != "unknown":
            found[code, own] = Matter(word, f"part.{code}", {}, own=own)
    yield from found.values()


def _ha(page: PageModel) -> Iterator[Matter]:
    quorum, master = page.quorum, page.master
    if quorum is not None and not quorum.ok:
        yield Matter("no_quorum", "no_quorum", {"node": quorum.node})
    elif quorum is not None and master is None:
        yield Matter("caution", "no_master", {})
    elif master is not None and master.state == "dead" and page.resources:
        yield Matter("unknown", "last_known", {"at": master.at})
    if page.fencing is not None and page.fencing.armed_state in DISARMED:
        yield Matter("disarmed", "disarmed", {})
    votes = page.cluster.votes if page.cluster.votes is not None else len(page.nodes)
    if 0 < votes < FEWEST_VOTES:
        yield Matter("caution", "votes", {"votes": votes})


def _nodes(page: PageModel) -> Iterator[Matter]:
    nodes, holding = page.nodes, {resource.node for resource in page.resources}
    fenced = [node for node in nodes if node.ha_state == "fence"]
    silent = [node for node in nodes if node.lost and node.ha_state != "fence"]
    yield from _about("fault", "fence", fenced, since=True)
    yield from _about("fault", "silent", silent, since=True)
    shown: tuple[tuple[Word, str], ...] = (
        ("fault", "lost"),
        ("caution", "waiting"),
        ("caution", "time_drift"),
    )
    for word, display in shown:
        of = [n for n in nodes if n.lrm and n.lrm.display == display]
        # one to which the first resource is only on its way has its lock before that comes
        yield from _about(
            word, display, [n for n in of if display != "waiting" or n.name in holding]
        )
    mute = [node for node in nodes if node.online and not node.lost and _is_mute(node)]
    yield from _about("caution", "lrm_silent", mute)
    blind = {resource.node for resource in page.resources if resource.guest == UNKNOWN}
    dumb = [n for n in nodes if n.name in blind and n.online and not n.lost]
    yield from _about("caution", "no_figures", dumb)
    resting = [node for node in nodes if node.ha_state == "maintenance"]
    yield from _about("maintenance", "maintenance", resting)


def _is_mute(node: Node) -> bool:
    return node.lrm is not None and node.lrm.display in MUTE


def _about(word: Word, kind: str, of: Iterable[Node], *, since: bool = False) -> Iterator[Matter]:
    nodes = list(of)
    if nodes:
        times = [node.lrm.at for node in nodes if node.lrm and node.lrm.at is not None]
        at = min(times, default=None) if since else None
        yield Matter(word, kind, {"nodes": [node.name for node in nodes]}, at)


def _resources(page: PageModel) -> Iterator[Matter]:
    if page.resources and page.guests_hidden:
        yield Matter("caution", "guests_hidden", {})
    for resource in page.resources:
        name = {"name": name_of(resource)}
        if resource.state == "error":
            yield Matter("fault", "error", name)
        elif resource.state == "recovery":
            yield Matter("fault", "recovery", name)
        elif resource.down:
            yield Matter("fault", "guest_down", name)


def _not_yet_well(page: PageModel) -> Iterator[Matter]:
    """Yield whom nobody protects, or who does not run yet, though nothing has failed."""
    if page.fencing is not None and page.fencing.armed_state in DISARMED:
        return
    wanted = [
        one
        for one in page.resources
        if one.configured and not one.last_known and one.request_state in ("started", "enabled")
    ]
    yield from _severally("unguarded", [one for one in wanted if one.state in UNGUARDED])
    told = ("error", "recovery", "fence", *UNGUARDED)
    waiting = [one for one in wanted if not runs_now(one) and one.state not in told]
    yield from _severally("not_running", [w for w in waiting if not (w.down or w.repair)])


def well_facts(page: PageModel) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what is told when all is well, how many of how many: sentences and their fields."""
    nodes, votes, quorum = page.nodes, page.cluster.votes, page.quorum
    online = sum(node.online for node in nodes)
    wanted = [one for one in page.resources if one.request_state in ("started", "enabled")]
    moving = sum(one.state == "migrate" for one in wanted)
    yield "line.nodes", {"online": online, "all": len(nodes)}
    if quorum is not None and votes == len(nodes):
        yield "line.votes", {"present": online, "all": votes}
    elif quorum is not None:
        yield "quorum.ok" if quorum.ok else "quorum.lost", {}
    yield "line.resources", {"running": sum(map(runs_now, wanted)), "all": len(wanted)}
    if moving:
        yield f"line.moving.{'one' if moving == 1 else 'other'}", {"count": moving}


def runs_now(resource: Resource) -> bool:
    """Tell whether a guest runs: by its own word, or by what the HA stack makes of it."""
    if resource.down:
        return False
    if resource.guest and resource.guest != UNKNOWN:
        return resource.guest == "running"
    return (resource.state or "queued") not in _NOT_YET_RUNNING


def _severally(kind: str, of: Sequence[Resource]) -> Iterator[Matter]:
    if of:
        names = ", ".join(name_of(one) for one in of[:MOST_NAMED])
        more = " …" if len(of) > MOST_NAMED else ""
        yield Matter("caution", kind, {"count": len(of), "names": f"{names}{more}"})


def name_of(resource: Resource) -> str:
    """Return what a resource is called: `VM 102 (web02)`."""
    label = label_of(resource.sid)
    return f"{label} ({resource.name})" if resource.name else label


def label_of(sid: str) -> str:
    """Return what is called by an id of which nothing else is known: `VM 102`."""
    kind, _, number = sid.partition(":")
    return f"{'CT' if kind == 'ct' else 'VM'} {number}" if number else sid


def _answers(page: PageModel) -> Iterator[Matter]:
    """Yield who does not answer, or late, or by another clock."""
    token = page.cluster.token
    if token is not None:
        facts = {"token": token.name, "privileges": list(token.lacks)}
        kind = "token_refused" if token.refused else "token_lacks"
        yield Matter("unknown" if token.refused else "caution", kind, facts)
    if page.cluster.unkept is not None:
        yield Matter("caution", "unkept", {"why": page.cluster.unkept})
    if page.cluster.audit is not None:
        yield Matter("caution", f"audit_{page.cluster.audit}", {})
    addresses = page.cluster.addresses
    silent = [_host(one.address) for one in addresses if not one.ok]
    answering = next((_host(one.address) for one in addresses if one.answering), "")
    if silent:
        kind = "addresses" if answering else "no_address"
        yield Matter("caution", kind, {"nodes": silent, "answering": answering})
    yield from _slow(page)
    skew_s = page.cluster.clock.skew_s or 0
    if skew_s:
        yield Matter("caution", "ahead" if skew_s > 0 else "behind", {"seconds": abs(skew_s)})


def _slow(page: PageModel) -> Iterator[Matter]:
    slowest: dict[str, float] = {}
    for name in ("status", "resources", "rules", "nodes"):
        part = getattr(page.parts, name)
        if part.slow_s is not None and part.slow_s >= SLOW_S:
            address = part.address or ""
            slowest[address] = max(part.slow_s, slowest.get(address, 0.0))
    for address, slow_s in sorted(slowest.items()):
        yield Matter("caution", "slow", {"address": _host(address), "seconds": round(slow_s)})


def _host(address: str) -> str:
    return address.removeprefix("https://").removeprefix("http://")
