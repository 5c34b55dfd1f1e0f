"""What the stand-in's history tells: a night in which phum03 was lost."""

from typing import Any

from tests.browser import contents

BEGAN = round(contents.NOW * 1000) - 1_800_000


def at(seconds: int) -> int:
    """Return a moment (ms) so many seconds after the loss."""
    return BEGAN + seconds * 1000


def _happening(number: int, kind: str, whom: str, seconds: int, says: str, **more: Any) -> Any:
    row = {"number": number, "kind": kind, "whom": whom, "from": at(seconds), "to": at(seconds)}
    more = {"because": None, "chain": [], **more}
    return row | {"told": True, "facts": {}, "says": says} | more


CHAIN = [
    {"kind": "node.lost", "whom": "phum03", "at": at(0), "who": None},
    {"kind": "node.fencing", "whom": "phum03", "at": at(60), "who": None},
    {"kind": "node.fenced", "whom": "phum03", "at": at(134), "who": None},
]
HAPPENINGS = [
    _happening(
        4,
        "resource.recovered",
        "vm:100",
        134,
        "VM 100 (LOTCES-WIN)이 phum02에서 복구되었습니다(이전 노드 phum03).",
        because="phum03이 차단됨",
        chain=CHAIN,
    ),
    _happening(3, "node.fenced", "phum03", 134, "phum03 노드가 차단되었습니다.", chain=CHAIN[:2]),
    _happening(2, "node.fencing", "phum03", 60, "phum03 노드를 차단하기 시작했습니다."),
    _happening(1, "node.lost", "phum03", 0, "phum03 노드가 응답하지 않습니다.") | {"from": at(-12)},
]
INCIDENT = {
    "number": 1,
    "key": "node:phum03",
    "says": "phum03 노드와 연결이 끊겼습니다.",
    "weight": "critical",
    "began": at(0),
    "ended": at(400),
    "affected": ["vm:100", "vm:124"],
    "waiting": [],
    "acknowledged_by": None,
    "silenced_until": None,
    "steps": [{"at": row["to"], "says": row["says"]} for row in reversed(HAPPENINGS)],
    "deliveries": [
        {
            "recipient": "ops",
            "phase": "begun",
            "state": "sent",
            "why": "보냄",
            "subject": "[주의] virton: phum03 노드와 연결이 끊겼습니다.",
            "attempts": 1,
            "most": 102,
            "next": None,
            "made": at(20),
            "answer": "",
        }
    ],
}


def _node(whom: str, *states: tuple[int, str]) -> dict[str, Any]:
    steps = [
        {"at": at(s), "online": state == "online", "lost": state != "online", "ha_state": state}
        for s, state in states
    ]
    return {"part": "node", "whom": whom, "steps": steps}


def _resource(whom: str, name: str, *states: tuple[int, str, str]) -> dict[str, Any]:
    steps = [{"at": at(s), "state": state, "node": node, "name": name} for s, state, node in states]
    return {"part": "resource", "whom": whom, "steps": steps}


LANES = {
    "lanes": [
        _node("phum01", (-9000, "online")),
        _node("phum02", (-9000, "online")),
        _node("phum03", (-9000, "online"), (0, "unknown"), (60, "fence"), (400, "online")),
        _resource(
            "vm:100",
            "LOTCES-WIN",
            (-9000, "started", "phum03"),
            (60, "fence", "phum03"),
            (134, "recovery", "phum03"),
            (140, "started", "phum02"),
        ),
    ],
    "more": 0,
    "unseen": [[at(-7000), at(-5000)]],
    "began": at(-8000),
}


def _fared(sid: str, name: str, share: float | None, **more: int) -> dict[str, Any]:
    row = dict.fromkeys(("longest_ms", "planned_ms", "unplanned_ms", "unknown_ms", "outages"), 0)
    return {"sid": sid, "name": name, "share": share, "up_ms": 1} | row | more


