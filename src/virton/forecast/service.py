"""The forecast as a process of its own: JSON lines in, JSON lines out, at low priority.

`python -m virton.forecast.service [SCORE_FILE]`. Each job has an `id`, and what to `do`:
`table` (a newer one overtakes the one under way), `course`, `why`, `waiting`, `advice`, `maintenance`, `score`,
and `cancel` with the id of another job. `capture` tells a capture under a `name`: a job may name it in the place
of its own `capture`, so that many questions of one cluster read it once. A table's rows are sent as soon as each is known, those that may have
changed first; between two rows waiting questions are answered. Once a table is whole, the rows of
single nodes come once more, with the times at which everything runs again.
"""

import json
import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from virton.damage import DamagedError, reading
from virton.forecast.advice import advice
from virton.forecast.ask import ask
from virton.forecast.changes import ChangeError
from virton.forecast.collecting import rarely_collecting
from virton.forecast.falling import is_armed
from virton.forecast.fit import Size, SizeError, fits
from virton.forecast.maintenance_asked import maintenance
from virton.forecast.patience import GivenUpError, giving_up, go_on
from virton.forecast.question import (
    QuestionError,
    changes_of,
    commands_of,
    question_of,
)
from virton.forecast.reasons import NoSuchResourceError, reasons
from virton.forecast.refresh import fresh
from virton.forecast.score import Keeper, Score, Times
from virton.forecast.situation import Situation, situation_of
from virton.forecast.times import over, times_of
from virton.forecast.tolerance import Row, Table, cases
from virton.forecast.waiting import waiting
from virton.simulation.scenario import ScenarioError
from virton.whole_file import put_in_place

NICE = 10
log = logging.getLogger(__name__)
Job = Mapping[str, Any]


MOST_CAPTURES = 8
"""So many captures are remembered by their names, those that were told or used last."""


def _keep(kept: dict[str, Any], name: str, value: Any) -> None:
    kept.pop(name, None)
    kept[name] = value
    while len(kept) > MOST_CAPTURES:
        del kept[next(iter(kept))]


