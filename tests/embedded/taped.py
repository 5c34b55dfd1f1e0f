"""The cluster of the tapes, embedded: what was done to the real one is done to it, and it is polled."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.embedded.asking import AppClient, answered
from virton.embedded import seed
from virton.embedded.app import create_app
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.ha.files import RESOURCES, RULES
from virton.embedded.inventory import config_path
from virton.embedded.live import LiveWorld
from virton.embedded.pmxcfs import ClusterFiles
from virton.ha.dialect import Dialect
from virton.simulation.paced import Daemon
from virton.simulation.value import HostValue

Words = dict[str, list[str]]

NODES = ("pve1", "pve2", "pve3")
VERSION = "9.2.11"
PASSWORD = "a good secret"
POLLED_EVERY_S = 2
_SETTLING_S = 120
_CRM_RESTARTS_S = 12


class TapedCluster:
    """The embedded cluster with the guests, resources and rules that a tape begins with.

    `delays` tell when the daemons have their first rounds.
    """

    def __init__(self, rows: list[dict[str, Any]], delays: Mapping[Daemon, int]) -> None:
        files = dict(seed.common_files()) | {
            RESOURCES: _sections(_first(rows, "/cluster/ha/resources"), "sid"),
            RULES: _sections(_first(rows, "/cluster/ha/rules"), "rule"),
        }
        for guest in _first(rows, "/cluster/resources"):
            if guest["type"] in ("qemu", "lxc"):
                vmid, kind, node = guest["vmid"], guest["type"], guest["node"]
                text = seed.guest_config(vmid, kind, guest["name"], 2, 2048)
                files[config_path(node, kind, vmid)] = text
        self.files = ClusterFiles(files)
        hosts = tuple(HostValue(n, power=True, network=True, version=VERSION) for n in NODES)
        self.world = LiveWorld(self.files, hosts, 1_800_000_000, Dialect.PERCENT)
        self.cluster = EmbeddedCluster(self.files, self.world, self.world, version=VERSION)
        self.cluster.access.set_password("root@pam", PASSWORD)
        self.client = AppClient(create_app(self.cluster), base_url="https://pve1/api2/json")
        login = {"username": "root@pam", "password": PASSWORD}
        ticket = self.client.post("/access/ticket", data=login).json()["data"]
        self.client.cookies.set("PVEAuthCookie", ticket["ticket"])
        self.client.headers["CSRFPreventionToken"] = ticket["CSRFPreventionToken"]
        self.world.clock.delay(delays)
        self.world.step(_SETTLING_S)

    def do(self, deed: str) -> None:
        """Do what was done to the real cluster."""
        match deed.split():
            case ["network" | "power", _, "on" | "off"] | ["crm", _, "stop" | "start"]:
                self.world.command(deed)
            case ["GET" | "POST" | "PUT" | "DELETE" as method, path, *params]:
                data = dict(param.split("=", 1) for param in params)
                self.client.request(method, path, data=data)
            case ["ha-manager", "crm-command", command, *mode]:
                self.world.command(" ".join(["crm", NODES[0], command, *mode]))
            case ["systemctl", "restart", "pve-ha-lrm", "on", node]:
                self.world.command(f"restart-lrm {node}")
            case ["guest", sid, "crashes", *_]:
                self.world.crash(sid)
            case ["the", "cause", "is", "mended:", sid, *_]:
                self.world.fail_starts(sid, 0)
            case _:
                raise NotImplementedError(deed)

    def words(self) -> dict[str, str]:
        """Return what the status says now, by id."""
        rows = answered(self.cluster, "/cluster/ha/status/current")
        return {row["id"]: said(row) for row in rows}


def _first(rows: list[dict[str, Any]], path: str) -> list[dict[str, Any]]:
    """Return the first answer to a path."""
    answer: list[dict[str, Any]] = next(r["data"] for r in rows if r.get("get") == path)
    return answer


def _sections(entries: list[dict[str, Any]], key: str) -> str:
    """Return entries of the API as a file with sections."""
    text = ""
    for entry in sorted(entries, key=lambda entry: entry.get("order", 0)):
        name = entry[key].partition(":")[2] if key == "sid" else entry[key]
        fields = {k: v for k, v in entry.items() if k not in (key, "type", "digest", "order")}
        lines = "".join(f"\t{k} {v}\n" for k, v in sorted(fields.items()))
        text += f"{entry['type']}: {name}\n{lines}\n"
    return text


def said(row: Mapping[str, Any]) -> str:
    """Return what a row of the status says, without the time of day."""
    if row["type"] == "service":
        return f"{row['state']} on {row.get('node')}"
    return re.sub(r", \w{3} \w{3} +\d+ [\d:]+ \d{4}", "", row["status"])


def rows_of(tape: Path) -> list[dict[str, Any]]:
    """Return the rows of a tape."""
    with tape.open(encoding="utf-8") as lines:
        return list(map(json.loads, lines))


def follow(words: Words, now: Mapping[str, str]) -> None:
    """Add what is said now where it is not what was said before."""
    for row, text in now.items():
        told = words.setdefault(row, [])
        if told[-1:] != [text]:
            told.append(text)


def words_of(rows: list[dict[str, Any]]) -> Words:
    """Return what the real cluster's status said, row by row, one after the other."""
    words: Words = {}
    for row in rows:
        if row.get("get") == "/cluster/ha/status/current" and "data" in row:
            follow(words, {entry["id"]: said(entry) for entry in row["data"]})
    return words


def _deeds(rows: list[dict[str, Any]]) -> Iterator[tuple[int, str]]:
    """Yield what people did, and when; a CRM that is restarted is back after some seconds."""
    for row in rows:
        if "deed" in row and row.get("by") is None:
            at_s, deed = int(row["t"]), row["deed"]
            match deed.split():
                case ["systemctl", "restart", "pve-ha-crm", "on", node]:
                    yield at_s, f"crm {node} stop"
                    yield at_s + _CRM_RESTARTS_S, f"crm {node} start"
                case _:
                    yield at_s, deed


def replay(rows: list[dict[str, Any]], delays: Mapping[Daemon, int] | None = None) -> Words:
    """Do the tape's deeds to the embedded cluster at their times; return what its status said.

    What happens is not kept: nothing is started again.
    """
    deeds = list(_deeds(rows))
    cluster = TapedCluster(rows, delays or {})
    if any("vm:107" in deed for _, deed in deeds):
        cluster.world.fail_starts("vm:107", 1000)
    words: Words = {}
    for at_s in range(0, int(rows[-1]["t"]) + 1, POLLED_EVERY_S):
        follow(words, cluster.words())
        for second in range(at_s, at_s + POLLED_EVERY_S):
            for due_s, deed in deeds:
                if due_s == second:
                    cluster.do(deed)
            cluster.world.clock.step(1)
    return words
