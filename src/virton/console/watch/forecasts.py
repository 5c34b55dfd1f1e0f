"""The forecast's process, as the console keeps it: questions to it, and a table that stays fresh."""

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from virton.console.clock import Clock
from virton.console.page.model import Outlook
from virton.console.watch.domains import Domains
from virton.console.watch.readings import Readings
from virton.console.watch.sights import Sights
from virton.damage import DamagedError, reading
from virton.ha.environment import SILENT_S
from virton.plans.domains import Named
from virton.proxmox import ApiFailure
from virton.proxmox.plain_words import plain_words
from virton.strict_json import read_json

TOLD = 4
"""So many captures are known to the process by their names, as far as we count on it."""

SERVICE = "virton.forecast.service"
SCORE_FILE = "forecast-score.json"
LONGEST_LINE = 256 * 1024 * 1024
LOOK_S = 2.0
PATIENCE_S = 60.0
"""For how long an answer is waited for."""

ANEW_S = 300.0
"""After so long the table is drawn anew: settings, storages, configurations are not watched."""

Json = dict[str, Any]
log = logging.getLogger(__name__)


class ForecastError(Exception):
    """A question that was not answered; the message says why."""


@dataclass(slots=True)
class TableState:
    """The table as far as it is known: rows by their case, and how far the work has come.

    `armed` are the nodes that would reset themselves if quorum were lost now. `number` counts the
    tables that were whole.
    """

    rows: dict[str, Json] = field(default_factory=dict)
    armed: tuple[str, ...] | None = None
    done: int = 0
    of: int = 0
    at: float | None = None
    trouble: str | None = None
    number: int = 0

    @property
    def tolerates(self) -> int | None:
        """Return of how many nodes any may fail together; None while the table was never whole."""
        singles, pairs = self._borne("node"), self._borne("pair")
        if self.at is None or not singles:
            return None
        if not all(singles):
            return 0
        return 2 if pairs and all(pairs) else 1

    def _borne(self, kind: str) -> list[bool]:
        return [row["safe"] for row in self.rows.values() if row["kind"] == kind]

    def to_json(self) -> Json:
        """Return the table, its rows in the order in which they are tried."""
        working = self.done < self.of or self.at is None
        return {
            "rows": list(self.rows.values()),
            "armed": None if self.armed is None else list(self.armed),
            "done": self.done,
            "of": self.of,
            "fresh": not working and self.trouble is None,
            "at": self.at,
            "trouble": self.trouble,
            "number": self.number,
        }


