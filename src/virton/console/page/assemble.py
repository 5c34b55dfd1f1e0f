"""Put what the cluster told in its several answers together into the page model."""

from collections.abc import Mapping

from virton.console.page import model
from virton.console.page.cluster import cluster_told, failure_told, rule_told
from virton.console.page.rows import (
    NodeTold,
    ResourceTold,
    guest_row,
    guests_told,
    node_row,
    nodes_told,
    resource_place,
    resource_row,
    resources_told,
)
from virton.console.rule_advice import conflicts_told, nodes_of, ruleset_of
from virton.console.watch.arrivals import Stay
from virton.console.watch.readings import Asking, Part, Readings
from virton.console.watch.repairs import Repair
from virton.proxmox.configuration import Rule
from virton.proxmox.errors import ApiError
from virton.proxmox.inventory import Guest
from virton.proxmox.status import CurrentStatus
from virton.proxmox.unchanged import Unchanged

RuleTold = tuple[Rule, tuple[model.Conflict, ...]]

FRESH_ROUNDS = 2
FRESH_MARGIN_S = 3.0


class Assembly:
    """Makes page models; a row of which nothing has changed is the row of the model before."""

    def __init__(self) -> None:
        self._nodes = Unchanged[str, NodeTold, model.Node](node_row)
        self._resources = Unchanged[str, ResourceTold, model.Resource](resource_row)
        self._guests = Unchanged[str, Guest, model.Guest](guest_row)
        self._rules = Unchanged[str, RuleTold, model.Rule](lambda told: rule_told(*told))
        self._checked: tuple[object, list[tuple[str, RuleTold]]] = (None, [])

    def page_model(
        self,
        readings: Readings,
        now: float,
        stays: Mapping[str, Stay] | None = None,
        repairs: Mapping[str, Repair] | None = None,
        outlook: model.Outlook | None = None,
    ) -> model.PageModel:
        """Return the page model of these readings, and of what looks before them have shown."""
        status = readings.status.data.current
        rules = readings.rules.data.rules
        resources = self._resources.batch(resources_told(readings, stays or {}, repairs or {}))
        return model.PageModel(
            now=now,
            fresh=is_fresh(readings, now),
            guests_hidden=False,
            cluster=cluster_told(readings, now),
            parts=parts_told(readings, now),
            quorum=_quorum(status),
            master=_master(status),
            fencing=_fencing(status),
            nodes=tuple(self._nodes.batch(nodes_told(readings))),
            resources=tuple(sorted(resources, key=resource_place)),
            guests=tuple(self._guests.batch(guests_told(readings))),
            rules=tuple(self._rules.batch(self._rules_told(readings))),
            rules_digest=next((rule.digest for rule in rules if rule.digest), None),
            resources_digest=next((r.digest for r in readings.resources.data if r.digest), None),
            outlook=outlook,
        )

    def _rules_told(self, readings: Readings) -> list[tuple[str, RuleTold]]:
        """Return the rules; why the cluster has something against one is found when they change."""
        rules, nodes = readings.rules.data.rules, nodes_of(readings)
        if self._checked[0] != (rules, nodes):
            known = ruleset_of(rules)
            wrong = {rule.rule for rule in rules if rule.errors and rule.rule in known.rules}
            told = [
                (r.rule, (r, conflicts_told(known, nodes, r.rule) if r.rule in wrong else ()))
                for r in rules
            ]
            self._checked = ((rules, nodes), told)
        return self._checked[1]


def is_fresh(readings: Readings, now: float) -> bool:
    """Tell whether the HA status is not older than a few rounds, and a moment to answer in."""
    at = readings.status.at
    return at is not None and now - at <= FRESH_ROUNDS * readings.period_s + FRESH_MARGIN_S


def parts_told(readings: Readings, now: float) -> model.Parts:
    """Return how fresh each part of the page is."""
    told = {
        name: part_told(part, now, readings.asking.get(name))
        for name, part in readings.parts.items()
    }
    return model.Parts(**told)


def part_told(part: Part[object], now: float, asking: Asking | None = None) -> model.Part:
    """Return how fresh one part is; a question under way counts once it has waited for long."""
    slow = part.slow(now, asking)
    return model.Part(
        at=part.at,
        ok=part.error is None and part.at is not None,
        error=failure_told(part.error),
        slow_s=None if slow is None else round(slow.s, 1),
        address=part.address if slow is None else slow.address,
        age_s=None if part.at is None else max(0.0, now - part.at),
    )


def forbidden(now: float, error: ApiError) -> model.PageModel:
    """Return the page model of a viewer who may not see the cluster: every part says why."""
    part: Part[object] = Part(None, None, error)
    page = Assembly().page_model(Readings(), now)
    told = part_told(part, now)
    parts = model.Parts(status=told, resources=told, rules=told, nodes=told)
    return page.model_copy(update={"parts": parts})


def _quorum(status: CurrentStatus) -> model.Quorum | None:
    quorum = status.quorum
    return None if quorum is None else model.Quorum(ok=quorum.ok, node=quorum.node)


def _master(status: CurrentStatus) -> model.Master | None:
    master = status.master
    if master is None:
        return None
    return model.Master(node=master.node, state=master.state, at=master.timestamp)


def _fencing(status: CurrentStatus) -> model.Fencing | None:
    told = status.fencing
    if told is None:
        return None
    return model.Fencing(armed_state=told.armed_state, resource_mode=told.resource_mode)
