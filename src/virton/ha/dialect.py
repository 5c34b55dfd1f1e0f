"""What the versions of Proxmox VE understand differently."""

import re
from enum import Enum

from virton.ha.config.datacenter import Datacenter, read_datacenter
from virton.ha.config.resources import OLDER_RESOURCES_FORMAT, RESOURCES_FORMAT, read_resources
from virton.ha.config.sections import Document, Format
from virton.ha.model import DatacenterSettings
from virton.ha.placement.balance import ImbalanceMeasure
from virton.ha.rules.config import OLDER_RULES_FORMAT, RULES_FORMAT, RuleSet, parse_rules

PROVEN = ("9.0", "9.1", "9.2")
"""The versions of Proxmox VE whose HA stack the model was held against."""


def is_proven(version: str) -> bool:
    """Tell whether the model was held against the HA stack of this version."""
    return ".".join(version.split(".")[:2]) in PROVEN


class Dialect(Enum):
    """How thresholds of re-balancing are written, and which imbalance they are held against.

    With `PERCENT` came resources that are not to be moved for balance (`auto-rebalance`), and node
    rules of nodes to avoid (`affinity`).
    """

    FRACTIONS = "up to Proxmox VE 9.1"
    PERCENT = "from Proxmox VE 9.2 on"

    @property
    def measure(self) -> ImbalanceMeasure:
        """The imbalance that the thresholds mean."""
        return ImbalanceMeasure.SHARE if self is Dialect.PERCENT else ImbalanceMeasure.VARIATION

    @property
    def resources_format(self) -> Format:
        """What `resources.cfg` may hold."""
        return RESOURCES_FORMAT if self is Dialect.PERCENT else OLDER_RESOURCES_FORMAT

    @property
    def rules_format(self) -> Format:
        """What `rules.cfg` may hold."""
        return RULES_FORMAT if self is Dialect.PERCENT else OLDER_RULES_FORMAT

    def read_resources(self, text: str) -> Document:
        """Read `resources.cfg`."""
        return read_resources(text, self.resources_format)

    def parse_rules(self, text: str) -> RuleSet:
        """Read `rules.cfg`."""
        return parse_rules(text, self.rules_format)

    def read_datacenter(self, text: str) -> Datacenter:
        """Read `datacenter.cfg`; before percentages, a value over 1 is taken for one all the same."""
        return read_datacenter(text, True if self is Dialect.PERCENT else None)

    def parse_datacenter(self, text: str) -> DatacenterSettings:
        """Return the HA settings of `datacenter.cfg`."""
        return self.read_datacenter(text).settings


def dialect_of(version: str) -> Dialect:
    """Return the dialect of a version such as `9.1.6` or `9.0.0~16`; the older of an unknown one."""
    return Dialect.PERCENT if is_since(version, 9, 2) else Dialect.FRACTIONS


def is_since(version: str, major: int, minor: int) -> bool:
    """Tell whether a version is a certain one or a later one; an unknown one is not."""
    told = re.match(r"(\d+)\.(\d+)", version)
    return told is not None and (int(told[1]), int(told[2])) >= (major, minor)
