"""What the console would see in a tape's answers."""

from collections.abc import Mapping
from typing import Any

from virton.proxmox.answers import Answers
from virton.proxmox.configuration import parse_resources, parse_rules
from virton.proxmox.inventory import parse_inventory, parse_membership
from virton.proxmox.manager import parse_manager_status
from virton.proxmox.sight import Looks, lrm_of, members_of, rules_of
from virton.proxmox.values import mapping
from virton.story.sight import Settings, Sight


def sight_from(told: Mapping[str, Any], from_s: float, to_s: float) -> Sight:
    """Return what the answers by path show; what is missing or unreadable was not seen."""
    answers, looks = Answers(told), Looks()
    files = answers.maybe("/cluster/ha/status/manager_status", parse_manager_status)
    membership = answers.maybe("/cluster/status", parse_membership)
    inventory = answers.maybe("/cluster/resources", parse_inventory)
    rules = answers.maybe("/cluster/ha/rules", parse_rules)
    resources = answers.maybe("/cluster/ha/resources", parse_resources)
    return Sight(
        from_s,
        to_s,
        manager=None if files is None else looks.manager(files),
        lrm={} if files is None else lrm_of(files),
        members=None if membership is None else members_of(membership),
        guests=None if inventory is None else looks.guests(inventory),
        rules=None if rules is None else rules_of(rules),
        resources=None if resources is None else looks.resources(resources),
        settings=answers.maybe("/cluster/options", _settings),
    )


def _settings(data: Any) -> Settings:
    """Keep what concerns the HA stack: shutdown policy and scheduling."""
    told = mapping(data)
    return {key: told[key] for key in ("ha", "crs") if key in told}
