"""What one viewer may see of the page model that all share."""

from collections.abc import Mapping
from typing import Any

from virton.console.page.assemble import forbidden
from virton.console.page.changes import Beat, Change, Gone, Rows
from virton.console.page.model import Cluster, Guest, PageModel, Resource
from virton.console.standings import AUDIT, GUEST_AUDIT, MODIFY, Standing, missing
from virton.proxmox.access import Permissions
from virton.proxmox.values import integer


def seen_by(standing: Standing, page: PageModel) -> PageModel:
    """Return the page model with what this viewer has no privilege for left out."""
    if not _may_audit(standing):
        return forbidden(page.now, missing(AUDIT))
    seen = {
        "cluster": _cluster(standing, page.cluster),
        "guests": _guests(standing, page.guests),
        "resources": _resources(standing, page.resources),
        "guests_hidden": not sees_all_guests(standing.permissions),
    }
    return page.model_copy(update=seen)


def change_seen_by(standing: Standing, change: Change) -> Change | None:
    """Return what this viewer may know of a change; None where that is nothing at all."""
    if not _may_audit(standing):
        return None
    fields, rows, gone = change.fields, change.rows, change.gone
    if fields.cluster is not None:
        fields = fields.model_copy(update={"cluster": _cluster(standing, fields.cluster)})
    seen = {
        "fields": fields,
        "rows": _rows(standing, rows),
        "gone": _gone(standing, gone),
    }
    return change.model_copy(update=seen)


def _cluster(standing: Standing, cluster: Cluster) -> Cluster:
    audit = cluster.audit if MODIFY in standing.privileges else None
    return cluster.model_copy(update={"lab": standing.lab, "audit": audit})


def beat_seen_by(standing: Standing, beat: Beat) -> Beat:
    """Return a beat as this viewer may know it."""
    if _may_audit(standing):
        return beat
    page = forbidden(beat.now, missing(AUDIT))
    return Beat(now=beat.now, fresh=False, clock=page.cluster.clock, parts=page.parts)


def _rows(standing: Standing, rows: Rows) -> Rows:
    seen: dict[str, object] = {}
    if rows.guests:
        seen["guests"] = _guests(standing, rows.guests)
    if rows.resources:
        seen["resources"] = _resources(standing, rows.resources)
    return rows.model_copy(update=seen) if seen else rows


def _gone(standing: Standing, gone: Gone) -> Gone:
    if not gone.guests:
        return gone
    permissions = standing.permissions
    seen = [sid for sid in gone.guests if _may_see(permissions, integer(sid.partition(":")[2]))]
    return gone.model_copy(update={"guests": tuple(seen)})


def _guests(standing: Standing, guests: tuple[Guest, ...]) -> tuple[Guest, ...]:
    return tuple(guest for guest in guests if _may_see(standing.permissions, guest.vmid))


def _resources(standing: Standing, resources: tuple[Resource, ...]) -> tuple[Resource, ...]:
    return tuple(
        row if _may_see(standing.permissions, row.vmid) else _unnamed(row) for row in resources
    )


_HIDDEN = {"name": None, "guest": None, "down": False}
"""What a row of a resource shows of a guest that its viewer may not see."""


def _unnamed(row: Resource) -> Resource:
    return row.model_copy(update=_HIDDEN)


def kept_row_seen_by(standing: Standing, name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row that was kept (`resources/vm:100`) as this viewer may know it."""
    part, _, sid = name.partition("/")
    if not row or part != "resources" or may_see_guest(standing, sid):
        return dict(row)
    return {**row, **_HIDDEN}


def may_see_guest(standing: Standing, sid: str) -> bool:
    """Tell whether the guest of a resource is within a viewer's sight."""
    return _may_see(standing.permissions, integer(sid.partition(":")[2]))


def _may_audit(standing: Standing) -> bool:
    return AUDIT in standing.privileges


def _may_see(permissions: Permissions, vmid: int | None) -> bool:
    return GUEST_AUDIT in permissions.on(f"/vms/{vmid}")


def sees_all_guests(permissions: Permissions) -> bool:
    """Tell whether every guest is within a viewer's sight, whatever guests there will be."""
    known = {*permissions.paths, *permissions.shut}
    single = (path for path in known if path.startswith("/vms/"))
    return all(GUEST_AUDIT in permissions.on(path) for path in ("/vms", *single))
