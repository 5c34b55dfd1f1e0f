"""Read a whole cluster at one moment, from its own answers or from recorded ones."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote

from virton.ha.model import DatacenterSettings
from virton.proxmox.access import parse_controlled, parse_permissions
from virton.proxmox.answers import Answers, Remembered, ask
from virton.proxmox.api import ClusterApi
from virton.proxmox.configuration import Group, Resource, Rule, parse_groups, parse_resources
from virton.proxmox.configuration import parse_rules as parse_listed_rules
from virton.proxmox.errors import ApiError, ApiFailure, ErrorCode
from virton.proxmox.inventory import (
    Guest,
    Version,
    parse_inventory,
    parse_membership,
    parse_use,
    parse_version,
)
from virton.proxmox.manager import parse_manager_status, without_times
from virton.proxmox.needs import GuestNeeds, parse_config
from virton.proxmox.offers import (
    MAPPING_KINDS,
    ClusterOffers,
    parse_bridges,
    parse_mappings,
    parse_replications,
    parse_storages,
)
from virton.proxmox.reading import (
    NodesReading,
    Reading,
    RulesReading,
    StatusReading,
    Surroundings,
)
from virton.proxmox.settings import parse_options
from virton.proxmox.status import CurrentStatus, parse_status
from virton.proxmox.values import rows
from virton.proxmox.votes import Votes, parse_node_votes, parse_qdevice, parse_totem

ATTEMPTS = 3
VERSION = "/version"
STATUS = "/cluster/ha/status/current"
MANAGER = "/cluster/ha/status/manager_status"
INVENTORY = "/cluster/resources"
MEMBERSHIP = "/cluster/status"
RESOURCES = "/cluster/ha/resources"
RULES = "/cluster/ha/rules"
GROUPS = "/cluster/ha/groups"
OPTIONS = "/cluster/options"
NODE_VOTES = "/cluster/config/nodes"
QDEVICE = "/cluster/config/qdevice"
TOTEM = "/cluster/config/totem"
STORAGES = "/storage"
REPLICATIONS = "/cluster/replication"
PERMISSIONS = "/access/permissions"
CONTROLLED = "/access/acl"

_ALWAYS = (
    MANAGER,
    STATUS,
    INVENTORY,
    MEMBERSHIP,
    RESOURCES,
    RULES,
    GROUPS,
    OPTIONS,
    NODE_VOTES,
    QDEVICE,
    TOTEM,
    STORAGES,
    REPLICATIONS,
    PERMISSIONS,
    CONTROLLED,
    *(f"/cluster/mapping/{kind}" for kind in MAPPING_KINDS),
)

Census = tuple[NodesReading, tuple[Resource, ...]]
"""A cluster's nodes with their guests, and the resources under HA."""


async def read_cluster(api: ClusterApi, remembered: Remembered | None = None) -> Reading:
    """Read a cluster; again if it changed meanwhile. Raises ApiFailure.

    Whoever reads it often may remember what changes rarely: what there is of each guest and node.
    """
    for _ in range(ATTEMPTS):
        # Whoever is not let in is refused once, not once for each question.
        answers = await ask(api, (VERSION,))
        answers.read(VERSION, parse_version)
        answers = answers.and_these(await ask(api, _ALWAYS))
        census = _census(answers)
        answers = answers.and_these(await ask(api, _paths_beyond(*census), remembered))
        reading = reading_of(answers, census)
        after = await api.read(MANAGER, parse_manager_status)
        if without_times(after) == without_times(reading.status.manager):
            return replace(reading, status=replace(reading.status, manager=after))
    return replace(reading, troubles=(*reading.troubles, "kept_changing"))


def _paths_beyond(nodes: NodesReading, resources: Iterable[Resource]) -> list[str]:
    """Return what is to be asked of the nodes that are online and of the resources' guests."""
    online = sorted(node for node, is_online in nodes.online.items() if is_online)
    guests = _under_ha(nodes, resources)
    return [
        *(f"{_node(node)}/{what}" for node in online for what in ("version", "network")),
        *(_config(guest) for guest in guests if guest.node in online),
    ]


def reading_of(answers: Answers, census: Census | None = None) -> Reading:
    """Return the reading that these answers make up; raises ApiFailure where too little is told.

    `census` is what their nodes and resources were already read to be.
    """
    version = answers.read(VERSION, parse_version)
    manager = answers.read(MANAGER, parse_manager_status)
    nodes, resources = census or _census(answers)
    _require_sight(answers, resources, nodes)
    rules, trouble_with_groups = _rules(answers)
    settings, trouble_with_settings = _settings(answers, version)
    return Reading(
        version=version,
        status=StatusReading(answers.maybe(STATUS, parse_status) or CurrentStatus(), manager),
        resources=resources,
        rules=rules,
        nodes=nodes,
        surroundings=_surroundings(answers, version, settings, nodes, resources),
        troubles=(*trouble_with_groups, *trouble_with_settings),
    )


def _census(answers: Answers) -> Census:
    inventory = answers.read(INVENTORY, parse_inventory)
    nodes = NodesReading(inventory, answers.read(MEMBERSHIP, parse_membership))
    return nodes, answers.read(RESOURCES, parse_resources)


