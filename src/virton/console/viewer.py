"""What one viewer may see of the Snapshot that all share."""

from virton.console.answers import json_text
from virton.console.snapshot import Snapshot, forbidden
from virton.console.standings import AUDIT, Standing
from virton.proxmox import ApiError
from virton.proxmox.access import Permissions
from virton.proxmox.errors import ErrorCode

GUEST_AUDIT = "VM.Audit"


class Views:
    """Keeps the latest Snapshot as text, once for all viewers who may see the same of it."""

    def __init__(self) -> None:
        self._of: tuple[int, int] = (0, 0)
        self._texts: dict[object, str] = {}

    def text(self, standing: Standing, snapshot: Snapshot, version: int) -> str:
        """Return what this viewer sees, as JSON; equal within one second of one version."""
        of = (version, int(snapshot["now"]))
        if of != self._of:
            self._of = of
            self._texts.clear()
        key = standing.sight
        if key not in self._texts:
            self._texts[key] = json_text(seen_by(standing, snapshot))
        return self._texts[key]


def seen_by(standing: Standing, snapshot: Snapshot) -> Snapshot:
    """Return the Snapshot with what this viewer has no privilege for left out."""
    if AUDIT not in standing.privileges:
        return forbidden(snapshot["now"], _missing(AUDIT))
    permissions = standing.permissions
    return snapshot | {
        "cluster": snapshot["cluster"] | {"lab": standing.lab},
        "guests": [g for g in snapshot["guests"] if _may_see(permissions, g["vmid"])],
        "resources": [
            r if _may_see(permissions, r["vmid"]) else r | {"name": None}
            for r in snapshot["resources"]
        ],
    }


def beat_seen_by(standing: Standing, beat: Snapshot) -> Snapshot:
    """Return a beat with what this viewer has no privilege for left out."""
    if AUDIT in standing.privileges:
        return beat
    return {"now": beat["now"], "parts": forbidden(beat["now"], _missing(AUDIT))["parts"]}


def _may_see(permissions: Permissions, vmid: int | None) -> bool:
    return GUEST_AUDIT in permissions.on(f"/vms/{vmid}")


def _missing(privilege: str) -> ApiError:
    words = f"Permission check failed (/, {privilege})"
    return ApiError(403, words, code=ErrorCode.FORBIDDEN)