class Forecasts:
    """Starts the process when it is first needed, and ends it with the console.

    `capture` reads the cluster with the console's own credentials; it is called again as soon as
    what the console shows has changed in anything that the forecast depends on.
    """

    def __init__(
        self,
        data: Path,
        clock: Clock,
        readings: Callable[[], Readings],
        capture: Callable[[], Awaitable[Json]],
    ) -> None:
        self.table = TableState()
        self.domains = Domains(data)
        self._score = data / SCORE_FILE
        self._clock = clock
        self._readings = readings
        self.sights = Sights(clock, lambda: self._drawing(readings()), capture)
        self._process: asyncio.subprocess.Process | None = None
        self._waiting: dict[int, asyncio.Future[Json]] = {}
        self._listener: asyncio.Task[None] | None = None
        self._numbered = 0
        self._told: list[tuple[str, Json]] = []
        self._table_job = 0
        self._unwatched = 0
        self._drawn: object = None
        self._held: object = None
        self.on_table: Callable[[], None] = lambda: None
        self._drawn_s = 0.0
        self._held_s: float | None = None
        self._made: set[str] = set()
        self._starting = asyncio.Lock()
        self._wanted = asyncio.Event()
        self._at_rest = asyncio.Event()

    def fares(self) -> tuple[int, int]:
        """Return how many forecasts of real losses came true, and how many did not, as was kept."""
        try:
            with reading(str(self._score), ""):
                fates = read_json(self._score.read_bytes())["fates"]
                hits, of = int(fates["hits"]), int(fates["of"])
        except (OSError, DamagedError):
            # the forecast's process lays a damaged one aside, and begins anew
            return 0, 0
        return hits, of - hits

    # questions

    async def ask(self, do: str, **fields: Any) -> Json:
        """Ask the process; raises ForecastError."""
        number = await self._send(do, fields)
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            told = await asyncio.wait_for(answer, PATIENCE_S)
        except (TimeoutError, asyncio.CancelledError):
            await self._write({"do": "cancel", "job": number})
            raise
        finally:
            self._waiting.pop(number, None)
        if "error" in told:
            raise ForecastError(str(told["error"]))
        found: Json = told["answer"]
        return found

    async def _send(self, do: str, fields: Json) -> int:
        await self._start()
        self._numbered += 1
        number = self._numbered
        if do == "table":
            self._table_job = number
        if "capture" in fields:
            fields = fields | {"capture": await self._name_of(number, fields["capture"])}
        await self._write({"id": number, "do": do, **fields})
        return number

    async def _name_of(self, number: int, capture: Json) -> str:
        """Return by what name the process knows a capture; tell it one that it does not know."""
        known = next((name for name, told in self._told if told is capture), None)
        if known is not None:
            return known
        name = str(number)
        self._told = [*self._told[1 - TOLD :], (name, capture)]
        await self._write({"do": "capture", "name": name, "capture": capture})
        return name

    async def _write(self, job: Json) -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise ForecastError("the forecast's process has ended")
        try:
            process.stdin.write(json.dumps(job, separators=(",", ":")).encode() + b"\n")
            await process.stdin.drain()
        except ConnectionError:
            raise ForecastError("the forecast's process has ended") from None

    # the process

    async def _start(self) -> None:
        async with self._starting:
            if self._process is not None and self._process.returncode is None:
                return
            self._told = []
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                SERVICE,
                str(self._score),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=LONGEST_LINE,
            )
            self._listener = asyncio.create_task(self._listen(self._process))

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            return
        while line := await process.stdout.readline():
            self._hear(json.loads(line))
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_result({"error": "the forecast's process has ended"})
        self._drawn = None

    def _hear(self, told: Json) -> None:
        number = told["id"]
        if number in self._waiting:
            if not self._waiting[number].done():
                self._waiting[number].set_result(told)
        elif number == self._table_job:
            self._hear_of_table(told)

    def _hear_of_table(self, told: Json) -> None:
        table = self.table
        if "error" in told:
            table.trouble = str(told["error"])
        elif "armed" in told:
            table.armed = tuple(told["armed"])
        elif "row" in told:
            row = told["row"]
            table.rows[_name(row)] = row
            self._made.add(_name(row))
            table.done, table.of = told.get("done", table.done), told.get("of", table.of)
        elif told.get("ended"):
            # a node that left the cluster has no row any more
            table.rows = {name: row for name, row in table.rows.items() if name in self._made}
            table.at, table.trouble = self._clock.time(), None
            table.number += 1
            self._held = self._drawn
            self._at_rest.set()
            self.on_table()

    async def end(self) -> None:
        """End the process, and wait until it has ended."""
        if self._listener is not None:
            self._listener.cancel()
        process = self._process
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()

    # the table

    def begin(self) -> None:
        """Keep the table fresh from now on."""
        self._wanted.set()

    def outlook(self, readings: Readings) -> Outlook | None:
        """Tell whether the table holds of these readings; None while nobody wants it."""
        if not self._wanted.is_set():
            return None
        held = self.table.trouble is None and self._held is not None
        fresh = held and self._held == self._drawing(readings)
        return Outlook(fresh=fresh, number=self.table.number)

    def settings_changed(self) -> None:
        """Let nothing hold that was read before: the cluster's settings are not among the readings."""
        self._unwatched += 1

    def _drawing(self, readings: Readings) -> object:
        seen = drawing(readings, self.domains.named)
        return None if seen is None else (self._unwatched, seen)

    def told(self) -> Json:
        """Return the table as far as it is known, fresh only where it holds of what is known now."""
        outlook = self.outlook(self._readings())
        told = self.table.to_json()
        return told | {"fresh": told["fresh"] and outlook is not None and outlook.fresh}

    async def drawn(self) -> None:
        """Wait until the table is whole."""
        await self._at_rest.wait()

    async def run(self) -> None:
        """Draw the table anew whenever the cluster has changed, once somebody wants it."""
        await self._wanted.wait()
        while True:
            drawn = self._drawing(self._readings())
            now_s = self._clock.monotonic()
            if drawn is not None and (drawn != self._drawn or now_s - self._drawn_s >= ANEW_S):
                self._drawn, self._drawn_s = drawn, now_s
                await self._draw()
            elif drawn is not None:
                self._held_s = _read_s(self._readings())
                if self.sights.is_wanted_anew:
                    await self._read_anew()
            await self._clock.sleep(LOOK_S)

    async def _read_anew(self) -> None:
        try:
            await self.sights.own_now()
        except Exception as trouble:  # the next question reads it itself, and is told
            log.warning("the cluster could not be read for the forecast: %s", trouble)

    async def _draw(self) -> None:
        try:
            capture = await self.sights.own_now()
            self.table.done, self._made = 0, set()
            self._at_rest.clear()
            at_s = _told_s(capture, self._clock.time() + self._readings().clock_ahead_s)
            fields = {"capture": capture, "pairs": _has_pairs(capture)}
            fields |= {"at": at_s, "held": self._held_s, "domains": dict(self.domains.named)}
            self._held_s = at_s
            await self._send("table", fields)
        except Exception as trouble:  # the next change is tried again, and the page is told
            self.table.trouble = _in_words(trouble)
            log.warning("the forecast's table could not be drawn: %s", trouble)


