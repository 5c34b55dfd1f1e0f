"""Sights of the page: what the stand-in shows, and what is done to get there.

Each is looked at in both languages, themes and widths, and judged for accessibility.
"""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.browser import contents
from tests.browser.contents import bad_part, node_rule, resource_rule
from tests.browser.standin import Standin
from tests.browser.visit import Words, choose_in_menu, drawn, matters


def nothing(*_: object) -> None:
    """Leave things as they are."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A sight of the page: prepared in the stand-in, reached in the page."""

    name: str
    prepare: Callable[[Standin], object] = nothing
    reach: Callable[[Page, Standin, Words], object] = nothing
    path: str = "/"
    alone: bool = False
    """Whether it leaves more behind on the page of HA than a dialog to be closed."""
    keeps_words: bool = False
    """Whether it keeps words of the language in which it was reached, as a dialog does."""


def shows(make: Callable[[], contents.Snapshot]) -> Callable[[Standin], None]:
    """Show a snapshot from the start."""

    def prepare(standin: Standin) -> None:
        standin.snapshot = make()

    return prepare


def _loading(standin: Standin) -> None:
    standin.snapshot = None


def _failing(standin: Standin) -> None:
    snapshot = contents.usual()
    snapshot.update(nodes=[], resources=[], quorum=None, master=None, fencing=None)
    snapshot["parts"] = {
        "status": bad_part("timeout"),
        "resources": bad_part("refused", "connection refused by phum01:8006"),
        "rules": bad_part("tls", "self-signed certificate"),
        "nodes": bad_part("unreachable"),
    }
    standin.snapshot = snapshot


def _stale(standin: Standin) -> None:
    snapshot = contents.usual()
    failing = bad_part("timeout", None, contents.NOW - 47)
    snapshot["parts"] = dict.fromkeys(snapshot["parts"], failing)
    standin.snapshot = snapshot


def _empty(standin: Standin) -> None:
    snapshot = contents.usual()
    snapshot.update(nodes=[], resources=[])
    standin.snapshot = snapshot


def _no_master(standin: Standin) -> None:
    snapshot = contents.usual()
    snapshot["master"] = None
    snapshot["fencing"] = {"armed_state": "disarmed", "resource_mode": "ignore"}
    snapshot["nodes"] = snapshot["nodes"][:2]
    standin.snapshot = snapshot


def _trouble(standin: Standin) -> None:
    standin.snapshot = contents.trouble()
    standin.fence_clock = {"phum03": {"again": [contents.NOW + 34, contents.NOW + 56]}}


def _auditor(standin: Standin) -> None:
    standin.session = standin.new_session(["Sys.Audit"], lab=False)
    standin.snapshot = contents.with_rules()


def _no_answers(standin: Standin) -> None:
    snapshot = contents.usual()
    failure = {"status": None, "code": "timeout", "message": None}
    snapshot["cluster"].update(
        addresses=[
            {"address": "https://phum01:8006", "ok": False, "error": failure, "answering": False},
            {"address": "https://phum02:8006", "ok": True, "error": None, "answering": True},
        ],
        clock={"now": contents.NOW + 140, "runs": True, "skew_s": 140},
    )
    snapshot["parts"]["nodes"].update(slow_s=6.4, address="https://phum02:8006")
    standin.snapshot = snapshot


def _arming(standin: Standin) -> None:
    snapshot = contents.usual()
    snapshot["fencing"] = {"armed_state": "disarmed", "resource_mode": "ignore"}
    snapshot["nodes"][2].update(online=False, ha_state="unknown")
    standin.snapshot = snapshot


def _open_arming(page: Page, _: Standin, words: Words) -> None:
    page.locator("#status").get_by_role("button", name=words["arm.open"]).click()


def _open_settings(page: Page, _: Standin, words: Words) -> None:
    page.get_by_role("button", name=words["settings.open"]).click()
    expect(page.get_by_label(words["settings.margin"])).to_be_visible()


def _open_stop(page: Page, _: Standin, words: Words) -> None:
    choose_in_menu(page, "VM 999 (virton)", words["stop"])


