"""The cluster as one file, to keep or to hand on."""

import re
from datetime import UTC, datetime

from starlette.responses import Response

from virton.console.guard import Call
from virton.proxmox.capture import take_capture


async def download(call: Call) -> Response:
    """Return the cluster as this user may read it; with `anonymous=1` without its names."""
    anonymous = call.request.query_params.get("anonymous") == "1"
    taken = await take_capture(call.api, anonymous=anonymous)
    headers = {"Content-Disposition": f'attachment; filename="{_name(call, anonymous=anonymous)}"'}
    return Response(taken, media_type="application/json", headers=headers)


def _name(call: Call, *, anonymous: bool) -> str:
    """Name the file after the cluster, unless that is a secret, and after the date (UTC)."""
    cluster = None if anonymous else call.console.poller.readings.nodes.data.membership.name
    told = re.sub(r"[^A-Za-z0-9._-]+", "-", cluster or "").strip("-.")
    taken = datetime.fromtimestamp(call.console.clock.time(), UTC)
    return f"{told or 'cluster'}-{taken:%Y-%m-%d-%H%M}.json"
