"""What is configured in a cluster that was captured, entry by entry."""

from collections.abc import Mapping
from typing import Any

from virton.forecast.situation import Situation
from virton.ha.dialect import Dialect
from virton.ha.model import ResourceConfig, SchedulerSettings
from virton.plans.entries import (
    AUTO,
    CRS,
    HA,
    Configured,
    Kind,
    Values,
    number,
    rule_values,
    switch,
)


def configured(
    situation: Situation, document: Mapping[str, Any], domains: Mapping[str, Any] | None = None
) -> Configured:
    """Return what is configured; comments stand in the capture's document alone.

    No capture tells fault domains: without `domains` nothing is known of them.
    """
    comments = _comments(document)
    resources = {
        sid: resource_values(config, comments.get(sid, config.comment or ""))
        for sid, config in sorted(situation.resources.items())
    }
    rules = {
        rule.rule: rule_values(rule, comments.get(f"rule {rule.rule}"))
        for rule in situation.rules.in_order()
    }
    newer = situation.dialect is Dialect.PERCENT
    settings = {
        CRS: _scheduler(situation.settings.scheduler, newer),
        HA: {"shutdown_policy": str(situation.settings.shutdown_policy)},
    }
    entries: dict[Kind, Mapping[str, Values]] = {
        Kind.RESOURCE: resources,
        Kind.RULE: rules,
        Kind.SETTING: settings,
    }
    if domains is not None:
        entries[Kind.DOMAIN] = {
            name: {"nodes": ",".join(sorted(nodes))} for name, nodes in sorted(domains.items())
        }
    return Configured(
        entries,
        newer,
        {sid: guest.name for sid, guest in sorted(situation.guests.items())},
        tuple(sorted(situation.nodes)),
    )


def _comments(document: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for sid, row in (document.get("resources") or {}).items():
        if isinstance(row, Mapping) and row.get("comment"):
            found[str(sid)] = str(row["comment"])
    for row in document.get("rules") or ():
        if isinstance(row, Mapping) and row.get("comment"):
            found[f"rule {row.get('id')}"] = str(row["comment"])
    return found


def resource_values(config: ResourceConfig, comment: str) -> Values:
    """Return a resource's properties; its comment may be kept elsewhere than in it."""
    return {
        "state": str(config.state),
        "max_restart": str(config.max_restart),
        "max_relocate": str(config.max_relocate),
        "failback": switch(config.failback),
        "auto-rebalance": switch(config.auto_rebalance),
        "comment": comment,
    }


def _scheduler(settings: SchedulerSettings, percent: bool) -> Values:
    share = 100 if percent else 1
    return {
        "ha": str(settings.mode),
        "ha-rebalance-on-start": switch(settings.rebalance_on_start),
        AUTO: switch(settings.auto_rebalance),
        f"{AUTO}-threshold": number(settings.threshold * share),
        f"{AUTO}-method": str(settings.method),
        f"{AUTO}-hold-duration": str(settings.hold_rounds),
        f"{AUTO}-margin": number(settings.margin * share),
    }
