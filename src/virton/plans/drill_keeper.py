"""Keeps a drill that is put forward or under way, so that a restart, or kill -9, loses nothing of it."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from virton.damage import reading
from virton.plans.digest import digest_of
from virton.plans.drill import (
    Drill,
    Fault,
    Tried,
    read_consents,
    read_fault,
    read_form,
    read_last,
    read_tried,
)
from virton.plans.drilling import Trying, read_trying
from virton.plans.fields import FieldError, Fields
from virton.strict_json import read_json
from virton.whole_file import put_in_place

FOLDER, FILE = "under-way", "drill.json"
VERSION = 1
_ADVICE = "Remove the folder it stands in: the drill that was put forward is forgotten then."


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is to be tried, who proposes it, and who agrees: their user, role and time."""

    form: Mapping[str, Any]
    faults: tuple[Fault, ...]
    by: str
    lab: bool
    consents: tuple[Mapping[str, Any], ...] = ()

    @property
    def digest(self) -> str:
        """What identifies exactly this proposal."""
        return digest_of(
            [dict(self.form), [fault.words for fault in self.faults], self.lab, self.by]
        )


@dataclass(frozen=True, slots=True)
class Started:
    """Who has begun a drill, when, and in which language its report is written."""

    who: str
    lang: str
    at_s: int


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A drill as far as it has come: what was tried already, and what is being tried.

    `last` are the measured times of the drill before, where they were given for it.
    """

    proposal: Proposal
    started: Started | None = None
    tried: tuple[Tried, ...] = ()
    trying: Trying | None = None
    last: Mapping[str, Any] | None = None

    def record(self, program: str) -> Drill:
        """Return what a report is made of."""
        return Drill(self.proposal.form, self.proposal.consents, self.tried, program, self.last)

    def with_tried(self, tried: Tried) -> "UnderWay":
        """Return it with one more fault that was tried."""
        return replace(self, tried=(*self.tried, tried), trying=None)


class DrillKeeper:
    """The folder of a drill under way: one file for it, and one for each capture."""

    def __init__(self, drills: Path) -> None:
        self.folder = drills / FOLDER

    def read(self) -> UnderWay | None:
        """Return what was kept; raises DamagedError where that cannot be read."""
        path = self.folder / FILE
        if not path.exists():
            return None
        with reading(str(path), _ADVICE):
            return self._read(Fields(read_json(path.read_text("utf-8"))))

    def _read(self, told: Fields) -> UnderWay:
        told.count_of("version", VERSION)
        tried = tuple(
            read_tried(one, self._capture(at)) for at, one in enumerate(told.parts("tried"))
        )
        trying = None
        if "trying" in told:
            trying = read_trying(told.part("trying"), self._capture(len(tried)))
        started = _started(told.part("started")) if "started" in told else None
        proposal = _proposal(told.part("proposal"))
        if started is not None and len(tried) > len(proposal.faults):
            raise FieldError("tried", "list")
        last = read_last(told.part("last")) if "last" in told else None
        return UnderWay(proposal, started, tried, trying, last)

    def _capture(self, at: int) -> Mapping[str, Any]:
        text = (self.folder / f"before-{at}.json").read_text("utf-8")
        return Fields(read_json(text)).mapping("capture")

    def keep(self, under_way: UnderWay) -> None:
        """Keep it in the place of what was before; raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if under_way.trying is not None and under_way.trying.phase == "waits":
            path = self.folder / f"before-{len(under_way.tried)}.json"
            put_in_place(path, json.dumps({"capture": under_way.trying.capture}))
        put_in_place(self.folder / FILE, json.dumps(_told(under_way)))

    def forget(self) -> None:
        """Forget what was kept."""
        with suppress(OSError):
            for path in [self.folder / FILE, *sorted(self.folder.glob("before-*.json"))]:
                path.unlink(missing_ok=True)
            self.folder.rmdir()


def _told(under_way: UnderWay) -> dict[str, Any]:
    proposal, started, trying = under_way.proposal, under_way.started, under_way.trying
    return {
        "version": VERSION,
        "proposal": {
            "form": dict(proposal.form),
            "faults": [{"how": one.how, "node": one.node} for one in proposal.faults],
            "by": proposal.by,
            "lab": proposal.lab,
            "consents": [dict(one) for one in proposal.consents],
        },
        "started": started and {"who": started.who, "lang": started.lang, "at_s": started.at_s},
        "tried": [_without_capture(one.to_json()) for one in under_way.tried],
        "trying": trying and trying.to_json(),
        "last": None if under_way.last is None else dict(under_way.last),
    }


def _without_capture(told: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key != "capture"}


def _proposal(told: Fields) -> Proposal:
    return Proposal(
        read_form(told.mapping("form")),
        tuple(read_fault(one) for one in told.parts("faults")),
        told.text("by"),
        told.switch("lab"),
        read_consents(told),
    )


def _started(told: Fields) -> Started:
    return Started(told.text("who"), told.text("lang"), told.count("at_s"))
