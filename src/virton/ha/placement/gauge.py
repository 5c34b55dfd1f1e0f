"""What each node of a cluster offers and uses, summed so that the order of adding never shows."""

from collections.abc import Iterable, Mapping
from math import fsum

from virton.frozen import frozen


@frozen
class NodeStats:
    """A node's size (cores, bytes) and, where it is measured, its use (cores, bytes)."""

    maxcpu: float
    maxmem: int
    cpu: float = 0.0
    mem: int = 0


@frozen
class ResourceUsage:
    """A resource's size and use (cores, bytes); `maxcpu` 0 means as many as the node has.

    `cpu` and `mem` are None where nothing measured them: that is enough for static load only.
    """

    maxcpu: float
    maxmem: int
    cpu: float | None = None
    mem: int | None = None


@frozen
class Demand:
    """What a resource takes of a node: `cpu` and `mem` while it runs, the maxima as it starts."""

    cpu: float
    mem: int
    maxcpu: float
    maxmem: int


# Every float is a whole number of steps of 2**-1074, and whole numbers add up exactly.
_STEP_BITS = 1074
_STEPS_OF_ONE = 1 << _STEP_BITS


def _steps(value: float) -> int:
    numerator, denominator = value.as_integer_ratio()
    return numerator << (_STEP_BITS + 1 - denominator.bit_length())


def exact_parts(values: Iterable[float]) -> tuple[float, ...]:
    """Return the few floats whose exact sum is the exact sum of `values`.

    `fsum((*parts, -old, new))` then replaces one value of the sum without an error of rounding.
    """
    rest = list(values)
    parts = []
    while (part := fsum(rest)) != 0.0:
        parts.append(part)
        rest.append(-part)
    return tuple(parts)


class Gauge:
    """The use of every node; nodes go by their index in `names`, which are in name order."""

    __slots__ = (
        "_cpu_steps",
        "cpu",
        "cpu_load",
        "index",
        "maxcpu",
        "maxmem",
        "mem",
        "mem_load",
        "names",
    )

    def __init__(self, nodes: Mapping[str, NodeStats], *, measured: bool) -> None:
        self.names = tuple(sorted(nodes))
        self.index = {name: position for position, name in enumerate(self.names)}
        figures = [nodes[name] for name in self.names]
        self.maxcpu = [float(int(node.maxcpu)) for node in figures]
        self.maxmem = [float(int(node.maxmem)) for node in figures]
        self.cpu = [float(node.cpu) if measured else 0.0 for node in figures]
        self.mem = [node.mem if measured else 0 for node in figures]
        self._cpu_steps = [_steps(cpu) for cpu in self.cpu]
        self.cpu_load = [use / size for use, size in zip(self.cpu, self.maxcpu, strict=True)]
        self.mem_load = [float(use) / size for use, size in zip(self.mem, self.maxmem, strict=True)]

    def start_cpu(self, node: int, demand: Demand) -> float:
        """Return the cores that a resource is taken to use on a node on which it starts."""
        return self.maxcpu[node] if demand.maxcpu == 0.0 else demand.maxcpu

    def count(self, node: int, demand: Demand) -> None:
        """Count a resource on a node as started there."""
        self._change(node, _steps(self.start_cpu(node, demand)), demand.maxmem)

    def discount(self, node: int, demand: Demand) -> None:
        """Take back what `count` added."""
        self._change(node, -_steps(self.start_cpu(node, demand)), -demand.maxmem)

    def _change(self, node: int, cpu_steps: int, mem: int) -> None:
        self._cpu_steps[node] += cpu_steps
        self.cpu[node] = self._cpu_steps[node] / _STEPS_OF_ONE
        self.mem[node] += mem
        self.cpu_load[node] = self.cpu[node] / self.maxcpu[node]
        self.mem_load[node] = float(self.mem[node]) / self.maxmem[node]

    def loads(self) -> list[float]:
        """Return each node's load: the mean of its shares of cores and of memory in use."""
        return [(cpu + mem) / 2.0 for cpu, mem in zip(self.cpu_load, self.mem_load, strict=True)]