class Service:
    """Works off jobs; `send` takes the answers."""

    def __init__(self, send: Callable[[dict[str, Any]], None], score: Path | None = None) -> None:
        self._send = send
        self._jobs: deque[Job] = deque()
        self._ready = threading.Condition()
        self._ended = False
        self._cancelled: set[Any] = set()
        self._former: Table | None = None
        self._captures: dict[str, Mapping[str, Any]] = {}
        self._situations: dict[str, Situation] = {}
        self._score_file = score
        self.keeper = Keeper(_read_score(score))

    def hear(self, job: Job) -> None:
        """Take a job, from whichever thread."""
        with self._ready:
            if job.get("do") == "cancel":
                self._cancelled.add(job.get("job"))
            elif job.get("do") == "capture":
                _keep(self._captures, str(job["name"]), job["capture"])
            else:
                named = job.get("capture")
                self._jobs.append(
                    job if not isinstance(named, str) else {**job, "told": self._captures[named]}
                )
            self._ready.notify()

    def end(self) -> None:
        """Have the service end once nothing is left to do."""
        with self._ready:
            self._ended = True
            self._ready.notify()

    def run(self) -> None:
        """Work until the end."""
        table: tuple[Job, Iterator[None]] | None = None
        while True:
            job = self._next(wait=table is None)
            if job is None and table is None:
                return
            if job is not None and job.get("do") == "table":
                table = job, self._table(job)
                next(table[1], None)  # what really came is noted of every look, overtaken or not
            elif job is not None:
                self._answer(job)
            elif table is not None and self._has_ended(*table):
                table = None

    def _has_ended(self, job: Job, table: Iterator[None]) -> bool:
        """Go on with a table to the next row; True once it is whole, or unwanted."""
        try:
            with giving_up(lambda: self._is_cancelled(job) or self._is_overtaken()):
                go_on()
                return next(table, self) is self
        except GivenUpError:
            return True

    def _is_overtaken(self) -> bool:
        """Tell whether a newer table is wanted."""
        with self._ready:
            return any(job.get("do") == "table" for job in self._jobs)

    def _next(self, *, wait: bool) -> Job | None:
        with self._ready:
            while wait and not self._jobs and not self._ended:
                self._ready.wait()
            return self._jobs.popleft() if self._jobs else None

    def _is_cancelled(self, job: Job) -> bool:
        return job.get("id") in self._cancelled

    # questions

    def _answer(self, job: Job) -> None:
        try:
            with giving_up(lambda: self._is_cancelled(job)):
                told = self._told(job)
        except GivenUpError:
            self._cancelled.discard(job.get("id"))
        except (QuestionError, ChangeError, ScenarioError, SizeError) as error:
            self._send({"id": job.get("id"), "error": str(error)})
        except NoSuchResourceError as error:
            self._send({"id": job.get("id"), "error": f"there is no such resource: {error}"})
        else:
            self._send({"id": job.get("id"), "answer": told})

    def _told(self, job: Job) -> dict[str, Any]:
        if job.get("do") == "score":
            return self.keeper.score.to_json()
        situation = self._situation(job)
        match job.get("do"):
            case "course":
                question = question_of(job.get("question") or {}, situation)
                return ask(situation, question).to_json()
            case "why":
                return reasons(situation, str(job.get("sid"))).to_json()
            case "waiting":
                return waiting(situation)
            case "advice":
                asked = job.get("question") or {}
                asks = changes_of(asked), commands_of(asked)
                return advice(situation, *asks, former=self._former).to_json()
            case "maintenance":
                nodes = job.get("nodes") or ()
                timed = job.get("timed") is not False
                return maintenance(situation, nodes, timed=timed)
            case "fit":
                count = fits(situation, Size.parse(str(job.get("size"))))
                return {"size": job.get("size"), "count": count}
            case what:
                raise QuestionError(f"there is nothing called {what!r} to do")

    def _situation(self, job: Job) -> Situation:
        """Return the situation of a job's capture; one that has a name is read once."""
        name = job["capture"]
        if not isinstance(name, str):
            return situation_of(name)
        known = self._situations.get(name)
        if known is None:
            known = situation_of(job["told"])
        _keep(self._situations, name, known)
        return known

    # the table

    def _table(self, job: Job) -> Iterator[None]:
        try:
            situation = self._situation(job)
        except ScenarioError as error:
            self._send({"id": job.get("id"), "error": str(error)})
            return
        armed = [node for node in sorted(situation.online) if is_armed(situation, node)]
        self._send({"id": job.get("id"), "armed": armed})
        if self.keeper.see(situation, float(job.get("at", 0.0)), job.get("held")):
            self._keep_score()
        yield
        domains = job.get("domains") or {}
        wanted = cases(situation, pairs=bool(job.get("pairs")), domains=domains)
        work = fresh(situation, wanted, self._former)
        made: dict[Any, Row] = {}
        for at, row in enumerate(work.rows(), 1):
            made[row.case] = row
            told = {"id": job.get("id"), "row": row.to_json(), "done": at, "of": len(wanted)}
            self._send(told)
            yield
        self._former = Table(work.base, tuple(made[case] for case in wanted), work.rules)
        self._send({"id": job.get("id"), "ended": True, "again": len(work.again)})
        yield
        yield from self._times(job, situation, self._former)

    def _times(self, job: Job, situation: Situation, table: Table) -> Iterator[None]:
        """Play the course of each node's loss, and send its row once more, with its times."""
        times: dict[frozenset[str], Times] = {}
        for row in table.rows:
            spans = times_of(situation, row)
            if spans is not None:
                times[frozenset(row.case.nodes)] = spans
                self._send({"id": job.get("id"), "row": row.to_json() | {"after_s": over(spans)}})
                yield
        lost = {frozenset(row.case.nodes): row for row in table.rows if row.case.nodes}
        self.keeper.stand(lost, times)
        self._send({"id": job.get("id"), "timed": True})

    def _keep_score(self) -> None:
        if self._score_file is not None:
            put_in_place(self._score_file, json.dumps(self.keeper.score.to_json()))


def _read_score(path: Path | None) -> Score | None:
    """Return the score that was kept; a damaged one is laid aside and named, and a new one begins."""
    if path is None or not path.exists():
        return None
    try:
        with reading(str(path), ""):
            return Score.from_json(json.loads(path.read_text("utf-8")))
    except DamagedError as damaged:
        aside = path.with_suffix(".damaged")
        path.replace(aside)
        log.warning("%s; it is kept as %s, and a new score is begun", damaged, aside.name)
    except OSError as failure:
        log.warning("cannot read %s: %s", path, failure.strerror or failure)
    return None


def serve(lines: TextIO, out: TextIO, score: Path | None) -> None:
    """Work off the jobs of a stream until it ends."""

    def send(answer: dict[str, Any]) -> None:
        out.write(json.dumps(answer, ensure_ascii=True, separators=(",", ":")) + "\n")
        out.flush()

    service = Service(send, score)

    def listen() -> None:
        for line in lines:
            service.hear(json.loads(line))
        service.end()

    threading.Thread(target=listen, daemon=True).start()
    with rarely_collecting():
        service.run()


if __name__ == "__main__":
    os.nice(NICE)
    serve(sys.stdin, sys.stdout, Path(sys.argv[1]) if len(sys.argv) > 1 else None)
