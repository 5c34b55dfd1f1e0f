"""An embedded cluster that plans are applied to, its time stepped while an apply waits."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from virton.embedded.pmxcfs import ClusterFiles
from virton.embedded.running import RunningCluster
from virton.forecast.situation import situation_of
from virton.plans.applying import Desk, begin, carry_out, strides_of
from virton.plans.changers import Changers
from virton.plans.configured import configured
from virton.plans.desired import Desired, read_desired
from virton.plans.domains import DomainsFile
from virton.plans.entries import Configured, Kind
from virton.plans.foreseeing import foreseen
from virton.plans.plan import make_plan
from virton.plans.records import Record, Records, Stride
from virton.plans.rows import Rows
from virton.plans.undoing import undo, undoing
from virton.proxmox import ClusterApi, ProxmoxClient
from virton.proxmox.capture import take_capture
from virton.proxmox.features import Features, detect

PASSWORD = "a good secret"
FILES = ("ha/resources.cfg", "ha/rules.cfg", "datacenter.cfg")


class Cut(Exception):  # noqa: N818
    """The apply was killed here."""


@dataclass(frozen=True)
class Killed(Desk):
    """A desk at which the apply is killed at its nth write, before or after it is sent."""

    at: int = 10**9
    sent: bool = False
    writes: list[int] = field(default_factory=list)

    async def write(self, stride: Stride, now: Rows) -> None:
        self.writes.append(1)
        if len(self.writes) - 1 == self.at and not self.sent:
            raise Cut
        await super().write(stride, now)
        if len(self.writes) - 1 == self.at:
            raise Cut


class Live:
    """A fresh embedded cluster, root's way to it, and the records of what is applied."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = ClusterFiles()
        self.running = RunningCluster(self.files, PASSWORD, 1_800_000_000)
        self.files.write("ha/rules.cfg", RULES)
        self.files.write("datacenter.cfg", "\nkeyboard: en-us\n")
        self.running.world.step(60)
        self.client = ProxmoxClient.in_process(self.running.app)
        self.records = Records(folder, "virton")
        self.domains = DomainsFile(folder)
        self.api = ClusterApi(self.client)
        self.features = Features()

    async def log_in(self) -> "Live":
        """Log in as root."""
        ticket = await self.api.log_in("root@pam", PASSWORD, 0)
        self.api = ClusterApi(self.client, ticket)
        self.features = await detect(self.api)
        return self

    def desk(self, at: int = 10**9, sent: bool = False) -> Killed:
        """Return a desk, at which the apply is killed if it is told where."""

        async def pause(seconds: float) -> None:
            self.running.world.step(int(seconds))

        return Killed(
            self.api,
            self.features,
            self.records,
            self.domains,
            pause,
            changed_by=Changers(self.folder).of,
            at=at,
            sent=sent,
        )

    def bytes(self) -> list[str]:
        """Return the files that a plan can change."""
        return [self.files.read(path) for path in FILES]

    async def document(self) -> dict[str, Any]:
        """Return a capture."""
        document: dict[str, Any] = json.loads(await take_capture(self.api))
        return document

    async def configured(self) -> Configured:
        """Return what is configured."""
        document = await self.document()
        return configured(situation_of(document), document, self.domains.named())

    async def begin(self, desired: Desired | str) -> Record | None:
        """Plan, and keep what is to be done; None where rules would contradict each other."""
        should = read_desired(desired) if isinstance(desired, str) else desired
        document = await self.document()
        situation = situation_of(document)
        now = configured(situation, document, self.domains.named())
        rows = await self.desk().rows()
        plan = make_plan(situation, now, should)
        if plan.conflicts:
            return None
        strides = strides_of(plan.to_json(), rows)
        return begin(self.desk(), strides, rows, who="root@pam", why="a test", at_s=0)

    async def apply(self, desired: Desired | str) -> Record:
        """Plan and apply."""
        record = await self.begin(desired)
        assert record is not None
        return await carry_out(self.desk(), record)

    async def undo(self, number: int | None = None, *, exact: bool = True) -> Record:
        """Undo an apply."""
        target = self.records.undoable(number)
        assert target is not None
        rows = await self.desk().rows()
        steps = foreseen(situation_of(await self.document()), undoing(self.desk(), target, rows))
        record = begin(
            self.desk(), steps, rows, who="root@pam", why="", at_s=0, undoes=target.number
        )
        return await undo(self.desk(), record, target, exact=exact)


RULES = """node-affinity: r1
	comment %EC%B2%AB a%3A, b=1
	nodes phum01:2,phum02
	resources vm:100

resource-affinity: r2
	affinity negative
	resources vm:121,vm:122

resource-affinity: r3
	affinity positive
	resources vm:124,vm:999

"""


def random_plan(now: Configured, dice: random.Random) -> Desired:
    """Return a random file: a few resources, rules and settings otherwise than they are."""
    found = {kind: dict(_entries(kind, now, dice)) for kind in Kind}
    if dice.random() < 0.4:
        found[Kind.RESOURCE]["vm:100"] = found[Kind.RULE]["r1"] = None
    return Desired(found)


def _entries(kind: Kind, now: Configured, dice: random.Random) -> Iterator[tuple[str, Any]]:
    there, nodes, guests = now.of(kind), list(now.nodes), sorted(now.guests)
    managed = sorted(now.of(Kind.RESOURCE))[1:]
    match kind:
        case Kind.RESOURCE:
            for sid in dice.sample(guests, 3):
                yield sid, dict(dice.choice(_SETTINGS))
        case Kind.RULE:
            for name in dice.sample([*there, "new1", "new2"], 3):
                known = there.get(name)
                if known is not None and dice.random() < 0.4:
                    yield name, None
                elif known is not None:
                    yield (
                        name,
                        {"type": known["type"], "disable": dice.choice("01"), "comment": "바꿈 %"},
                    )
                else:
                    yield name, _rule(dice, managed, nodes)
        case Kind.SETTING:
            if dice.random() < 0.5:
                yield "ha", {"shutdown_policy": dice.choice(["migrate", "freeze", "conditional"])}
                yield "crs", {"ha": dice.choice(["basic", "static"])}
        case Kind.DOMAIN:
            yield "rack", {"nodes": dice.choice(nodes)}


_SETTINGS = (
    {"max_restart": "3"},
    {"max_relocate": "0", "comment": "주석: 100%"},
    {"state": "stopped"},
    {"state": "started", "failback": "0"},
)


def _rule(dice: random.Random, guests: list[str], nodes: list[str]) -> dict[str, str]:
    chosen = ",".join(sorted(dice.sample(guests, 2)))
    if dice.random() < 0.5:
        place = ",".join(sorted(dice.sample(nodes, 2)))
        return {
            "type": "node-affinity",
            "resources": chosen,
            "nodes": place,
            "strict": dice.choice("01"),
        }
    affinity = dice.choice(["positive", "negative"])
    return {"type": "resource-affinity", "resources": chosen, "affinity": affinity}


async def boundary(live: Live, record: Record) -> int:
    """Return after which step of an apply the cluster stands; -1: after none."""
    now = await live.desk().rows()
    rows = record.rows
    found = [0] if not now.differences(rows) else []
    for at, stride in enumerate(record.strides, 1):
        rows = rows.with_row(stride.kind, stride.name, stride.after)
        if not now.differences(rows):
            found.append(at)
    return found[-1] if found else -1


__all__ = ["Cut", "Live", "boundary", "random_plan"]
