"""Reports as pages that are printed: HTML made of a template that can be edited."""

import re
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from virton.language import drills
from virton.language.sentences import Sentences

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


class TemplateFaultError(ValueError):
    """A template that cannot be used; the message says why."""


def _environment(template: Path | None) -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folders = [TEMPLATES] if template is None else [template.parent, TEMPLATES]
    return Environment(
        loader=FileSystemLoader([str(folder) for folder in folders]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@contextmanager
def _faults() -> Iterator[None]:
    """Say of whatever goes wrong in a template that it cannot be used."""
    from jinja2.exceptions import TemplateError

    try:
        yield
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError) as error:
        raise TemplateFaultError(_fault(error)) from error
    except (OSError, ValueError, RecursionError) as error:
        raise TemplateFaultError(_fault(error)) from error


def _fault(error: Exception) -> str:
    """Return in our words what is wrong with a template, and in which of its lines."""
    from jinja2.exceptions import TemplateNotFound, TemplateSyntaxError, UndefinedError

    if isinstance(error, TemplateNotFound):
        return f"there is no template {error.name}"
    if isinstance(error, TemplateSyntaxError):
        return f"line {error.lineno} is no Jinja: look at what opens and what closes"
    if isinstance(error, OSError | UnicodeDecodeError):
        return "it cannot be read as UTF-8 text"
    line = _line(error)
    if isinstance(error, UndefinedError):
        name = next(reversed(re.findall(r"'([^' ]+)'", str(error))), "?")
        return f"line {line} asks for what the report does not have: {name}"
    return f"line {line} cannot be worked out"


def _line(error: Exception) -> int:
    """Return the line of the template in which it went wrong: Jinja gives each a frame of its own."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [one.lineno for one in frames if one.name == "top-level template code"]
    return lines[-1] if lines and lines[-1] else 1


def check_template(template: Path | None) -> None:
    """Read a template of one's own; raises TemplateFaultError."""
    if template is not None:
        with _faults():
            _environment(template).get_template(template.name)


def page(name: str, report: Mapping[str, Any], template: Path | None = None) -> str:
    """Return a report as a page; raises TemplateFaultError."""
    environment = _environment(template)
    said = Sentences.of(str(report["lang"]))

    def t(key: str, **fields: Any) -> str:
        return said.say(f"plans.{key}", fields)

    def span(seconds: Sequence[int] | None) -> str:
        return drills.span(seconds, said)

    def word(prefix: str, value: str) -> str:
        return said.say(f"{prefix}.{value}", {}) if f"{prefix}.{value}" in said.texts else value

    with _faults():
        made = environment.get_template(name if template is None else template.name)
        return made.render(report=report, t=t, span=span, word=word)
