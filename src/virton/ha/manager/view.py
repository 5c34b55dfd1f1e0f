"""The cluster as the manager reads it at the start of its round."""

from collections.abc import Mapping
from dataclasses import field

from virton.frozen import frozen
from virton.ha.events import Event
from virton.ha.model import DatacenterSettings, GroupConfig, LrmStatus, ResourceConfig
from virton.ha.placement.load import ImbalanceMeasure, NodeStats, ResourceUsage
from virton.ha.rules.config import RuleSet


@frozen
class LoadReport:
    """The figures of the static and dynamic scheduler modes, and how imbalance is measured.

    `warnings` are told by the hardware each time the figures are used; they are not `usable` where
    what runs cannot be measured.
    """

    nodes: Mapping[str, NodeStats] = field(default_factory=dict)
    resources: Mapping[str, ResourceUsage] = field(default_factory=dict)
    warnings: tuple[Event, ...] = ()
    measure: ImbalanceMeasure = ImbalanceMeasure.VARIATION
    usable: bool = True


@frozen
class View:
    """One consistent picture of the cluster; a round decides on it and nothing else.

    `members` tells of every configured node whether it is online in the quorate partition.
    `rules` and `groups` are compared by identity and digest to tell whether they changed.
    `running` tells on which node each guest runs, also of those that are not under HA: they weigh
    there too.
    """

    now_s: int
    quorate: bool
    members: Mapping[str, bool]
    lrm: Mapping[str, LrmStatus]
    settings: DatacenterSettings
    resources: Mapping[str, ResourceConfig]
    rules: RuleSet
    groups: Mapping[str, GroupConfig]
    commands: tuple[str, ...] = ()
    guest_locks: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    running: Mapping[str, str] = field(default_factory=dict)
    load: LoadReport = LoadReport()
