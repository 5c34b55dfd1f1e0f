"""What Prometheus is told: the state of the cluster now, and how the console itself fares."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from virton.console.page.model import PageModel

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(slots=True)
class Since:
    """Since when each row is in its state, as far as this console has seen."""

    _of: dict[str, tuple[str, float]] = field(default_factory=dict)

    def look(self, states: Mapping[str, str], now: float) -> dict[str, float]:
        """Return for how long (s) each row has been in its state."""
        self._of = {
            name: known if (known := self._of.get(name)) and known[0] == state else (state, now)
            for name, state in states.items()
        }
        return {name: now - since for name, (_, since) in self._of.items()}


@dataclass(frozen=True, slots=True)
class Fares:
    """How the console itself fares.

    `deliveries` counts messages by what became of them; `writable` tells whether the history takes
    what happens; `tolerates` is how many nodes may fail, `hits` and `misses` what forecasts came to.
    """

    deliveries: Mapping[str, int] = field(default_factory=dict)
    open_incidents: int = 0
    writable: bool = True
    tolerates: int | None = None
    hits: int = 0
    misses: int = 0


def exposition(page: PageModel, fares: Fares, since: Since) -> bytes:
    """Return everything in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Told(page, fares))
    return generate_latest(registry) + _resources(page, since).encode()


class _Told:
    """Tells its metrics when it is collected."""

    def __init__(self, page: PageModel, fares: Fares) -> None:
        self._page = page
        self._fares = fares

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        yield from _cluster(self._page)
        yield from _nodes(self._page)
        yield from _console(self._fares)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"virton_{name}", text, value=value)


def _cluster(page: PageModel) -> Iterator[Metric]:
    if page.quorum is not None:
        yield _gauge("quorate", "1 where the cluster has its quorum.", page.quorum.ok)
    if page.cluster.votes is not None:
        yield _gauge("votes", "Votes that the cluster expects.", page.cluster.votes)
    if page.fencing is not None:
        armed = page.fencing.armed_state in ("armed", "standby")
        yield _gauge("armed", "1 where HA protects its resources.", armed)
    ages = GaugeMetricFamily(
        "virton_data_age_seconds", "How old the data of each part is.", labels=["part"]
    )
    for name, part in page.parts:
        if part.age_s is not None:
            ages.add_metric([name], part.age_s)
    yield ages
    conflicts = sum(bool(rule.errors) for rule in page.rules)
    yield _gauge("rule_conflicts", "Rules that contradict others or have no effect.", conflicts)


def _nodes(page: PageModel) -> Iterator[Metric]:
    states = GaugeMetricFamily(
        "virton_node_state", "The state of each node, as HA sees it.", labels=["node", "state"]
    )
    online = GaugeMetricFamily("virton_node_online", "1 where a node is online.", labels=["node"])
    for node in page.nodes:
        states.add_metric([node.name, node.ha_state or "unknown"], 1)
        online.add_metric([node.name], node.online)
    yield states
    yield online


_STATES = """\
# HELP virton_resource_state The state of each HA resource, and where it is.
# TYPE virton_resource_state gauge
"""
_LASTING = """\
# HELP virton_resource_state_seconds For how long it has been in its state.
# TYPE virton_resource_state_seconds gauge
"""


def _resources(page: PageModel, since: Since) -> str:
    """Return the series of resources as text: of thousands, objects would take most of a scrape."""
    told = {row.sid: row.state or "unknown" for row in page.resources}
    lasts = since.look(told, page.now)
    states, lasting = [_STATES], [_LASTING]
    for row in page.resources:
        sid, state, node = _escaped(row.sid), _escaped(told[row.sid]), _escaped(row.node or "")
        states.append(f'virton_resource_state{{node="{node}",sid="{sid}",state="{state}"}} 1.0\n')
        lasting.append(f'virton_resource_state_seconds{{sid="{sid}"}} {float(lasts[row.sid])}\n')
    return "".join(states + lasting)


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _console(fares: Fares) -> Iterator[Metric]:
    sent = CounterMetricFamily(
        "virton_deliveries", "Messages by what became of them.", labels=["state"]
    )
    for state, count in sorted(fares.deliveries.items()):
        sent.add_metric([state], count)
    yield sent
    yield _gauge("open_incidents", "Incidents that are not over.", fares.open_incidents)
    yield _gauge("history_writable", "1 where what happens can be kept.", fares.writable)
    if fares.tolerates is not None:
        yield _gauge("tolerated_failures", "Nodes that may fail, whichever.", fares.tolerates)
    foretold = CounterMetricFamily(
        "virton_forecasts", "Forecasts of real losses, by what they came to.", labels=["result"]
    )
    foretold.add_metric(["hit"], fares.hits)
    foretold.add_metric(["miss"], fares.misses)
    yield foretold
