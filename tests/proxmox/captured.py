"""Captures in tests: taken from an app, and played as `virton simulate` plays them."""

import json
import re
from collections.abc import Iterable
from typing import Any

from virton.ha.events import Record
from virton.proxmox import ApiToken, ClusterApi, ProxmoxClient
from virton.proxmox.capture import take_capture
from virton.simulation.scenario import run_scenario, scenario_from

Json = dict[str, Any]
Events = list[list[Any]]

REST = {"simulation.started", "simulation.ended", "command", "daemon.state", "lock.acquired"}
"""What is told of a cluster whose daemons start and find nothing to do."""


async def taken(client: ProxmoxClient, token: str, *, anonymous: bool = False) -> bytes:
    """Take a capture, and close the client."""
    try:
        return await take_capture(ClusterApi(client, ApiToken(token)), anonymous=anonymous)
    finally:
        await client.aclose()


async def taken_from(app: Any, token: str, *, anonymous: bool = False) -> Json:
    """Take a capture of an app in this process, and read it."""
    data = await taken(ProxmoxClient.in_process(app), token, anonymous=anonymous)
    document = json.loads(data)
    assert isinstance(document, dict)
    return document


def played(capture: Json, *batches: list[str]) -> Events:
    """Simulate a capture, with more batches of commands; return what is told."""
    records: list[Record] = []
    scenario = scenario_from(capture | {"commands": [*capture["commands"], *batches]}, "test")
    run_scenario(scenario, records.append)
    events = json.loads(json.dumps([record.to_json() for record in records]))
    assert isinstance(events, list)
    return events


def unrest(events: Events) -> Events:
    """Return the events that a cluster at rest does not tell."""
    return [event for event in events if event[2] not in REST]


def renamed(events: Events, before: Json, after: Json) -> Events:
    """Tell a story with the names of another capture of the same cluster."""
    called: dict[str, str] = {}
    for part in ("nodes", "guests", "resources"):
        called |= dict(zip(sorted(before[part]), sorted(after[part]), strict=True))
    rules = (sorted(rule["id"] for rule in s["rules"]) for s in (before, after))
    called |= dict(zip(*rules, strict=True))
    text = re.sub(_any_of(called), lambda found: called[found[0]], json.dumps(events))
    story = json.loads(text)
    assert isinstance(story, list)
    return story


def decided(events: Events) -> Events:
    """Return the events but those that guests decide, whose pace is their own by their names."""
    return [event for event in events if event[2] != "lrm.started"]


def _any_of(names: Iterable[str]) -> str:
    longest_first = sorted(names, key=len, reverse=True)
    return "|".join(re.escape(name) + r"(?!\d)" for name in longest_first)
