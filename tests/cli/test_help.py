"""The command line speaks the operator's language: its help, and what it says of wrong use."""

import re
import subprocess
import sys
from typing import Any

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from virton import __version__
from virton.cli.help import EXAMPLES, lacking
from virton.cli.main import VERBS, app, loaded

KO, EN = {"LANG": "ko_KR.UTF-8", "COLUMNS": "200"}, {"LANG": "en_US.UTF-8", "COLUMNS": "200"}


def said(*arguments: str, env: dict[str, str]) -> tuple[int, str]:
    done = CliRunner().invoke(app, arguments, env=env)
    return done.exit_code, done.output


@pytest.mark.parametrize("verb", EXAMPLES)
def test_each_verb_is_explained_in_korean_and_english_with_examples(verb: str) -> None:
    assert list(lacking(loaded(verb), verb, "ko")) == []
    for env, heading in ((KO, "예:"), (EN, "Examples:")):
        code, text = said(verb, "--help", env=env)
        assert (code, heading in text) == (0, True)
        assert all(example in text for example in EXAMPLES[verb])
        assert not re.search("<[a-z]", text)  # as libraries name kinds of values


def test_help_fits_the_width_of_the_terminal_where_a_sign_of_korean_takes_two_cells() -> None:
    lines = said("serve", "--help", env=KO | {"COLUMNS": "60"})[1].splitlines()
    wide = [line for line in lines if cell_len(line) > 60]
    assert all(len(line.split()) == 1 or "virton serve" in line for line in wide), wide
    assert not any("[환경 변수:" in line and "VIRTON_" not in line for line in lines)


def test_what_holds_without_an_option_is_said_in_the_operators_language(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ko, en = (
        {one.name: one.show_default for one in loaded("serve").params}
        for env in (KO, EN)
        if monkeypatch.setenv("LANG", env["LANG"]) is None
    )
    assert "내장 클러스터" in ko["interval"]
    assert re.findall(r"[\d.]+", ko["interval"]) == re.findall(r"[\d.]+", en["interval"])
    assert [name for name, words in ko.items() if re.search("[a-z]+ [a-z]+", str(words))] == []


def test_a_group_of_verbs_called_alone_shows_its_help_once() -> None:
    code, text = said("resources", env=KO)
    assert (code, text.count("사용법:"), "virton: " in text) == (2, 1, False)


def test_the_help_of_all_is_korean_where_the_operator_is() -> None:
    assert "웹 콘솔을 엽니다." in said("--help", env=KO)[1]
    assert VERBS["serve"] in said("--help", env=EN)[1]


WRONG: list[Any] = [
    (("serve", "--port", "99999"), "--port", "0에서 65535 사이의 정수"),
    (("serve", "--port", "many"), "--port", "0에서 65535 사이의 정수"),
    (("simulate", "x", "--until", "-1"), "--until", "0 이상의 정수"),
    (("serve", "--prot", "1"), "--prot", "--port"),
    (("serve", "--port"), "--port", "값을 함께"),
    (("status", "--watch=3"), "--watch", "값 없이"),
    (("doctor", "--lang", "fr"), "--lang", "ko, en"),
    (("why",), "SID", "반드시"),
    (("serv",), "serv", "없는 명령"),
    (("doctor", "extra"), "extra", "알 수 없는 인수"),
]


@pytest.mark.parametrize(("arguments", "names", "says"), WRONG)
def test_wrong_use_is_told_in_one_line_that_names_the_option(
    arguments: tuple[str, ...], names: str, says: str
) -> None:
    code, text = said(*arguments, env=KO)
    first, *rest = text.strip().splitlines()
    assert code == 2
    assert first.startswith("virton: ")
    assert names in first
    assert says in first
    verb = f" {arguments[0]}" if arguments[0] in VERBS else ""
    assert rest == [f"도움말: virton{verb} --help"]


def test_the_version_is_told() -> None:
    assert said("--version", env=EN) == (0, f"virton {__version__}\n")


def test_a_shell_completes_verbs_and_their_options() -> None:
    def completed(words: str) -> list[str]:
        env = {"_VIRTON_COMPLETE": "complete_bash", "COMP_WORDS": words}
        env["COMP_CWORD"] = str(len(words.split()) - 1)
        command = [sys.executable, "-m", "virton"]  # which is the same as `virton`
        path = {"PYTHONPATH": ":".join(sys.path)}
        done = subprocess.run(command, env=env | path, capture_output=True, text=True, check=False)
        return done.stdout.split()

    assert completed("virton tol") == ["tolerance"]
    assert completed("virton tolerance --req") == ["--require"]
