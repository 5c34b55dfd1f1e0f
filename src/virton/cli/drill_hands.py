"""Who pulls the plug in a drill, and who has agreed to it."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer

from virton.cli.asked import Source
from virton.cli.capture import PASSWORD
from virton.cli.complaint import complain
from virton.cli.language import Language, printable, sentences
from virton.plans.drill import Fault

if TYPE_CHECKING:
    import httpx2

ANSWER_S = 20.0


def _text(lang: Language | None, key: str, **fields: Any) -> str:
    return printable(sentences(lang).say(f"plans.drill.{key}", fields))


class OperatorHand:
    """An operator who is told what to do, and says when it is done."""

    name = "operator"

    def __init__(self, lang: Language | None) -> None:
        self._lang = lang

    async def strike(self, fault: Fault) -> None:
        """Have the plug pulled."""
        self._ask(f"pull.{fault.how}", fault)

    async def mend(self, fault: Fault) -> None:
        """Have it put right again."""
        self._ask(f"mend.{fault.how}", fault)

    def _ask(self, key: str, fault: Fault) -> None:
        try:
            typer.prompt(_text(self._lang, key, node=fault.node), default="", show_default=False)
        except typer.Abort:
            complain(_text(self._lang, "nobody"))


class LabHand:
    """The lab of the embedded cluster, through the console that serves it."""

    name = "lab"

    def __init__(self, http: "httpx2.AsyncClient", csrf: str, lang: Language | None) -> None:
        self._http = http
        self._csrf = csrf
        self._lang = lang

    @classmethod
    async def at(cls, source: Source, lang: Language | None) -> "LabHand":
        """Log in at the console, which stands at the cluster's own address."""
        import httpx2

        password = os.environ.get(PASSWORD, "")
        address = (source.proxmox or [""])[0].rstrip("/")
        http = httpx2.AsyncClient(base_url=address, timeout=ANSWER_S, trust_env=False)
        try:
            login = {"username": source.user or "", "password": password}
            answer = await http.post("/api/login", json=login)
            csrf = str(answer.json()["csrf"])
        except (httpx2.HTTPError, ValueError, KeyError):
            complain(_text(lang, "no_lab", address=address))
        return cls(http, csrf, lang)

    async def strike(self, fault: Fault) -> None:
        """Switch the node's power or network off."""
        await self._switch("power" if fault.how == "lose" else "network", fault.node, on=False)

    async def mend(self, fault: Fault) -> None:
        """Switch network and power on again: a node that was cut off has reset itself."""
        await self._switch("network", fault.node, on=True)
        await self._switch("power", fault.node, on=True)

    async def _switch(self, action: str, node: str, *, on: bool) -> None:
        import httpx2

        body = {"action": action, "node": node, "on": on}
        try:
            answer = await self._http.post(
                "/api/lab", json=body, headers={"X-CSRF-Token": self._csrf}
            )
            answer.raise_for_status()
        except httpx2.HTTPStatusError as refused:
            told = f"HTTP {refused.response.status_code}"
            complain(_text(self._lang, "lab_refuses", told=told))
        except httpx2.HTTPError:
            told = "the console does not answer"
            complain(_text(self._lang, "lab_refuses", told=told))


def consents_of(
    form: dict[str, Any], given: list[str], lang: Language | None, now: Callable[[], float]
) -> tuple[dict[str, Any], ...]:
    """Return the consent of both, each with its time; end where one is missing."""
    found = []
    for role in ("examiner", "approver"):
        name = str(form[role])
        if name not in given and not _agrees(role, name, lang):
            complain(_text(lang, "no_consent", name=name))
        found.append({"role": role, "name": name, "at_s": int(now())})
    return tuple(found)


def _agrees(role: str, name: str, lang: Language | None) -> bool:
    question = _text(lang, "agree", role=sentences(lang).say(f"plans.drill.{role}", {}), name=name)
    try:
        return typer.confirm(question)
    except typer.Abort:
        return False
