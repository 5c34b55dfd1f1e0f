"""The redundancy check: a real fault, measured, held against its forecast, and told the same again."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.cli.test_scenario_verbs import virton
from tests.plans.live import Live
from virton.cli.drill_page import print_report
from virton.ha.events.lrm import Started
from virton.language.sentences import Sentences
from virton.plans.drill import Drill, Fault, Tried, read_drill, read_form
from virton.plans.drill_forecast import foresee
from virton.plans.drill_keeper import DrillKeeper, Proposal, UnderWay
from virton.plans.drill_measures import measured_of
from virton.plans.drill_report import kst, measure, report, report_text
from virton.plans.drilling import Watch, try_all, try_out
from virton.plans.fields import FieldError
from virton.plans.looking import Look, looks
from virton.plans.pages import TemplateFaultError, page

FORM = {
    "institution": "한국시험원",
    "system": "전자결재 <1>",
    "grade": "2등급",
    "examiner": "김점검",
    "approver": "이승인",
    "measures": ["예비 전원 점검"],
}


WRONG: list[tuple[tuple[Any, ...], Any]] = [
    (("scenarios", 0, "looks", 0, "services"), {"vm:100": "started"}),
    (("scenarios", 0, "looks", 1, "at_s"), "soon"),
    (("scenarios", 0, "fault"), ["lose"]),
    (("scenarios", 0, "capture"), {}),
    (("scenarios", 0, "capture", "nodes"), ["phum01"]),
    (("consents", 0, "name"), None),
    (("last",), {"began": 5}),
    (("form", "limit_s"), "fast"),
]


class Lab:
    """The embedded cluster's own switches; what the guests' starts say is noted."""

    name = "lab"

    def __init__(self, live: Live) -> None:
        self._world = live.running.world
        self.started: dict[str, int] = {}
        self._world.listeners.append(self._hear)

    def _hear(self, record: Any) -> None:
        if isinstance(record.event, Started):
            self.started.setdefault(record.event.sid, self._world.now())

    async def strike(self, fault: Fault) -> None:
        self.started.clear()
        switch = self._world.set_power if fault.how == "lose" else self._world.set_network
        switch(fault.node, False)

    async def mend(self, fault: Fault) -> None:
        self._world.set_network(fault.node, True)
        self._world.set_power(fault.node, True)


class KilledError(Exception):
    """The drill's own end in the middle of it."""


async def _drilled(folder: Path) -> tuple[Drill, dict[str, int]]:
    live = await Live(folder).log_in()
    master = (await live.api.manager_status()).master_node
    busy = next(node for node in ("phum01", "phum03") if node != master)
    lab = Lab(live)

    killed_at = [live.running.world.now() + 60]

    async def pause(seconds: float) -> None:
        live.running.world.step(int(seconds))
        if killed_at and live.running.world.now() >= killed_at[0]:
            killed_at.clear()
            raise KilledError

    consents = (
        {"role": "examiner", "name": "김점검", "at_s": 1_800_000_000},
        {"role": "approver", "name": "이승인", "at_s": 1_800_000_060},
    )
    watch = Watch(live.api, pause)
    form, faults = read_form(FORM), (Fault("lose", busy),)
    begun = UnderWay(Proposal(form, faults, "root@pam", lab=True, consents=consents))
    keeper = DrillKeeper(folder)
    keeper.keep(begun)
    with pytest.raises(KilledError):
        await try_all(begun, keeper.keep, lambda _: watch, lab, foresee)
    kept = keeper.read()
    assert kept is not None
    ended = await try_all(kept, keeper.keep, lambda _: watch, lab, foresee)
    [tried] = ended.tried
    started = dict(lab.started)
    where = next(one.running for one in reversed([*looks(tried.looks)]))
    again = next(where[sid] for sid in started)
    cut = await try_out(watch, lab, Fault("cut", again), foresee)
    assert cut.looks[-1]["at_s"] - cut.struck_s > 100
    drill = ended.with_tried(cut).record("0.0.0")
    return drill, {sid: at_s - tried.struck_s for sid, at_s in started.items()}


@pytest.fixture(scope="module")
def drilled() -> Iterator[tuple[Drill, dict[str, int]]]:
    with tempfile.TemporaryDirectory() as folder:
        yield asyncio.run(_drilled(Path(folder)))


@pytest.fixture(scope="module")
def reports(drilled: tuple[Drill, dict[str, int]]) -> dict[str, Any]:
    """The report of it in each language, as every report forecasts its faults anew."""
    return {lang: report(drilled[0], lang) for lang in ("ko", "en")}


def test_what_is_measured_holds_the_moment_at_which_the_stack_says_it_started(
    drilled: tuple[Drill, dict[str, int]], reports: dict[str, Any]
) -> None:
    _, started = drilled
    scenario, cut = reports["en"]["scenarios"]
    assert {row["outcome"] for row in cut["rows"]} == {"within"}
    assert scenario["rows"]
    for row in scenario["rows"]:
        from_s, to_s = row["measured_s"]
        assert from_s <= started[row["sid"]] <= to_s <= from_s + 3
        assert row["outcome"] == "within"
        assert row["to"] in row["foreseen"]
    assert "nknown" in scenario["steps"][0]["says"]


