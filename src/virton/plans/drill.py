"""A drill's record: what was to be tried, who agreed, and everything that was seen meanwhile."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

RECORD_VERSION = 1
FAULTS = ("lose", "cut")
FORM = ("institution", "system", "grade", "examiner", "approver", "purpose")


class DrillError(ValueError):
    """A record or a form that cannot be used: which field."""

    def __init__(self, field: str, problem: str, **fields: Any) -> None:
        """Name the field and the problem, for which the catalogues have a sentence."""
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem
        self.fields = fields


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
    """Read a record; raises DrillError."""
    if not isinstance(told, Mapping) or told.get("drill") != RECORD_VERSION:
        raise DrillError("drill", "no_record")
    try:
        tried = tuple(
            Tried(
                Fault(one["fault"]["how"], one["fault"]["node"]),
                one["by"],
                one["struck_s"],
                one["capture"],
                tuple(one["looks"]),
            )
            for one in told["scenarios"]
        )
        consents = tuple(told["consents"])
        return Drill(told["form"], consents, tried, told["program"], told["last"])
    except (KeyError, TypeError) as error:
        raise DrillError(str(error).strip("'"), "missing") from None


def read_form(told: Any) -> dict[str, Any]:
    """Read what people say of a drill; raises DrillError."""
    if not isinstance(told, Mapping):
        raise DrillError("form", "map")
    form: dict[str, Any] = {}
    for key, value in told.items():
        match key:
            case "limit_s":
                if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                    raise DrillError("limit_s", "count")
                form[key] = value
            case "shortfalls" | "measures":
                form[key] = _texts(key, value)
            case _ if key in FORM:
                form[key] = str(value)
            case _:
                known = [*FORM, "limit_s", "shortfalls", "measures"]
                raise DrillError(str(key), "unknown", known=known)
    for key in ("examiner", "approver"):
        if not form.get(key, "").strip():
            raise DrillError(key, "missing")
    if form["examiner"].strip() == form["approver"].strip():
        raise DrillError("approver", "same_person")
    return form


def _texts(key: str, value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, Sequence):
        raise DrillError(key, "list")
    return [str(one) for one in value]
