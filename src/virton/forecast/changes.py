"""Changes that a question supposes, in the words of the API: rules, resources, settings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from virton.forecast.situation import Situation
from virton.ha.config.datacenter import parse_property_string
from virton.ha.config.sections import Section
from virton.ha.model import ResourceConfig
from virton.ha.rules.config import (
    NODE_AFFINITY,
    RESOURCE_AFFINITY,
    Rule,
    rule_from_section,
    section_of,
)
from virton.ha.states import RequestState, ShutdownPolicy

MIB = 1024**2
"""The unit in which a guest's memory is configured."""


class ChangeError(ValueError):
    """A change that cannot be supposed; the message says why."""


@dataclass(frozen=True, slots=True)
class Change:
    """One supposed change: `add`, `set` or `remove` of a rule, a resource or a setting."""

    verb: str
    subject: str
    values: Mapping[str, str]

    @property
    def words(self) -> str:
        """The change in the words in which it is read."""
        return " ".join([self.verb, self.subject, *(f"{k}={v}" for k, v in self.values.items())])

    @classmethod
    def parse(cls, verb: str, words: str) -> "Change":
        """Read `NAME key=value ...`; for a new one the name may stand as `rule=` or `sid=`."""
        parts = words.split()
        pairs = [part.partition("=") for part in parts if "=" in part]
        values = {key: value for key, _, value in pairs}
        names = [part for part in parts if "=" not in part]
        subject = names[0] if names else values.pop("rule", "") or values.pop("sid", "")
        if not subject:
            raise ChangeError(f"{words!r} names neither a rule nor a resource")
        values.pop("rule", None)
        values.pop("sid", None)
        return cls(verb, subject, values)


def changed(situation: Situation, change: Change) -> Situation:
    """Return the situation as a change makes it; raises ChangeError."""
    if change.subject == "ha" and change.values.keys() == {"shutdown_policy"}:
        return _with_policy(situation, change.values["shutdown_policy"])
    if change.subject == "crs":
        return _with_settings(situation, change.values)
    if ":" in change.subject:
        return _with_resource(situation, change)
    return _with_rule(situation, change)


# rules


def _with_rule(situation: Situation, change: Change) -> Situation:
    rules, rule_id = situation.rules, change.subject
    known = rules.rules.get(rule_id)
    if change.verb == "add" and known is not None:
        raise ChangeError(f"there is a rule {rule_id} already")
    if change.verb != "add" and known is None:
        raise ChangeError(f"there is no rule {rule_id}")
    if change.verb == "remove":
        return replace(situation, rules=rules.without([rule_id]))
    made = _rule(rule_id, known, change.values)
    return replace(situation, rules=rules.with_rule(made))


def _rule(rule_id: str, known: Rule | None, values: Mapping[str, str]) -> Rule:
    section = section_of(known) if known is not None else None
    kind = section.type if section else values.get("type") or _guess(values)
    merged = dict(section.properties) if section else {}
    for key, value in values.items():
        if key == "delete":
            merged = {k: v for k, v in merged.items() if k not in value.split(",")}
        elif key not in ("type", "digest"):
            merged[key] = value
    missing = {"resources"} | ({"nodes"} if kind == NODE_AFFINITY else {"affinity"})
    if lacking := sorted(missing - merged.keys()):
        raise ChangeError(f"rule {rule_id}: {lacking[0]} is missing")
    return _plain(rule_from_section(Section(kind, rule_id, merged)))


def _plain(rule: Rule) -> Rule:
    """Return a rule as the stack applies it: `disable 0` given in a call is no entry of the file."""
    return rule if rule.disable else replace(rule, explicit=rule.explicit - {"disable"})


def _guess(values: Mapping[str, str]) -> str:
    return NODE_AFFINITY if "nodes" in values else RESOURCE_AFFINITY


# resources


def _with_resource(situation: Situation, change: Change) -> Situation:
    sid, resources = change.subject, dict(situation.resources)
    if change.verb == "remove":
        if resources.pop(sid, None) is None:
            raise ChangeError(f"there is no resource {sid}")
        rules = situation.rules.without_resource(sid)
        return replace(situation, resources=resources, rules=rules)
    guest, known = situation.guests.get(sid), resources.get(sid)
    if known is None and guest is None:
        raise ChangeError(f"there is no guest {sid}")
    values = dict(change.values)
    if (memory := values.pop("memory", None)) is not None:
        situation = _with_memory(situation, sid, _whole(memory) * MIB)
    if known is None and guest is not None:
        known = ResourceConfig(node=guest.node)
    if known is not None and (values or change.verb == "add"):
        resources[sid] = _resource(known, values)
    return replace(situation, resources=resources)


def _with_memory(situation: Situation, sid: str, memory_bytes: int) -> Situation:
    guest = situation.guests.get(sid)
    if guest is None:
        raise ChangeError(f"there is no guest {sid}")
    static = dict(situation.figures.static)
    if sid in static:
        static[sid] = {**static[sid], "maxmem": float(memory_bytes)}
    return replace(
        situation,
        guests={**situation.guests, sid: replace(guest, memory_bytes=memory_bytes)},
        figures=replace(situation.figures, static=static),
    )


def _resource(config: ResourceConfig, values: Mapping[str, str]) -> ResourceConfig:
    made = config
    for key, value in values.items():
        match key:
            case "state":
                word = "started" if value == "enabled" else value
                if word not in list(RequestState):
                    raise ChangeError(f"{value!r} is none of {', '.join(RequestState)}")
                made = replace(made, state=RequestState(word))
            case "max_restart":
                made = replace(made, max_restart=_whole(value))
            case "max_relocate":
                made = replace(made, max_relocate=_whole(value))
            case "failback":
                made = replace(made, failback=value != "0")
            case "auto-rebalance":
                made = replace(made, auto_rebalance=value != "0")
            case "comment" | "digest" | "type":
                pass
            case _:
                raise ChangeError(f"a resource has no {key}")
    return made


def _whole(value: str) -> int:
    if not value.isdecimal():
        raise ChangeError(f"{value!r} is not a whole number")
    return int(value)


# settings


def _with_policy(situation: Situation, policy: str) -> Situation:
    if policy not in list(ShutdownPolicy):
        raise ChangeError(f"{policy!r} is no shutdown policy")
    settings = replace(situation.settings, shutdown_policy=ShutdownPolicy(policy))
    return replace(situation, settings=settings)


def _with_settings(situation: Situation, values: Mapping[str, str]) -> Situation:
    settings = situation.settings
    text = ",".join(f"{key}={value}" for key, value in sorted(values.items()))
    told = parse_property_string(text)
    if told is None:
        raise ChangeError(f"{text!r} are no settings")
    read = situation.dialect.parse_datacenter(f"crs: {text}\n").scheduler
    names = {
        "ha": "mode",
        "ha-rebalance-on-start": "rebalance_on_start",
        "ha-auto-rebalance": "auto_rebalance",
        "ha-auto-rebalance-threshold": "threshold",
        "ha-auto-rebalance-method": "method",
        "ha-auto-rebalance-hold-duration": "hold_rounds",
        "ha-auto-rebalance-margin": "margin",
    }
    if unknown := sorted(told.keys() - names.keys()):
        raise ChangeError(f"there is no setting {unknown[0]}")
    given = {names[key]: getattr(read, names[key]) for key in told}
    scheduler = replace(settings.scheduler, **given)
    return replace(situation, settings=replace(settings, scheduler=scheduler))
