"""The cluster's HA settings (`/cluster/options`): shutdown policy, scheduling and re-balancing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from virton.ha.config.datacenter import (
    SCHEDULER_KEYS,
    format_property_string,
    parse_property_string,
    write_datacenter,
)
from virton.ha.config.sections import Complaint
from virton.ha.dialect import Dialect, dialect_of
from virton.ha.model import DatacenterSettings
from virton.proxmox.values import mapping

Parts = dict[str, str]

_REBALANCE = "ha-auto-rebalance"


@dataclass(frozen=True, slots=True)
class HaOptions:
    """The settings, and every part of them as the cluster has it written.

    `complaints` are about what the HA stack does not understand of them.
    """

    settings: DatacenterSettings
    policy: Mapping[str, str]
    crs: Mapping[str, str]
    complaints: tuple[Complaint, ...] = ()


def parse_options(data: Any, version: str) -> HaOptions:
    """Read the answer of `/cluster/options`."""
    options = mapping(data)
    policy, crs = _parts_of(options.get("ha")), _parts_of(options.get("crs"))
    known = {
        "ha": {key: text for key, text in policy.items() if key == "shutdown_policy"},
        "crs": {key: text for key, text in crs.items() if key in SCHEDULER_KEYS},
    }
    told = {key: format_property_string(parts) for key, parts in known.items() if parts}
    read = dialect_of(version).read_datacenter(write_datacenter(told))
    return HaOptions(read.settings, policy, crs, read.complaints)


def _parts_of(value: Any) -> Parts:
    """Return a setting's parts, which come as an object or as one text."""
    if value is None or isinstance(value, str):
        return parse_property_string(value or "") or {}
    return {key: _plain(part) for key, part in mapping(value).items() if part is not None}


def _plain(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def options_params(
    before: HaOptions, wanted: DatacenterSettings, version: str
) -> dict[str, str | int]:
    """Return the parameters that make the settings what is wanted; parts we do not know stay."""
    policy = dict(before.policy) | {"shutdown_policy": str(wanted.shutdown_policy)}
    if wanted.shutdown_policy is DatacenterSettings().shutdown_policy:
        del policy["shutdown_policy"]
    crs = {key: text for key, text in before.crs.items() if key not in SCHEDULER_KEYS}
    crs |= _crs(wanted, dialect_of(version))
    given = {"ha": policy, "crs": crs}
    written = {"ha": before.policy, "crs": before.crs}
    changed = {key: parts for key, parts in given.items() if parts != written[key]}
    params: dict[str, str | int] = {
        key: format_property_string(parts) for key, parts in changed.items() if parts
    }
    if gone := sorted(key for key, parts in changed.items() if not parts):
        params["delete"] = ",".join(gone)
    return params


def _crs(wanted: DatacenterSettings, dialect: Dialect) -> Parts:
    """Return the parts of `crs` that are not as they are by themselves."""
    scheduler, default = wanted.scheduler, DatacenterSettings().scheduler
    parts = {"ha": str(scheduler.mode)} if scheduler.mode != default.mode else {}
    if scheduler.rebalance_on_start:
        parts["ha-rebalance-on-start"] = "1"
    if not scheduler.auto_rebalance:
        return parts
    parts[_REBALANCE] = "1"
    if scheduler.threshold != default.threshold:
        parts[f"{_REBALANCE}-threshold"] = _share(scheduler.threshold, dialect)
    if scheduler.method != default.method:
        parts[f"{_REBALANCE}-method"] = str(scheduler.method)
    if scheduler.hold_rounds != default.hold_rounds:
        parts[f"{_REBALANCE}-hold-duration"] = str(scheduler.hold_rounds)
    if scheduler.margin != default.margin:
        parts[f"{_REBALANCE}-margin"] = _share(scheduler.margin, dialect)
    return parts


def _share(value: float, dialect: Dialect) -> str:
    return f"{value * 100 if dialect is Dialect.PERCENT else value:.4g}"
