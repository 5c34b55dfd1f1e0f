"""HA rules as configured (`rules.cfg`)."""

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Literal, Self, cast

from virton.frozen import frozen
from virton.ha.config import properties, sections
from virton.ha.config.properties import decode_text, encode_text
from virton.ha.config.sections import Complaint, Document, Section

Affinity = Literal["positive", "negative"]

NODE_AFFINITY = "node-affinity"
RESOURCE_AFFINITY = "resource-affinity"

RULES_FORMAT = sections.Format(
    types={
        NODE_AFFINITY: {
            "resources": properties.sid_list(required=True),
            "nodes": properties.node_list(required=True),
            "affinity": properties.choice("positive", "negative"),
            "strict": properties.boolean(),
            "disable": properties.boolean(),
            "comment": properties.comment(),
        },
        RESOURCE_AFFINITY: {
            "resources": properties.sid_list(required=True),
            "affinity": properties.choice("positive", "negative", required=True),
            "disable": properties.boolean(),
            "comment": properties.comment(),
        },
    },
    identify=lambda _type, name: name if properties.is_config_id(name) else None,
)
OLDER_RULES_FORMAT = RULES_FORMAT.without({NODE_AFFINITY: "affinity"})
"""The file up to Proxmox VE 9.1."""


@frozen
class NodeAffinityRule:
    """Resources that prefer (or avoid) nodes; a strict rule allows nothing else.

    `explicit` names the properties that the file gives though they hold their default. `unknown`
    keeps properties of versions to come. `inferred` names, by resource, the configured rules through
    which the rule came to hold a resource that it does not name itself.
    """

    rule: str
    resources: frozenset[str]
    nodes: Mapping[str, int]
    strict: bool = False
    disable: bool = False
    comment: str | None = None
    affinity: Affinity = "positive"
    explicit: frozenset[str] = frozenset()
    unknown: Mapping[str, str] = field(default_factory=dict)
    inferred: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def enabled(self) -> bool:
        """Tell whether the HA stack applies the rule; `disable 0` in a file keeps it out too."""
        return not self.disable and "disable" not in self.explicit


@frozen
class ResourceAffinityRule:
    """Resources to keep together (`positive`) or apart (`negative`).

    `origins` are the configured rules from which an inferred one follows.
    """

    rule: str
    resources: frozenset[str]
    affinity: Affinity
    disable: bool = False
    comment: str | None = None
    explicit: frozenset[str] = frozenset()
    unknown: Mapping[str, str] = field(default_factory=dict)
    origins: tuple[str, ...] = ()

    @property
    def enabled(self) -> bool:
        """Tell whether the HA stack applies the rule; `disable 0` in a file keeps it out too."""
        return not self.disable and "disable" not in self.explicit


Rule = NodeAffinityRule | ResourceAffinityRule


@frozen
class RuleSet:
    """Rules by id, their ordinals in the file, and the digest of its text.

    `order` may hold ordinals of sections that were left out: they stay taken.
    """

    rules: Mapping[str, Rule] = field(default_factory=dict)
    order: Mapping[str, int] = field(default_factory=dict)
    digest: str = Document().digest
    complaints: tuple[Complaint, ...] = ()

    def next_ordinal(self) -> int:
        """Return the ordinal of a new rule: one above the lowest, so that it stands near the top."""
        return min(self.order.values(), default=0) + 1

    def with_rule(self, rule: Rule) -> Self:
        """Return the rules with one replaced or added."""
        order = {**self.order}
        order.setdefault(rule.rule, self.next_ordinal())
        return replace(self, rules={**self.rules, rule.rule: rule}, order=order)

    def without(self, rule_ids: Iterable[str]) -> Self:
        """Return the rules without those named."""
        gone = set(rule_ids)
        return replace(
            self,
            rules={key: rule for key, rule in self.rules.items() if key not in gone},
            order={key: at for key, at in self.order.items() if key not in gone},
        )

    def without_resource(self, sid: str) -> Self:
        """Return the rules with a resource taken out of all, and without those then empty."""
        rules = {key: _without_resource(rule, sid) for key, rule in self.rules.items()}
        changed = replace(self, rules=rules)
        return changed.without(key for key, rule in rules.items() if not rule.resources)

    def in_order(self) -> list[Rule]:
        """Return the rules as they stand in the file; of two with one ordinal the newer is first."""
        age = {rule_id: at for at, rule_id in enumerate(self.rules)}
        last = max(self.order.values(), default=0) + 1
        ids = sorted(self.rules, key=lambda key: (self.order.get(key, last), -age[key]))
        return [self.rules[key] for key in ids]


def parse_rules(text: str, form: sections.Format = RULES_FORMAT) -> RuleSet:
    """Read `rules.cfg`; bad sections are left out and named in `complaints`."""
    document = sections.parse(text, form)
    rules = {key: rule_from_section(section) for key, section in document.sections.items()}
    return RuleSet(rules, document.order, document.digest, document.complaints)


def write_rules(rules: RuleSet) -> str:
    """Write `rules.cfg` with the bytes that Proxmox VE writes."""
    parts = (sections.format_section(section_of(r), RULES_FORMAT) for r in rules.in_order())
    return "".join(parts)


def rule_from_section(section: Section) -> Rule:
    """Return the rule that a valid section describes."""
    if section.type == NODE_AFFINITY:
        return _node_affinity(section)
    return _resource_affinity(section)


def section_of(rule: Rule) -> Section:
    """Return the section that describes a rule."""
    values = {"resources": ",".join(sorted(rule.resources))}
    if isinstance(rule, NodeAffinityRule):
        section_type = NODE_AFFINITY
        values["nodes"] = properties.format_nodes(sorted(rule.nodes.items()))
        if rule.strict or "strict" in rule.explicit:
            values["strict"] = "1" if rule.strict else "0"
        if rule.affinity != "positive" or "affinity" in rule.explicit:
            values["affinity"] = rule.affinity
    else:
        section_type = RESOURCE_AFFINITY
        values["affinity"] = rule.affinity
    if rule.disable or "disable" in rule.explicit:
        values["disable"] = "1" if rule.disable else "0"
    if rule.comment is not None:
        values["comment"] = encode_text(rule.comment)
    return Section(section_type, rule.rule, values, rule.unknown)


def _node_affinity(section: Section) -> NodeAffinityRule:
    values = section.properties
    defaults = {"strict": "0", "disable": "0", "affinity": "positive"}
    return NodeAffinityRule(
        rule=section.id,
        resources=frozenset(properties.split_list(values["resources"])),
        nodes=properties.parse_nodes(values["nodes"]),
        strict=values.get("strict") == "1",
        disable=values.get("disable") == "1",
        comment=_comment(values),
        affinity=cast(Affinity, values.get("affinity", "positive")),
        explicit=frozenset(k for k, default in defaults.items() if values.get(k) == default),
        unknown=section.unknown,
    )


def _resource_affinity(section: Section) -> ResourceAffinityRule:
    values = section.properties
    return ResourceAffinityRule(
        rule=section.id,
        resources=frozenset(properties.split_list(values["resources"])),
        affinity=cast(Affinity, values["affinity"]),
        disable=values.get("disable") == "1",
        comment=_comment(values),
        explicit=frozenset({"disable"} if values.get("disable") == "0" else ()),
        unknown=section.unknown,
    )


def _comment(values: Mapping[str, str]) -> str | None:
    return decode_text(values["comment"]) if "comment" in values else None


def _without_resource(rule: Rule, sid: str) -> Rule:
    return replace(rule, resources=rule.resources - {sid}) if sid in rule.resources else rule