def _bulk(page: Page, _: Standin, words: Words) -> None:
    page.get_by_role("button", name=words["resources.many"]).click()
    page.locator("#resources tbody input[type=checkbox]").first.click()
    page.locator("#resources tbody input[type=checkbox]").last.click(modifiers=["Shift"])
    page.get_by_role("button", name=words["bulk.open"]).click()


def _mapped(standin: Standin) -> None:
    standin.snapshot = contents.with_rules()
    standin.snapshot["resources"][1].update(state="migrate", target="phum02")
    standin.domains = {"rack-a": ["phum01", "phum02"]}


def _map(page: Page, _: Standin, words: Words) -> None:
    page.get_by_role("button", name=words["view.map"]).click()
    page.get_by_label(words["map.rule"]).select_option("prefer-phum01")
    expect(page.locator(".map-lines line").first).to_be_attached()


def _edit_in_group(page: Page, _: Standin, words: Words) -> None:
    choose(page, words, "VM 121 (ct)", "edit")


def _avoiding_rule(page: Page, _: Standin, words: Words) -> None:
    choose_in_menu(page, "not-on-02", words["rule.edit"].replace("{rule}", "not-on-02"))


def _laboratory(standin: Standin) -> None:
    snapshot = contents.trouble()
    snapshot["cluster"]["lab"] = True
    standin.snapshot = snapshot
    standin.laboratory["nodes"][2]["network"] = False
    standin.laboratory["guests"][0].update(running=False, fail_starts=2)
    standin.laboratory["paused"] = True


def _open_laboratory(page: Page, _: Standin, words: Words) -> None:
    page.get_by_role("button", name=words["lab.title"], exact=True).click()
    expect(page.get_by_role("switch", name="phum03").first).to_be_visible()


def _find(page: Page, _: Standin, words: Words) -> None:
    page.get_by_role("searchbox", name=words["filter.label"]).fill("phum02")


def _line_lost(page: Page, standin: Standin, words: Words) -> None:
    drawn(page)
    standin.go_away()
    expect(page.get_by_text(words["warning.line_lost.head"])).to_be_visible()


def _matters(page: Page, _: Standin, words: Words) -> None:
    matters(page)


def _row_menu(page: Page, _: Standin, words: Words) -> None:
    page.get_by_role("button", name=words["menu.of"].replace("{name}", "VM 999 (virton)")).click()


def _keys(page: Page, _: Standin, words: Words) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def _by_node(page: Page, _: Standin, words: Words) -> None:
    page.evaluate("localStorage.setItem('virton.grouping', 'node')")
    page.evaluate("localStorage.setItem('virton.density', 'compact')")
    page.reload()
    drawn(page)


def _add(page: Page, _: Standin, words: Words) -> None:
    page.get_by_role("button", name=words["resources.add"]).click()


def _add_filled(page: Page, standin: Standin, words: Words) -> None:
    _add(page, standin, words)
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(words["field.guest"]).select_option("ct:200")
    dialog.get_by_label(words["field.state"], exact=True).select_option("disabled")
    dialog.get_by_label(words["field.max_restart"], exact=True).fill("-1")
    for field in ("state", "max_restart", "max_relocate", "failback"):
        label = words["help"].replace("{label}", words[f"field.{field}"])
        dialog.get_by_role("button", name=label, exact=True).click()


def choose(page: Page, words: Words, name: str, action: str) -> None:
    """Choose a resource by its name and press one of the part's buttons."""
    label = words["resources.choose_one"].replace("{name}", name)
    page.get_by_role("radio", name=label).check()
    page.locator("#resources").get_by_role("button", name=words[action], exact=True).click()


def _edit_overtaken(page: Page, standin: Standin, words: Words) -> None:
    choose(page, words, "VM 121 (ct)", "edit")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(words["field.comment"]).fill("결제 서버")
    snapshot = contents.usual()
    snapshot["resources"][1].update(
        max_restart=3, comment="web", state="error", crm_state="error", node="phum02"
    )
    standin.show(snapshot)
    expect(dialog.get_by_role("status")).to_be_visible()


