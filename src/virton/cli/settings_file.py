"""`virton.toml`: what `virton serve` would otherwise be told on the command line, which wins."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from virton.cli.choices import Language, LogFormat, PveVersion
from virton.cli.complaint import complain, complain_of, words_of, words_of_failure
from virton.cli.faults import in_words
from virton.cli.service_manager import credential
from virton.notify.settings import MailServer, RecipientSettings

FILE = "virton.toml"
ETC = Path("/etc/virton")
"""Where the settings of an installed console are looked for last."""

Text = Annotated[str, Field(min_length=1)]
Port = Annotated[int, Field(ge=0, le=65535)]


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Texts = Annotated[list[Text], BeforeValidator(_several)]


class SettingsFile(BaseModel):
    """The keys of `virton.toml`; files that it names are looked for beside it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    proxmox: Texts = []
    token: Text | None = Field(default=None, repr=False)
    token_file: Text | None = None
    ca_file: Text | None = None
    fingerprints: Texts = []
    interval: Annotated[float, Field(ge=0.5, le=60)] | None = None
    host: Text | None = None
    port: Port | None = None
    https_port: Port | None = None
    certificate: Text | None = None
    certificate_key: Text | None = None
    history: Text | None = None
    keep_days: Annotated[int, Field(ge=1, le=36500)] | None = None
    keep_mib: Annotated[int, Field(ge=16, le=1 << 20)] | None = None
    mail: MailServer | None = None
    notify: list[RecipientSettings] = []
    heartbeat: Text | None = Field(default=None, repr=False)
    metrics_token: Annotated[str, Field(min_length=16)] | None = Field(default=None, repr=False)
    language: Language | None = None
    pve_version: PveVersion | None = None
    trusted_proxies: Texts = []
    log_format: LogFormat | None = None
    hosts: Texts = []
    audit_syslog: Text | None = None
    idle_hours: Annotated[float, Field(ge=0, le=24 * 365)] | None = None
    one_session: bool = False
    allowed_addresses: Texts = []
    path_prefix: Annotated[str, Field(pattern=r"^(/[\w.-]+)+$")] | None = None
    demo: Text | None = None
    four_eyes: bool | None = None

    @property
    def holds_secret(self) -> bool:
        """Tell whether the file itself held a token."""
        return self.token is not None and self.token_file is None

    def overruled_by(self, typed: Mapping[str, Any]) -> Self:
        """Return the settings with what was typed in their place; of trust, all or nothing."""
        said = {key: value for key, value in typed.items() if value not in (None, [])}
        if "fingerprints" in said or "ca_file" in said:
            said = {"fingerprints": [], "ca_file": None} | said
        return self.model_copy(update=said)


def settings_file(given: Path | None, *folders: Path) -> tuple[SettingsFile, Path | None]:
    """Read the given file, or the first `virton.toml` in these folders; without any, nothing."""
    path = given or next((f / FILE for f in (*folders, ETC) if (f / FILE).is_file()), None)
    if path is None:
        return SettingsFile(), None
    return _handed_over(_complete(_read(path), path)), path


def _handed_over(file: SettingsFile) -> SettingsFile:
    """Return the settings with the token that the service manager hands over, if they name none."""
    path = credential()
    if path is None or file.token is not None or not file.proxmox:
        return file
    token = token_in(path)  # an empty file is how a package says that there is none yet
    return file.model_copy(update={"token": token, "token_file": str(path)}) if token else file


def _read(path: Path) -> SettingsFile:
    try:
        return SettingsFile.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as failure:
        why = words_of_failure(failure)
        complain_of("cli.unreadable", option="--config", file=str(path), why=why)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        complain_of("cli.no_toml", file=str(path), where=_where(failure))
    except ValidationError as failure:
        complain(f"{path}: {_first_problem(failure)}", words_of("cli.keys", keys=_keys()))


def _where(failure: ValueError) -> str:
    """Return the line and column of which the reader of TOML speaks, as `3:14`; "" for none."""
    found = re.search(r"line (\d+), column (\d+)", str(failure))
    return f"{found[1]}:{found[2]}" if found else ""


def _first_problem(failure: ValidationError) -> str:
    # The value is left out: it may be a secret in the wrong place.
    error = failure.errors(include_url=False, include_input=False)[0]
    key, path = str(error["loc"][0]), ".".join(str(part) for part in error["loc"])
    if error["type"] != "extra_forbidden" or len(error["loc"]) > 1:
        return f"{path}: {_what_would_be_right(dict(error))}"
    near = difflib.get_close_matches(key, _keys(), 1)
    known = words_of("cli.unknown_key", name=key)
    return known + (words_of("cli.key_meant", near=near[0]) if near else "")


_RIGHT = {
    "bool_type": "true_or_false",
    "enum": "choice",
    "extra_forbidden": "no_key",
    "float_type": "float",
    "greater_than_equal": "at_least",
    "int_type": "int",
    "less_than_equal": "at_most",
    "list_type": "list",
    "literal_error": "choice",
    "missing": "needed",
    "string_pattern_mismatch": "form",
    "string_too_short": "longer",
    "string_type": "text",
}
"""What would be right, by what is wrong."""


def _what_would_be_right(error: dict[str, Any]) -> str:
    """Say it in the operator's language; what only our own check knows, in its words."""
    from virton.cli.help import said  # which is needed only where something is wrong

    if error["type"] == "value_error":  # of a check of ours
        return in_words(str(error["msg"]).removeprefix("Value error, "))
    known = _RIGHT.get(error["type"], "not_a_value")
    context = error.get("ctx") or {}
    bound = context.get("le", context.get("ge", context.get("min_length", "")))
    choices = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
    return said(f"usage.{known}", bound=bound, choices=choices, pattern=context.get("pattern", ""))


def _keys() -> list[str]:
    return sorted(SettingsFile.model_fields)


def _complete(file: SettingsFile, path: Path) -> SettingsFile:
    """Return the settings with the token read from its file, and with the paths made whole."""
    changes: dict[str, str] = {}
    if file.ca_file is not None:
        changes["ca_file"] = str(path.parent / file.ca_file)
    if file.certificate is not None:
        changes["certificate"] = str(path.parent / file.certificate)
    if file.certificate_key is not None:
        changes["certificate_key"] = str(path.parent / file.certificate_key)
    if file.token_file is not None:
        if file.token is not None:
            complain_of("cli.not_both", option=f"{path}: token_file", other="token")
        changes["token"] = token_in(path.parent / file.token_file)
    return file.model_copy(update=changes)


def token_in(path: Path) -> str:
    """Return the token that a file holds."""
    try:
        return path.read_text("utf-8").strip()
    except UnicodeDecodeError:
        complain_of("cli.no_text", option="token_file", file=str(path))
    except OSError as failure:
        why = words_of_failure(failure)
        complain_of("cli.unreadable", option="token_file", file=str(path), why=why)


def readable_by_others(path: Path) -> bool:
    """Tell whether others on this machine may read a file."""
    return bool(path.stat().st_mode & 0o077)
