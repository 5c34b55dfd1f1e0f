"""How a console is set up."""

import contextlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from virton.damage import Flaw, reading
from virton.keeping.retention import Retention
from virton.notify.book import Book

KEY_FILE = "console.key"
_KEY_BYTES = 32
_ADVICE = "Delete it, and a new one is made: everybody then has to log in again."


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """Times in seconds; `token` is the poller's read-only API token, if there is one.

    A page that nobody touches for `idle_s` is logged out; 0 is never. `hosts` are the names under
    which the console may be asked, beside addresses; None is any. With `strict_transport` browsers
    that came by HTTPS are told to come by nothing else.

    With `four_eyes` a plan is applied only once a second person has approved it in the page.

    `history` is the address of the database in which it is kept what happened; without one, nothing
    is kept and nobody is told; `retention` is what of it is kept, where that is not set in the page.
    `notify` is who is told, beside whom administrators add in the page; `metrics_token` opens
    `/metrics`.

    With `one_session` a login ends the user's other sessions; where networks are `allowed`, nobody
    else is served; `prefix` is the path below which a proxy serves the console.
    """

    data: Path
    token: str | None = None
    history: str | None = None
    retention: Retention | None = None
    notify: Book = field(default_factory=Book)
    metrics_token: str | None = None
    interval_s: float = 2.0
    linger_s: float = 30.0
    beat_s: float = 5.0
    detect_s: float = 60.0
    check_s: float = 5.0
    idle_s: float = 8 * 3600.0
    hosts: frozenset[str] | None = None
    strict_transport: bool = False
    audit_syslog: str | None = None
    language: str = "ko"
    one_session: bool = False
    allowed: tuple[str, ...] = ()
    four_eyes: bool = False
    prefix: str = ""


def console_key(data: Path) -> bytes:
    """Return the data folder's secret, with which cookies are sealed; make one if there is none.

    Raise DamagedError if the file holds none: with an empty key anybody could make a session.
    """
    path = data / KEY_FILE
    data.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _write_key(path, secrets.token_bytes(_KEY_BYTES).hex())
    with reading(str(path), _ADVICE):
        key = bytes.fromhex(path.read_text("ascii").strip())
        if len(key) != _KEY_BYTES:
            raise Flaw("it holds no key")
        return key


def _write_key(path: Path, text: str) -> None:
    """Write a key that nobody ever sees in part; of two who write at once, the first wins."""
    draft = path.with_suffix(f".{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