def _require_sight(answers: Answers, resources: Iterable[Resource], nodes: NodesReading) -> None:
    """Refuse to take guests that the asking user may not see for guests that are not there."""
    permissions = answers.maybe(PERMISSIONS, parse_permissions)
    if permissions is None:
        return
    permissions = permissions.but_for(answers.maybe(CONTROLLED, parse_controlled) or ())
    seen = {guest.sid for guest in nodes.inventory.guests}
    for sid in sorted(resource.sid for resource in resources):
        path = f"/vms/{sid.partition(':')[2]}"
        if sid not in seen and "VM.Audit" not in permissions.on(path):
            # as the cluster says it of guests that it refuses by name
            words = f"Permission check failed ({path}, VM.Audit)"
            raise ApiFailure(ApiError(403, words, code=ErrorCode.FORBIDDEN))


# rules or groups


def _rules(answers: Answers) -> tuple[RulesReading, list[str]]:
    unsupported = answers.error(RULES)
    if unsupported is not None and unsupported.code is not ErrorCode.UNSUPPORTED:
        raise ApiFailure(unsupported)
    supported = unsupported is None
    rules = answers.read(RULES, _parse_rules) if supported else ()
    groups, trouble = _groups(answers, needed=not supported)
    return RulesReading(rules, groups, supported), trouble


def _parse_rules(data: Any) -> tuple[Rule, ...]:
    """Read the rules; the HA stack takes one for disabled as soon as that is said at all."""
    said = {str(row.get("rule")) for row in rows(data) if row.get("disable") is not None}
    return tuple(
        replace(rule, disabled=True) if rule.rule in said else rule
        for rule in parse_listed_rules(data)
    )


def _groups(answers: Answers, *, needed: bool) -> tuple[tuple[Group, ...], list[str]]:
    """Read the groups; a cluster whose groups have become rules refuses to tell any."""
    try:
        return answers.read(GROUPS, parse_groups), []
    except ApiFailure as failure:
        error = failure.error
        if needed or error.code not in (ErrorCode.CLUSTER, ErrorCode.UNSUPPORTED):
            raise
        expected = error.code is ErrorCode.UNSUPPORTED or "migrated" in (error.message or "")
        return (), [] if expected else ["groups_unreadable"]


# settings


def _settings(answers: Answers, version: Version) -> tuple[DatacenterSettings, list[str]]:
    unsupported = answers.error(OPTIONS)
    if unsupported is not None and unsupported.code is not ErrorCode.UNSUPPORTED:
        raise ApiFailure(unsupported)
    if OPTIONS not in answers or unsupported is not None:
        return DatacenterSettings(), ["options_unreadable"]
    options = answers.read(OPTIONS, lambda data: parse_options(data, version.version))
    return options.settings, [f"option_unknown_{c.key}" for c in options.complaints]


# what decides where guests can run


def _surroundings(
    answers: Answers,
    version: Version,
    settings: DatacenterSettings,
    nodes: NodesReading,
    resources: Iterable[Resource],
) -> Surroundings:
    return Surroundings(
        votes=_votes(answers),
        totem=answers.maybe(TOTEM, parse_totem),
        settings=settings,
        versions={node: _version(answers, node) or version.version for node in nodes.online},
        offers=_offers(answers, nodes),
        needs=_needs(answers, _under_ha(nodes, resources)),
        use=answers.read(INVENTORY, parse_use),
    )


def _votes(answers: Answers) -> Votes | None:
    nodes = answers.maybe(NODE_VOTES, parse_node_votes)
    return None if nodes is None else Votes(nodes, answers.maybe(QDEVICE, parse_qdevice))


def _version(answers: Answers, node: str) -> str | None:
    told = answers.maybe(f"{_node(node)}/version", parse_version)
    return None if told is None else told.version


def _offers(answers: Answers, nodes: NodesReading) -> ClusterOffers:
    bridges = {
        node: answers.maybe(f"{_node(node)}/network", parse_bridges)
        for node in sorted(nodes.online)
    }
    return ClusterOffers(
        storages=answers.maybe(STORAGES, parse_storages),
        mappings=_mappings(answers),
        bridges={node: names for node, names in bridges.items() if names is not None},
        replications=answers.maybe(REPLICATIONS, parse_replications) or (),
    )


def _mappings(answers: Answers) -> Mapping[str, frozenset[str]] | None:
    """Return where mapped devices are, of the kinds that may be seen; None where none may be."""
    told = {}
    for kind in MAPPING_KINDS:
        of_kind = answers.maybe(f"/cluster/mapping/{kind}", partial(parse_mappings, kind))
        if of_kind is not None:
            told[kind] = of_kind
    if not told:
        return None
    return {name: nodes for of_kind in told.values() for name, nodes in of_kind.items()}


def _needs(answers: Answers, guests: Iterable[Guest]) -> dict[str, GuestNeeds]:
    told = {guest.sid: answers.maybe(_config(guest), parse_config) for guest in guests}
    return {sid: needs for sid, needs in sorted(told.items()) if needs is not None}


def _under_ha(nodes: NodesReading, resources: Iterable[Resource]) -> list[Guest]:
    managed = {resource.sid for resource in resources}
    return [guest for guest in nodes.inventory.guests if guest.sid in managed and guest.node]


def _node(node: str) -> str:
    return f"/nodes/{quote(node, safe='')}"


def _config(guest: Guest) -> str:
    return f"{_node(guest.node or '')}/{guest.type}/{guest.vmid}/config"
