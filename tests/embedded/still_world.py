"""A small cluster whose world changes only when a test (or a call) changes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from virton.embedded.access.names import ROOT
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.pmxcfs import ClusterFiles
from virton.embedded.world import (
    Guest,
    LabGuest,
    LabNode,
    LabState,
    NodeStats,
    QuorumDevice,
    TaskReport,
)

PASSWORD = "correct horse"
NOW = 1_767_225_600

FILES = {
    "ha/resources.cfg": "vm: 100\n\tstate started\n\nct: 200\n\tstate stopped\n\n",
    "ha/manager_status": (
        '{"master_node":"alfa","timestamp":1767225598,"node_status":'
        '{"alfa":"online","bravo":"online","charlie":"unknown"},"service_status":'
        '{"vm:100":{"node":"alfa","state":"started","uid":"a","running":1},'
        '"ct:200":{"node":"bravo","state":"stopped","uid":"b"}}}'
    ),
    "nodes/alfa/lrm_status": '{"mode":"active","state":"active","timestamp":1767225597}',
    "nodes/alfa/qemu-server/100.conf": "name: web\ncores: 2\nmemory: 2048\n\n[snap]\ncores: 1\n",
    "user.cfg": (
        "user:audit@pve:1:0::::::\nuser:operator@pve:1:0::::::\nuser:nobody@pve:1:0::::::\n"
        "user:gone@pve:0:0::::::\n"
        "role:HaOperator:Sys.Audit,Sys.Console,VM.Audit,VM.PowerMgmt,VM.Migrate:\n"
        "acl:1:/:audit@pve:PVEAuditor:\nacl:1:/:operator@pve:HaOperator:\n"
    ),
}


@dataclass
class StillWorld:
    """Three nodes, one of them off; guests start, stop and move at once."""

    here: str = "alfa"
    online: dict[str, bool] = field(
        default_factory=lambda: {"alfa": True, "bravo": True, "charlie": False}
    )
    has_quorum: bool = True
    known: dict[int, Guest] = field(default_factory=dict)
    lab: LabState = field(default_factory=lambda: LabState(NOW))

    @property
    def local_node(self) -> str:
        return self.here

    def now(self) -> int:
        return NOW

    def members(self) -> Mapping[str, bool]:
        return self.online

    def quorate(self) -> bool:
        return self.has_quorum

    def votes(self) -> Mapping[str, int]:
        return dict.fromkeys(self.members(), 1)

    def quorum_device(self) -> QuorumDevice | None:
        return None

    def guests(self) -> Mapping[int, Guest]:
        return self.known

    def node_stats(self, node: str) -> NodeStats:
        return NodeStats(cpu=0.25, maxcpu=8, mem=1 << 30, maxmem=4 << 30, uptime_s=1000)

    def start_guest(self, vmid: int, report: TaskReport) -> None:
        self.known[vmid] = replace(self.known[vmid], running=True)
        report.log(f"guest {vmid} starts")
        report.finish()

    def stop_guest(self, vmid: int, report: TaskReport, *, timeout_s: int) -> None:
        self.known[vmid] = replace(self.known[vmid], running=False)
        report.log(f"within {timeout_s} s")
        report.finish()

    def migrate_guest(self, vmid: int, target: str, report: TaskReport, *, online: bool) -> None:
        self.known[vmid] = replace(self.known[vmid], node=target)
        report.log("online" if online else "offline")
        report.finish()

    def shut_down_node(self, node: str, *, reboot: bool) -> None:
        self.online[node] = reboot


@dataclass
class StillLab:
    """The switches of a world in which nothing follows from them."""

    now: LabState

    def state(self) -> LabState:
        return self.now

    def set_power(self, node: str, on: bool) -> None:
        nodes = (replace(n, power=on) if n.name == node else n for n in self.now.nodes)
        self.now = replace(self.now, nodes=tuple(nodes))

    def set_network(self, node: str, on: bool) -> None:
        nodes = (replace(n, network=on) if n.name == node else n for n in self.now.nodes)
        self.now = replace(self.now, nodes=tuple(nodes))

    def split(self, groups: tuple[frozenset[str], ...]) -> None:
        self.now = replace(self.now, split=groups)

    def set_maintenance(self, node: str, on: bool) -> None:
        """Nothing follows from it in this world."""

    def set_quorum_device(self, on: bool) -> None:
        raise AssertionError("there is none")

    def crash(self, sid: str) -> None:
        guests = (replace(g, running=False) if g.sid == sid else g for g in self.now.guests)
        self.now = replace(self.now, guests=tuple(guests))

    def fail_starts(self, sid: str, count: int) -> None:
        guests = (replace(g, fail_starts=count) if g.sid == sid else g for g in self.now.guests)
        self.now = replace(self.now, guests=tuple(guests))

    def set_speed(self, speed: int) -> None:
        self.now = replace(self.now, speed=speed)

    def pause(self) -> None:
        self.now = replace(self.now, paused=True)

    def resume(self) -> None:
        self.now = replace(self.now, paused=False)

    def step(self, seconds: int) -> None:
        self.now = replace(self.now, now=self.now.now + seconds)


def make_world() -> StillWorld:
    guests = (
        Guest(100, "qemu", "alfa", "web", running=True, maxcpu=2, maxmem=2 << 30),
        Guest(101, "qemu", "bravo", "db"),
        Guest(102, "qemu", "charlie", "far", running=True),
        Guest(200, "lxc", "bravo", "dns"),
        Guest(201, "lxc", "alfa", "proxy", running=True),
    )
    return StillWorld(known={guest.vmid: guest for guest in guests})


def make_lab() -> StillLab:
    nodes = (LabNode("alfa", power=True, network=True), LabNode("bravo", power=True, network=True))
    return StillLab(
        LabState(NOW, nodes=nodes, guests=(LabGuest("vm:100", running=True, runs_on=("alfa",)),))
    )


def make_cluster(files: ClusterFiles | None = None) -> EmbeddedCluster:
    cluster = EmbeddedCluster(files or ClusterFiles(FILES), make_world(), make_lab(), name="small")
    for userid in (ROOT, "audit@pve", "operator@pve", "nobody@pve", "gone@pve"):
        cluster.access.set_password(userid, PASSWORD)
    return cluster