def _edit_vanished(page: Page, standin: Standin, words: Words) -> None:
    choose(page, words, "VM 121 (ct)", "edit")
    snapshot = contents.usual()
    del snapshot["resources"][1]
    standin.show(snapshot)
    expect(page.get_by_role("dialog").get_by_role("status")).to_be_visible()


def _discard(page: Page, standin: Standin, words: Words) -> None:
    _add_filled(page, standin, words)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=words["discard.no"])).to_be_visible()


def _capture(page: Page, _: Standin, words: Words) -> None:
    page.get_by_role("button", name=words["capture.title"]).click()


def _add_refused(page: Page, standin: Standin, words: Words) -> None:
    _add(page, standin, words)
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(words["field.guest"]).select_option("vm:130")
    standin.refuse(500, "resource ID 'vm:130' already defined")
    dialog.get_by_role("button", name=words["add"], exact=True).click()
    expect(dialog.get_by_role("alert")).to_be_visible()


def _add_refused_at_field(page: Page, standin: Standin, words: Words) -> None:
    _add(page, standin, words)
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(words["field.guest"]).select_option("vm:130")
    fields = {"max_restart": "value must have a maximum value of 10"}
    standin.refuse(400, "Parameter verification failed.", fields)
    dialog.get_by_role("button", name=words["add"], exact=True).click()
    expect(dialog.get_by_text("maximum value")).to_be_visible()


def _session_over(page: Page, standin: Standin, words: Words) -> None:
    _add(page, standin, words)
    dialog = page.get_by_role("dialog", name=words["resource.form.add"])
    dialog.get_by_label(words["field.guest"]).select_option("vm:130")
    standin.end_session_at_a_deed()
    dialog.get_by_role("button", name=words["add"], exact=True).click()
    expect(page.get_by_role("dialog", name=words["login.again"])).to_be_visible()


def _remove(page: Page, _: Standin, words: Words) -> None:
    choose(page, words, "VM 100 (LOTCES-WIN)", "remove")


def _move(page: Page, _: Standin, words: Words) -> None:
    choose(page, words, "VM 100 (LOTCES-WIN)", "move")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(words["move.node"]).select_option("phum01")


def _move_container(page: Page, _: Standin, words: Words) -> None:
    choose(page, words, "CT 200 (dns)", "move")


def _with_container(standin: Standin) -> None:
    snapshot = contents.trouble()
    snapshot["resources"].insert(0, contents.resource(200, "dns", "phum01", type="ct"))
    snapshot["rules"] = [resource_rule("apart", ["ct:200", "vm:121"], "negative")]
    standin.snapshot = snapshot


def add_rule(page: Page, words: Words, kind: str) -> None:
    """Open the form of a new rule."""
    card = page.get_by_role("region", name=words[f"rules.{kind}"]).first
    card.get_by_role("button", name=words["rules.add"]).click()


def _node_rule(page: Page, _: Standin, words: Words) -> None:
    add_rule(page, words, "node-affinity")


def _node_rule_conflict(page: Page, standin: Standin, words: Words) -> None:
    add_rule(page, words, "node-affinity")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(words["rule.name"]).fill("1x")
    dialog.get_by_role("checkbox", name="VM 100 (LOTCES-WIN)").check()
    dialog.get_by_role("checkbox", name="phum01").check()
    raise_it = words["pick.raise"].replace("{node}", "phum01")
    dialog.get_by_role("button", name=raise_it).click(click_count=3)
    for label in ("rule.strict", "rule.nodes"):
        name = words["help"].replace("{label}", words[label])
        dialog.get_by_role("button", name=name, exact=True).click()


def _resource_rule(page: Page, _: Standin, words: Words) -> None:
    add_rule(page, words, "resource-affinity")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(words["rule.name"]).fill("apart-1")
    dialog.get_by_role("checkbox", name="VM 121 (ct)").check()
    dialog.get_by_role("checkbox", name="VM 999 (virton)").check()
    dialog.get_by_label(words["rule.affinity"], exact=True).select_option("negative")


def _rule_removal(page: Page, _: Standin, words: Words) -> None:
    choose_in_menu(page, "ha-pair", words["rule.remove"].replace("{rule}", "ha-pair"))


