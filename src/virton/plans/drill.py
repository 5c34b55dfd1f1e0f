"""A drill's record: what was to be tried, who agreed, and everything that was seen meanwhile."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from virton.plans.fields import FieldError, Fields, count_of, text_of
from virton.plans.looking import read_looks

RECORD_VERSION = 1
FAULTS = ("lose", "cut")
FORM = ("institution", "system", "grade", "examiner", "approver", "purpose")
LISTED = ("shortfalls", "measures")
ROLES = ("examiner", "approver")
HANDS = ("lab", "operator")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to a node: it loses its power (`lose`) or its network (`cut`)."""

    how: str
    node: str

    @property
    def words(self) -> str:
        """The fault in the words of the command line."""
        return f"{self.how} {self.node}"


@dataclass(frozen=True, slots=True)
class Tried:
    """A fault that was tried: when, who did it, the cluster before, and what was seen."""

    fault: Fault
    by: str
    struck_s: int
    capture: Mapping[str, Any]
    looks: tuple[Mapping[str, Any], ...]

    def to_json(self) -> dict[str, Any]:
        """Return the scenario, to be kept."""
        return {
            "fault": {"how": self.fault.how, "node": self.fault.node},
            "by": self.by,
            "struck_s": self.struck_s,
            "capture": self.capture,
            "looks": list(self.looks),
        }


@dataclass(frozen=True, slots=True)
class Drill:
    """Everything that a report is made of; `last` are the measured times of the drill before."""

    form: Mapping[str, Any]
    consents: tuple[Mapping[str, Any], ...]
    tried: tuple[Tried, ...]
    program: str
    last: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the record."""
        return {
            "drill": RECORD_VERSION,
            "program": self.program,
            "form": dict(self.form),
            "consents": [dict(one) for one in self.consents],
            "last": None if self.last is None else dict(self.last),
            "scenarios": [one.to_json() for one in self.tried],
        }

    @property
    def text(self) -> str:
        """The record as the bytes that are kept."""
        return json.dumps(self.to_json(), ensure_ascii=False, sort_keys=True, indent=1) + "\n"

    @property
    def fingerprint(self) -> str:
        """A digest over everything that the report stands on."""
        told = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(told.encode()).hexdigest()


def read_drill(told: Any) -> Drill:
    """Read a record; raises FieldError."""
    read = Fields(told)
    read.count_of("drill", RECORD_VERSION)
    return Drill(
        read_form(read.mapping("form")),
        read_consents(read),
        tuple(read_tried(one) for one in read.parts("scenarios")),
        read.text("program"),
        read_last(read.part("last")) if "last" in read else None,
    )


def read_fault(told: Fields) -> Fault:
    """Read a fault; raises FieldError."""
    return Fault(told.text("how", among=FAULTS), told.text("node"))


def read_consents(told: Fields) -> tuple[Mapping[str, Any], ...]:
    """Read who has agreed; raises FieldError."""
    return tuple(_consent(one) for one in told.parts("consents"))


def _consent(told: Fields) -> Mapping[str, Any]:
    told.know(("role", "name", "at_s", "user"))
    kept = {"role": told.text("role", among=ROLES), "name": told.text("name")}
    user = {"user": told.text("user")} if "user" in told else {}
    return {**kept, "at_s": told.count("at_s"), **user}


def read_tried(told: Fields, capture: Mapping[str, Any] | None = None) -> Tried:
    """Read a fault that was tried, its capture too unless that is kept apart; raises FieldError."""
    return Tried(
        read_fault(told.part("fault")),
        told.text("by", among=HANDS),
        told.count("struck_s"),
        told.mapping("capture") if capture is None else capture,
        read_looks(told),
    )


def read_last(told: Fields) -> Mapping[str, Any]:
    """Read what a drill is compared with; raises FieldError."""
    faults = told.part("measured")
    measured = {
        fault: {sid: part.counts(sid) for sid in part}
        for fault, part in ((fault, faults.part(fault)) for fault in faults)
    }
    return {"began": told.text("began"), "measured": measured}


def read_form(told: Any) -> dict[str, Any]:
    """Read what people say of a drill; raises FieldError."""
    form = read_texts(told)
    for key in ROLES:
        if not form.get(key, "").strip():
            raise FieldError(key, "missing")
    if form["examiner"].strip() == form["approver"].strip():
        raise FieldError("approver", "same_person")
    return form


def read_texts(told: Any) -> dict[str, Any]:
    """Read the file in which people say what is checked; raises FieldError."""
    read = Fields(told)
    read.know((*FORM, "limit_s", *LISTED))
    return {key: _said(key, value) for key, value in told.items()}


def _said(key: str, value: Any) -> Any:
    if key == "limit_s":
        return count_of(value, key, 1)
    if key in LISTED:
        return [value] if isinstance(value, str) else Fields({key: value}).texts(key)
    # a grade may be written as a number
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number and key not in ROLES else text_of(value, key)
