"""What the next drill is compared with: the measured times of a report."""

from collections.abc import Iterator
from typing import Any

from virton.plans.fields import Fields

Json = dict[str, Any]


def measured_of(told: Any) -> Json:
    """Return of a report what the next drill is compared with; raises FieldError."""
    read = Fields(told)
    return {
        "began": read.text("began"),
        "measured": {one.text("fault"): dict(_times(one)) for one in read.parts("scenarios")},
    }


def _times(scenario: Fields) -> Iterator[tuple[str, list[int]]]:
    for row in scenario.parts("rows"):
        if "measured_s" in row:
            yield row.text("sid"), row.counts("measured_s")
