"""What of the console's requests goes into the audit."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from virton.console.clock import Clock
from virton.keeping.audit import Audit
from virton.keeping.syslog import Forwarder
from virton.throttle import Allowance

EXPORTS = ("/api/snapshot-file", "/api/history/export", "/api/drill/files/")
_SECRETS = frozenset({"password", "otp", "secret", "token", "url", "headers", "apprise", "body"})
_LONGEST = 4000
SKEW_S = 3.0
"""From then on a record has the cluster's time too, by which the history goes."""
_FAILURES, _FAILURE_EVERY_S = 200, 10.0


@dataclass(frozen=True, slots=True)
class Auditor:
    """Tells the audit, and whoever it is forwarded to, what was asked and what became of it."""

    audit: Audit
    clock: Clock
    failures: Allowance
    forwarder: Forwarder
    heard: Callable[[str, str, Mapping[str, Any]], None] | None = None
    """Is told who had what done, with which parameters, so that the history can name them."""
    ahead_s: Callable[[], float] = lambda: 0.0
    """Tells by how much the cluster's clock is ahead of this console's."""

    def note(self, request: Request, status: int) -> None:
        """Note a login, a change, an export or a refusal; reading is nobody's business."""
        who = getattr(request.state, "user", None)
        if not self._matters(request, status, who):
            return
        whence = request.client.host if request.client else None
        what = f"{request.method} {request.url.path[:200]}"
        entry = self._entry(who, whence, what, getattr(request.state, "params", {}), status)
        if status == 401:
            # Anybody may fail to log in, as often as they like: of very many, only the number is kept.
            held_back = self.failures.take()
            if held_back is None:
                return
            entry |= {"more_before": held_back} if held_back else {}
        self._add(entry)
        self._tell(who, what, getattr(request.state, "params", {}), status)

    def did(self, who: str, what: str, params: Mapping[str, Any], status: int) -> None:
        """Note what the console did by itself for somebody, as they had agreed to."""
        self._add(self._entry(who, None, what, params, status))
        self._tell(who, what, params, status)

    def will_do(self, who: str, what: str, params: Mapping[str, Any]) -> None:
        """Let the history know who asked for what the console is about to do."""
        self._tell(who, what, params, 200)

    def has_done(self, who: str, what: str, params: Mapping[str, Any]) -> None:
        """Note what the console has done for somebody, of which the history knows already."""
        self._add(self._entry(who, None, what, params, 200))

    def _tell(self, who: str | None, what: str, params: Mapping[str, Any], status: int) -> None:
        if self.heard is not None and who is not None and status < 400:
            self.heard(who, what, params)

    def _entry(
        self, who: str | None, whence: str | None, what: str, params: Mapping[str, Any], status: int
    ) -> dict[str, Any]:
        ahead_s = self.ahead_s()
        of_cluster = {"cluster_at": round(self.clock.time() + ahead_s, 3)}
        return {
            "at": round(self.clock.time(), 3),
            **(of_cluster if abs(ahead_s) > SKEW_S else {}),
            "who": who,
            "whence": whence,
            "what": what,
            "params": _told(params),
            "status": status,
            "result": "done" if status < 400 else "refused" if status < 500 else "failed",
        }

    def _add(self, entry: Mapping[str, Any]) -> None:
        self.audit.add(entry)
        self.forwarder.send(entry)

    def _matters(self, request: Request, status: int, who: str | None) -> bool:
        changes = request.method != "GET" or request.url.path.startswith(EXPORTS)
        return who is not None and status != 429 and (changes or status == 403)


def auditor(
    audit: Audit,
    clock: Clock,
    forwarder: Forwarder,
    heard: Callable[[str, str, Mapping[str, Any]], None] | None = None,
    ahead_s: Callable[[], float] = lambda: 0.0,
) -> Auditor:
    """Return an auditor who has told of no failures yet."""
    failures = Allowance(clock.monotonic, _FAILURES, _FAILURE_EVERY_S)
    return Auditor(audit, clock, failures, forwarder, heard, ahead_s)


def _told(params: Mapping[str, Any]) -> Any:
    told = {name: value for name, value in params.items() if name not in _SECRETS}
    return told if len(json.dumps(told)) <= _LONGEST else {"left out": "too long"}
