"""What an event is: one typed value for one thing that happened."""

from collections.abc import Callable
from dataclasses import field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, dataclass_transform

from virton.frozen import frozen

if TYPE_CHECKING:
    from virton.ha.causes import Cause
    from virton.ha.placement.reasons import Decision

E = TypeVar("E", bound="Event")


class Severity(StrEnum):
    """How much an operator should care."""

    INFO = "info"
    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"
    NOTIFICATION = "notification"


class Event:
    """Something that happened; its subclasses are its kinds."""

    __slots__ = ()
    kind: ClassVar[str]
    severity: ClassVar[Severity]

    def fields(self) -> dict[str, Any]:
        """Return the event's fields as JSON values; those that do not apply are left out."""
        values = {f.name.rstrip("_"): getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        return {name: _plain(value) for name, value in values.items() if value is not None}


KINDS: dict[str, type[Event]] = {}
"""Every kind of event by its name."""


@dataclass_transform(frozen_default=True)
def event(kind: str, severity: Severity = Severity.INFO) -> Callable[[type[E]], type[E]]:
    """Make a class an event of the given kind."""

    def register(cls: type[E]) -> type[E]:
        made = frozen(cls)
        made.kind, made.severity = kind, severity
        KINDS[kind] = made
        return made

    return register


@frozen
class Record:
    """An event with its time (seconds) and who told it (`node1/crm`, `hardware` ...).

    A change of state comes with its cause, and with the placement behind it if there was one.
    """

    time_s: int
    source: str
    event: Event
    cause: "Cause | None" = field(default=None, compare=False)
    decision: "Decision | None" = field(default=None, compare=False)

    def to_json(self) -> list[Any]:
        """Return `[time_s, source, kind, {fields}]`, the form of a scenario's `expect`.

        Why it happened is no part of it.
        """
        return [self.time_s, self.source, self.event.kind, self.event.fields()]


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return list(value)
    return value
