"""A poll's answers by path: collected from a cluster, or from a recording of one."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from virton.proxmox.api import ClusterApi
from virton.proxmox.errors import ApiError, ApiFailure, ErrorCode

View = TypeVar("View")

AT_ONCE = 16
"""So many questions are asked at a time."""

PARAMETERS: Mapping[str, Mapping[str, str]] = {"network": {"type": "any_bridge"}}
"""By the last word of a path: what is asked for with it."""


class Answers:
    """What was answered to each path, or why it was not."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told = dict(told)

    def __contains__(self, path: str) -> bool:
        """Tell whether a path was asked for."""
        return path in self._told

    def read(self, path: str, parse: Callable[[Any], View]) -> View:
        """Return what was answered; raise ApiFailure where it was not, or cannot be read."""
        told = self._told.get(path, _NOT_ASKED)
        if isinstance(told, ApiError):
            raise ApiFailure(told)
        try:
            return parse(told)
        except (KeyError, TypeError, ValueError, AttributeError) as failure:
            words = f"not an answer of Proxmox VE to {path}: {failure!r}"
            raise ApiFailure(ApiError(200, code=ErrorCode.PROTOCOL, detail=words)) from failure

    def maybe(self, path: str, parse: Callable[[Any], View]) -> View | None:
        """Return what was answered; None where it was not, or cannot be read."""
        try:
            return self.read(path, parse)
        except ApiFailure:
            return None

    def error(self, path: str) -> ApiError | None:
        """Return why a path was not answered."""
        told = self._told.get(path, _NOT_ASKED)
        return told if isinstance(told, ApiError) else None

    def and_these(self, more: "Answers") -> "Answers":
        """Return these answers with more of them, which are newer."""
        return Answers(self._told | more._told)


class Remembered:
    """Answers that change rarely, kept for so many seconds: of each guest and each node there is one.

    A guest that is on another node has another path, and so is asked about anew.
    """

    def __init__(self, now_s: Callable[[], float], life_s: float) -> None:
        self._now_s = now_s
        self._life_s = life_s
        self._kept: dict[str, tuple[float, Any]] = {}

    def known(self, paths: Iterable[str]) -> dict[str, Any]:
        """Return what is kept of these paths, and forget what nobody asks for any more."""
        wanted, oldest_s = set(paths), self._now_s() - self._life_s
        self._kept = {
            path: kept for path, kept in self._kept.items() if path in wanted and kept[0] > oldest_s
        }
        return {path: told for path, (_, told) in self._kept.items()}

    def keep(self, told: Mapping[str, Any]) -> None:
        """Keep answers; refusals are asked about anew."""
        now_s = self._now_s()
        good = {path: data for path, data in told.items() if not isinstance(data, ApiError)}
        self._kept |= {path: (now_s, data) for path, data in good.items()}


_NOT_ASKED = ApiError(None, code=ErrorCode.UNSUPPORTED, detail="this was not asked for")


async def ask(
    api: ClusterApi, paths: Iterable[str], remembered: Remembered | None = None
) -> Answers:
    """Ask for several paths, and return every answer and every refusal.

    What is remembered of them is not asked for again.
    """
    asked = list(paths)
    known = {} if remembered is None else remembered.known(asked)
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(path: str) -> tuple[str, Any]:
        parameters = PARAMETERS.get(path.rpartition("/")[2], {})
        async with turn:
            try:
                return path, await api.read(path, lambda data: data, **parameters)
            except ApiFailure as failure:
                return path, failure.error

    told = dict(await asyncio.gather(*(one(path) for path in asked if path not in known)))
    if remembered is not None:
        remembered.keep(told)
    return Answers(known | told)
