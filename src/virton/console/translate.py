"""Say the console's forms in the words of the Proxmox VE API."""

from collections.abc import Collection, Container, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Params = dict[str, str | int]

RESOURCE_DEFAULTS: Params = {
    "state": "started",
    "max_restart": 1,
    "max_relocate": 1,
    "failback": 1,
    "auto-rebalance": 1,
    "group": "",
    "comment": "",
}
RULE_DEFAULTS: Params = {"strict": 0, "disable": 0, "comment": ""}


class Form(BaseModel):
    """A write's body; what it does not say is left as it is."""

    model_config = ConfigDict(extra="ignore", str_max_length=100_000)

    def said(self) -> dict[str, Any]:
        """Return the fields that the page sent, but for nulls."""
        return self.model_dump(exclude_unset=True, exclude_none=True)


class ResourceForm(Form):
    """A resource as the page's dialog sends it."""

    sid: str | None = None
    state: str | None = None
    max_restart: int | None = None
    max_relocate: int | None = None
    failback: bool | None = None
    auto_rebalance: bool | None = None
    group: str | None = None
    comment: str | None = None
    digest: str | None = None


class NodePriority(BaseModel):
    """A node of a rule, with its priority."""

    node: str
    priority: int = 0


class RuleForm(Form):
    """A rule as the page's dialog sends it."""

    rule: str | None = None
    type: Literal["node-affinity", "resource-affinity"]
    resources: list[str] | None = None
    nodes: list[NodePriority] | None = None
    strict: bool | None = None
    affinity: str | None = None
    disabled: bool | None = None
    comment: str | None = None
    digest: str | None = None


class MoveForm(Form):
    """Where a resource should go, and how."""

    node: str = Field(min_length=1)
    how: Literal["migrate", "relocate"] = "migrate"


class LoginForm(Form):
    """Somebody's credentials, on their way to the cluster."""

    username: str = Field(min_length=1, max_length=256)
    password: str = Field(min_length=1, max_length=4096, repr=False)
    realm: str | None = Field(default=None, max_length=64)
    otp: str | None = Field(default=None, max_length=64, repr=False)

    def user(self, realms: Collection[str]) -> str:
        """Return the user's ID at a cluster that has these realms.

        A name that ends in one of them has its realm already; any other `@` belongs to the name.
        """
        name, _, named = self.username.rpartition("@")
        if not self.realm or (name and named in realms):
            return self.username
        return f"{self.username}@{self.realm}"


def resource_params(form: ResourceForm, known: Container[str]) -> Params:
    """Return a resource's parameters, of those that came with some version only the `known`."""
    params = {key.replace("auto_", "auto-"): _plain(v) for key, v in form.said().items()}
    unknown = [key for key in ("failback", "auto-rebalance", "group") if key not in known]
    return {key: value for key, value in params.items() if key not in ("sid", *unknown)}


def rule_params(form: RuleForm, *, node_affinity_signed: bool = False) -> Params:
    """Return a rule's parameters: only those of its type.

    `node_affinity_signed` tells that the cluster is known to have positive and negative node
    affinity, so that `positive` may be said.
    """
    said = form.said()
    params: Params = {key: said[key] for key in ("comment", "digest") if key in said}
    if "disabled" in said:
        params["disable"] = int(said["disabled"])
    if form.resources is not None:
        params["resources"] = ",".join(form.resources)
    if form.type == "node-affinity":
        params |= _node_affinity(form, node_affinity_signed)
    elif form.affinity is not None:
        params["affinity"] = form.affinity
    return params


def _node_affinity(form: RuleForm, signed: bool) -> Params:
    params: Params = {}
    if form.nodes is not None:
        params["nodes"] = ",".join(_node(entry) for entry in form.nodes)
    if form.strict is not None:
        params["strict"] = int(form.strict)
    if form.affinity and (signed or form.affinity != "positive"):
        params["affinity"] = form.affinity
    return params


def _node(entry: NodePriority) -> str:
    return f"{entry.node}:{entry.priority}" if entry.priority else entry.node


def same_value(name: str, value: str | int, before: str | int | None) -> bool:
    """Tell whether a rule's parameter stays what it is; lists have no order."""
    if name in ("resources", "nodes") and isinstance(before, str):
        return sorted(str(value).split(",")) == sorted(before.split(","))
    return value == before


def _plain(value: Any) -> str | int:
    return int(value) if isinstance(value, bool | int) else str(value)


def creation(params: Mapping[str, str | int], defaults: Mapping[str, str | int]) -> Params:
    """Return the parameters that create something: defaults go without saying."""
    return {
        key: value
        for key, value in params.items()
        if key != "digest" and defaults.get(key) != value
    }


def change(params: Mapping[str, str | int], defaults: Mapping[str, str | int]) -> Params:
    """Return the parameters that change something: what is set to its default is deleted."""
    deleted = sorted(key for key, value in params.items() if defaults.get(key) == value)
    changed: Params = {key: value for key, value in params.items() if key not in deleted}
    if deleted:
        changed["delete"] = ",".join(deleted)
    return changed