def _in_words(trouble: Exception) -> str:
    if isinstance(trouble, ApiFailure):
        return f"the cluster could not be read ({plain_words(trouble.error)})"
    if isinstance(trouble, ForecastError):
        return str(trouble)
    return "the console made a mistake; see its log"


def _read_s(readings: Readings) -> float | None:
    """Return when the console last read the cluster, in the cluster's time."""
    read = (readings.status.at, readings.nodes.at)
    times = [at for at in read if at is not None]
    return min(times) + readings.clock_ahead_s if len(times) == len(read) else None


def _told_s(capture: Json, at_s: float) -> float:
    """Return the cluster's time at a capture: a clock that runs faster is ahead of where it was."""
    files = [capture.get("manager_status") or {}, *(capture.get("lrm_status") or {}).values()]
    return max([at_s, *(float(one["timestamp"]) for one in files if one.get("timestamp"))])


MOST_NODES_FOR_PAIRS = 32


def _has_pairs(capture: Json) -> bool:
    return len(capture.get("nodes") or ()) <= MOST_NODES_FOR_PAIRS


def _name(row: Json) -> str:
    return f"{row['kind']} {row['name']}"


def drawing(readings: Readings, domains: Named) -> object:
    """Return what a table depends on, as far as the console reads it; None: nothing is known yet."""
    manager = readings.status.data.manager
    if readings.nodes.at is None or readings.resources.at is None:
        return None
    services = {
        sid: (service.state, service.node, service.target)
        for sid, service in manager.services.items()
    }
    guests = {
        (guest.sid, guest.node, guest.status, guest.lock)
        for guest in readings.nodes.data.inventory.guests
    }
    return (
        tuple(domains.items()),
        readings.resources.data,
        readings.rules.data,
        dict(readings.nodes.data.membership.online),
        manager.master_node,
        services,
        frozenset(guests),
        readings.votes,
        _daemons(readings),
    )


def _daemons(readings: Readings) -> object:
    """Return how the daemons stand: what each LRM last said of itself, and which are silent."""
    manager, newest = readings.status.data.manager, readings.status.data.newest or 0
    said = {(node, lrm.state, lrm.mode) for node, lrm in manager.lrms.items()}
    wrote = {node: lrm.timestamp for node, lrm in manager.lrms.items()} | {"": manager.timestamp}
    silent = {n for n, at in wrote.items() if at is not None and newest - at > SILENT_S}
    return frozenset(said), frozenset(silent)
