"""Reports as pages that are printed: HTML made of a template that can be edited."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from virton.language.sentences import Sentences

TEMPLATES = Path(__file__).parent / "templates"


class TemplateFaultError(ValueError):
    """A template that cannot be used; the message says why."""


def page(name: str, report: Mapping[str, Any], template: Path | None = None) -> str:
    """Return a report as a page; raises TemplateFaultError."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from jinja2.exceptions import TemplateError

    folders = [TEMPLATES] if template is None else [template.parent, TEMPLATES]
    environment = Environment(
        loader=FileSystemLoader([str(folder) for folder in folders]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    said = Sentences.of(str(report["lang"]))

    def t(key: str, **fields: Any) -> str:
        return said.say(f"plans.{key}", fields)

    def span(seconds: Sequence[int] | None) -> str:
        return "–" if seconds is None else t("drill.span", from_s=seconds[0], to_s=seconds[1])

    def word(prefix: str, value: str) -> str:
        return said.say(f"{prefix}.{value}", {}) if f"{prefix}.{value}" in said.texts else value

    try:
        made = environment.get_template(name if template is None else template.name)
        return made.render(report=report, t=t, span=span, word=word)
    except TemplateError as error:
        raise TemplateFaultError(f"{type(error).__name__}: {error}") from None
