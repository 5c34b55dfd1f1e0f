"""What the page says is what `virton forecast`, `tolerance` and `why` say of the same capture."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from typer.testing import CliRunner

from tests.browser.live import Console, InFront, Live
from tests.browser.stage import Stage
from tests.browser.test_insight import PATIENCE_MS, arrive
from tests.browser.test_stuck import STRICT
from tests.browser.visit import KO
from virton.cli.main import app

pytestmark = pytest.mark.browser

CELLS = """(table) => Object.fromEntries([...table.querySelectorAll("tbody tr")].map((row) => [
  row.querySelector("[role=rowheader]").innerText,
  [...row.querySelectorAll("[role=cell]")].map((cell) => cell.innerText.trim()),
]))"""


@pytest.fixture(params=["embedded", "in front of another"])
def console(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Console]:
    """The console of an embedded cluster, and one that has it behind it."""
    with Live(tmp_path / "agreement") as live:
        live.configure("ha/rules.cfg", STRICT)
        live.step(60)
        if request.param == "embedded":
            yield live
            return
        with InFront(tmp_path / "front", live) as front:
            front.look()
            yield front


def told(*words: str) -> dict[str, Any]:
    """Return what a verb answers as JSON."""
    result = CliRunner().invoke(app, [*words, "--json"])
    assert result.exit_code in (0, 3), result.output
    answer = json.loads(result.output)
    assert isinstance(answer, dict)
    return answer


def capture_of(page: Page, folder: Path) -> str:
    """Keep the capture that the page offers, and return where."""
    answer = page.request.get(re.sub(r"(//[^/]+).*", r"\1", page.url) + "/api/snapshot-file")
    (file := folder / "capture.json").write_bytes(answer.body())
    return str(file)


def cells(page: Page, table: str) -> dict[str, list[str]]:
    """Return the cells of a table's rows, by their head."""
    told: dict[str, list[str]] = page.get_by_role("table", name=table).evaluate(CELLS)
    return told


def span(after_s: list[int] | None) -> str:
    if after_s is None:
        return ""
    first, last = after_s
    return f"{first}초" if first == last else f"{first}~{last}초"


def test_the_page_says_what_virton_why_and_tolerance_and_forecast_say(
    console: Console, stage: Stage, tmp_path: Path
) -> None:
    page = arrive(stage.opener(console.address))
    capture = capture_of(page, tmp_path)
    the_panel_says_what_virton_why_says(page, capture)
    page.goto(f"{console.address}/whatif?lose=phum03")
    the_table_says_what_virton_tolerance_says(page, capture)
    the_course_says_what_virton_forecast_says(page, capture)


def the_panel_says_what_virton_why_says(page: Page, capture: str) -> None:
    page.get_by_role("button", name="왜? VM 100").click()
    panel = page.get_by_role("complementary", name=re.compile("VM 100"))
    expect(panel.get_by_role("heading", name="규칙이 없다면")).to_be_visible(timeout=PATIENCE_MS)
    answer = told("why", "vm:100", capture)
    assert answer["contradicting"] == ["win-on-3"]
    text = panel.inner_text()
    assert f"지금 배치해도 {answer['chosen']}입니다." in text
    reasons = panel.locator("section").filter(has_text="다른 노드가 아닌 이유")
    assert [one.inner_text() for one in reasons.get_by_role("listitem").all()] == [
        f"{node} 엄격한 규칙 {', '.join(fields['rules'])}에 없는 노드입니다."
        for node, (_, fields) in answer["objections"].items()
    ]
    for one in answer["without"]:
        assert f"규칙 {one['without']} 없이: {one['node']}" in text
    verdicts = [KO[f"verdict.{one['verdict']}"] for one in answer["when_its_node_is_lost"]]
    assert verdicts == ["배치 불가"]
    repairs = panel.locator("section").filter(has_text="해결 방법").get_by_role("listitem")
    assert repairs.count() == len(answer["repairs"])


def the_table_says_what_virton_tolerance_says(page: Page, capture: str) -> None:
    table = page.get_by_role("region", name="장애 허용 표")
    expect(table).to_have_attribute("aria-busy", "false", timeout=PATIENCE_MS)
    answer = told("tolerance", capture, "--pairs")
    shown = cells(page, "장애 허용 표")
    for row in answer["rows"]:
        verdict, struck, resets, *_ = shown[
            f"{'분할 ' if row['kind'] == 'split' else ''}{row['name']}"
        ]
        assert verdict == ("안전" if row["safe"] else KO[f"verdict.{row['worst']}"])
        assert resets == ", ".join(row["resets"])
        lost = [sid for sid, fates in row["resources"].items() if fates[0]["verdict"] != "back"]
        assert all(sid.removeprefix("vm:") in struck for sid in lost if not row["safe"])
    assert len(shown) == len(answer["rows"])


def the_course_says_what_virton_forecast_says(page: Page, capture: str) -> None:
    title = page.get_by_role("heading", name="예상 결과")
    expect(title).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("button", name="그대로인 리소스").click()
    answer = told("forecast", capture, "--lose", "phum03")
    expected = {
        sid: [
            KO[f"verdict.{row['verdict']}"],
            row["from"],
            row["node"] or "–",
            span(row["after_s"]),
        ]
        for sid, row in answer["resources"].items()
    }
    shown = cells(page, "예상 결과")
    assert {f"vm:{name.split()[1]}": row[:4] for name, row in shown.items()} == expected
    phases = page.get_by_role("region", name="진행 순서").get_by_role("listitem")
    assert [one.locator(".when").inner_text() for one in phases.all()] == [
        span(phase["at_s"]) for phase in answer["phases"]
    ]
