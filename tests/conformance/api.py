"""Run a recorded API call against the handlers that serve HTTP, and compare the answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.access.names import ROOT
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.dispatch import Answer, Request, dispatch
from virton.embedded.endpoints.everything import REGISTRY
from virton.embedded.pmxcfs import ClusterFiles
from virton.embedded.world import Guest, NodeStats, QuorumDevice, TaskReport

_USUAL_NODES = ("node1", "node2", "node3")
_LISTS_WITHOUT_ORDER = {"/cluster/ha/resources": "sid", "/cluster/ha/groups": "group"}


@dataclass(frozen=True, slots=True)
class FrozenWorld:
    """The world at the moment of a recorded call."""

    state: Mapping[str, Any]

    @property
    def local_node(self) -> str:
        """Return the node that answered."""
        return str(self.state["localnode"])

    def now(self) -> int:
        """Return the fixed time."""
        return int(self.state["now"])

    def members(self) -> Mapping[str, bool]:
        """Return the cluster's nodes, all of them online."""
        return dict.fromkeys(self.state.get("nodes", _USUAL_NODES), True)

    def quorate(self) -> bool:
        """Tell whether the node had quorum."""
        return bool(self.state.get("quorate", 1))

    def votes(self) -> Mapping[str, int]:
        """Return one vote for each node."""
        return dict.fromkeys(self.members(), 1)

    def quorum_device(self) -> QuorumDevice | None:
        """Return none."""
        return None

    def guests(self) -> Mapping[int, Guest]:
        """Return the guests."""
        found = (entry.split("/") for entry in self.state.get("guests", ()))
        return {int(vmid): Guest(int(vmid), kind, node) for vmid, kind, node in found}

    def node_stats(self, node: str) -> NodeStats:
        """Return nothing in particular."""
        return NodeStats()

    def start_guest(self, vmid: int, report: TaskReport) -> None:
        """Do nothing: nothing happens in a frozen world."""

    def stop_guest(self, vmid: int, report: TaskReport, *, timeout_s: int) -> None:
        """Do nothing: nothing happens in a frozen world."""

    def migrate_guest(self, vmid: int, target: str, report: TaskReport, *, online: bool) -> None:
        """Do nothing: nothing happens in a frozen world."""

    def shut_down_node(self, node: str, *, reboot: bool) -> None:
        """Do nothing: nothing happens in a frozen world."""


def run_case(recorded: dict[str, Any]) -> str | None:
    """Run a recorded call; return None if it passed, else the first difference in one line."""
    case = recorded
    states = case["state"]["files"].items()
    before = {path: _as_characters(_as_text(content)) for path, content in states}
    files = ClusterFiles(before)
    # The calls were recorded from the handlers alone, on files that could always be written.
    cluster = EmbeddedCluster(files, FrozenWorld(case["state"]), guarded=False)
    request = case["request"]
    caller = Caller(request.get("user", ROOT))
    call = Request(request["method"], request["path"], request.get("params", {}))
    answer = dispatch(REGISTRY, cluster, caller, call)
    return _difference(case, answer) or _file_difference(case, before, files)


def _as_characters(value: Any) -> Any:
    """Return a value with its texts as characters, where they are bytes of UTF-8."""
    if isinstance(value, dict):
        return {key: _as_characters(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_characters(inner) for inner in value]
    if not isinstance(value, str):
        return value
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _as_text(content: Any) -> str:
    return content if isinstance(content, str) else json.dumps(content)


def _difference(case: dict[str, Any], answer: Answer) -> str | None:
    expect = case["expect"]
    if answer.status != expect["status"]:
        return f"status is {answer.status}, not {expect['status']}: {answer.message}"
    fields = sorted(answer.errors)
    if fields != sorted(expect.get("error_fields", [])):
        return f"error fields are {fields}, not {expect.get('error_fields')}"
    if answer.status != 200:
        return None
    order_by = _LISTS_WITHOUT_ORDER.get(case["request"]["path"])
    # Some were recorded with their bytes as characters, some were not.
    got, wanted = map(_as_characters, (answer.data, expect.get("data")))
    return _first_difference("data", _ordered(got, order_by), _ordered(wanted, order_by))


def _ordered(data: Any, key: str | None) -> Any:
    return sorted(data, key=lambda entry: entry[key]) if key and isinstance(data, list) else data


def _first_difference(where: str, got: Any, wanted: Any) -> str | None:
    if isinstance(got, dict) and isinstance(wanted, dict):
        if got.keys() != wanted.keys():
            more, less = sorted(got.keys() - wanted.keys()), sorted(wanted.keys() - got.keys())
            return f"{where} has {more} too many and lacks {less}"
        pairs = [(f"{where}.{key}", got[key], wanted[key]) for key in sorted(wanted)]
    elif isinstance(got, list) and isinstance(wanted, list):
        if len(got) != len(wanted):
            return f"{where} has {len(got)} entries, not {len(wanted)}"
        pairs = [(f"{where}[{at}]", got[at], wanted[at]) for at in range(len(wanted))]
    else:
        same = type(got) is type(wanted) and got == wanted
        return None if same else f"{where} is {got!r}, not {wanted!r}"
    found = (_first_difference(*pair) for pair in pairs)
    return next((text for text in found if text is not None), None)


def _file_difference(
    case: dict[str, Any], before: Mapping[str, str], files: ClusterFiles
) -> str | None:
    after = case["expect"].get("files_after", {}).items()
    wanted = {**before, **{path: _as_characters(text) for path, text in after}}
    for path in sorted({*wanted, *files.paths()}):
        got = files.get(path)
        # The key for tickets is our own, no recorded call writes it.
        if got != wanted.get(path) and not path.startswith("priv/"):
            return f"file {path} is {got!r}, not {wanted.get(path)!r}"
    return None
