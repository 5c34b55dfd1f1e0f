"""The types of the page model: everything that a page knows of the cluster.

They are the contract with the page: its own types are generated from their JSON schema
(`python -m virton.console.page.schema`). Times are Unix seconds, by the console's clock unless it
is said otherwise; memory is in bytes, `cpu` a fraction of `maxcpu`.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

_TORN = re.compile("[\ud800-\udfff]")


def whole_text(value: Any) -> Any:
    """Put the sign of a lost character where a text holds half of one, which no encoding has."""
    return _TORN.sub("\ufffd", value) if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(whole_text)]
"""Whatever somebody may have written."""

Extra = Mapping[str, Any]
"""Fields that this version of the console does not know, as they came."""


class Told(BaseModel):
    """A value that is told to the page, and never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def told(self) -> Mapping[str, Any]:
        """Return the fields to tell: all of them."""
        return self.__dict__


class Sparse(Told):
    """A value of which only the fields that were set are told."""

    def told(self) -> Mapping[str, Any]:
        """Return the fields to tell."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Failure(Sparse):
    """Why something could not be read; `code` is the kind, `status` is None without an answer."""

    model_config = ConfigDict(extra="allow")

    status: int | None
    code: Text
    message: Text | None
    fields: Mapping[Text, Text]
    address: Text | None = None
    fingerprint: Text | None = None
    retry_after_s: int | None = None
    token: Text | None = None


class Part(Told):
    """How fresh one source of the page is.

    `at`: when its data came, and how long ago that was; `slow_s`: how long its answer takes, where
    that is long; `address`: whose answer it is or will be.
    """

    at: float | None
    age_s: float | None
    ok: bool
    error: Failure | None
    slow_s: float | None
    address: Text | None


class Parts(Told):
    """The sources of the page; each of them fails and recovers on its own."""

    status: Part
    resources: Part
    rules: Part
    nodes: Part


class Features(Told):
    """What the cluster's version knows beyond what every version does."""

    rules: bool
    disarm: bool
    purge: bool
    auto_rebalance: bool
    negative_node_affinity: bool


class Priority(Told):
    """A node of a rule or group, with its priority."""

    node: Text
    priority: int


class Conflict(Told):
    """What stands against a rule, and the `field` at which it can be mended.

    `against`: the rules to name beside it; `together`: those that bind its resources to one another;
    `smallest`: the fewest rules that contradict, with the rule itself.
    """

    reason: Text
    field: Text
    resources: tuple[Text, ...]
    against: tuple[Text, ...]
    together: tuple[Text, ...]
    smallest: tuple[Text, ...]


class Rule(Told):
    """A rule; `errors`: what the cluster finds wrong in it, by field; `conflicts`: why, as HA has it."""

    rule: Text
    type: Text
    resources: tuple[Text, ...]
    nodes: tuple[Priority, ...]
    strict: bool
    affinity: Text | None
    disabled: bool
    comment: Text
    errors: Mapping[Text, tuple[Text, ...]]
    conflicts: tuple[Conflict, ...]
    order: int
    extra: Extra


class Group(Told):
    """An HA group of Proxmox VE 8 and earlier; `rule`: what it becomes with version 9."""

    group: Text
    nodes: tuple[Priority, ...]
    restricted: bool
    nofailback: bool
    comment: Text
    rule: Rule | None
    extra: Extra


class Address(Told):
    """A node's address; `error` is why it could not be asked when it was last tried."""

    address: Text
    ok: bool
    error: Failure | None
    answering: bool


class ReadOnly(Told):
    """Why nothing can be changed at present."""

    code: Literal["no_quorum"]
    node: Text | None
    message: Text | None


class ClusterTime(Told):
    """The cluster's own clock; where it does not run, `now` is the newest time that it told.

    `skew_s`: by how much it is ahead of the console's; 0 where that is next to nothing, None where
    it cannot be told.
    """

    now: float | None
    runs: bool
    skew_s: int | None


class ConsoleToken(Told):
    """The console's own API token, where the cluster does not take it as it should."""

    name: Text
    refused: bool
    lacks: tuple[Text, ...]