FARED = {
    "rows": [
        _fared(
            "vm:100", "LOTCES-WIN", 0.99995, outages=1, longest_ms=134_000, unplanned_ms=134_000
        ),
        _fared("vm:121", "ct", 1.0, planned_ms=600_000),
        _fared("vm:122", "cl", None, unknown_ms=3_600_000),
    ],
    "since": BEGAN,
    "until": BEGAN,
}
DEEDS = {
    "rows": [
        {
            "at": at(900) / 1000,
            "who": who,
            "whence": "192.0.2.17",
            "what": "",
            "says": says,
            "result": result,
            "status": 200,
        }
        for who, says, result in (
            ("root@pam", "HA 리소스 VM 100 (LOTCES-WIN) 이동 요청 → phum03", "done"),
            ("kim@pve", "규칙 win-on-3 제거", "refused"),
            ("root@pam", "로그인", "done"),
        )
    ],
    "before": None,
}


def moment() -> dict[str, Any]:
    """Return the usual page as it stood, without what was empty, as the history keeps it."""
    page = contents.with_rules()
    parts = {
        part: [
            {key: value for key, value in row.items() if value is not None} for row in page[part]
        ]
        for part in ("nodes", "resources", "rules")
    }
    nodes = [{"lost": False} | _kept_lrm(node) for node in parts["nodes"]]
    unsaid = {"configured": True, "down": False, "last_known": False}
    resources = [unsaid | row for row in parts["resources"]]
    # an older version kept how a resource had come, but not when
    resources[0] |= {"arrival": {"origin": "phum03", "how": "moved"}}
    resources[1] |= {"arrival": {"origin": "phum03", "how": "moved", "at": at(-9) / 1000}}
    cluster = {"master": "phum01", "quorum": True}
    return {"at": at(-5), **parts, "nodes": nodes, "resources": resources, "cluster": cluster}


def _kept_lrm(node: dict[str, Any]) -> dict[str, Any]:
    """Return a node as it is kept: when its LRM reported last, and what was empty, is not."""
    lrm = {key: value for key, value in (node.get("lrm") or {}).items() if value is not None}
    lrm.pop("at", None)
    return node | ({"lrm": lrm} if lrm else {})


def _recipient(name: str, *, has: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    row = {"to": None, "preset": "json", "body": None, "method": "POST", "chat": "", "quiet": None}
    row |= {"language": "ko", "least": "warning", "zone": "Asia/Seoul", "paused": False}
    return row | {"name": name, "has": list(has), "fixed": False} | more


NOTIFY = {
    "mail": {
        "host": "smtp.example",
        "sender": "ha@example",
        "port": 587,
        "security": "starttls",
        "user": "ha",
        "has": ["password"],
        "fixed": True,
    },
    "recipients": [
        _recipient("ops", to="ops@example", fixed=True),
        _recipient(
            "chat",
            has=("url", "secret"),
            preset="slack",
            quiet={"hours": "22:00-07:00", "zone": "Asia/Seoul", "unless": "critical"},
        ),
        _recipient("night", has=("apprise",), paused=True, least="critical", language="en"),
    ],
    "heartbeat": {"set": True, "fixed": False},
    "presets": ["jandi", "json", "naverworks", "slack", "sms", "teams", "telegram"],
    "retention": {"days": 400, "mib": 2048, "used_mib": 37, "fixed": False},
    "audit": {"mib": 3, "free_mib": 61_000, "trouble": None},
    "deliveries": [
        INCIDENT["deliveries"][0],
        {
            "recipient": "chat",
            "phase": "begun",
            "state": "not_sent",
            "why": "방해 금지 시간이라 보내지 않음",
            "subject": "[주의] virton: QDevice가 응답하지 않습니다.",
            "attempts": 0,
            "most": 102,
            "next": None,
            "made": at(30),
            "answer": "",
        },
    ],
}
