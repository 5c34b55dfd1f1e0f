"""Clusters of several versions: what each lists, shows and takes, after answers of the real ones."""

from collections.abc import Mapping
from typing import Any

from tests.proxmox.playback import NOW, Asked, Playback, Refusal, healthy

OLD = ("7.4-16", "8.4.1")
NEW = ("9.0.10", "9.1.6", "9.2.11")
EVERY = OLD + NEW

_RESOURCE = {"comment", "group", "max_relocate", "max_restart", "state"}
_CHANGE = {"delete", "digest"}
_RULE = {"affinity", "comment", "disable", "nodes", "resources", "rule", "strict", "type"}

GROUPS = [
    {"group": "left", "type": "group", "nodes": "phum02,phum01:3", "restricted": 1, "digest": "g"},
    {
        "group": "right",
        "type": "group",
        "nodes": "phum03",
        "nofailback": 1,
        "comment": "by hand",
        "tomorrow": "yes",
        "digest": "g",
    },
    {"group": "unused", "type": "group", "nodes": "phum01", "digest": "g"},
]


class Versioned(Playback):
    """Plays one version: refuses parameters and paths that it does not know."""

    def __init__(self, version: str) -> None:
        super().__init__()
        self.become(version)

    def become(self, version: str) -> None:
        """Be upgraded, or put back."""
        self.version = version
        release = float(".".join(version.partition("-")[0].split(".")[:2]))
        self.answers = healthy()
        self.answers["/version"] = {"version": version, "release": str(release), "repoid": "1"}
        self.known = _parameters(release)
        paths = ["status", "resources", "groups"] + ["rules"] * (release >= 9)
        commands = ["current", "manager_status"] + ["disarm-ha", "arm-ha"] * (release >= 9.1)
        self.answers["/cluster/ha"] = [{"id": path} for path in paths]
        self.answers["/cluster/ha/status"] = [{"name": name} for name in commands]
        if release < 9:
            _as_before_rules(self.answers)
        if release < 9.1:
            rows = self.answers["/cluster/ha/status/current"]
            rows[:] = [row for row in rows if row["type"] != "fencing"]
        if release >= 9.2:
            _with_newer_fields(self.answers)

    def _answer(self, asked: Asked) -> Any:
        if asked.method != "GET" and asked.path != "/access/ticket" and asked.user:
            refusal = self._judged(asked)
            if refusal is not None:
                return refusal
        return super()._answer(asked)

    def _judged(self, asked: Asked) -> Refusal | None:
        kind, _, what = asked.path.removeprefix("/cluster/ha/").partition("/")
        if what.endswith(("/migrate", "/relocate")):
            return None
        known = self.known.get((asked.method, kind))
        if known is None:
            return Refusal(501, f"Method '{asked.method} {asked.path}' not implemented")
        words = "property is not defined in schema and the schema does not allow additional"
        errors = {name: words for name in asked.params if name not in known}
        return Refusal(400, "Parameter verification failed.", errors) if errors else None


def _parameters(release: float) -> Mapping[tuple[str, str], set[str]]:
    resource = set(_RESOURCE)
    if release >= 9:
        resource |= {"failback"}
    if release >= 9.2:
        resource |= {"auto-rebalance"}
    known = {
        ("POST", "resources"): resource | {"sid", "type"},
        ("PUT", "resources"): resource | _CHANGE,
        ("DELETE", "resources"): {"purge"} if release >= 9.1 else set(),
    }
    if release >= 9:
        known |= {
            ("POST", "rules"): _RULE,
            ("PUT", "rules"): _RULE | _CHANGE,
            ("DELETE", "rules"): set(),
        }
    return known


def _as_before_rules(answers: dict[str, Any]) -> None:
    del answers["/cluster/ha/rules"]
    answers["/cluster/ha/groups"] = [dict(group) for group in GROUPS]
    answers["/cluster/ha/resources"] = [
        {"sid": "vm:100", "type": "vm", "digest": "d1", "state": "started", "group": "left"},
        {"sid": "vm:121", "type": "vm", "digest": "d1", "group": "right", "max_restart": 2},
    ]
    for row in answers["/cluster/ha/status/current"]:
        row.pop("failback", None)
        if row["type"] == "lrm":
            row["status"] = row["status"].replace(", watchdog active", "")
            row["status"] = row["status"].replace(", watchdog standby", "")
        if row["type"] == "service":
            row["group"] = "left" if row["sid"] == "vm:100" else "right"


def _with_newer_fields(answers: dict[str, Any]) -> None:
    for row in answers["/cluster/ha/status/current"]:
        if row["type"] == "service":
            row["auto-rebalance"] = 1
    answers["/cluster/ha/resources"][1]["auto-rebalance"] = 0
    answers["/cluster/ha/rules"][0]["affinity"] = "negative"


def later(answers: dict[str, Any]) -> None:
    """Add what no version of today says."""
    answers["/cluster/ha/status/current"].append({"id": "omen", "type": "omen", "status": "good"})
    answers["/cluster/ha/status/current"][0]["weather"] = "fair"
    answers["/cluster/ha/rules"].append(
        {"rule": "new", "type": "time-affinity", "resources": "vm:100", "hour": 3, "order": 2}
    )
    answers["/cluster/ha/resources"][0]["retries"] = {"a": 1}
    answers["/version"]["at"] = NOW
