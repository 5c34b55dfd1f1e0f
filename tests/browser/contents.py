"""Snapshots for the stand-in console: the cluster of the original's screens, and rarer sights."""

import copy
from typing import Any

Snapshot = dict[str, Any]

NOW = 1_763_867_000
GIB = 1024**3

NODES = [
    ("phum01", 0.0061, 0.4164, "active"),
    ("phum02", 0.0066, 0.7875, "idle"),
    ("phum03", 0.1137, 0.8644, "active"),
]
RESOURCES = [
    (100, "LOTCES-WIN", "phum03"),
    (121, "ct", "phum01"),
    (122, "cl", "phum01"),
    (124, "cl2", "phum03"),
    (999, "virton", "phum01"),
]
GUESTS = [
    ("ct", 200, "dns", "phum01", "running"),
    ("ct", 201, "proxy", "phum03", "running"),
    ("vm", 130, "mail", "phum03", "stopped"),
    ("vm", 131, "build", "phum01", "running"),
]
RESOURCE_STATES = [
    "started",
    "stopped",
    "starting",
    "stopping",
    "queued",
    "migrate",
    "recovery",
    "fence",
    "disabled",
    "ignored",
    "error",
    "freeze",
    "relocate",
    "request_start",
    "request_start_balance",
    "request_stop",
    "deleting",
    "not found",
    "clearing error flag",
    "ignore",
]
LRM_STATES = {
    "active": "active",
    "idle": "wait_for_agent_lock",
    "waiting": "wait_for_agent_lock",
    "lost": "lost_agent_lock",
    "maintenance": "maintenance",
    "disarm": "active",
    "restart": "active",
    "shutdown": "active",
    "dead": "active",
    "time_drift": "active",
    "unreadable": "",
    "unknown": "",
    "error": "",
}


SETTINGS = {
    "shutdown_policy": "conditional",
    "mode": "static",
    "rebalance_on_start": False,
    "auto_rebalance": True,
    "threshold": 30,
    "method": "bruteforce",
    "hold_rounds": 3,
    "margin": 10,
}


def lrm(display: str = "active", mode: str = "active") -> Snapshot:
    """A local resource manager's status."""
    watchdog = "standby" if display == "idle" else "active"
    state = LRM_STATES[display]
    return {
        "state": state,
        "mode": mode,
        "display": display,
        "watchdog": watchdog,
        "at": NOW - 4,
    }


def node(name: str, cpu: float, memory: float, display: str = "active") -> Snapshot:
    """A node that is online."""
    return {
        "name": name,
        "online": True,
        "ha_state": "online",
        "lrm": lrm(display),
        "cpu": cpu,
        "maxcpu": 24,
        "mem": round(memory * 128 * GIB),
        "maxmem": 128 * GIB,
    }


def resource(vmid: int, name: str, where: str | None, **changes: Any) -> Snapshot:
    """A resource under HA, running unless told otherwise."""
    kind = changes.get("type", "vm")
    return {
        "sid": f"{kind}:{vmid}",
        "type": kind,
        "vmid": vmid,
        "name": name,
        "node": where,
        "state": "started",
        "crm_state": "started",
        "request_state": "started",
        "max_restart": 1,
        "max_relocate": 1,
        "failback": True,
        "comment": "",
        "group": None,
        "target": None,
        "extra": {},
        **changes,
    }


def guest(kind: str, vmid: int, name: str, where: str, status: str) -> Snapshot:
    """A guest that is not under HA."""
    return {
        "sid": f"{kind}:{vmid}",
        "vmid": vmid,
        "type": kind,
        "name": name,
        "node": where,
        "status": status,
    }


def node_rule(rule: str, resources: list[str], nodes: dict[str, int], **changes: Any) -> Snapshot:
    """A node affinity rule."""
    entries = [{"node": name, "priority": priority} for name, priority in nodes.items()]
    kind = {"type": "node-affinity", "strict": False, "affinity": None}
    return {**_rule(rule, resources), **kind, "nodes": entries, **changes}


def resource_rule(rule: str, resources: list[str], affinity: str, **changes: Any) -> Snapshot:
    """A resource affinity rule."""
    kind = {"type": "resource-affinity", "strict": False, "affinity": affinity, "nodes": []}
    return {**_rule(rule, resources), **kind, **changes}


def _rule(rule: str, resources: list[str]) -> Snapshot:
    common = {"disabled": False, "comment": "", "errors": {}, "order": 1}
    return {"rule": rule, "resources": resources, **common}


def group(name: str, nodes: dict[str, int], resources: list[str], **changes: Any) -> Snapshot:
    """An HA group, and the rule that it becomes; one without resources becomes none."""
    common = {"restricted": False, "nofailback": False, "comment": "", "extra": {}, **changes}
    rule = node_rule(f"ha-group-{name}", resources, nodes, strict=common["restricted"])
    entries = [{"node": node, "priority": priority} for node, priority in nodes.items()]
    return {"group": name, "nodes": entries, "rule": rule if resources else None, **common}


