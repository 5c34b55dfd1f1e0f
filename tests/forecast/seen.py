"""A cluster as recorded answers of its API show it."""

import asyncio
import concurrent.futures
import json
from collections.abc import Mapping
from typing import Any

from virton.proxmox.snapshot import take_snapshot

from virton.forecast.situation import Situation, situation_of
from virton.proxmox import ApiToken, ClusterApi, ProxmoxClient

MANAGER = "/cluster/ha/status/manager_status"


def situation_from_answers(answers: Mapping[str, Any]) -> Situation:
    """Return the cluster that answers show, by path."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        document = pool.submit(asyncio.run, _captured(answers)).result()
    return situation_of(_with_times(document, answers))


async def _captured(answers: Mapping[str, Any]) -> dict[str, Any]:
    client = ProxmoxClient.in_process(_Answering(answers))
    try:
        taken = await take_snapshot(ClusterApi(client, ApiToken("a@pam!b=c")))
    finally:
        await client.aclose()
    document: dict[str, Any] = json.loads(taken)
    return document


class _Answering:
    """An app that answers each path as was recorded."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"].removeprefix("/api2/json")
        there = self._answers.get(path) is not None
        body = json.dumps({"data": self._answers.get(path)}).encode()
        headers = [(b"content-type", b"application/json")]
        status = 200 if there else 501
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _with_times(document: dict[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Add when the daemons last spoke, which tells of their rounds."""
    told = answers[MANAGER]
    document["manager_status"]["timestamp"] = told["manager_status"].get("timestamp")
    for node, status in told["lrm_status"].items():
        if node in document["lrm_status"]:
            document["lrm_status"][node]["timestamp"] = status.get("timestamp", 0)
    return document