def _switch_refused(page: Page, standin: Standin, words: Words) -> None:
    standin.refuse(400, "Rule 'ha-pair' is invalid.", {"resources": "whatever"})
    name = words["rule.use"].replace("{rule}", "ha-pair")
    page.get_by_role("switch", name=name).click()
    expect(page.locator(".toast").filter(has_text="ha-pair")).to_be_visible()


def _priorities(standin: Standin) -> None:
    snapshot = contents.with_rules()
    snapshot["rules"].append(
        node_rule("pin-cl", ["vm:122", "vm:124"], {"phum01": 0}, comment="노드 하나뿐")
    )
    standin.snapshot = snapshot


def _login_failed(page: Page, standin: Standin, words: Words) -> None:
    standin.login_error = (401, {"error": {"status": 401, "code": "auth", "message": None}})
    page.get_by_label(words["login.username"]).fill("root")
    page.get_by_label(words["login.password"]).fill("wrong")
    page.get_by_role("button", name=words["login.submit"]).click()
    expect(page.get_by_role("alert")).to_be_visible()


def _code_asked(page: Page, standin: Standin, words: Words) -> None:
    _refuse_code(standin, "required")
    page.get_by_label(words["login.username"]).fill("root")
    page.get_by_label(words["login.password"]).fill("right")
    page.get_by_role("button", name=words["login.submit"]).click()
    expect(page.get_by_label(words["login.otp"])).to_be_focused()


def _code_wrong(page: Page, standin: Standin, words: Words) -> None:
    _code_asked(page, standin, words)
    _refuse_code(standin, "wrong")
    page.get_by_label(words["login.otp"]).fill("000000")
    page.get_by_role("button", name=words["login.submit"]).click()
    expect(page.get_by_role("alert")).to_have_text(words["login.otp.wrong"])


def _refuse_code(standin: Standin, why: str) -> None:
    error = {"status": 401, "code": "second_factor", "message": None, "fields": {"otp": why}}
    standin.login_error = (401, {"error": error | {"kinds": ["recovery", "totp"]}})


def _logged_out(standin: Standin) -> None:
    standin.session = None


def _incident(page: Page, _: Standin, words: Words) -> None:
    page.locator(".incidents summary").click()
    expect(page.get_by_role("link", name=words["history.replay"])).to_be_visible()


def _lanes(page: Page, _: Standin, words: Words) -> None:
    page.get_by_role("group", name=words["history.lanes.keys"]).focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    expect(page.locator("#lane-told b")).to_have_text("phum03")


def _told(page: Page, _: Standin, words: Words) -> None:
    expect(page.get_by_role("row").nth(2)).to_be_visible()


def _administrator(standin: Standin) -> None:
    standin.session = standin.new_session(["Sys.Audit", "Sys.Console", "Sys.Modify"])


def _recipient(page: Page, _: Standin, words: Words) -> None:
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="chat"))
    row.get_by_role("button", name=words["edit"]).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _no_drill(standin: Standin) -> None:
    standin.drill = {"busy": False, "report": True}


def _proposed(standin: Standin) -> None:
    told = {key: value for key, value in standin.drill.items() if key != "course"}
    standin.drill = told | {"busy": False}
    fate = {"verdict": "back", "from": "phum03", "node": "phum01", "after_s": [127, 146]}
    standin.fates = {"vm:100": fate, "vm:122": {**fate, "verdict": "not_placed", "node": None}}


def _expected(page: Page, _standin: Standin, _words: Words) -> None:
    """What is expected stands beside the fault before anybody agrees to it."""
    told = page.locator(".expected").get_by_role("listitem").filter(has_text="VM 100")
    expect(told).to_contain_text("→ phum01")
    expect(told).to_contain_text("146")


def _plans(page: Page, _standin: Standin, words: Words) -> None:
    page.get_by_role("button", name=words["plans.page.look"]).click()
    expect(page.locator("#apply")).to_be_visible()
    page.get_by_text(words["plans.page.file"]).click()
    page.get_by_role("button", name=f"{words['plans.page.undo']}: ").first.click()
    expect(page.locator("#do-chosen")).to_be_visible()