def features(**changes: bool) -> Snapshot:
    """What Proxmox VE 9.1 knows."""
    known = {"rules": True, "disarm": True, "purge": True}
    return {**known, "auto_rebalance": False, "negative_node_affinity": False, **changes}


def good_part() -> Snapshot:
    """A part whose source answers."""
    return {"at": NOW - 2, "ok": True, "error": None, "slow_s": None, "address": "https://phum01"}


def bad_part(code: str = "timeout", message: str | None = None, at: int | None = None) -> Snapshot:
    """A part whose source fails; without `at` it never answered."""
    return {
        "at": at,
        "ok": False,
        "error": {"status": None, "code": code, "message": message},
    }


def usual() -> Snapshot:
    """The cluster of the original's screens."""
    return copy.deepcopy(
        {
            "now": NOW,
            "cluster": {
                "name": "virton",
                "version": "9.1.2",
                "rules_supported": True,
                "features": features(),
                "groups": [],
                "lab": False,
                "addresses": [],
                "read_only": None,
                "clock": {"now": NOW, "runs": True, "skew_s": 0},
            },
            "parts": {name: good_part() for name in ("status", "resources", "rules", "nodes")},
            "quorum": {"ok": True, "node": "phum01"},
            "master": {"node": "phum01", "state": "active", "at": NOW - 3},
            "fencing": {"armed_state": "armed", "resource_mode": None},
            "nodes": [node(*each) for each in NODES],
            "resources": [resource(*each) for each in RESOURCES],
            "guests": [guest(*each) for each in GUESTS],
            "rules": [],
            "rules_digest": "0",
        }
    )


def with_groups() -> Snapshot:
    """A cluster of Proxmox VE 8, which has groups in the place of rules."""
    snapshot = usual()
    none = features(rules=False, purge=False)
    groups = [
        group("licence", {"phum03": 0}, ["vm:100"], restricted=True, comment="윈도 라이선스"),
        group("spare", {"phum02": 0}, []),
        group("web", {"phum02": 0, "phum01": 2}, ["vm:121", "vm:122"], nofailback=True),
    ]
    snapshot["cluster"].update(version="8.4.1", rules_supported=False, features=none, groups=groups)
    snapshot["resources"][0]["group"] = "licence"
    for resource in snapshot["resources"][1:3]:
        resource.update(group="web", failback=False)
    return snapshot


def newest() -> Snapshot:
    """A cluster of Proxmox VE 9.2, with what is new there."""
    snapshot = with_rules()
    known = features(auto_rebalance=True, negative_node_affinity=True)
    snapshot["cluster"].update(version="9.2.0", features=known)
    for one in snapshot["resources"]:
        one["auto_rebalance"] = True
    avoid = node_rule("not-on-02", ["vm:124"], {"phum02": 0}, affinity="negative", strict=True)
    snapshot["rules"].append(avoid)
    return snapshot


def many(count: int = 500) -> Snapshot:
    """A cluster with very many resources."""
    snapshot = usual()
    snapshot["resources"] = [
        resource(1000 + number, f"guest-{number}", NODES[number % 3][0]) for number in range(count)
    ]
    return snapshot


def without_quorum() -> Snapshot:
    """The smaller half of a cluster: it can be read, and nothing more."""
    snapshot = usual()
    snapshot["quorum"] = {"ok": False, "node": "phum01"}
    words = "No quorum on node 'phum01'!"
    snapshot["cluster"]["read_only"] = {"code": "no_quorum", "node": "phum01", "message": words}
    snapshot["nodes"][2].update(online=False, ha_state="unknown", lrm=lrm("lost"))
    return snapshot


def every_state() -> Snapshot:
    """Every state of a resource and of a local resource manager at once."""
    snapshot = usual()
    names = [name for name in LRM_STATES if name not in ("active", "idle")]
    snapshot["nodes"] += [
        {**node(f"state-{name}", 0.1, 0.2), "lrm": lrm(name, _mode(name))} for name in sorted(names)
    ]
    snapshot["resources"] = [
        resource(300 + index, f"guest-{index}", "phum01", state=state, type=("vm", "ct")[index % 2])
        for index, state in enumerate(RESOURCE_STATES)
    ]
    return snapshot


def _mode(display: str) -> str:
    modes = ("maintenance", "disarm", "restart", "shutdown")
    return display if display in modes else "active"


def trouble() -> Snapshot:
    """A node lost: fenced, its resources on their way, the rest of the cluster at work."""
    snapshot = usual()
    lost = snapshot["nodes"][2]
    lost.update(online=False, ha_state="fence", lrm={**lrm("dead"), "at": NOW - 94})
    snapshot["resources"][0].update(state="fence", crm_state="fence")
    snapshot["resources"][3].update(state="recovery", crm_state="recovery")
    snapshot["resources"][2].update(state="migrate", target="phum02")
    snapshot["resources"][4].update(state="error", crm_state="error", comment="청구 시스템")
    return snapshot


