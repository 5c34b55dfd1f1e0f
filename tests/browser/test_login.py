"""The login page."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stage import Opener
from tests.browser.standin import Standin

pytestmark = pytest.mark.browser


@pytest.fixture
def login(standin: Standin, open_page: Opener) -> Page:
    """The login page, with nobody logged in."""
    standin.session = None
    page = open_page("/login")
    expect(page.get_by_label("사용자 이름")).to_be_focused()
    return page


def enter(page: Page, password: str = "right") -> None:  # noqa: S107
    page.get_by_label("사용자 이름").fill("root")
    page.get_by_label("비밀번호").fill(password)
    page.get_by_role("button", name="로그인", exact=True).click()


def failure(status: int, code: str, **more: object) -> tuple[int, dict[str, object]]:
    error = {"status": status, "code": code, "message": None, "fields": {}}
    return status, {"error": error | more}


def test_what_was_wrong_and_what_to_type_is_said_until_logging_in_leads_to_the_page(
    login: Page, standin: Standin
) -> None:
    what_was_wrong_is_said(login, standin)
    what_to_type_is_said_as_the_cluster_takes_it_and_asked_of_one_account_alone(login, standin)
    standin.writes.clear()
    logging_in_leads_to_the_page(login, standin)


def what_was_wrong_is_said(login: Page, standin: Standin) -> None:
    brand = login.get_by_text("VirtOn HA", exact=True)
    expect(brand).to_have_css("column-gap", "8px")
    expect(brand).to_have_css("font-weight", "700")
    login.get_by_role("button", name="로그인", exact=True).click()
    expect(login.get_by_label("사용자 이름")).to_have_accessible_description(
        "사용자 이름을 입력하세요."
    )
    assert standin.writes == []

    standin.login_error = failure(401, "auth")
    enter(login, "wrong")
    expect(login.get_by_role("alert")).to_contain_text("사용자 이름과 비밀번호를 확인하세요.")
    expect(login.get_by_label("사용자 이름")).to_have_value("root")
    expect(login.get_by_label("비밀번호")).to_be_focused()

    standin.login_error = failure(401, "second_factor_kind", kinds=["webauthn"])
    enter(login)
    expect(login.get_by_role("alert")).to_contain_text("보안 키")
    expect(login.get_by_label("2단계 인증 코드")).to_be_hidden()

    standin.login_error = failure(429, "throttled", retry_after_s=7)
    enter(login)
    expect(login.get_by_role("alert")).to_contain_text("7초 뒤에 다시 시도하세요.")


def logging_in_leads_to_the_page(login: Page, standin: Standin) -> None:
    standin.login_error = None
    expect(login.get_by_label("인증 영역 (Realm)")).to_have_value("pve")
    enter(login)
    expect(login.get_by_role("heading", name="고가용성 (High Availability, HA)")).to_be_visible()
    credentials = {"username": "root", "password": "right", "realm": "pve"}
    # a code that was typed for another account is not sent
    assert standin.writes == [("POST", "/api/login", credentials)]
    header = login.get_by_role("banner").get_by_text("VirtOn HA", exact=True)
    expect(header).to_have_css("column-gap", "8px")
    expect(header).to_have_css("font-weight", "700")


def test_without_a_session_one_is_sent_to_the_login_and_a_name_as_it_was_typed(
    standin: Standin, open_page: Opener
) -> None:
    standin.session = None
    page = open_page("/")
    expect(page.get_by_label("사용자 이름")).to_be_focused()
    expect(page).to_have_url(re.compile("/login$"))
    page.get_by_label("사용자 이름").fill("operator@pve")
    page.get_by_label("비밀번호").fill("secret")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("고가용성")
    assert standin.writes[0][2]["username"] == "operator@pve"
    assert standin.writes[0][2]["realm"] == "pam"


def test_a_realm_whose_users_log_in_elsewhere_asks_for_no_password_and_sends_them_there(
    standin: Standin, open_page: Opener
) -> None:
    standin.realms = [
        {"realm": "sso", "comment": "SSO", "default": True, "password": False},
        {"realm": "pam", "comment": None, "default": False, "password": True},
    ]
    standin.session = None
    page = open_page("/login")
    realm = page.get_by_label("인증 영역 (Realm)")
    expect(realm).to_have_value("sso")
    expect(realm.get_by_role("option", name="sso · SSO (외부 인증)")).to_be_enabled()
    expect(page.get_by_label("비밀번호")).to_be_hidden()
    page.get_by_role("button", name="로그인", exact=True).click()
    expect(page).to_have_url(re.compile("/elsewhere"))


def test_who_comes_back_with_a_code_is_logged_in_or_told_why_not(
    standin: Standin, open_page: Opener
) -> None:
    standin.session = None
    standin.login_error = failure(403, "openid_state")
    page = open_page("/login?code=c&state=s")
    expect(page.get_by_role("alert")).to_contain_text("이 브라우저에서 시작한 로그인이 아니거나")
    expect(page).to_have_url(re.compile("/login$"))


def ask_for_code(standin: Standin, *kinds: str) -> None:
    standin.login_error = failure(401, "second_factor", fields={"otp": "required"}, kinds=kinds)


def test_a_code_is_asked_for_is_said_wrong_at_its_field_and_nothing_typed_is_lost(
    login: Page, standin: Standin
) -> None:
    ask_for_code(standin, "totp")
    code = login.get_by_label("2단계 인증 코드")
    expect(code).to_be_hidden()
    enter(login)
    expect(code).to_be_focused()
    expect(code).to_have_accessible_description(re.compile("2단계 인증을 씁니다.*6자리"))
    expect(login.get_by_role("alert")).to_have_count(0)

    # A code that is not typed is not sent.
    login.keyboard.press("Enter")
    expect(code).to_have_accessible_description(re.compile("인증 코드를 입력하세요"))
    assert len(standin.writes) == 1

    standin.login_error = failure(401, "second_factor", fields={"otp": "wrong"})
    code.fill("000000")
    login.keyboard.press("Enter")
    expect(login.get_by_role("alert")).to_contain_text("코드가 틀렸거나 이미 사용한 코드입니다.")
    expect(code).to_have_attribute("aria-invalid", "true")
    expect(code).to_have_accessible_description(re.compile("이미 사용한 코드입니다"))
    expect(code).to_be_focused()
    expect(login.get_by_label("사용자 이름")).to_have_value("root")
    expect(login.get_by_label("비밀번호")).to_have_value("right")

    standin.login_error = None
    login.keyboard.type("123456")
    login.keyboard.press("Enter")
    expect(login.get_by_role("heading", level=1)).to_contain_text("고가용성")
    credentials = {"username": "root", "password": "right", "realm": "pam"}
    sent = [credentials, credentials | {"otp": "000000"}, credentials | {"otp": "123456"}]
    assert [write[2] for write in standin.writes] == sent


KINDS = [
    (("totp",), "numeric", "6자리 코드를"),
    (("recovery", "totp"), "text", "복구 키"),
    (("recovery",), "text", "인증 코드를 입력하세요"),
    ((), "numeric", "6자리 코드를"),
]


def what_to_type_is_said_as_the_cluster_takes_it_and_asked_of_one_account_alone(
    login: Page, standin: Standin
) -> None:
    code = login.get_by_label("2단계 인증 코드")
    realm = login.get_by_label("인증 영역 (Realm)")
    realm.select_option("pve")
    for (kinds, keyboard, hint), other in zip(KINDS, 2 * ("pam", "pve"), strict=True):
        ask_for_code(standin, *kinds)
        enter(login)
        expect(code).to_be_focused()
        expect(code).to_have_attribute("inputmode", keyboard)
        expect(code).to_have_accessible_description(re.compile(hint))
        code.fill("123456")
        realm.select_option(other)
        expect(code).to_be_hidden()


def test_changing_the_language_keeps_what_was_typed(login: Page, standin: Standin) -> None:
    login.get_by_label("사용자 이름").fill("root")
    login.get_by_role("button", name="English").click()
    expect(login.get_by_label("User name")).to_have_value("root")
    expect(login).to_have_title("Log in · VirtOn HA")
    login.get_by_role("button", name="한국어").click()
    login.get_by_label("인증 영역 (Realm)").select_option("pve")
    ask_for_code(standin, "totp")
    enter(login)
    login.get_by_label("2단계 인증 코드").fill("123")
    login.get_by_role("button", name="English").click()
    expect(login.get_by_label("Second factor")).to_have_value("123")
    expect(login.get_by_label("Second factor")).to_be_focused()
    expect(login.get_by_label("Password")).to_have_value("right")
    expect(login.get_by_label("Realm")).to_have_value("pve")


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [("/?part=rules", r"/\?part=rules$"), ("//elsewhere.example/", r"^http://127[^/]*/$")],
)
def test_the_login_leads_back_to_where_one_came_from_and_never_elsewhere(
    wanted: str, led_to: str, standin: Standin, open_page: Opener
) -> None:
    standin.session = None
    page = open_page(f"/login?next={wanted}")
    enter(page)
    expect(page.get_by_role("heading", name="고가용성 (High Availability, HA)")).to_be_visible()
    expect(page).to_have_url(re.compile(led_to))
