"""Whether every file of a cluster can be read: asked once, before anything lives on them."""

import json
import re
from collections.abc import Callable
from typing import Any

from virton.damage import Flaw, reading
from virton.embedded.access import credentials, factors
from virton.embedded.access.users import PATH as USERS
from virton.embedded.access.users import parse_users
from virton.embedded.endpoints.ha.files import MANAGER_STATUS
from virton.embedded.inventory import read_config
from virton.embedded.pmxcfs import ClusterFiles
from virton.embedded.store import DATABASE, RESTORE
from virton.embedded.tasks import LogEntry, Task
from virton.ha.model import LrmStatus, ManagerStatus


def _status(kind: type[ManagerStatus] | type[LrmStatus]) -> Callable[[str], object]:
    return lambda text: kind.from_json(json.loads(text)) if text else None


def _version(text: str) -> None:
    if not re.fullmatch(r"[0-9]+\.[0-9]+[0-9.~-]*", text):
        raise Flaw("it holds no version")


def _json_object(text: str) -> None:
    if not isinstance(json.loads(text), dict):
        raise Flaw("it is no JSON object")


def _lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def _log(text: str) -> None:
    for fields in _lines(text):
        LogEntry(*fields)


def _task(text: str) -> None:
    Task(keeper=None, **json.loads(text))  # type: ignore[arg-type]


_READERS: tuple[tuple[str, Callable[[str], object]], ...] = (
    (credentials.KEY_PATH, credentials.read_key),
    (factors.PATH, factors.parse_factors),
    (USERS, parse_users),
    (r"virton/tasks/[0-9]+", _task),
    (r"virton/(log|logins)/[0-9]+", _log),
    (r"virton/journal/[^/]+/[0-9]+", _lines),
    ("virton/(tasks|log)", _json_object),
    ("virton/version", _version),
    (r"virton/world(/.+)?", _json_object),
    (MANAGER_STATUS, _status(ManagerStatus)),
    (r"nodes/[^/]+/lrm_status", _status(LrmStatus)),
    (r"nodes/[^/]+/(qemu-server|lxc)/[0-9]+\.conf", read_config),
)


def check_files(files: ClusterFiles) -> None:
    """Raise DamagedError for the first file that cannot be read."""
    for path in files.paths():
        for pattern, read in _READERS:
            if re.fullmatch(pattern, path):
                with reading(f"{path} in {DATABASE}", RESTORE):
                    read(files.read(path))