def with_rules() -> Snapshot:
    """Rules of every kind: in use, out of use, and in conflict."""
    snapshot = usual()
    taken = "resource 'vm:100' is already used in another node affinity rule"
    snapshot["rules"] = [
        node_rule("prefer-phum01", ["vm:121", "vm:122"], {"phum01": 10, "phum03": 5, "phum02": 0}),
        node_rule("win-licence", ["vm:100"], {"phum03": 0}, strict=True, comment="윈도 라이선스"),
        node_rule(
            "win-again", ["vm:100"], {"phum01": 0, "phum02": 0}, errors={"resources": [taken]}
        ),
        resource_rule("web-with-cache", ["vm:121", "vm:999"], "positive"),
        resource_rule("ha-pair", ["vm:122", "vm:124"], "negative", disabled=True),
    ]
    return snapshot


def with_sound_rules() -> Snapshot:
    """Rules that can all be kept together."""
    snapshot = with_rules()
    contradicting = ("win-again", "web-with-cache")
    snapshot["rules"] = [r for r in snapshot["rules"] if r["rule"] not in contradicting]
    return snapshot


def laboratory() -> Snapshot:
    """What a simulated cluster's laboratory shows."""
    guests = [f"vm:{vmid}" for vmid, _, _ in RESOURCES] + ["ct:200"]
    return {
        "offered": True,
        "speed": 1,
        "paused": False,
        "now": NOW,
        "nodes": [{"name": name, "power": True, "network": True} for name, *_ in NODES],
        "guests": [{"sid": sid, "fail_starts": 0, "running": True} for sid in guests],
    }


def plans() -> Snapshot:
    """A draft of two changes, and what was applied before."""
    return {
        "entries": [
            {
                "kind": "resources",
                "name": "vm:100",
                "says": "리소스",
                "shown": "vm:100",
                "gone": False,
                "values": {"max_restart": 3, "state": "started"},
                "by": "root@pam",
            },
            {
                "kind": "rules",
                "name": "web-with-cache",
                "says": "규칙",
                "shown": "web-with-cache",
                "gone": True,
                "values": {},
                "by": "kim@pve",
            },
        ],
        "digest": "0123456789abcdef",
        "approved_by": ["lee@pve"],
        "four_eyes": True,
        "busy": False,
        "elsewhere": None,
        "trouble": None,
        "records": [
            _applied(3, "stopped", 1, "리소스 vm:122이(가) 예상과 다릅니다."),
            _applied(2, "done", 2, None) | {"undoes": 1},
            _applied(1, "undone", 2, None),
        ],
    }


def _applied(number: int, state: str, done: int, stopped: str | None) -> Snapshot:
    return {
        "number": number,
        "who": "root@pam",
        "why": "랙 추가",
        "began": NOW,
        "state": state,
        "done": done,
        "steps": ["리소스 vm:100 변경: max_restart 1 → 3", "규칙 ab 추가: affinity negative"],
        "undoes": None,
        "stopped": stopped,
        "undo_approved_by": ["lee@pve"],
    }


PLAN_LOOK: Snapshot = {
    "digest": "0123456789abcdef",
    "look": "fedcba9876543210",
    "says": "변경 2건, 적용할 순서:",
    "steps": [
        {"verb": "set", "says": "리소스 vm:100 변경: max_restart 1 → 3", "notes": ["이동 없음"]},
        {
            "verb": "remove",
            "says": "규칙 web-with-cache 제거",
            "notes": ["vm:121: phum01에서 phum03으로 라이브 마이그레이션 (6~25초 후)"],
        },
    ],
    "bearing": ["감당할 수 있는 노드 장애 수: 변경 전 1, 변경 후 1."],
    "trouble": ["규칙 ab가 적용되지 않습니다."],
    "repairs_of": {"규칙 ab가 적용되지 않습니다.": ["해결 방법: 규칙 ab 제거 (다른 영향 없음)"]},
    "conflicts": [],
}


UNDO_LOOK: Snapshot = {
    "number": 3,
    "steps": [{"says": "리소스 vm:100 변경: max_restart 3 → 1", "notes": ["이동 없음"]}],
    "places": ["vm:121", "vm:122"],
}


def drill() -> Snapshot:
    """A drill under way, that two people have agreed to."""
    consent = {"user": "root@pam", "at_s": NOW}
    return {
        "busy": True,
        "report": True,
        "proposal": {
            "form": {
                "system": "전자결재",
                "examiner": "김점검",
                "approver": "이승인",
                "limit_s": 300,
            },
            "faults": [{"how": "lose", "node": "phum03"}, {"how": "cut", "node": "phum02"}],
            "by": "root@pam",
            "lab": False,
            "digest": "0123456789abcdef",
            "consents": [{"role": "examiner", "name": "김점검", **consent}],
        },
        "course": {
            "title": "phum03 전원 차단",
            "waits": "phum03의 전원을 끄면서 동시에 ‘완료’를 누르세요.",
            "after_s": 68,
            "steps": [{"fault": "lose phum03", "after_s": 18, "says": "phum03: 확인 불가"}],
            "trouble": None,
            "can_go_on": False,
            "result": None,
            "outcomes": [],
        },
    }
