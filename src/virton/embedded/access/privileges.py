"""The privileges of Proxmox VE, and the roles that every cluster has."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class _Area(NamedTuple):
    """The privileges of one area, by who usually gets them."""

    root: str = ""
    admin: str = ""
    user: str = ""
    audit: str = ""


_AREAS: Mapping[str, _Area] = {
    "VM": _Area(
        admin="VM.Config.Disk VM.Config.CPU VM.Config.Memory VM.Config.Network VM.Config.HWType"
        " VM.Config.Options VM.Allocate VM.Clone VM.GuestAgent.Unrestricted VM.Migrate"
        " VM.Replicate VM.Snapshot VM.Snapshot.Rollback",
        user="VM.Config.CDROM VM.Config.Cloudinit VM.Console VM.Backup VM.GuestAgent.FileRead"
        " VM.GuestAgent.FileSystemMgmt VM.GuestAgent.FileWrite VM.PowerMgmt",
        audit="VM.Audit VM.GuestAgent.Audit",
    ),
    "Sys": _Area(
        root="Sys.PowerMgmt Sys.Modify Sys.Incoming Sys.AccessNetwork",
        admin="Sys.Console Sys.Syslog",
        audit="Sys.Audit",
    ),
    "Datastore": _Area(
        admin="Datastore.Allocate Datastore.AllocateTemplate",
        user="Datastore.AllocateSpace",
        audit="Datastore.Audit",
    ),
    "SDN": _Area(admin="SDN.Allocate SDN.Audit", user="SDN.Use", audit="SDN.Audit"),
    "User": _Area(root="Realm.Allocate", admin="User.Modify Group.Allocate Realm.AllocateUser"),
    "Pool": _Area(admin="Pool.Allocate", user="Pool.Audit", audit="Pool.Audit"),
    "Mapping": _Area(admin="Mapping.Modify", user="Mapping.Use", audit="Mapping.Audit"),
}

PRIVILEGES: frozenset[str] = frozenset(
    {"Permissions.Modify"} | {name for area in _AREAS.values() for name in " ".join(area).split()}
)


def _built_in_roles() -> dict[str, frozenset[str]]:
    roles = {"NoAccess": frozenset[str](), "Administrator": PRIVILEGES}
    everything: set[str] = set()
    auditor: set[str] = set()
    for name, area in _AREAS.items():
        admin = frozenset(f"{area.admin} {area.user} {area.audit}".split())
        roles[f"PVE{name}Admin"] = admin
        everything |= admin
        if area.user:
            roles[f"PVE{name}User"] = frozenset(f"{area.user} {area.audit}".split())
        auditor |= set(area.audit.split())
    roles["PVEAdmin"] = frozenset(everything - {"Mapping.Modify"})
    roles["PVEAuditor"] = frozenset(auditor)
    roles["PVETemplateUser"] = frozenset({"VM.Clone", "VM.Audit"})
    return roles


BUILT_IN_ROLES: Mapping[str, frozenset[str]] = MappingProxyType(_built_in_roles())
