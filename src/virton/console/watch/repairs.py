"""Repairs of resources in error: disabled, waited for, started again; kept, and known to everybody.

What is kept survives the console. Only who began a repair lends it the right to start the resource by
itself, and only as long as the console runs: after that it waits for a person.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from virton.console.watch.readings import Readings
from virton.damage import reading
from virton.proxmox import ApiFailure, ClusterApi
from virton.whole_file import put_in_place

FILE = "repairs.json"
_ADVICE = f"Delete {FILE}: repairs under way have to be begun anew then."
STEPS = ("clearing", "waiting", "starting", "failed")

Step = Literal["clearing", "waiting", "starting", "failed"]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair: how far it is, who began it, since when by the cluster's clock, where it failed."""

    step: Step
    who: str
    since: float
    failed: tuple[str, ...] = ()


class Repairs:
    """The repairs under way, by resource."""

    def __init__(self, data: Path, cluster_time: Callable[[], float]) -> None:
        self._file = data / FILE
        self._time = cluster_time
        self._lent: dict[str, ClusterApi] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.current: Mapping[str, Repair] = self._read()

    async def begin(self, sid: str, who: str, api: ClusterApi, failed: tuple[str, ...]) -> None:
        """Disable a resource in error, which clears the error; raises ApiFailure."""
        await api.change_resource(sid, {"state": "disabled"})
        self._keep({**self.current, sid: Repair("clearing", who, self._time(), failed)})

    def lend(self, sid: str, api: ClusterApi) -> None:
        """Let a repair start its resource by itself, in somebody's name."""
        self._lent[sid] = api

    async def start(self, sid: str, api: ClusterApi) -> None:
        """Start a resource again; raises ApiFailure."""
        await api.change_resource(sid, {"state": "started"})
        self._advance(sid, "starting")

    def stop(self, sid: str) -> None:
        """Leave a resource as it is."""
        self._lent.pop(sid, None)
        self._keep({name: one for name, one in self.current.items() if name != sid})

    def look(self, readings: Readings) -> None:
        """See how far the repairs are."""
        if not self.current or readings.status.at is None:
            return
        rows = readings.status.data.current.services
        wanted = {one.sid: one.state or "started" for one in readings.resources.data}
        for sid, repair in list(self.current.items()):
            row = rows.get(sid)
            if sid not in wanted or row is None:
                self.stop(sid)
            else:
                self._follow(sid, repair, row.state, wanted[sid])

    def _follow(self, sid: str, repair: Repair, state: str, wanted: str) -> None:
        match repair.step:
            case "clearing" if state in ("disabled", "stopped"):
                self._advance(sid, "waiting")
                if (api := self._lent.pop(sid, None)) is not None:
                    self._spawn(sid, api)
            case "waiting" if wanted not in ("disabled", "stopped"):
                # somebody has asked for it elsewhere
                self._advance(sid, "starting")
            case "starting" if state == "started":
                self.stop(sid)
            case "starting" if state == "error":
                self._advance(sid, "failed")
            case _:
                pass

    def _spawn(self, sid: str, api: ClusterApi) -> None:
        async def start() -> None:
            try:
                await self.start(sid, api)
            except ApiFailure as failure:
                log.warning("the repair of %s could not start it: %s", sid, failure)

        task = asyncio.ensure_future(start())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _advance(self, sid: str, step: Step) -> None:
        if sid in self.current:
            self._keep({**self.current, sid: replace(self.current[sid], step=step)})

    def _keep(self, repairs: Mapping[str, Repair]) -> None:
        self.current = dict(sorted(repairs.items()))
        told = {sid: asdict(one) for sid, one in self.current.items()}
        put_in_place(self._file, json.dumps(told, indent=1))

    def _read(self) -> dict[str, Repair]:
        if not self._file.exists():
            return {}
        with reading(str(self._file), _ADVICE):
            told = json.loads(self._file.read_text("utf-8"))
            return {sid: _repair(one) for sid, one in told.items()}


def _repair(told: Mapping[str, Any]) -> Repair:
    step = told["step"]
    if step not in STEPS:
        raise ValueError(f"{step!r} is no step of a repair")
    failed = tuple(str(node) for node in told["failed"])
    return Repair(step, str(told["who"]), float(told["since"]), failed)