class Cluster(Told):
    """The cluster as a whole; `lab` tells whether the viewer has a lab.

    `unwatched` tells that nobody looks at it while no page is open. `unkept` is why what happens
    cannot be written down, `audit` what is wrong with the audit's room (told to administrators alone).
    """

    name: Text | None
    version: Text | None
    rules_supported: bool
    features: Features
    groups: tuple[Group, ...]
    lab: bool
    votes: int | None
    addresses: tuple[Address, ...]
    read_only: ReadOnly | None
    clock: ClusterTime
    token: ConsoleToken | None
    unwatched: bool
    unkept: Text | None
    audit: Text | None


class Quorum(Told):
    """Whether the node that answered belongs to the majority."""

    ok: bool
    node: Text | None


class Master(Told):
    """The CRM's master: `at` is when it last wrote, by the cluster's clock."""

    node: Text
    state: Text
    at: int | None


class Fencing(Told):
    """Whether the HA stack is armed (9.1 and later)."""

    armed_state: Text
    resource_mode: Text | None


class Lrm(Told):
    """A node's LRM: its own state and mode, and `display`, the word by which the page shows it.

    `at`: when it last wrote, by the cluster's clock.
    """

    state: Text | None
    mode: Text | None
    display: Text
    watchdog: Text | None
    at: int | None


class Node(Told):
    """A node; `ha_state` is the manager's word for it.

    Of one that is `lost` everything else here, its LRM's state too, is what was last known.
    """

    name: Text
    online: bool
    lost: bool
    ha_state: Text | None
    lrm: Lrm | None
    cpu: float | None
    maxcpu: int | None
    mem: int | None
    maxmem: int | None


class Arrival(Told):
    """From which node, how, and when (by the cluster's clock) a resource came to its node."""

    origin: Text
    how: Literal["recovered", "moved"]
    at: float


class Repair(Told):
    """A repair under way: how far it is, who began it and when, and where starting had failed."""

    step: Literal["clearing", "waiting", "starting", "failed"]
    who: Text
    since: float
    failed: tuple[Text, ...]


class Resource(Told):
    """A guest under HA: what is configured, what the stack makes of it, and the guest itself.

    `configured` is false once it was removed, though the stack still lists it. `guest` is the
    guest's own status; it is `down` where the stack says that it is started. What is told of one
    that is `last_known` is as old as its node has been lost.
    """

    sid: Text
    configured: bool
    guest: Text | None
    down: bool
    last_known: bool
    arrival: Arrival | None
    type: Text
    vmid: int | None
    request_state: Text
    max_restart: int
    max_relocate: int
    failback: bool
    auto_rebalance: bool | None
    comment: Text
    group: Text | None
    errors: Mapping[Text, tuple[Text, ...]]
    extra: Extra
    name: Text | None
    node: Text | None
    state: Text | None
    crm_state: Text | None
    target: Text | None
    failed_nodes: tuple[Text, ...]
    repair: Repair | None


class Guest(Told):
    """A guest that is not under HA."""

    sid: Text
    vmid: int
    type: Text
    name: Text | None
    node: Text | None
    status: Text | None


class Outlook(Told):
    """Whether the table of what is borne holds of this page model; `number` goes up with each table."""

    fresh: bool
    number: int


class PageModel(Told):
    """Everything that a page knows of the cluster, as it is told to one viewer at `now`.

    It is `fresh` while the HA status is not older than a few rounds. `guests_hidden` tells that the
    viewer may not see some or all of the guests (VM.Audit). `outlook` is None while nobody wants it.
    """

    now: float
    fresh: bool
    guests_hidden: bool
    cluster: Cluster
    parts: Parts
    quorum: Quorum | None
    master: Master | None
    fencing: Fencing | None
    nodes: tuple[Node, ...]
    resources: tuple[Resource, ...]
    guests: tuple[Guest, ...]
    rules: tuple[Rule, ...]
    rules_digest: Text | None
    resources_digest: Text | None
    outlook: Outlook | None
