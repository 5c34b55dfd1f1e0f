"""`/cluster/ha/rules`: where resources may run, and which belong together or apart."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.ha import files
from virton.embedded.endpoints.ha.objections import errors_by_rule
from virton.embedded.endpoints.ha.octets import decoded_once_more
from virton.embedded.endpoints.parameters import AUDIT, COMMENT, CONSOLE, DELETE, DIGEST
from virton.embedded.errors import failed
from virton.embedded.registry import Endpoint
from virton.embedded.schema import Param
from virton.ha.config.properties import (
    Property,
    encode_text,
    parse_nodes,
    split_list,
)
from virton.ha.config.sections import Format, Section
from virton.ha.rules.config import (
    NODE_AFFINITY,
    RESOURCE_AFFINITY,
    NodeAffinityRule,
    Rule,
    RuleSet,
    rule_from_section,
    section_of,
)

Params = Mapping[str, Any]
Entry = dict[str, Any]

_TYPES = (NODE_AFFINITY, RESOURCE_AFFINITY)


def index(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> list[Entry]:
    """List the rules in their order, each with what speaks against it."""
    ruleset = files.with_groups(cluster, files.rules(cluster))
    errors = errors_by_rule(ruleset, files.known_nodes(cluster))
    rules = [rule for rule in ruleset.in_order() if _is_asked_for(rule, params)]
    return [_to_json(cluster, rule, ruleset, errors) for rule in rules]


def objections_now(cluster: EmbeddedCluster) -> dict[str, dict[str, list[str]]]:
    """Return rule -> property -> what speaks against it, for the rules as they stand."""
    ruleset = files.with_groups(cluster, files.rules(cluster))
    return errors_by_rule(ruleset, files.known_nodes(cluster))


def _is_asked_for(rule: Rule, params: Params) -> bool:
    sid = params.get("resource")
    return params.get("type", _type_of(rule)) == _type_of(rule) and (
        sid is None or sid in rule.resources
    )


def _type_of(rule: Rule) -> str:
    return NODE_AFFINITY if isinstance(rule, NodeAffinityRule) else RESOURCE_AFFINITY


def read(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> Entry:
    """Tell of one rule, and what speaks against it."""
    ruleset = files.with_groups(cluster, files.rules(cluster))
    rule = ruleset.rules.get(params["rule"])
    if rule is None:
        raise failed(f"no such ha rule '{params['rule']}'")
    return _to_json(cluster, rule, ruleset, errors_by_rule(ruleset, files.known_nodes(cluster)))


def _to_json(
    cluster: EmbeddedCluster, rule: Rule, ruleset: RuleSet, errors: Mapping[str, Any]
) -> Entry:
    section = section_of(rule)
    entry: Entry = {**section.properties, "rule": rule.rule, "type": section.type}
    for name in entry.keys() & {"strict", "disable"}:
        entry[name] = int(entry[name])
    if rule.comment is not None:
        entry["comment"] = rule.comment
    if rule is not files.rules(cluster).rules.get(rule.rule):
        entry["strict"] = _strictness_of_group(cluster, rule)
    if rule.rule in errors:
        entry["errors"] = errors[rule.rule]
    return entry | {"digest": ruleset.digest, "order": ruleset.order.get(rule.rule)}


def _strictness_of_group(cluster: EmbeddedCluster, rule: Rule) -> int | None:
    """Return what the group behind a rule says of strictness; None if it says nothing."""
    section = files.groups(cluster).sections[rule.rule.removeprefix("ha-group-")]
    restricted = section.properties.get("restricted")
    return None if restricted is None else int(restricted)


def create(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Add a rule."""
    cluster.require_quorum()
    if not files.groups_are_migrated(cluster):
        raise failed("cannot create ha rule: ha groups have not been migrated yet")
    known = cluster.dialect.rules_format.properties_of(params["type"])
    values = _values(params, params["type"], known)
    missing = {name for name, value in known.items() if value.required} - values.keys()
    if missing:
        raise failed(f"missing value for required option '{min(missing)}'")
    section = Section(params["type"], params["rule"], values)
    with cluster.change(), files.told_as("create ha rule failed"):
        ruleset = files.rules(cluster)
        if section.id in ruleset.rules:
            raise failed(f"HA rule '{section.id}' already defined")
        order = {**ruleset.order, section.id: ruleset.next_ordinal()}
        ruleset = replace(ruleset, order=order)
        _save(cluster, ruleset, section, values)


