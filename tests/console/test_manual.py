"""The manual: whole in both languages, true in every sample, and served by the console."""

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from docs import build_manual
from tests.console.visit import Visit
from tests.quick_hashes import quick_hashes
from tests.served import served
from virton.cli.main import VERBS, app
from virton.cli.settings_file import SettingsFile
from virton.embedded import start
from virton.language.sentences import Sentences

__all__ = ["quick_hashes"]
DOCS = Path(build_manual.__file__).parent
CHAPTERS = sorted(path.stem for path in (DOCS / "ko").glob("*.md"))
PASSWORD = "a password for tests"
HERE = "http://127.0.0.1:8080"
KINDS = ("toml", "yaml", "nginx", "caddy", "haproxy", "")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(locale: str, chapter: str) -> list[tuple[str, str]]:
    return BLOCK.findall((DOCS / locale / f"{chapter}.md").read_text())


def samples(locale: str, chapter: str, kind: str) -> list[str]:
    return [body for found, body in blocks(locale, chapter) if found == kind]


def commands(locale: str, chapter: str) -> list[str]:
    return [line for body in samples(locale, chapter, "sh") for line in body.splitlines()]


def _bare(bodies: list[str]) -> list[str]:
    return re.sub(r"#.*", "", "\n".join(bodies)).split()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_chapter_is_in_both_languages_with_the_same_samples(chapter: str) -> None:
    assert commands("ko", chapter) == commands("en", chapter)
    for kind in KINDS:
        korean, english = (_bare(samples(one, chapter, kind)) for one in ("ko", "en"))
        assert korean == english
    assert f"manual.chapter.{chapter}" in Sentences.of("ko").texts
    assert f'"{chapter}"' in (DOCS.parent / "web" / "parts" / "manual.ts").read_text()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_sample_of_settings_can_be_read(chapter: str) -> None:
    for body in samples("ko", chapter, "toml"):
        SettingsFile.model_validate(tomllib.loads(body))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, quick_hashes: None) -> Iterator[str]:
    cluster = start(tmp_path_factory.mktemp("cluster"), PASSWORD)
    with served(cluster.app) as address:
        yield address


WITH_COMMANDS = [chapter for chapter in CHAPTERS if commands("en", chapter)]


@pytest.mark.parametrize("chapter", WITH_COMMANDS)
def test_each_command_of_the_manual_does_what_it_is_there_for(
    chapter: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIRTON_PASSWORD", PASSWORD)
    monkeypatch.setenv("VIRTON_DATA", str(tmp_path))
    monkeypatch.setenv("LANG", "en")
    build_data(tmp_path)
    for kind, body in blocks("en", chapter):
        if kind == "yaml":
            (tmp_path / "desired.yaml").write_text(body)
        for line in body.splitlines() if kind == "sh" else ():
            words = shlex.split(line.replace(HERE, address))
            if words[:2] == ["virton", "serve"]:
                assert begins_to_serve(words[1:])
            elif words[0] == "virton":
                done = CliRunner().invoke(app, words[1:])
                there_are_changes = words[1] == "plan" and done.exit_code == 2
                # the manual's own proxy is nobody's
                is_elsewhere = "--outside" in words and "cannot be reached" in done.output
                is_well = done.exit_code == 0 or there_are_changes or is_elsewhere
                assert is_well, f"{line}: {done.output}"


def build_data(folder: Path) -> None:
    """Lay out what a console keeps."""
    from virton.keeping.database import open_database
    from virton.keeping.history import History
    from virton.story.happenings import Happening, Kind

    book = History(open_database(f"sqlite:///{folder}/history.sqlite"), "virton")
    book.add([Happening(Kind.RESOURCE_ADDED, "vm:100", 5.0, 6.0, told=False)])


def begins_to_serve(words: list[str]) -> bool:
    """Tell whether a console comes up as it is called, on a free port."""
    if "--port" in words:
        words[words.index("--port") + 1] = "0"
    else:
        words = [*words, "--port", "0"]
    return comes_up(tuple(words))


@cache
def comes_up(words: tuple[str, ...]) -> bool:
    """Tell whether `virton` with these words says where its console is, and nothing warns of it."""
    code = "from virton.cli.main import app; app()"
    command = [sys.executable, "-W", "error::UserWarning", "-c", code, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as console:
        assert console.stdout is not None
        came_up = any("Console" in line for line in console.stdout)
        console.terminate()
    return came_up


def test_what_the_catalogues_know_is_put_in() -> None:
    text = "{{ states lrm }}\n\n{{ columns }}\n\n{{ requests }}\n\n{{ verbs }}\n\n{{ proof }}\n"
    for locale, word in (("ko", "잠금 유실 (Lost Lock)"), ("en", "Lost lock")):
        told = build_manual.filled(text, locale)
        assert word in told
        assert "{{" not in told
        assert all(f"`virton {verb}`" in told for verb in VERBS)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("manual")
    build_manual.build(out)
    return out


def test_the_site_is_whole_and_asks_nobody_else_for_anything(built: Path) -> None:
    pages = sorted(built.rglob("*.html"))
    assert sorted({page.stem for page in pages}) == CHAPTERS
    for page in pages:
        text = page.read_text()
        linked = re.findall(r'(?:src|href)="([^"]+)"', text)
        assert "<script" not in text
        assert " style=" not in text
        for link in linked:
            target = link.partition("#")[0]
            inside = target in ("", "/") or (page.parent / target).exists()
            assert inside, f"{page.name}: {link}"


@pytest.mark.anyio
async def test_a_reader_comes_to_the_manual_in_the_language_of_the_page(visit: Visit) -> None:
    answer = await visit.browser().get("/manual")
    assert (answer.status_code, answer.headers["location"]) == (307, "/manual/ko/index.html")


def test_each_page_leads_to_its_chapter() -> None:
    web = DOCS.parent / "web"
    places = {f"/{path.stem}": path for path in sorted((web / "pages").glob("*.ts"))}
    del places["/help"], places["/ha"]  # the contents themselves; and a page whose parts lead there
    places |= {"tolerance": web / "whatif/tolerance.ts", "lab": web / "parts/lab.ts"}
    chapters = (web / "parts/manual.ts").read_text()
    for place, path in places.items():
        assert f'manualLink("{place}")' in path.read_text(), path
        assert re.search(rf'^  "?{place}"?: "[\w-]+",$', chapters, re.MULTILINE), place


def test_a_picture_that_nobody_has_taken_is_missed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(build_manual, "PICTURES", tmp_path)
    shown = build_manual.pictures()
    assert len(shown) >= 2
    assert build_manual.lacking_pictures() == shown
