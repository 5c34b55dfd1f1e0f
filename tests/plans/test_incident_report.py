"""The draft of an incident report: outages by resource and group, and what led to what."""

from dataclasses import replace
from typing import Any

import pytest

from virton.keeping.once import Kept
from virton.plans.incident_report import Story, incident_report
from virton.plans.pages import page

BEGAN_MS = 1_800_000_000_000


def row(number: int, kind: str, whom: str, from_min: float, to_min: float, **facts: Any) -> Kept:
    bounds = (BEGAN_MS + round(from_min * 60_000), BEGAN_MS + round(to_min * 60_000))
    return Kept(number, kind, whom, *bounds, False, facts, None)


@pytest.fixture
def story() -> Story:
    rows = [
        row(1, "node.lost", "pve2", 0, 0.2),
        row(2, "node.fenced", "pve2", 2, 2),
        row(3, "resource.recovered", "vm:1", 2.1, 2.3, before="pve2", node="pve1"),
        row(4, "resource.recovered", "vm:2", 11.0, 12.5, before="pve2", node="pve3"),
        row(5, "guest.down", "vm:3", 20, 20.1),
        row(6, "resource.started", "vm:3", 55, 55, node="pve1"),
    ]
    affected = ("vm:1", "vm:2", "vm:3", "vm:4")
    ended_ms = BEGAN_MS + 60 * 60_000
    return Story(7, "pve2", BEGAN_MS, ended_ms, affected, rows, rows[:0])


def told(story: Story, lang: str = "ko", **groups: list[str]) -> dict[str, Any]:
    assert story.ended_ms is not None
    return incident_report(story, groups, {"institution": "한국시험원"}, story.ended_ms, lang)


def test_outages_are_told_at_their_longest_with_the_thresholds_marked(story: Story) -> None:
    rows = {one["name"]: (one["minutes"], one["mark"]) for one in told(story)["resources"]}
    assert rows == {
        "VM 1": ("2:18", None),
        "VM 2": ("12:30", 10),
        "VM 3": ("35:00", 30),
        "VM 4": ("60:00", 30),
    }
    [open_one] = [one for one in told(story)["resources"] if one["until"] is None]
    assert open_one["name"] == "VM 4"


def test_a_group_is_down_while_any_of_its_members_is(story: Story) -> None:
    web, idle = {"web": ["vm:1", "vm:2", "vm:3"]}, {"idle": ["vm:9"]}
    [group] = told(story, **web, **idle)["groups"]
    assert (group["name"], group["minutes"], group["mark"]) == ("web", "47:30", 30)


def test_of_a_node_that_carried_nothing_it_is_told_what_led_to_its_last(story: Story) -> None:
    alone = replace(story, affected=(), rows=story.rows[:2])
    [cause] = told(alone, "en")["causes"]
    assert cause.count("pve2") == 2
    assert " → " in cause


def test_the_draft_tells_course_and_causes_in_both_languages(story: Story) -> None:
    for lang, title in (("ko", "장애보고서"), ("en", "Incident Report")):
        report = told(story, lang)
        html = page("incident.html", report)
        assert f"<h1>{title}</h1>" in html
        assert "2027-01-15 17:00:12 KST" in html
        assert len(report["course"]) == 6
        chain = next(line for line in report["causes"] if "VM 1" in line)
        assert chain.count(" → ") >= 1
        assert "plans." not in html
