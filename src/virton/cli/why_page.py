"""Why a resource is where it is, what would be otherwise, and what helps, for a terminal."""

from typing import Any

from rich.console import Console

from virton.cli.language import printable
from virton.forecast.reasons import Counterfactual, Reasons, Repair
from virton.ha.placement.reasons import Explanation, Offline
from virton.language import forecasts
from virton.language.sentences import Sentences

GIB = 1024**3


class Page:
    """The reasons of one resource, printed for a person."""

    def __init__(self, out: Console, said: Sentences, found: Reasons) -> None:
        self._out = out
        self._said = said
        self._found = found

    def print(self) -> None:
        """Print where it is, why not elsewhere, and what would have to change."""
        found = self._found
        key = "where" if found.node else "nowhere"
        self._line(self._text(key, sid=found.sid, node=found.node, state=found.state), "bold")
        if found.explanation is None:
            self._line(self._text("unknown"))
        else:
            self._explain(found.explanation)
        self._section("without", [self._counterfactual(one) for one in found.without])
        self._section("lost", [self._fate(fate) for fate in found.when_lost])
        if found.lacks_bytes:
            self._line(self._text("lacks", gib=round(found.lacks_bytes / GIB, 1)), "yellow")
        if found.contradicting:
            self._line(self._text("contradicting", rules=list(found.contradicting)), "bold red")
        self._section("repairs", [self._repair(repair) for repair in found.repairs])

    def _text(self, key: str, **fields: Any) -> str:
        return printable(self._said.say(f"forecast.why.{key}", fields))

    def _line(self, text: str, style: str = "") -> None:
        self._out.print(text, style=style, highlight=False, soft_wrap=True)

    def _section(self, heading: str, lines: list[str]) -> None:
        if lines:
            self._line(self._text(heading), "bold")
            for line in lines:
                self._line(f"  {line}")

    def _explain(self, told: Explanation) -> None:
        if told.node is not None:
            because = printable(self._said.because(told))
            self._line(f"{self._text('here', node=told.node)} {because}")
        off = [node for node, o in told.objections.items() if isinstance(o, Offline)]
        if off:
            self._line(self._text("off", nodes=off), "yellow")
        rows = [(n, o) for n, o in told.objections.items() if n not in off]
        self._section("not", [f"{n}: {printable(self._said.objection(o))}" for n, o in rows])

    def _counterfactual(self, one: Counterfactual) -> str:
        return printable(forecasts.without(one.to_json(), self._found.sid, self._said))

    def _fate(self, fate: Any) -> str:
        verdict = printable(self._said.say(f"forecast.verdict.{fate.verdict}", {}))
        return f"{verdict} → {fate.node or '–'}"

    def _repair(self, repair: Repair) -> str:
        line = self._text(f"repair.{repair.kind}", change=repair.change.words)
        price = printable(forecasts.price(repair.to_json()["price"], self._said))
        return f"{line} → {self._fate(repair.fate)} ({price})"
