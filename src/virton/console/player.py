"""The process that plays plans and drills, as the console plays nothing itself."""

import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any

from virton.plans.desired import DesiredError

LONGEST_S = 120.0


async def ask_player(question: Mapping[str, Any]) -> dict[str, Any]:
    """Ask the process that plays; raises DesiredError, and TimeoutError where it takes too long."""
    told: dict[str, Any] = json.loads(await played(json.dumps(question)))
    if wrong := told.get("wrong"):
        raise DesiredError(wrong["field"], wrong["problem"], **wrong["fields"])
    return told


async def played(question: str) -> str:
    """Let a process of its own answer, which is ended where it takes too long."""
    command = [sys.executable, "-m", "virton.plans.service"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    try:
        async with asyncio.timeout(LONGEST_S):
            out, _ = await process.communicate(question.encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return out.decode()
