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
            raise ApiFailure(ApiError(200, words, code=ErrorCode.PROTOCOL)) from failure

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


_NOT_ASKED = ApiError(None, "this was not asked for", code=ErrorCode.UNSUPPORTED)


async def ask(api: ClusterApi, paths: Iterable[str]) -> Answers:
    """Ask for several paths, and return every answer and every refusal."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(path: str) -> tuple[str, Any]:
        parameters = PARAMETERS.get(path.rpartition("/")[2], {})
        async with turn:
            try:
                return path, await api.read(path, lambda data: data, **parameters)
            except ApiFailure as failure:
                return path, failure.error

    return Answers(dict(await asyncio.gather(*(one(path) for path in paths))))
