"""The lines of the manual that only a root, a container or an installer can run: tried as they stand there."""

import re
from pathlib import Path

ROOM = Path(__file__).resolve().parent
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def lines(locale: str = "en") -> list[str]:
    """Return every line that the manual has its readers type."""
    chapters = sorted((ROOM.parent / "docs" / locale).glob("*.md"))
    bodies = [body for path in chapters for body in _BLOCK.findall(path.read_text("utf-8"))]
    return [line for body in bodies for line in body.splitlines()]


def of_manual(line: str, **filled: str) -> list[str]:
    """Return the words of a line, with what a reader fills in; it must stand in the manual."""
    assert line in lines(), f"the manual has no line {line!r}"  # noqa: S101
    for name, value in filled.items():
        line = line.replace(name, value)
    return line.split()
