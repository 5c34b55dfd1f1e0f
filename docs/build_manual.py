"""Build the manual: `python docs/build_manual.py [OUT]`, with MkDocs, once for each language.

What the console's catalogues know (states, columns, verbs) is taken from there: `{{ states lrm }}` in a page.
Pictures are those that the browser tests took (`tests/browser/screenshots`); a page does without one that is not there.
"""

import ast
import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOM = Path(__file__).resolve().parent
ROOT = ROOM.parent
OUTPUT = ROOT / "src" / "virton" / "console" / "manual"
PICTURES = ROOT / "tests" / "browser" / "screenshots"
CATALOGUES = ROOT / "src" / "virton" / "language" / "catalogue"
LOCALES = ("ko", "en")
MKDOCS_PACKAGE = "mkdocs>=1.6"
_FILLED = re.compile(r"^\{\{ (\w+)(?: (\w+))? \}\}$", re.MULTILINE)
_PICTURE = re.compile(r"^!\[[^\]]*\]\((shots/[\w.-]+)\)$", re.MULTILINE)

Words = dict[str, str]


def build(out: Path = OUTPUT) -> None:
    """Build the manual in both languages."""
    shutil.rmtree(out, ignore_errors=True)
    for locale in LOCALES:
        _build_one(locale, out / locale)


def is_fresh() -> bool:
    """Tell whether the manual stands built as its sources are now."""
    built = OUTPUT / LOCALES[-1] / "index.html"
    if not built.exists():
        return False
    rooms = (*(ROOM / name for name in (*LOCALES, "theme")), CATALOGUES)
    sources = [path for room in rooms for path in room.rglob("*") if path.is_file()]
    sources += [path for name in pictures() if (path := PICTURES / name).is_file()]
    return all(path.stat().st_mtime <= built.stat().st_mtime for path in [*sources, Path(__file__)])


def pictures() -> list[str]:
    """Return the file names of all pictures that the pages show."""
    texts = [path.read_text("utf-8") for one in LOCALES for path in (ROOM / one).glob("*.md")]
    return sorted({Path(name).name for text in texts for name in _PICTURE.findall(text)})


def lacking_pictures() -> list[str]:
    """Return those that nobody has taken."""
    return [name for name in pictures() if not (PICTURES / name).is_file()]


def _build_one(locale: str, out: Path) -> None:
    from mkdocs.commands.build import build as build_site
    from mkdocs.config import load_config

    pages = out.with_name(f"{locale}.pages")
    shutil.rmtree(pages, ignore_errors=True)
    shutil.copytree(ROOM / locale, pages)
    try:
        for path in sorted(pages.glob("*.md")):
            path.write_text(filled(path.read_text("utf-8"), locale, pages), "utf-8")
        config = load_config(str(ROOM / "mkdocs.yml"), docs_dir=str(pages), site_dir=str(out))
        config["theme"]["locale"] = locale
        config["extra"]["locale"] = locale
        build_site(config)
    finally:
        shutil.rmtree(pages)
    for name in ("sitemap.xml", "sitemap.xml.gz", "404.html", "search"):
        path = out / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def filled(text: str, locale: str, pages: Path | None = None) -> str:
    """Return a page with what the catalogues know put in, and with the pictures that there are."""
    words: Words = {}
    for name in ("", "help."):
        path = CATALOGUES / f"{name}{locale}.json"
        words |= json.loads(path.read_text("utf-8")) if path.is_file() else {}

    def fill(match: re.Match[str]) -> str:
        return FILLINGS[match[1]](words, locale, match[2])

    def picture(match: re.Match[str]) -> str:
        source = PICTURES / Path(match[1]).name
        if pages is None or not source.is_file():
            return ""
        (pages / "shots").mkdir(exist_ok=True)
        shutil.copy(source, pages / match[1])
        return match[0]

    return _PICTURE.sub(picture, _FILLED.sub(fill, text))


def _table(heads: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    lines = [f"| {heads[0]} | {heads[1]} |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| {name} | {text} |" for name, text in rows)])


def _heads(locale: str, first: str) -> tuple[str, str]:
    return (first, "뜻" if locale == "ko" else "Meaning")


def _states(words: Words, locale: str, of: str) -> str:
    prefix = f"{of}.meaning."
    rows = [
        (f"**{words[f'{of}.state.{key.removeprefix(prefix)}']}**", text)
        for key, text in words.items()
        if key.startswith(prefix) and f"{of}.state.{key.removeprefix(prefix)}" in words
    ]
    return _table(_heads(locale, words["column.state"]), rows)


def _columns(words: Words, locale: str, _: str) -> str:
    names = ("id", "node", "type", "name", "state", "max_restart", "max_relocate", "failback")
    rows = [(f"**{words[f'column.{name}']}**", words[f"column.{name}.text"]) for name in names]
    return _table(_heads(locale, words["legend.columns"]), rows)


def _requests(words: Words, locale: str, _: str) -> str:
    names = ("started", "stopped", "ignored", "disabled")
    rows = [(f"**{words[f'request.{name}']}**", words[f"request.{name}.hint"]) for name in names]
    return _table(_heads(locale, words["column.state"]), rows)


def _verbs(words: Words, locale: str, _: str) -> str:
    """Return every verb, as its help has it: the English words stand in the program itself."""
    source = ROOT / "src" / "virton" / "cli" / "main.py"
    told: dict[str, str] = {}
    for node in ast.parse(source.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "VERBS":
            told = ast.literal_eval(node.value)
    head = "명령" if locale == "ko" else "Command"
    rows = [(f"`virton {name}`", words.get(f"verb.{name}", text)) for name, text in told.items()]
    return _table(_heads(locale, head), rows)


def _proof(_: Words, locale: str, __: str) -> str:
    """Return the figures of the proof, as docs/performance.md has them."""
    text = (ROOM / "performance.md").read_text("utf-8")
    told = re.search(
        r"of (\d+) random faults.*?([\d,]+) of ([\d,]+) fates and ([\d,]+) of ([\d,]+) times.*?is ([\d.]+) s wide",
        text,
        re.DOTALL,
    )
    assert told is not None, "docs/performance.md tells no proof"  # noqa: S101
    faults, fates, all_fates, times, all_times, wide = told.groups()
    if locale == "ko":
        return (
            f"내장 클러스터에 무작위 장애 {faults}건을 일으키고, 일으키기 직전의 API만 보고 예측했습니다(`make proof`). "
            f"리소스의 결과 {all_fates}건 가운데 {fates}건, 시간 {all_times}건 가운데 {times}건이 예측대로였습니다. "
            f"시간 범위의 너비는 평균 {wide}초입니다. 실제 클러스터의 기록도 같은 방식으로 비교합니다."
        )
    return (
        f"Of {faults} random faults in the embedded cluster, each forecast from its API a moment before (`make proof`), "
        f"{fates} of {all_fates} fates and {times} of {all_times} times came as told. A range of seconds is {wide} s wide "
        "on average. Recordings of a real cluster are held against it in the same way."
    )


FILLINGS: dict[str, Callable[[Words, str, Any], str]] = {
    "states": _states,
    "columns": _columns,
    "requests": _requests,
    "verbs": _verbs,
    "proof": _proof,
}


if __name__ == "__main__":
    build(*(Path(word).resolve() for word in sys.argv[1:2]))
