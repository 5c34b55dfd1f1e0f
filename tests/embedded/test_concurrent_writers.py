"""Two who write at the same time: neither loses what the other has written.

Every writing endpoint is called with a rival who gets in at the last moment before it may write, as
another thread would: whatever the endpoint had read until then is out of date.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from tests.embedded.second_factor import Authenticator
from tests.embedded.still_world import FILES, NOW, PASSWORD, make_cluster
from virton.embedded.access.access import Access, Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.dispatch import Answer, Request, dispatch
from virton.embedded.endpoints.everything import REGISTRY
from virton.embedded.pmxcfs import ClusterFiles

ROOT = Caller("root@pam", "192.0.2.1")
PHONE = Authenticator()

USERS = (
    FILES["user.cfg"]
    + "token:audit@pve!old:0:1::\nrole:Spare:Sys.Audit:\nacl:1:/vms:audit@pve:Spare:\n"
    "group:old::\npool:old::100:\npool:empty:::\n"
)
TOTP = {"id": "one", "description": "phone", "created": NOW, "entry": PHONE.uri}
BEFORE = {
    **FILES,
    "user.cfg": USERS,
    "priv/tfa.cfg": json.dumps({"users": {"audit@pve": {"totp": [TOTP]}}}),
    "ha/rules.cfg": "node-affinity: old\n\tnodes alfa\n\tresources vm:100\n\n",
    "ha/groups.cfg": "group: old\n\tnodes alfa\n\n",
    "datacenter.cfg": "keyboard: en-us\n",
}

RIVAL: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "user.cfg": (
        "user:rival@pve:1:0::::::\ntoken:rival@pve!tok:0:1::\ngroup:rivals:rival@pve::\n"
        "pool:rival:::\nrole:Rival:Sys.Audit:\nacl:1:/nodes:rival@pve:Rival:\n",
        (
            "user:rival@pve:1:",
            "token:rival@pve!tok:",
            "group:rivals:rival@pve:",
            "pool:rival:",
            "role:Rival:Sys.Audit:",
            "acl:1:/nodes:rival@pve:Rival:",
        ),
    ),
    "priv/shadow.cfg": ("rival@pve hash\n", ("rival@pve hash\n",)),
    "priv/token.cfg": ("rival@pve!tok digest\n", ("rival@pve!tok digest\n",)),
    "ha/resources.cfg": ("vm: 101\n\tstate ignored\n\n", ("vm: 101\n",)),
    "ha/rules.cfg": (
        "node-affinity: rival\n\tnodes bravo\n\tresources vm:101\n\n",
        ("node-affinity: rival\n",),
    ),
    "ha/groups.cfg": ("group: rival\n\tnodes bravo\n\n", ("group: rival\n",)),
    "datacenter.cfg": ("email_from: rival@example.org\n", ("email_from: rival@example.org\n",)),
    "ha/crm_commands": ("crm-rival\n", ("crm-rival\n",)),
}
"""By file: what the rival writes behind it, and what must still be found in it afterwards."""

GUEST = "/nodes/{node}/qemu/{vmid}"
CONTAINER = "/nodes/{node}/lxc/{vmid}"
AT = {"node": "alfa", "vmid": "100"}
CALLS: Mapping[str, dict[str, Any]] = {
    "PUT /access/acl": {"path": "/", "roles": "PVEAuditor", "users": "nobody@pve"},
    "PUT /access/password": {"userid": "audit@pve", "password": "another"},
    "POST /access/roles": {"roleid": "New", "privs": "Sys.Audit"},
    "DELETE /access/roles/{roleid}": {"roleid": "Spare"},
    "POST /access/tfa/{userid}": {"userid": "audit@pve", "type": "recovery", "password": PASSWORD},
    "PUT /access/tfa/{userid}/{id}": {"userid": "audit@pve", "id": "one", "description": "new"},
    "DELETE /access/tfa/{userid}/{id}": {"userid": "audit@pve", "id": "one"},
    "POST /access/ticket": {"username": "nobody@pve", "password": PASSWORD},
    "PUT /access/users/{userid}/unlock-tfa": {"userid": "audit@pve"},
    "POST /access/users": {"userid": "new@pve", "password": "a secret"},
    "PUT /access/users/{userid}": {"userid": "audit@pve", "comment": "new"},
    "DELETE /access/users/{userid}": {"userid": "audit@pve"},
    "POST /access/users/{userid}/token/{tokenid}": {"userid": "audit@pve", "tokenid": "new"},
    "DELETE /access/users/{userid}/token/{tokenid}": {"userid": "audit@pve", "tokenid": "old"},
    "POST /cluster/ha/groups": {"group": "new", "nodes": "alfa"},
    "PUT /cluster/ha/groups/{group}": {"group": "old", "comment": "new"},
    "DELETE /cluster/ha/groups/{group}": {"group": "old"},
    "POST /cluster/ha/resources": {"sid": "ct:201"},
    "PUT /cluster/ha/resources/{sid}": {"sid": "vm:100", "max_restart": 7},
    "DELETE /cluster/ha/resources/{sid}": {"sid": "vm:100"},
    "POST /cluster/ha/resources/{sid}/migrate": {"sid": "vm:100", "node": "bravo"},
    "POST /cluster/ha/resources/{sid}/relocate": {"sid": "vm:100", "node": "bravo"},
    "POST /cluster/ha/rules": {
        "rule": "new",
        "type": "node-affinity",
        "nodes": "alfa",
        "resources": "ct:200",
    },
    "PUT /cluster/ha/rules/{rule}": {"rule": "old", "type": "node-affinity", "comment": "new"},
    "DELETE /cluster/ha/rules/{rule}": {"rule": "old"},
    "POST /cluster/ha/status/arm-ha": {},
    "POST /cluster/ha/status/disarm-ha": {"resource-mode": "freeze"},
    "PUT /cluster/options": {"language": "ko"},
    "POST /access/groups": {"groupid": "new"},
    "PUT /access/groups/{groupid}": {"groupid": "old", "comment": "new"},
    "DELETE /access/groups/{groupid}": {"groupid": "old"},
    "POST /pools": {"poolid": "new"},
    "PUT /pools": {"poolid": "old", "comment": "new"},
    "PUT /pools/{poolid}": {"poolid": "old", "vms": "101"},
    "DELETE /pools": {"poolid": "empty"},
    "DELETE /pools/{poolid}": {"poolid": "empty"},
    "POST /nodes/{node}/status": {"node": "alfa", "command": "reboot"},
    **{
        f"POST {GUEST}/status/{deed}": AT
        for deed in ("start", "stop", "shutdown", "reboot", "reset", "suspend", "resume")
    },
    f"POST {GUEST}/migrate": {**AT, "target": "bravo", "online": 1},
    **{
        f"POST {CONTAINER}/status/{deed}": {"node": "alfa", "vmid": "201"}
        for deed in ("start", "stop", "shutdown", "reboot", "suspend", "resume")
    },
    f"POST {CONTAINER}/migrate": {"node": "alfa", "vmid": "201", "target": "bravo", "restart": 1},
}
ONCE = frozenset(
    {
        "POST /access/groups",
        "POST /access/roles",
        "POST /pools",
        "PUT /pools/{poolid}",
        "POST /access/tfa/{userid}",
        "POST /access/users",
        "POST /access/users/{userid}/token/{tokenid}",
        "POST /cluster/ha/groups",
        "POST /cluster/ha/resources",
        "POST /cluster/ha/rules",
        f"POST {CONTAINER}/migrate",
        *(write for write in CALLS if write.startswith("DELETE") and "ha/rules" not in write),
    }
)
"""What cannot be done twice: the second is told so."""
WRITES = sorted(f"{e.method} {e.path}" for e in REGISTRY if e.method != "GET")


class RacedFiles(ClusterFiles):
    """A cluster's files, to which a rival gets access just before the next change begins."""

    rival: Callable[[], None] | None = None

    @contextmanager
    def batch(self, *, deferrable: bool = False) -> Iterator[None]:
        """Let the rival in, once, then make the changes within."""
        rival, self.rival = self.rival, None
        if rival is not None:
            rival()
        with super().batch(deferrable=deferrable):
            yield