def update(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Change a rule."""
    if not files.groups_are_migrated(cluster):
        raise failed("cannot update ha rule: ha groups have not been migrated yet")
    with cluster.change(), files.told_as("update HA rules failed"):
        ruleset = files.rules(cluster)
        files.require_digest(ruleset.digest, params.get("digest"))
        rule = ruleset.rules.get(params["rule"])
        if rule is None:
            raise failed(f"HA rule '{params['rule']}' does not exist")
        if params["type"] != _type_of(rule):
            raise failed(f"HA rule '{rule.rule}' is a {_type_of(rule)} rule, which cannot change")
        form = cluster.dialect.rules_format
        values = _values(params, _type_of(rule), form.properties_of(_type_of(rule)))
        gone = _deletions(params, form, _type_of(rule), values)
        _save(cluster, ruleset, section_of(rule).changed(values, gone), values)


def _values(params: Params, rule_type: str, known: Mapping[str, Property]) -> dict[str, str]:
    unknown = params.keys() - {"rule", "type", "digest", "delete"} - known.keys()
    if unknown:
        raise failed(f"unexpected property '{min(unknown)}' in a {rule_type} rule")
    values = files.values_of(params, known)
    if values.get("disable") == "0":
        del values["disable"]
    if "comment" in values:
        values["comment"] = encode_text(decoded_once_more(values["comment"]))
    return values


def _deletions(
    params: Params, form: Format, rule_type: str, values: Mapping[str, str]
) -> list[str]:
    if params.get("delete") == "":
        raise failed("'delete' names no property: leave it out")
    names = files.deletions(params, form, rule_type)
    for name in names:
        if name in values:
            raise failed(f"cannot set and delete property '{name}' at the same time!")
    return names


def _save(
    cluster: EmbeddedCluster, ruleset: RuleSet, section: Section, values: Mapping[str, str]
) -> None:
    """Write the rules with one added or replaced, if it can be kept."""
    _require_resources(cluster, values)
    _require_nodes(cluster, values)
    rule = rule_from_section(section)
    changed = ruleset.with_rule(rule)
    errors = errors_by_rule(files.with_groups(cluster, changed), files.known_nodes(cluster))
    if rule.rule in errors:
        told = (f"{name}: {', '.join(texts)}" for name, texts in sorted(errors[rule.rule].items()))
        raise failed("\n".join((f"400 Rule '{rule.rule}' is invalid.", *told)))
    files.save_rules(cluster, changed)


def _require_resources(cluster: EmbeddedCluster, values: Mapping[str, str]) -> None:
    if "resources" not in values:
        return
    sids = set(split_list(values["resources"]))
    if not sids:
        raise failed("no resources were specified")
    unmanaged = sorted(sids - files.resources(cluster).sections.keys())
    if unmanaged:
        raise failed(f"cannot use unmanaged resource(s) {', '.join(unmanaged)}.")


def _require_nodes(cluster: EmbeddedCluster, values: Mapping[str, str]) -> None:
    if "nodes" not in values:
        return
    nodes = set(parse_nodes(values["nodes"]))
    if not nodes:
        raise failed("no nodes were specified")
    known = {*cluster.world.members(), cluster.world.local_node}
    if nodes - known:
        raise failed(f"cannot use non-existent node(s) {', '.join(sorted(nodes - known))}.")


def delete(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Remove a rule; one that is not there is removed already."""
    with cluster.change(), files.told_as("delete ha rule failed"):
        files.save_rules(cluster, files.rules(cluster).without([params["rule"]]))


_PATH = "/cluster/ha/rules"
_RULE = {"rule": Param(format="pve-configid")}
_SETTINGS = {
    **_RULE,
    "type": Param(enum=_TYPES),
    "nodes": Param(optional=True, format="pve-ha-node-list", types=(NODE_AFFINITY,)),
    "strict": Param("boolean", optional=True, default=False, types=(NODE_AFFINITY,)),
    "affinity": Param(
        optional=True,
        enum=("positive", "negative"),
        types=(RESOURCE_AFFINITY,),
        newer_types=(NODE_AFFINITY,),
    ),
    "disable": Param("boolean", optional=True),
    "comment": COMMENT,
}
_RESOURCES = Param(format="pve-ha-resource-id-list")
_NO_NULL = frozenset({"resources", "nodes", "strict", "affinity", "comment"})

ENDPOINTS = (
    Endpoint(
        "GET",
        _PATH,
        index,
        AUDIT,
        {"type": Param(optional=True, enum=_TYPES), "resource": Param(optional=True)},
    ),
    Endpoint(
        "POST",
        _PATH,
        create,
        CONSOLE,
        {**_SETTINGS, "resources": _RESOURCES},
        settings=_NO_NULL,
    ),
    Endpoint("GET", f"{_PATH}/{{rule}}", read, AUDIT, _RULE),
    Endpoint(
        "PUT",
        f"{_PATH}/{{rule}}",
        update,
        CONSOLE,
        {
            **_SETTINGS,
            "resources": replace(_RESOURCES, optional=True),
            "delete": DELETE,
            "digest": DIGEST,
        },
        settings=_NO_NULL,
    ),
    Endpoint("DELETE", f"{_PATH}/{{rule}}", delete, CONSOLE, _RULE),
)
