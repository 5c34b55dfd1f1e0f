"""What the next drill is compared with: the measured times of a report."""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]


def measured_of(told: Mapping[str, Any]) -> Json:
    """Return of a report what the next drill is compared with."""
    return {
        "began": told["began"],
        "measured": {
            one["fault"]: {
                row["sid"]: row["measured_s"] for row in one["rows"] if row["measured_s"]
            }
            for one in told["scenarios"]
        },
    }
