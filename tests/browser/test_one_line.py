"""The status line says the same on the page and in a terminal, of the same page model."""

import copy
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pydantic import ValidationError

from tests.browser import contents
from tests.browser.standin import Standin, told
from tests.browser.visit import KO, line
from virton.cli.status_page import told_line
from virton.console.page.matters import line_of, matters_of, well_facts
from virton.console.page.model import PageModel
from virton.language.sentences import Sentences

pytestmark = pytest.mark.browser


def changed(**changes: object) -> Callable[[], contents.Snapshot]:
    def make() -> contents.Snapshot:
        snapshot = copy.deepcopy(contents.usual())
        for path, value in changes.items():
            *way, last = path.split("__")
            place = snapshot
            for step in way:
                place = place[int(step) if step.isdigit() else step]
            place[last] = value
        return snapshot

    return make


MAKERS = [
    contents.usual,
    contents.without_quorum,
    contents.trouble,
    changed(master=None),
    changed(fencing={"armed_state": "disarmed", "resource_mode": "ignore"}),
    changed(cluster__votes=2),
    changed(cluster__votes=5),
    changed(nodes__0__lrm=contents.lrm("dead")),
    changed(resources__0__guest="unknown"),
    changed(cluster__audit="full"),
    changed(resources__0__state="error"),
    changed(resources__0__state="freeze", resources__0__guest="running"),
    changed(resources__0__state="starting", resources__0__guest="stopped"),
    changed(resources__0__state="migrate", resources__0__guest="running"),
    changed(nodes__0__ha_state="maintenance"),
    changed(parts__nodes=contents.bad_part("timeout")),
    changed(parts__status=contents.bad_part("refused")),
]


NOTHING = {
    "missing": None,
    "tuple_type": (),
    "mapping_type": {},
    "dict_type": {},
    "bool_type": False,
}


def whole(snapshot: contents.Snapshot | None) -> PageModel:
    """Return what the stand-in shows as a page model, with nothing where it says nothing."""
    body = copy.deepcopy(snapshot) or {}
    for _ in range(4):
        try:
            return PageModel.model_validate(body)
        except ValidationError as error:
            for problem in error.errors():
                *way, last = problem["loc"]
                place = body
                for step in way:
                    place = place[step]
                if problem["type"] == "extra_forbidden":
                    del place[last]
                else:
                    place[last] = NOTHING[problem["type"]]
    raise AssertionError("the stand-in shows no page model")


def test_the_line_says_what_the_terminal_does_and_of_a_table_of_before_that_it_is_no_safety(
    page: Page, standin: Standin
) -> None:
    the_page_and_the_terminal_say_the_same(page, standin)
    a_table_of_before_is_told_as_no_safety(page, standin)


def the_page_and_the_terminal_say_the_same(page: Page, standin: Standin) -> None:
    said = Sentences.of("ko")
    for make in MAKERS:
        snapshot = make()
        model = whole(told(snapshot))
        matters = matters_of(model)
        standin.show(snapshot)
        expect(line(page).locator(".word")).to_have_text(KO[f"line.word.{line_of(matters)}"])
        if matters:
            facts = [told_line(matters[0], said).split(". ")[0][:30]]
        else:
            facts = [said.say(key, fields) for key, fields in well_facts(model)]
        for fact in facts:
            expect(line(page)).to_contain_text(fact)


def a_table_of_before_is_told_as_no_safety(page: Page, standin: Standin) -> None:
    snapshot = contents.usual() | {"outlook": {"fresh": True, "number": 1}}
    row = {"kind": "node", "name": "phum01", "nodes": ["phum01"], "quorate": True, "safe": True}
    table = {"rows": [row | {"resources": {}}], "armed": ["phum01"], "done": 1, "of": 1}
    standin.table = table | {"fresh": True, "at": contents.NOW, "trouble": None, "number": 1}
    standin.show(snapshot)
    expect(line(page)).to_contain_text("노드 1대 장애까지 안전")
    expect(page.get_by_text(KO["nodes.would_reset"])).to_be_visible()
    unseen = contents.usual() | {"outlook": snapshot["outlook"]}
    unseen["parts"]["status"] = contents.bad_part("unreachable", None, contents.NOW)
    standin.show(unseen)
    # the table holds of what was seen last, and nobody knows what has become of that
    expect(page.locator(".outlook")).to_contain_text("지금은 클러스터를 볼 수 없습니다")
    expect(page.locator(".outlook")).not_to_contain_text("안전")
    standin.show(snapshot)
    expect(page.locator(".outlook")).to_contain_text("안전")
    standin.show(snapshot | {"outlook": {"fresh": False, "number": 1}})
    expect(line(page)).to_contain_text("장애 허용 범위 다시 계산 중")
    expect(page.get_by_text(KO["nodes.would_reset"])).to_have_count(0)
    standin.table["rows"][0] |= {"safe": False, "quorate": False}
    standin.table["number"] = 2
    standin.show(snapshot | {"outlook": {"fresh": True, "number": 2}})
    expect(line(page).locator(".word")).to_have_text("주의")
    expect(line(page).get_by_role("button", name="장애 허용 표")).to_be_visible()
