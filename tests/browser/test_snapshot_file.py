"""The snapshot file, from the page to the disk."""

import json
from typing import Any

import pytest
from playwright.sync_api import Download, Locator, Page, expect

from tests.browser.stage import Opener
from tests.browser.standin import Standin

pytestmark = pytest.mark.browser


def ask(page: Page) -> Locator:
    page.get_by_role("button", name="HA 상태 내보내기").click()
    return page.get_by_role("dialog", name="HA 상태 내보내기")


def save(page: Page, dialog: Locator) -> Download:
    with page.expect_download() as saved:
        dialog.get_by_role("button", name="내보내기", exact=True).click()
    return saved.value


def about(download: Download) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(download.path().read_text())["about"]
    return content


def test_the_cluster_is_saved_by_name_or_without_names_and_what_the_file_lacks_is_said(
    page: Page, standin: Standin
) -> None:
    dialog = ask(page)
    expect(dialog).to_contain_text("제외: 비밀번호")
    download = save(page, dialog)
    assert download.suggested_filename == "virton-2025-11-23-0303.json"
    assert about(download)["anonymous"] is False
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("HA 상태를 내보냈습니다: virton-2025-11-23-0303.json")).to_be_visible()

    dialog = ask(page)
    dialog.get_by_label("이름 숨기기").check()
    standin.remarks = [{"remark": "node_size_unknown", "node": "phum02"}]
    download = save(page, dialog)
    assert download.suggested_filename == "cluster-2025-11-23-0303.json"
    assert about(download)["anonymous"] is True
    expect(page.get_by_text("확인할 점: phum02: CPU와 메모리 크기를")).to_be_visible()
    expect(dialog).to_have_count(0)


def test_a_refusal_is_said_in_the_dialog_and_an_ended_session_taken_up_again_before_saving(
    page: Page, standin: Standin
) -> None:
    standin.refuse(403, "Permission check failed (/vms/100, VM.Audit)")
    dialog = ask(page)
    dialog.get_by_role("button", name="내보내기", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("VM.Audit 권한이 없어")

    standin.end_session_at_a_deed()
    dialog.get_by_role("button", name="내보내기", exact=True).click()
    login = page.get_by_role("dialog", name="다시 로그인")
    login.get_by_label("비밀번호").fill("right")
    with page.expect_download():
        login.get_by_role("button", name="로그인").click()


def test_who_may_not_see_the_cluster_is_told_why_it_cannot_be_saved(
    standin: Standin, open_page: Opener
) -> None:
    standin.session = standin.new_session([])
    button = open_page().get_by_role("button", name="HA 상태 내보내기")
    expect(button).to_be_disabled()
    expect(button).to_have_accessible_description("클러스터를 보려면 Sys.Audit 권한이 필요합니다.")
