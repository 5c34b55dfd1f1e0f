"""How many more guests of a size fit before the loss of a node squeezes or stops something."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from virton.forecast.collecting import rarely_collecting
from virton.forecast.fates import Verdict, assigned
from virton.forecast.rest import at_rest
from virton.forecast.situation import Guest, Situation
from virton.forecast.tolerance import badness, node_cases, rows
from virton.ha.model import ResourceConfig
from virton.simulation.value import FiguresValue

MOST = 10_000
_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


class SizeError(ValueError):
    """A size that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a guest: bytes and cores."""

    memory_bytes: int
    cores: float = 1.0

    @classmethod
    def parse(cls, words: str) -> "Size":
        """Read `memory=8GiB,cores=4`; raises SizeError."""
        values = dict(part.partition("=")[::2] for part in words.split(","))
        if unknown := sorted(values.keys() - {"memory", "cores"}):
            raise SizeError(f"a guest's size has no {unknown[0]!r}")
        if "memory" not in values:
            raise SizeError("memory= is missing")
        try:
            return cls(_bytes(values["memory"]), float(values.get("cores", "1")))
        except ValueError:
            raise SizeError(f"{words!r} is no size, as memory=8GiB,cores=4 is") from None


def _bytes(text: str) -> int:
    unit = text.strip().removesuffix("B").removesuffix("i")
    letter = unit[-1:].upper() if unit[-1:].isalpha() else ""
    number = unit[:-1] if letter else unit
    if letter not in _UNITS:
        raise ValueError(text)
    return int(float(number) * _UNITS[letter])


def fits(situation: Situation, size: Size) -> int:
    """Return how many guests can be added so that the loss of any node is borne as before."""
    with rarely_collecting():
        base, _ = at_rest(situation)
        worst = (badness(row.worst) for row in rows(base, node_cases(base)))
        allowed = max((*worst, badness(Verdict.BACK)))

        def bears(count: int) -> bool:
            more, _ = at_rest(_with_guests(base, size, count))
            full = assigned(more, more.running)
            if any(full[name] > node.memory_bytes for name, node in more.nodes.items()):
                return False
            return all(badness(row.worst) <= allowed for row in rows(more, node_cases(more)))

        return _last(bears, _room(base, size, allowed))


def _room(base: Situation, size: Size, allowed: int) -> int:
    """Return how many guests there is memory for at most, with the largest node lost if that counts."""
    used = assigned(base, base.running)
    nodes = [base.nodes[name] for name in sorted(base.online)]
    free = [max(0, node.memory_bytes - used[node.name]) for node in nodes]
    if not size.memory_bytes:
        return MOST
    each = sum(room // size.memory_bytes for room in free)
    if allowed >= badness(Verdict.SQUEEZED):
        return min(each, MOST)
    spare = sum(free) - max((node.memory_bytes for node in nodes), default=0)
    return min(each, max(0, spare) // size.memory_bytes, MOST)


def _last(holds: Callable[[int], bool], most: int) -> int:
    """Return the last number up to `most` for which something holds, where it holds up to some number."""
    below, above = 0, most + 1
    while above - below > 1:
        middle = (below + above) // 2
        if holds(middle):
            below = middle
        else:
            above = middle
    return below


def _with_guests(base: Situation, size: Size, count: int) -> Situation:
    """Return the cluster with more guests, each where most memory is left."""
    guests, resources = dict(base.guests), dict(base.resources)
    static, dynamic = dict(base.figures.static), dict(base.figures.dynamic)
    used = assigned(base, base.running)
    for number in range(count):
        sid = f"vm:new{number}"
        left = {name: base.nodes[name].memory_bytes - used[name] for name in sorted(base.online)}
        node = max(left, key=lambda name: left[name])
        used[node] += size.memory_bytes
        guests[sid] = Guest(
            sid, node, running=True, cores=size.cores, memory_bytes=size.memory_bytes
        )
        resources[sid] = ResourceConfig(node=node)
        static[sid] = {"maxcpu": size.cores, "maxmem": float(size.memory_bytes)}
        dynamic[sid] = {"cpu": 0.0, "mem": 0.0}
    figures = FiguresValue(static, dynamic)
    return replace(base, guests=guests, resources=resources, figures=figures)
