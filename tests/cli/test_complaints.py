"""What verbs complain of is told in both languages: no sentence stands in the program, none is a library's."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

import virton
from virton.cli.faults import in_words
from virton.cli.language import Language, choose
from virton.cli.main import app
from virton.damage import DamagedError
from virton.language.faults import fault_in
from virton.language.sentences import CATALOGUES, Sentences
from virton.plans.drill_keeper import DrillKeeper
from virton.proxmox.errors import ApiError, ErrorCode
from virton.proxmox.plain_words import of_certificate, plain_words

ROOM = Path(virton.__file__).parent
TELLING = ("complain", "refuse", "echo", "confirm", "prompt")
NAMES = re.compile(r"--[a-z-]+|[a-z_]+:|virton|[A-Z][A-Z_]+")
ERRORS = re.compile(
    "(Scenario|Command|Capture|Question|Change|Size|Demo|Endless|TooManyNodes|Damaged|Field|Address|Fingerprint"
    "|Receiver|Token|Forecast|TemplateFault)Error|Flaw|Alteration|wrong|_no_address"
)
WHOSE_VALUES_ARE_TYPED = re.compile("notify/(policy|settings)")


@cache
def text_of(path: Path) -> str:
    return path.read_text()


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Return all that a module says; read once, as several tests ask."""
    return tuple(ast.walk(ast.parse(text_of(path))))


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in nodes_of(path):
        if isinstance(node, ast.Call):
            yield getattr(node.func, "id", getattr(node.func, "attr", "")), node


def template(node: ast.expr) -> str | None:
    """Return a text with `{}` for what is filled in; None for what is no text."""
    if isinstance(node, ast.JoinedStr):
        parts = (one.value if isinstance(one, ast.Constant) else "{}" for one in node.values)
        return "".join(map(str, parts))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


@pytest.mark.parametrize("path", sorted((ROOM / "cli").glob("*.py")), ids=lambda path: path.stem)
def test_no_verb_has_a_sentence_of_its_own(path: Path) -> None:
    texts = Sentences.of("ko").texts
    for name, call in calls(path):
        told = [template(argument) for argument in call.args if name in TELLING]
        if "strerror" in text_of(path):
            told += [ast.unparse(call) for one in call.args if "strerror" in ast.unparse(one)]
        for text in filter(None, told):
            assert not re.search(r"[a-z]{3}", NAMES.sub("", text)), text
        if name in ("complain_of", "words_of"):
            [key] = [template(call.args[0])]
            assert key is None or "{}" in key or key in texts, key


def faults() -> set[str]:
    """Return the sentences of what is wrong with what is typed, or with a file."""
    found: set[str] = set()
    for path in sorted(ROOM.rglob("*.py")):
        plain = WHOSE_VALUES_ARE_TYPED.fullmatch(str(path.relative_to(ROOM).with_suffix("")))
        if not plain and not ERRORS.search(text_of(path)):
            continue
        for name, call in calls(path):
            if ERRORS.fullmatch(name) or (plain and name == "ValueError"):
                found |= {text for one in call.args if (text := template(one)) and " " in text}
    return {re.sub(r"^(\{\}|nodes): ", "", text) for text in found}  # a place is told as it is


def test_what_the_rooms_below_find_wrong_is_known_in_korean() -> None:
    known = json.loads((CATALOGUES / "faults.ko.json").read_text())
    said = faults()
    assert len(said) > 60
    assert said - {re.sub(r"^\{\}: ", "", one) for one in known} - {"{}"} == set()
    for english, korean in known.items():
        count = english.count("{}")
        assert {int(n) for n in re.findall(r"\{(\d)\}", korean)} <= set(range(count)), english


FOR_THE_LOG = re.compile(r"(HistoryError|ApiError|_unreadable|Refusal)\(")
"""What takes an exception's words as a detail beside a code, which alone is told to people."""

TOLD_AS_IT_IS = {
    "cli/capture.py": "of the kinds of failures that its callers name, which are ours",
    "cli/main.py": "the help itself, which is ours",
    "cli/outside.py": "read for what it is about, and not told",
    "damage.py": "where it is one of ours",
    "embedded/endpoints/access/tfa.py": "it plays a cluster, whose words they are",
    "keeping/database.py": "read for what it is about, and not told",
    "notify/channels.py": "the mail server's own words, which its operator knows",
    "console/plan_book.py": "a DamagedError",
    "proxmox/answers.py": "a detail for the log",
    "proxmox/api.py": "a detail for the log",
    "simulation/scenario.py": "what the system says is in the catalogue",
}


def foreign_words(path: Path, own: set[str]) -> Iterator[str]:
    """Yield where the text of an exception that is not ours is used for more than the log."""
    for handler in nodes_of(path):
        if not isinstance(handler, ast.ExceptHandler) or not handler.name or handler.type is None:
            continue
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if all(getattr(k, "id", getattr(k, "attr", "")) in own for k in kinds):
            continue
        told = ast.Module(handler.body, [])
        logged = {id(n) for call in ast.walk(told) if is_for_the_log(call) for n in ast.walk(call)}
        for node in ast.walk(told):
            if id(node) not in logged and says(node, handler.name):
                yield f"{path.relative_to(ROOM)}:{getattr(node, 'lineno', 0)} {ast.unparse(node)}"


