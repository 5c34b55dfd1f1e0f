"""What `virton doctor` looks at from outside: whether a reverse proxy passes on what the console needs."""

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx2

from virton.cli.examination import Finding, bad, careful, good

PATIENCE_S = 10.0
TOGETHER_S = 0.2
"""The beats of the console are a second apart: such as come this close were held back."""

_REFUSALS = {421: "host", 502: "gateway", 503: "gateway", 504: "gateway"}


async def of_outside(address: str) -> AsyncIterator[Finding]:
    """Look at the console from the address at which people open it."""
    base = address.rstrip("/")
    try:
        async for finding in _looked_at(base, verify=True):
            yield finding
    except httpx2.ConnectError as failure:
        if "CERTIFICATE" not in str(failure).upper():
            yield bad("outside.unreachable", address=base)
            return
        # Nothing secret is sent, so the rest can be looked at all the same.
        yield careful("outside.certificate", address=base)
        async for finding in _looked_at(base, verify=False):
            yield finding
    except (httpx2.HTTPError, httpx2.InvalidURL):
        yield bad("outside.unreachable", address=base)


async def _looked_at(base: str, *, verify: bool) -> AsyncIterator[Finding]:
    encrypted = base.startswith("https:")  # else no authorities have to be loaded
    async with httpx2.AsyncClient(
        verify=verify and encrypted, timeout=PATIENCE_S, trust_env=False
    ) as http:
        answer = await http.get(f"{base}/healthz?seen=1")
        seen = _seen(answer)
        if seen is None:
            kind = "redirect" if answer.is_redirect else _refusal(answer)
            to, host = answer.headers.get("location", ""), urlsplit(base).hostname
            yield bad(f"outside.{kind}", address=base, status=answer.status_code, host=host, to=to)
            return
        page = await http.get(f"{base}/login")
        found = [*_of_path(base, page.text), *_of_headers(base, seen)]
        if await _is_held_back(http, base):
            found.append(bad("outside.buffered"))
        for finding in found or [good("outside", address=base)]:
            yield finding


def _refusal(answer: httpx2.Response) -> str:
    if answer.status_code == 403 and "allowed_addresses" in answer.text:
        return "address"
    return _REFUSALS.get(answer.status_code, "path")


def _seen(answer: httpx2.Response) -> dict[str, Any] | None:
    """Return how the console sees who asks; None where it was not the console that answered."""
    try:
        seen = answer.json()["seen"] if answer.status_code == 200 else None
    except (ValueError, KeyError, TypeError):
        return None
    return seen if isinstance(seen, dict) else None


def _of_path(base: str, page: str) -> Iterator[Finding]:
    path = urlsplit(base).path
    if f'data-base="{path}"' not in page:
        yield bad("outside.prefix", path=path) if path else bad("outside.no_prefix", address=base)


def _of_headers(base: str, seen: dict[str, Any]) -> Iterator[Finding]:
    if seen.get("unlisted"):
        yield bad("outside.unlisted", proxy=seen.get("address"))
    elif base.startswith("https:") and seen.get("scheme") != "https":
        yield bad("outside.no_proto")
    elif seen.get("scheme") == "https" and not seen.get("forwarded_for"):
        yield careful("outside.no_for")


async def _is_held_back(http: httpx2.AsyncClient, base: str) -> bool:
    """Tell whether what the console sends bit by bit comes all at once."""
    came: list[float] = []
    async with http.stream("GET", f"{base}/healthz?beats=2") as answer:
        async for line in answer.aiter_lines():
            if line.startswith("data:"):
                came.append(time.monotonic())
    return len(came) < 2 or came[-1] - came[0] < TOGETHER_S
