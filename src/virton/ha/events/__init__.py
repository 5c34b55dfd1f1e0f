"""Events: everything the HA stack tells, as typed values without text."""

from virton.ha.events.base import KINDS, Event, Record, Severity

__all__ = ["KINDS", "Event", "Record", "Severity"]