def is_for_the_log(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    text = f"{ast.unparse(node.func)}("
    return bool(FOR_THE_LOG.match(text) or re.match(r"_?log\.\w+\(", text, re.IGNORECASE))


def says(node: ast.AST, name: str) -> bool:
    """Tell whether this is the text of an exception."""
    if isinstance(node, ast.Call):
        text = getattr(node.func, "id", "") in ("str", "repr", "in_words")
        return text and any(getattr(one, "id", "") == name for one in node.args)
    if isinstance(node, ast.FormattedValue):
        return getattr(node.value, "id", "") == name
    if isinstance(node, ast.Attribute):
        words = ("msg", "strerror", "message", "args", "reason", "problem")
        return node.attr in words and getattr(node.value, "id", "") == name
    return False


def test_no_exception_of_a_library_is_told_to_people() -> None:
    paths = sorted(ROOM.rglob("*.py"))
    own = {name for path in paths for name in re.findall(r"^ *class (\w+)", text_of(path), re.M)}
    catching = [path for path in paths if re.search(r"\bexcept\b[^:]* as ", text_of(path))]
    found = [one for path in catching for one in foreign_words(path, own)]
    assert [one for one in found if one.partition(":")[0] not in TOLD_AS_IT_IS] == []
    assert {one.partition(":")[0] for one in found} == TOLD_AS_IT_IS.keys()


def test_whatever_a_cluster_fails_of_is_told_in_korean_too() -> None:
    for code in ErrorCode:
        told = plain_words(ApiError(None, code=code, detail="words of a library"))
        assert "library" not in told
        assert fault_in("ko", told) != told
    for detail in ("self-signed certificate", "certificate has expired", "Hostname mismatch"):
        told = of_certificate(f"[SSL] verify failed: {detail} (_ssl.c:1006)")
        assert told is not None
        assert fault_in("ko", told) != told


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        ("there is no node pve9", "그런 노드가 없습니다: pve9"),
        ("w.json: world.nodes: must be a list", "w.json: world.nodes: 목록이어야 합니다"),
        ("d/console.key is damaged: it is empty", "d/console.key: 손상됨: 비어 있습니다"),
        ("what nobody knows", "what nobody knows"),
    ],
)
def test_a_fault_is_told_in_the_language_of_the_answer(english: str, korean: str) -> None:
    try:
        for language, words in ((Language.KO, korean), (Language.EN, english)):
            choose(language)
            assert in_words(english) == words
    finally:
        choose(None)


@pytest.mark.parametrize(
    ("text", "korean"),
    [
        ('{"version": 1', "1번째 줄 14번째 글자: JSON이 아닙니다"),
        ('{"version": 1, "tried": [], "proposal": 4}', "proposal: 이름과 값의 목록이어야 합니다"),
    ],
)
def test_a_damaged_drill_or_draft_is_told_in_the_language_of_the_answer_with_what_to_do(
    tmp_path: Path, text: str, korean: str
) -> None:
    keeper = DrillKeeper(tmp_path)
    keeper.folder.mkdir()
    (keeper.folder / "drill.json").write_text(text)
    with pytest.raises(DamagedError) as refused:
        keeper.read()
    try:
        choose(Language.KO)
        path = f"{keeper.folder / 'drill.json'}"
        assert in_words(refused.value) == f"{path}: 손상됨: {korean}"
        assert "폴더를 지우세요" in in_words(refused.value.advice)
    finally:
        choose(None)


@pytest.mark.parametrize(
    ("typed", "korean"),
    [
        (
            ["why", "vm:1", "missing.json"],
            "CAPTURE: missing.json 파일을 읽을 수 없습니다: 없습니다",
        ),
        (["why", "vm:1"], "CAPTURE: 파일이나 --proxmox URL 가운데 하나만 지정하세요"),
        (
            ["doctor", "--token", "a", "--lang", "ko"],
            "--token: --proxmox URL과 함께만 쓸 수 있습니다",
        ),
        (
            ["status", "--proxmox", "h", "--user", "root"],
            "--user: root: root@pam처럼 인증 영역을 붙이세요",
        ),
        (
            ["serve", "--port", "0", "--host", "no.such.host.invalid"],
            "--host: no.such.host.invalid는 이 서버의",
        ),
        (["serve", "--demo", "nodes=0", "--port", "0"], "--demo: 'nodes=0': nodes=3,resources=100"),
    ],
)
def test_a_korean_operator_is_told_in_korean(
    typed: list[str], korean: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    monkeypatch.setenv("VIRTON_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, typed)
    assert done.exit_code in (1, 2)
    assert korean in done.output, done.output


@pytest.mark.parametrize("verb", [["status"], ["backup"], ["audit", "verify"]], ids=" ".join)
def test_a_path_that_the_system_refuses_is_told_in_one_line_with_what_to_do(
    verb: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    monkeypatch.chdir(tmp_path)
    refused = tmp_path / ("a" * 300)  # which the system refuses to root, too
    done = CliRunner().invoke(app, [*verb, "--data", str(refused)])
    assert done.exit_code == 1
    assert "이름이 너무 깁니다" in done.output, done.output
    assert "--data" in done.output
    assert "Traceback" not in done.output
