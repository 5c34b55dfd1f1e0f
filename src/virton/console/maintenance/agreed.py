"""What somebody agrees to: the stops of a plan, each with a digest by which a change is noticed."""

from collections.abc import Mapping, Sequence
from typing import Any

from virton.console.maintenance.work import Stop, Way
from virton.plans import digest

Json = Mapping[str, Any]


def stop_of(step: Json) -> Stop:
    """Return a step of a plan as it is agreed to."""
    return Stop(
        step["node"],
        moves=_goals(step["moves"]),
        outside=_goals(step["outside"]),
        returns=_goals(step["returns"]),
        unborne=tuple(
            name
            for row in step["further"]
            if not row["safe"]
            for name in row["nodes"]
            if name != step["node"]
        ),
        held=tuple(step.get("ways", {}).get(Way.RULE, {}).get("held", ())),
        digest=_digest(step),
    )


def digest_of(steps: Sequence[Json]) -> str:
    """Return the digest of a whole plan."""
    return digest.digest_of([_digest(step) for step in steps])


def _goals(rows: Sequence[Json]) -> dict[str, str]:
    return {row["sid"]: row["node"] for row in rows if row["node"] is not None}


def _digest(step: Json) -> str:
    """Return what a step comes to, without the times at which, and the reasons why."""
    said = [
        step["node"],
        [[row["sid"], row["node"], row["how"]] for row in step["moves"]],
        [[row["sid"], row["node"]] for row in step["outside"]],
        [row["sid"] for row in step["stuck"]],
        [[row["sid"], row["node"], row["how"]] for row in step["returns"]],
        step["bears"],
    ]
    return digest.digest_of(said)
