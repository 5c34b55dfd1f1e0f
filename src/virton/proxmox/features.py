"""What a cluster's version of Proxmox VE knows of HA, by what it answers.

What the API lists is taken from there. For parameters, which no answer lists, there are the fields
that the same version would show; and where there is nothing to show yet, the version's number.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from virton.ha.dialect import Dialect, dialect_of
from virton.proxmox.api import ClusterApi
from virton.proxmox.configuration import Rule
from virton.proxmox.errors import ApiError, ApiFailure, ErrorCode
from virton.proxmox.inventory import Version
from virton.proxmox.status import ServiceRow

AUTO_REBALANCE = "auto-rebalance"


@dataclass(frozen=True, slots=True)
class Features:
    """What there is beyond what every version has.

    `rules` stand in the place of groups, `failback` belongs to them; `purge` takes a resource that
    is removed out of its rules; `negative_node_affinity` is a node rule of nodes to avoid;
    `comments_are_bytes` where the API takes a comment's characters for bytes.
    """

    version: str | None = None
    rules: bool = True
    disarm: bool = False
    purge: bool = False
    auto_rebalance: bool = False
    negative_node_affinity: bool = False
    comments_are_bytes: bool = True

    def without_rules(self) -> "Features":
        """Return what a version has that has no rules."""
        return Features(
            self.version,
            rules=False,
            disarm=self.disarm,
            comments_are_bytes=self.comments_are_bytes,
        )

    def seen_in(self, services: Iterable[ServiceRow], rules: Iterable[Rule]) -> "Features":
        """Return these features, corrected by what resources and rules show."""
        known = self.auto_rebalance
        # Only of a configured resource does the status show every property.
        shown = [row for row in services if row.failback is not None]
        if shown and self.rules:
            known = any(AUTO_REBALANCE in row.extra for row in shown)
        signed = any(rule.type == "node-affinity" and rule.affinity for rule in rules)
        return replace(self, auto_rebalance=known, negative_node_affinity=known or signed)


async def detect(api: ClusterApi) -> Features:
    """Ask what there is; raises ApiFailure where not even the version is told."""
    version = await api.version()
    paths = await _listed(api, "/cluster/ha", "id")
    commands = await _listed(api, "/cluster/ha/status", "name")
    newest = dialect_of(version.version) is Dialect.PERCENT
    features = Features(
        version=version.version,
        rules="rules" in paths if "resources" in paths else _may_have_rules(version),
        disarm="disarm-ha" in commands,
        purge=version.is_since(9, 1),
        auto_rebalance=newest,
        negative_node_affinity=newest,
        comments_are_bytes=not version.is_since(10, 0),
    )
    return features if features.rules else features.without_rules()


async def _listed(api: ClusterApi, path: str, key: str) -> frozenset[str]:
    try:
        return await api.listed(path, key)
    except ApiFailure as failure:
        if failure.error.status is None:
            raise
        return frozenset()


def _may_have_rules(version: Version) -> bool:
    return version.major is None or version.major >= 9


def means_no_rules(error: ApiError) -> bool:
    """Tell whether the answer to the question for rules is that there is no such thing."""
    return error.code is ErrorCode.UNSUPPORTED
