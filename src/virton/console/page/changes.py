"""What the live stream tells: the whole page model once, and then what has changed.

A row that changed is told whole. A reader puts it in the place of the one with the same key, or
among the others where there was none; the order of a list follows from its rows.
"""

from collections.abc import Mapping

from virton.console.page.model import (
    Cluster,
    ClusterTime,
    Fencing,
    Guest,
    Master,
    Node,
    Outlook,
    PageModel,
    Parts,
    Quorum,
    Resource,
    Rule,
    Sparse,
    Text,
    Told,
)

KEYS: Mapping[str, str] = {"nodes": "name", "resources": "sid", "guests": "sid", "rules": "rule"}
"""By list of the page model: the field that names a row."""

FIELDS = (
    "cluster",
    "quorum",
    "master",
    "fencing",
    "rules_digest",
    "resources_digest",
    "outlook",
)
"""What is told anew as a whole when anything in it changes; parts and clock are told always."""


class Whole(Told):
    """The whole page model, with the number of its version."""

    version: int
    page: PageModel


class Fields(Sparse):
    """The fields of the page model that changed; one that did not is absent."""

    cluster: Cluster = None  # type: ignore[assignment]
    quorum: Quorum | None = None
    master: Master | None = None
    fencing: Fencing | None = None
    rules_digest: Text | None = None
    resources_digest: Text | None = None
    outlook: Outlook | None = None


class Rows(Sparse):
    """The rows that changed or came; a list without any is absent."""

    nodes: tuple[Node, ...] = ()
    resources: tuple[Resource, ...] = ()
    guests: tuple[Guest, ...] = ()
    rules: tuple[Rule, ...] = ()


class Gone(Sparse):
    """The keys of the rows that went; a list without any is absent."""

    nodes: tuple[Text, ...] = ()
    resources: tuple[Text, ...] = ()
    guests: tuple[Text, ...] = ()
    rules: tuple[Text, ...] = ()


class Change(Told):
    """What has changed since version `since`: whoever has that has this `version` with it."""

    since: int
    version: int
    now: float
    fresh: bool
    clock: ClusterTime
    parts: Parts
    fields: Fields
    rows: Rows
    gone: Gone


class Beat(Told):
    """A sign of life: the time, and how fresh each part is."""

    now: float
    fresh: bool
    clock: ClusterTime
    parts: Parts
