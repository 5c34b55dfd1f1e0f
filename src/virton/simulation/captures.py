"""A world's value as a file (JSON): the same bytes for the same world, to be played on."""

import hashlib
import json
from typing import Any

from virton.simulation.encoding import EncodingError, Pool, decode, decode_pool, encode, encode_pool
from virton.simulation.value import VirtualClockValue, WorldValue

FORMAT = 1


class CaptureError(ValueError):
    """A file that is no capture of a world."""


def world_to_json(value: WorldValue) -> dict[str, Any]:
    """Return a world's value as JSON; `pool` holds what stands in several places of `world`."""
    pool = Pool()
    world = encode(value, WorldValue, pool)
    return {"pool": encode_pool(pool), "world": world}


def world_from_json(data: Any) -> WorldValue:
    """Return the world that JSON holds; raises CaptureError."""
    try:
        return decode(data["world"], WorldValue, decode_pool(data["pool"], Pool()))
    except (EncodingError, KeyError, TypeError) as error:
        raise CaptureError("is not a captured world") from error


def fingerprint(data: dict[str, Any]) -> str:
    """Return what tells a world's JSON from that of any other world."""
    kept = {"pool": data["pool"], "world": data["world"]}
    return hashlib.sha256(json.dumps(kept, separators=(",", ":")).encode()).hexdigest()


def write_capture(value: WorldValue, name: str) -> str:
    """Return a capture's text. It is exact: it holds everything on which the next second depends."""
    data = world_to_json(value)
    clock = "virtual" if isinstance(value.clock, VirtualClockValue) else "paced"
    head = {
        "capture": FORMAT,
        "name": name,
        "grade": "exact",
        "clock": clock,
        "now": value.now_s,
        "fingerprint": fingerprint(data),
    }
    return json.dumps(head | data, indent=1, ensure_ascii=False) + "\n"


def is_capture(data: Any) -> bool:
    """Tell whether JSON is a capture, of whichever form."""
    return isinstance(data, dict) and "capture" in data


def read_capture(data: Any) -> tuple[str, WorldValue]:
    """Return a capture's name and its world; raises CaptureError."""
    if data["capture"] != FORMAT:
        raise CaptureError(f"is a capture of a form that is not known here: {data['capture']}")
    value = world_from_json(data)
    if data.get("fingerprint") != fingerprint(data):
        raise CaptureError("was changed since it was captured: its fingerprint is another")
    return str(data.get("name", "")), value