@pytest.fixture
def files(write: str) -> RacedFiles:
    # Rules are refused as long as there are groups, so that these are there for their own calls.
    left_out = "" if "/groups" in write else "ha/groups.cfg"
    return RacedFiles({path: text for path, text in BEFORE.items() if path != left_out})


@pytest.fixture
def raced(files: RacedFiles) -> EmbeddedCluster:
    cluster = make_cluster(files)
    cluster.access = Access(files, lambda: float(NOW))
    return cluster


def call(cluster: EmbeddedCluster, write: str) -> Answer:
    method, _, path = write.partition(" ")
    params = dict(CALLS[write])
    for name in [name for name in params if f"{{{name}}}" in path]:
        path = path.replace(f"{{{name}}}", params.pop(name))
    return dispatch(REGISTRY, cluster, ROOT, Request(method, path, params))


def rivals_files(write: str) -> list[str]:
    return sorted(path for path in RIVAL if path != "ha/groups.cfg" or "/groups" in write)


def write_behind_everything(files: ClusterFiles, write: str) -> None:
    for path in rivals_files(write):
        files.append(path, RIVAL[path][0])
    factors = json.loads(files.read("priv/tfa.cfg") or '{"users": {}}')
    factors["users"]["rival@pve"] = {"totp": [TOTP]}
    files.write("priv/tfa.cfg", json.dumps(factors))


def test_every_writing_endpoint_is_held_to_it() -> None:
    assert sorted(CALLS) == WRITES


@pytest.mark.parametrize("write", WRITES)
def test_neither_of_two_writers_loses_anything(
    raced: EmbeddedCluster, files: RacedFiles, write: str
) -> None:
    files.rival = lambda: write_behind_everything(files, write)
    answer = call(raced, write)
    assert answer.status == 200, answer.message
    assert files.rival is None
    for path in rivals_files(write):
        lost = [mark for mark in RIVAL[path][1] if mark not in files.read(path)]
        assert not lost, f"{path} lost {lost}"
    assert "rival@pve" in raced.access.second_factors.config.users


@pytest.mark.parametrize("write", WRITES)
def test_of_two_who_do_the_same_the_second_is_done_or_told_why_not(
    raced: EmbeddedCluster, files: RacedFiles, write: str
) -> None:
    answers: list[Answer] = []
    files.rival = lambda: answers.append(call(raced, write))
    answers.append(call(raced, write))
    first, second = answers
    assert first.status == 200, first.message
    assert (second.status != 200) == (write in ONCE), second


@pytest.mark.parametrize("write", WRITES)
def test_what_is_taken_away_meanwhile_is_missed_in_words(
    raced: EmbeddedCluster, files: RacedFiles, write: str
) -> None:
    def take_away() -> None:
        for path in ("user.cfg", "priv/tfa.cfg", "priv/token.cfg", "priv/shadow.cfg"):
            files.write(path, "")
        for path in ("ha/resources.cfg", "ha/rules.cfg", "ha/groups.cfg"):
            files.write(path, "")

    files.rival = take_away
    call(raced, write)
    assert "audit@pve" not in files.read("priv/shadow.cfg")
    assert "audit@pve" not in files.read("user.cfg")
