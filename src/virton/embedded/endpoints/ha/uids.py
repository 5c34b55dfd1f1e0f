"""The manager's uids as a real one makes them: 22 characters of base64.

Ours say which term made them and in which order; clients that read them see what they know.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from functools import lru_cache
from hashlib import md5
from typing import Any

_OURS = re.compile(r"[^.\s]+(\.\d+){3}")


@lru_cache(maxsize=1 << 16)
def shown_uid(uid: str) -> str:
    """Return a uid as it is shown; one that is none of ours stays what it is."""
    if not _OURS.fullmatch(uid):
        return uid
    return b64encode(md5(uid.encode(), usedforsecurity=False).digest()).decode().rstrip("=")


def with_shown_uids(status: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the manager or an LRM wrote, with its uids as they are shown."""
    changed: dict[str, Any] = {}
    services, results = status.get("service_status"), status.get("results")
    if isinstance(services, Mapping):
        changed["service_status"] = {sid: _shown(row) for sid, row in services.items()}
    if isinstance(results, Mapping):
        changed["results"] = {shown_uid(uid): result for uid, result in results.items()}
    return {**status, **changed}


def _shown(row: Any) -> Any:
    uid = row.get("uid") if isinstance(row, Mapping) else None
    return {**row, "uid": shown_uid(uid)} if isinstance(uid, str) else row
