"""The cluster as a whole: what it is, what its version knows, who answers, and what time it is."""

from collections.abc import Iterable
from dataclasses import asdict

from virton.console.page import model
from virton.console.page.future_rules import future_rules
from virton.console.watch.readings import Readings
from virton.console.watch.token import TokenStanding
from virton.proxmox import configuration
from virton.proxmox.errors import ApiError

SKEW_S = 3.0
"""A smaller difference between two clocks is none: the cluster tells whole seconds, and late."""


def cluster_told(readings: Readings, now: float) -> model.Cluster:
    """Return what there is to tell of the cluster as a whole."""
    features = asdict(readings.features)
    del features["comments_are_bytes"]  # which is nothing to a page
    return model.Cluster(
        name=readings.nodes.data.membership.name,
        version=features.pop("version"),
        rules_supported=readings.features.rules,
        features=model.Features(**features),
        groups=_groups(readings),
        lab=False,
        votes=readings.votes.total if readings.votes else None,
        addresses=_addresses(readings),
        read_only=_read_only(readings),
        clock=clock_told(readings, now),
        token=_token(readings.token),
        unwatched=readings.unwatched,
        unkept=readings.unkept,
        audit=readings.audit,
    )


def _token(standing: TokenStanding | None) -> model.ConsoleToken | None:
    if standing is None or not (standing.refused or standing.lacks):
        return None
    return model.ConsoleToken(name=standing.name, refused=standing.refused, lacks=standing.lacks)


def failure_told(error: ApiError | None) -> model.Failure | None:
    """Return an error as the page reads it."""
    return None if error is None else model.Failure.model_validate(error.to_json())


def rule_told(rule: configuration.Rule, conflicts: tuple[model.Conflict, ...] = ()) -> model.Rule:
    """Return a rule as the page reads it."""
    return model.Rule(
        rule=rule.rule,
        type=rule.type,
        resources=rule.resources,
        nodes=_priorities(rule.nodes),
        strict=rule.strict,
        affinity=rule.affinity,
        disabled=rule.disabled,
        comment=rule.comment or "",
        errors=rule.errors,
        conflicts=conflicts,
        order=rule.order,
        extra=rule.extra,
    )


def _groups(readings: Readings) -> tuple[model.Group, ...]:
    groups = readings.rules.data.groups
    future = future_rules(groups, readings.resources.data)
    return tuple(_group(group, future.get(group.group)) for group in groups)


def _group(group: configuration.Group, rule: configuration.Rule | None) -> model.Group:
    return model.Group(
        group=group.group,
        nodes=_priorities(group.nodes),
        restricted=group.restricted,
        nofailback=group.nofailback,
        comment=group.comment or "",
        rule=rule_told(rule) if rule else None,
        extra=group.extra,
    )


def _priorities(nodes: Iterable[tuple[str, int]]) -> tuple[model.Priority, ...]:
    return tuple(model.Priority(node=node, priority=priority) for node, priority in nodes)


def _addresses(readings: Readings) -> tuple[model.Address, ...]:
    return tuple(
        model.Address(
            address=address,
            ok=error is None,
            error=failure_told(error),
            answering=address == readings.answering and error is None,
        )
        for address, error in readings.addresses.items()
    )


def _read_only(readings: Readings) -> model.ReadOnly | None:
    quorum = readings.status.data.current.quorum
    if quorum is None or quorum.ok:
        return None
    return model.ReadOnly(code="no_quorum", node=quorum.node, message=quorum.words)


def clock_told(readings: Readings, now: float) -> model.ClusterTime:
    """Return the cluster's time; where answers carry no date, the newest time that it told.

    Only a clock whose answers are dated is known to run as fast as ours.
    """
    ahead_s = readings.ahead_s
    if ahead_s is None:
        return model.ClusterTime(now=readings.status.data.newest, runs=False, skew_s=None)
    skew_s = round(ahead_s) if abs(ahead_s) > SKEW_S else 0
    return model.ClusterTime(now=round(now + ahead_s, 1), runs=True, skew_s=skew_s)
