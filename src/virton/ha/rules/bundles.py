"""Which keep-together rules overlap, and thus bind all their resources to one another."""

from collections.abc import Mapping

from virton.frozen import frozen
from virton.ha.rules.config import ResourceAffinityRule


@frozen
class Bundle:
    """Overlapping rules in the order in which they were joined, and their resources."""

    rules: tuple[str, ...]
    resources: frozenset[str]


def bundles(rules: Mapping[str, ResourceAffinityRule]) -> list[Bundle]:
    """Join overlapping rules in one pass, in the order of their lowest resource id.

    A rule joins the first bundle that it overlaps. Bundles that a later rule connects stay apart,
    as in Proxmox VE: their resources then stand in several bundles.
    """
    by_lowest = sorted(rules, key=lambda key: (min(rules[key].resources, default=""), key))
    members: list[list[str]] = []
    resources: list[set[str]] = []
    first_of: dict[str, int] = {}
    for key in by_lowest:
        own = rules[key].resources
        at = min((first_of[sid] for sid in own if sid in first_of), default=len(members))
        if at == len(members):
            members.append([])
            resources.append(set())
        members[at].append(key)
        resources[at] |= own
        for sid in own:
            first_of[sid] = min(at, first_of.get(sid, at))
    return [
        Bundle(tuple(keys), frozenset(sids)) for keys, sids in zip(members, resources, strict=True)
    ]