SCENES = [
    Scene("alerts", _administrator, _told, path="/alerts"),
    Scene("alerts-recipient", _administrator, _recipient, path="/alerts", keeps_words=True),
    Scene("history-list", reach=_incident, path="/history"),
    Scene("history-lanes", reach=_lanes, path="/history?view=lanes"),
    Scene("history-availability", reach=_told, path="/history?view=availability"),
    Scene("history-deeds", reach=_told, path="/history?view=deeds"),
    Scene("history-moment", reach=_told, path="/history?view=moment"),
    Scene("main"),
    Scene("rules", shows(contents.with_rules)),
    Scene("every-state", shows(contents.every_state)),
    Scene("many", shows(lambda: contents.many(20)), _find, alone=True),
    Scene("trouble", _trouble),
    Scene("arming", _arming, _open_arming, keeps_words=True),
    Scene("settings", reach=_open_settings, keeps_words=True),
    Scene("stop", reach=_open_stop, keeps_words=True),
    Scene("bulk", reach=_bulk, alone=True, keeps_words=True),
    Scene("map", _mapped, _map, alone=True),
    Scene("loading", _loading, alone=True),
    Scene("failing", _failing),
    Scene("stale", _stale),
    Scene("empty", _empty),
    Scene("no-quorum", shows(contents.without_quorum)),
    Scene("no-answers", _no_answers),
    Scene("no-master", _no_master),
    Scene("auditor", _auditor, alone=True),
    Scene("groups", shows(contents.with_groups)),
    Scene("edit-in-group", shows(contents.with_groups), _edit_in_group, keeps_words=True),
    Scene("avoiding-rule", shows(contents.newest), _avoiding_rule, keeps_words=True),
    Scene("laboratory", _laboratory, _open_laboratory, alone=True),
    Scene("line-lost", reach=_line_lost, alone=True),
    Scene("help", path="/help"),
    Scene("matters", shows(contents.trouble), _matters, alone=True),
    Scene("row-menu", shows(contents.trouble), _row_menu, keeps_words=True),
    Scene("keys", reach=_keys, keeps_words=True),
    Scene("by-node", shows(contents.trouble), _by_node, alone=True),
    Scene("add", reach=_add, keeps_words=True),
    Scene("add-filled", reach=_add_filled, keeps_words=True),
    Scene("discard", reach=_discard, alone=True, keeps_words=True),
    Scene("capture", reach=_capture, keeps_words=True),
    Scene("add-refused", reach=_add_refused, keeps_words=True),
    Scene("add-refused-at-field", reach=_add_refused_at_field, keeps_words=True),
    Scene("edit-overtaken", reach=_edit_overtaken, keeps_words=True),
    Scene("edit-vanished", reach=_edit_vanished, keeps_words=True),
    Scene("session-over", reach=_session_over, alone=True, keeps_words=True),
    Scene("remove", shows(contents.with_rules), _remove, keeps_words=True),
    Scene("move", shows(contents.with_rules), _move, keeps_words=True),
    Scene("move-container", _with_container, _move_container, keeps_words=True),
    Scene("node-rule", reach=_node_rule, keeps_words=True),
    Scene("node-rule-conflict", shows(contents.with_rules), _node_rule_conflict, keeps_words=True),
    Scene("resource-rule", shows(contents.with_rules), _resource_rule, keeps_words=True),
    Scene("rule-removal", shows(contents.with_rules), _rule_removal, keeps_words=True),
    Scene("switch-refused", _priorities, _switch_refused, alone=True, keeps_words=True),
    Scene("plans", reach=_plans, path="/plans"),
    Scene("drill", path="/drill"),
    Scene("drill-proposed", _proposed, _expected, path="/drill"),
    Scene("drill-form", _no_drill, path="/drill"),
    Scene("login", _logged_out, path="/login", keeps_words=True),
    Scene("login-failed", _logged_out, _login_failed, path="/login", keeps_words=True),
    Scene("login-code", _logged_out, _code_asked, path="/login", keeps_words=True),
    Scene("login-code-wrong", _logged_out, _code_wrong, path="/login", keeps_words=True),
]
