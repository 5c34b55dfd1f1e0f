"""What the cluster-wide settings (`datacenter.cfg`) tell the HA stack."""

import re
from collections.abc import Mapping
from dataclasses import field

from virton.frozen import frozen
from virton.ha.config.properties import decode_text, encode_text
from virton.ha.config.sections import Complaint, Fault, digest_of
from virton.ha.model import DatacenterSettings, SchedulerSettings
from virton.ha.states import BalanceMethod, SchedulerMode, ShutdownPolicy

_LINE = re.compile(r"(\S+?):\s*(.*)", re.ASCII)
_TRUE = frozenset({"1", "on", "yes", "true"})
_FALSE = frozenset({"0", "off", "no", "false"})
_NEEDS_AUTO_REBALANCE = frozenset(
    f"ha-auto-rebalance-{what}" for what in ("threshold", "method", "hold-duration", "margin")
)
SCHEDULER_KEYS = _NEEDS_AUTO_REBALANCE | {"ha", "ha-rebalance-on-start", "ha-auto-rebalance"}
"""The parts of `crs` that the HA stack reads."""


@frozen
class Datacenter:
    """The file as read: every property as its text, and what it means for the HA stack."""

    settings: DatacenterSettings
    properties: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    digest: str = digest_of("")
    complaints: tuple[Complaint, ...] = ()


def parse_datacenter(text: str, percent: bool | None = None) -> DatacenterSettings:
    """Return the HA settings of `datacenter.cfg`; see `read_datacenter`."""
    return read_datacenter(text, percent).settings


def read_datacenter(text: str, percent: bool | None = None) -> Datacenter:
    """Read `datacenter.cfg`.

    Threshold and margin are fractions of 1 up to Proxmox VE 9.1 and percentages from 9.2 on.
    `percent` says which; where it is None, a value of at most 1 is taken for a fraction.
    """
    values, description, ignored = _read_lines(text)
    complaints = list(ignored)
    shutdown_policy, scheduler = _shutdown_policy(values), _scheduler(values, percent)
    if shutdown_policy is None:
        complaints.append(Complaint(0, Fault.BAD_VALUE, key="ha", text=values["ha"]))
    if scheduler is None:
        complaints.append(Complaint(0, Fault.BAD_VALUE, key="crs", text=values["crs"]))
    settings = DatacenterSettings(
        shutdown_policy or ShutdownPolicy.CONDITIONAL, scheduler or SchedulerSettings()
    )
    return Datacenter(settings, values, description, digest_of(text), tuple(complaints))


def _read_lines(text: str) -> tuple[dict[str, str], str, list[Complaint]]:
    values: dict[str, str] = {}
    description: list[str] = []
    ignored: list[Complaint] = []
    for number, line in enumerate(text.split("\n"), start=1):
        content = line.strip()
        if line.startswith("#"):
            description.append(decode_text(line[1:]) + "\n")
        if not content or content.startswith("#"):
            continue
        if match := _LINE.fullmatch(content):
            values[match[1]] = match[2]
        else:
            ignored.append(Complaint(number, Fault.IGNORED_LINE, text=content))
    return values, "".join(description), ignored


def write_datacenter(properties: Mapping[str, str], description: str = "") -> str:
    """Write `datacenter.cfg` with the bytes that Proxmox VE writes."""
    lines = description.split("\n") if description else []
    while lines and not lines[-1]:
        lines.pop()
    comment = "".join(f"#{encode_text(line)}\n" for line in lines)
    return comment + "\n" + "".join(f"{key}: {properties[key]}\n" for key in sorted(properties))


def parse_property_string(text: str) -> dict[str, str] | None:
    """Read `key=value,key=value`; None if a part is not of that form or a key stands twice."""
    values: dict[str, str] = {}
    for part in text.split(","):
        if not part.strip():
            continue
        key, _, value = part.partition("=")
        if not key or not value or key in values:
            return None
        values[key] = value
    return values


def format_property_string(values: Mapping[str, str]) -> str:
    """Write `key=value,key=value`, sorted by key."""
    return ",".join(f"{key}={values[key]}" for key in sorted(values))


def _shutdown_policy(values: Mapping[str, str]) -> ShutdownPolicy | None:
    found = parse_property_string(values.get("ha", ""))
    if found is None or not found.keys() <= {"shutdown_policy"}:
        return None
    try:
        return ShutdownPolicy(found.get("shutdown_policy", ShutdownPolicy.CONDITIONAL))
    except ValueError:
        return None


def _scheduler(values: Mapping[str, str], percent: bool | None) -> SchedulerSettings | None:
    found = parse_property_string(values.get("crs", ""))
    if found is None or not found.keys() <= SCHEDULER_KEYS:
        return None
    if "ha-auto-rebalance" not in found and not _NEEDS_AUTO_REBALANCE.isdisjoint(found):
        return None
    try:
        return _read_scheduler(found, percent)
    except ValueError:
        return None


def _read_scheduler(found: Mapping[str, str], percent: bool | None) -> SchedulerSettings:
    prefix = "ha-auto-rebalance"
    default = SchedulerSettings()
    return SchedulerSettings(
        mode=SchedulerMode(found.get("ha", default.mode)),
        rebalance_on_start=_switch(found.get("ha-rebalance-on-start", "0")),
        auto_rebalance=_switch(found.get(prefix, "0")),
        threshold=_fraction(found.get(f"{prefix}-threshold"), default.threshold, percent),
        method=BalanceMethod(found.get(f"{prefix}-method", default.method)),
        hold_rounds=_rounds(found.get(f"{prefix}-hold-duration"), default.hold_rounds),
        margin=_fraction(found.get(f"{prefix}-margin"), default.margin, percent),
    )


def _switch(text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError(text)
    return text.lower() in _TRUE


def _fraction(text: str | None, default: float, percent: bool | None) -> float:
    if text is None:
        return default
    value = float(text)
    if not 0 <= value <= (1 if percent is False else 100):
        raise ValueError(text)
    in_percent = value > 1 if percent is None else percent
    return value / 100 if in_percent else value


def _rounds(text: str | None, default: int) -> int:
    if text is None:
        return default
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ValueError(text)
    return int(value)
