"""Random faults in the embedded cluster, each forecast from its API a moment before.

`python -m tests.forecast.proof [COUNT [FIRST]]` plays so many and tells what was hit.
"""

import asyncio
import json
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.forecast.seen import situation_from_answers
from virton.embedded.pmxcfs import ClusterFiles
from virton.embedded.running import RunningCluster
from virton.forecast.answer import Answer
from virton.forecast.ask import ask
from virton.forecast.fates import Verdict
from virton.forecast.question import Loss, Question, parse_split
from virton.forecast.situation import Situation
from virton.ha.events import Record
from virton.ha.events.cluster import WatchdogPoweroff
from virton.ha.events.lrm import MoveEnded, Started
from virton.proxmox import ApiToken, ProxmoxClient

NODES = ("phum01", "phum02", "phum03")
SIDS = ("vm:100", "vm:121", "vm:122", "vm:124", "vm:999", "ct:200")
KINDS = ("power", "network", "pair", "split", "maintenance", "failing")
LONG_ENOUGH_S = 420
STARTED_AT_S = 1_800_000_000

PATHS = (
    "/version",
    "/cluster/ha/status/manager_status",
    "/cluster/ha/status/current",
    "/cluster/resources",
    "/cluster/status",
    "/cluster/ha/resources",
    "/cluster/ha/rules",
    "/cluster/options",
    "/cluster/config/nodes",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to the embedded cluster, and the question that asks for it beforehand."""

    kind: str
    question: Question
    commit: Callable[[RunningCluster], None]


@dataclass(slots=True)
class Hit:
    """How one forecast fared: what was wrong, and how wide its ranges were."""

    number: int
    fault: str
    wrong_fates: list[str] = field(default_factory=list)
    wrong_times: list[str] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    fates: int = 0
    times: int = 0


def rules(dice: random.Random) -> str:
    """Return a `rules.cfg` of a few rules that do not contradict each other outright."""
    text = ""
    if dice.random() < 0.5:
        strict = "\tstrict 1\n" if dice.random() < 0.5 else ""
        nodes = ",".join(f"{node}:{dice.randint(0, 3)}" for node in dice.sample(NODES, 2))
        text += f"node-affinity: near\n\tresources {dice.choice(SIDS)}\n\tnodes {nodes}\n{strict}\n"
    first, second, *_ = dice.sample(SIDS, 4)
    if dice.random() < 0.6:
        affinity = dice.choice(("negative", "positive"))
        text += f"resource-affinity: two\n\tresources {first},{second}\n\taffinity {affinity}\n\n"
    return text


def fault(dice: random.Random, master: str) -> Fault:
    """Return a random fault."""
    kind = dice.choice(KINDS)
    node = master if dice.random() < 0.4 else dice.choice(NODES)
    if kind in ("power", "network"):
        cut = kind == "network"
        return Fault(
            f"{kind} {node}", Question((Loss(node, cut=cut),)), lambda c: _off(c, [node], cut=cut)
        )
    if kind == "pair":
        pair = sorted(dice.sample(NODES, 2))
        losses = tuple(Loss(one) for one in pair)
        return Fault(f"pair {pair}", Question(losses), lambda c: _off(c, pair, cut=False))
    if kind == "split":
        others = [one for one in NODES if one != node]
        words = f"{node}|{','.join(others)}" if dice.random() < 0.7 else "|".join(NODES)
        split = parse_split(words, NODES)
        return Fault(f"split {words}", Question(split=split), lambda c: _do(c, f"split {words}"))
    if kind == "maintenance":
        command = f"crm {node} enable-node-maintenance"
        question = Question(maintenance=(node,))
        return Fault(f"maintenance {node}", question, lambda c: _do(c, command))
    sid = dice.choice(SIDS)
    question = Question((Loss(node),), failing=(sid,))
    return Fault(f"failing {sid}, power {node}", question, lambda c: _fail(c, sid, node))


def _off(cluster: RunningCluster, nodes: list[str], *, cut: bool) -> None:
    for node in nodes:
        if cut:
            cluster.world.set_network(node, False)
        else:
            cluster.world.set_power(node, False)


def _do(cluster: RunningCluster, command: str) -> None:
    cluster.world.command(command)


def _fail(cluster: RunningCluster, sid: str, node: str) -> None:
    cluster.world.fail_starts(sid, 10_000)
    cluster.world.set_power(node, False)


def embedded(dice: random.Random) -> RunningCluster:
    """Return an embedded cluster with random rules, at rest, somewhere in its rounds."""
    files = ClusterFiles()
    cluster = RunningCluster(files, "a good secret", STARTED_AT_S + dice.randint(0, 50))
    resources = "".join(f"{sid.replace(':', ': ')}\n\tstate started\n\n" for sid in SIDS)
    files.write("ha/resources.cfg", resources)
    files.write("ha/rules.cfg", rules(dice))
    cluster.world.step(150 + dice.randint(0, 29))
    return cluster


async def read(cluster: RunningCluster, alter: Callable[[Any], Any] = lambda a: a) -> Situation:
    """Return the cluster as its API shows it now."""
    client = ProxmoxClient.in_process(cluster.app)
    token = ApiToken(cluster.console_token)
    answers: dict[str, Any] = {}
    try:
        for path in PATHS:
            answers[path] = await client.call("GET", path, token, {})
    finally:
        await client.aclose()
    return situation_from_answers(alter(answers))


def try_one(number: int, alter: Callable[[Any], Any] = lambda a: a) -> Hit:
    """Forecast one random fault, let it happen, and compare."""
    dice = random.Random(number)  # noqa: S311  (which fault is no secret)
    cluster = embedded(dice)
    situation = asyncio.run(read(cluster, alter))
    chosen = fault(dice, situation.master or NODES[0])
    answer = ask(situation, chosen.question)
    cluster.world.step(dice.randint(0, 3))
    told: list[Record] = []
    cluster.world.listeners.append(told.append)
    at_s = cluster.world.now()
    chosen.commit(cluster)
    cluster.world.step(LONG_ENOUGH_S)
    hit = Hit(number, chosen.kind)
    for difference in _wrong_fates(cluster, answer, told, hit):
        hit.wrong_fates.append(difference)
    for difference in _wrong_times(answer, told, at_s, hit):
        hit.wrong_times.append(difference)
    return hit


def under_way(number: int, wait_s: int) -> list[str]:
    """Lose a node, wait, and forecast what the stack does about it by itself; return what is wrong."""
    dice = random.Random(number)  # noqa: S311  (which fault is no secret)
    cluster = embedded(dice)
    cluster.world.set_power(dice.choice(NODES), False)
    cluster.world.step(wait_s)
    answer = ask(asyncio.run(read(cluster)), Question())
    told: list[Record] = []
    cluster.world.listeners.append(told.append)
    at_s = cluster.world.now()
    cluster.world.step(LONG_ENOUGH_S)
    hit = Hit(number, "under way")
    return [*_wrong_fates(cluster, answer, told, hit), *_wrong_times(answer, told, at_s, hit)]


def _wrong_fates(
    cluster: RunningCluster, answer: Answer, told: list[Record], hit: Hit
) -> Iterator[str]:
    runs = {sid: name for name, host in cluster.world.hosts.items() for sid in host.running}
    resets = {r.event.node for r in told if isinstance(r.event, WatchdogPoweroff)}
    if resets != set(answer.resets):
        yield f"reset themselves {sorted(resets)}, said was {list(answer.resets)}"
    if cluster.world.quorate() != answer.quorate:
        yield f"quorate {cluster.world.quorate()}, said was {answer.quorate}"
    for sid, row in answer.resources.items():
        hit.fates += 1
        said = [row.fate, *row.others]
        there = runs.get(sid)
        right = [f for f in said if (f.node == there if there else _is_down(f.verdict))]
        if not right:
            yield f"{sid} runs on {there}, said was {[(str(f.verdict), f.node) for f in said]}"


def _is_down(verdict: Verdict) -> bool:
    return verdict in (Verdict.NOT_PLACED, Verdict.CANNOT_START, Verdict.NO_QUORUM)


def _wrong_times(answer: Answer, told: list[Record], at_s: int, hit: Hit) -> Iterator[str]:
    came: dict[str, int] = {}
    for record in told:
        if isinstance(record.event, Started | MoveEnded):
            came[record.event.sid] = record.time_s - at_s
    for sid, row in answer.resources.items():
        if row.after_s is None:
            continue
        hit.widths.append(row.after_s[1] - row.after_s[0])
        if sid in came:
            hit.times += 1
            if not row.after_s[0] <= came[sid] <= row.after_s[1]:
                yield f"{sid} ran after {came[sid]} s, said was {row.after_s}"


def summary(hits: list[Hit]) -> Mapping[str, Any]:
    """Return what was hit: faults, fates and times, and the mean width of a range."""
    widths = [width for hit in hits for width in hit.widths]
    return {
        "faults": len(hits),
        "fates": sum(hit.fates for hit in hits),
        "wrong_fates": sum(len(hit.wrong_fates) for hit in hits),
        "times": sum(hit.times for hit in hits),
        "wrong_times": sum(len(hit.wrong_times) for hit in hits),
        "mean_width_s": round(sum(widths) / len(widths), 1) if widths else None,
    }


def main(arguments: list[str]) -> int:
    """Play the faults and print what was missed, and the summary."""
    count = int(arguments[0]) if arguments else 400
    first = int(arguments[1]) if len(arguments) > 1 else 0
    hits = []
    for number in range(first, first + count):
        hit = try_one(number)
        hits.append(hit)
        for missed in (*hit.wrong_fates, *hit.wrong_times):
            print(f"{number} ({hit.fault}): {missed}", flush=True)
    told = summary(hits)
    print(json.dumps(told))
    return 1 if told["wrong_fates"] or told["wrong_times"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