def test_a_report_follows_from_its_record_to_the_byte_whatever_the_hash_seed(
    drilled: tuple[Drill, dict[str, int]], reports: dict[str, Any], tmp_path: Path
) -> None:
    drill, _ = drilled
    (tmp_path / "capture.json").write_text(drill.text)
    (tmp_path / "report.json").write_text(report_text(reports["ko"]))
    assert read_drill(json.loads(drill.text)).text == drill.text
    code = "from virton.cli.main import app; app()"
    line = [sys.executable, "-c", code, "drill", "--lang", "en", "--verify"]
    files = [str(tmp_path / name) for name in ("report.json", "capture.json")]
    told = subprocess.run(
        [*line, *files], env={**os.environ, "PYTHONHASHSEED": "7"}, capture_output=True, text=True
    )
    assert (told.returncode, "every byte follows" in told.stdout) == (0, True), told.stderr
    text = (tmp_path / "report.json").read_text()
    (tmp_path / "report.json").write_text(text.replace("적합", "부적합", 1))
    altered = virton("drill", "--lang", "en", "--verify", *files)
    assert altered.exit_code == 1
    assert "does not follow from the capture" in altered.stderr
    for where, wrong in WRONG:
        record = json.loads(drill.text)
        part: Any = record
        for name in where[:-1]:
            part = part[name]
        part[where[-1]] = wrong
        (tmp_path / "capture.json").write_text(json.dumps(record))
        refused = virton("drill", "--lang", "en", "--verify", *files)
        assert (refused.exit_code, type(refused.exception)) == (1, SystemExit), where
        assert "capture.json: " in refused.stderr


def test_a_report_has_all_that_is_asked_of_it_in_both_languages(reports: dict[str, Any]) -> None:
    for lang, title in (("ko", "이중화 점검 결과서"), ("en", "Redundancy Check Report")):
        told = reports[lang]
        html = page("drill.html", told)
        assert f"<h1>{title}</h1>" in html
        wanted = ["한국시험원", "전자결재 &lt;1&gt;", "2등급", "김점검", "이승인", "예비 전원 점검"]
        wanted += [told["began"], told["fingerprint"], kst(1_800_000_060)]
        wanted += [row["sid"] for row in told["objects"]["resources"]]
        assert [text for text in wanted if text not in html] == []
        assert "plans.drill" not in html


def test_the_next_drill_is_compared_with_the_last(
    drilled: tuple[Drill, dict[str, int]], reports: dict[str, Any]
) -> None:
    drill, _ = drilled
    last = measured_of(reports["ko"])
    again = report(Drill(drill.form, drill.consents, drill.tried, drill.program, last), "ko")
    scenario, _ = again["scenarios"]
    assert all(row["last_s"] == row["measured_s"] for row in scenario["rows"])
    assert last["began"] in page("drill.html", again)


def test_the_result_is_told_on_the_terminal_too(reports: dict[str, Any]) -> None:
    told = reports["ko"]
    out = Console(file=StringIO(), width=200, record=True)
    print_report(out, Sentences.of("ko"), told)
    text = out.export_text()
    assert "✓ 종합 결과: 적합" in text
    for row in (row for one in told["scenarios"] for row in one["rows"]):
        from_s, to_s = row["measured_s"]
        assert f"{row['sid']} {row['name']}: {from_s}~{to_s}초 (예상" in text


def test_a_limit_that_is_broken_fails_the_check(drilled: tuple[Drill, dict[str, int]]) -> None:
    drill, _ = drilled
    strict = Drill({**drill.form, "limit_s": 5}, drill.consents, drill.tried, drill.program)
    told = report(strict, "ko")
    assert told["result"] == "fail"
    assert len(told["shortfalls"]) == sum(len(one["rows"]) for one in told["scenarios"])


class Operator(Lab):
    """An operator who takes five minutes until the plug is pulled."""

    name = "operator"

    async def strike(self, fault: Fault) -> None:
        self._world.step(300)
        await super().strike(fault)


def test_the_time_that_an_operator_takes_is_not_measured(tmp_path: Path) -> None:
    async def drilled() -> Tried:
        live = await Live(tmp_path).log_in()

        async def pause(seconds: float) -> None:
            live.running.world.step(int(seconds))

        watch = Watch(live.api, pause, monotonic=lambda: float(live.running.world.now()))
        node = (await live.api.manager_status()).services["vm:999"].node
        assert node is not None
        return await try_out(watch, Operator(live), Fault("lose", node), foresee)

    tried = asyncio.run(drilled())
    _, measured = measure("vm:999", tried.fault.node, tried.struck_s, [*looks(tried.looks)])
    assert measured is not None
    assert 100 < measured[1] < 240


def test_looks_are_kept_as_what_has_changed() -> None:
    first = Look(10, {"a": True, "b": True}, {}, {"vm:1": ("started", "a")}, {"vm:1": "a"})
    then = Look(20, {"a": False, "b": True}, {"a": "unknown"}, {"vm:1": ("fence", "a")}, {})
    told = [first.since(None), then.since(first)]
    assert told[1]["running"] == {"vm:1": None}
    assert list(looks(json.loads(json.dumps(told)))) == [first, then]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"approver": "김점검"}, "approver"),
        ({"examiner": ""}, "examiner"),
        ({"limit_s": "fast"}, "limit_s"),
        ({"instituton": "x"}, "instituton"),
    ],
)
def test_what_is_wrong_with_a_form_is_named(more: dict[str, Any], field: str) -> None:
    with pytest.raises(FieldError) as complaint:
        read_form(FORM | more)
    assert complaint.value.field == field


def test_a_template_of_ones_own_is_used_and_what_is_wrong_with_it_is_said(
    reports: dict[str, Any], tmp_path: Path
) -> None:
    told = reports["ko"]
    mine = tmp_path / "mine.html"
    mine.write_text("<p>{{ report.form.system }}</p>{% include 'print.css' %}")
    assert page("drill.html", told, mine).startswith("<p>전자결재 &lt;1&gt;</p>")
    mine.write_text("{{ report.nothing }}")
    with pytest.raises(TemplateFaultError, match="nothing"):
        page("drill.html", told, mine)
