"""What is data reaches the terminal as it is."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from rich.text import Text

import virton.cli
from virton.cli.announcement import announce, announce_encrypted
from virton.cli.complaint import complain
from virton.cli.terminal import terminal

TRICKY = "AB:CD:EF:[bold]x[/bold]:smile:[/]"
MODULES = sorted(Path(virton.cli.__file__).parent.rglob("*.py"))


def test_a_fingerprint_is_printed_to_the_letter(capsys: pytest.CaptureFixture[str]) -> None:
    fingerprint = ":".join(f"{byte:02X}" for byte in range(256))
    certificate: Any = SimpleNamespace(path=Path(f"/tmp/{TRICKY}"), fingerprint=fingerprint)  # noqa: S108
    announce_encrypted("https://[::1]:8006", certificate)
    told = capsys.readouterr().out.splitlines()
    assert told[0].split() == ["HTTPS", "https://[::1]:8006"]
    assert told[1].split(maxsplit=1) == ["Certificate", f"/tmp/{TRICKY}"]  # noqa: S108
    assert told[2].split() == ["SHA-256", fingerprint]


def test_facts_and_complaints_are_printed_to_the_letter(capsys: pytest.CaptureFixture[str]) -> None:
    announce("http://[::1]:8080", ((TRICKY, TRICKY),))
    assert capsys.readouterr().out.count(TRICKY) == 2
    with pytest.raises(typer.Exit):
        complain(TRICKY, TRICKY)
    assert capsys.readouterr().err == f"virton: {TRICKY}\n{TRICKY}\n"


@pytest.mark.parametrize("module", MODULES, ids=[path.stem for path in MODULES])
def test_no_verb_has_a_terminal_of_its_own(module: Path) -> None:
    text = module.read_text("utf-8")
    if module.stem != "terminal":
        assert not re.search(r"\b(Console|Terminal)\(|rich\.markup|rich import print", text)


def test_a_line_of_korean_that_just_fits_loses_no_sign() -> None:
    told = "노드를 차례로 점검할 때 누가 어디로 가는지, 작업 중에 무엇까지 견디는지 보여 줍니다."
    console = terminal()
    for width in range(10, 90):
        drawn = console.render_lines(
            Text(told, overflow="ellipsis"), console.options.update(width=width)
        )
        text = "".join("".join(part.text for part in line) for line in drawn)
        assert text.replace(" ", "") == told.replace(" ", ""), width
