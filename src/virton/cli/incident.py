"""`virton incident`: the draft of an incident report, from the console's history."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from virton.cli.complaint import complain, complain_of, words_of_failure
from virton.cli.data_folder import default_data
from virton.cli.desired_file import desired_in, text_in
from virton.cli.exit_codes import OneForErrors, errors_exit_with_one
from virton.cli.faults import in_words
from virton.cli.language import Language, LanguageOption, environment_language, printable, sentences
from virton.cli.plan_source import PlanDataOption
from virton.cli.terminal import terminal
from virton.plans.drill import read_texts
from virton.plans.fields import FieldError
from virton.plans.pages import TEMPLATES, TemplateFaultError, page
from virton.plans.yaml_file import NotYamlError, read_tree

# The history's database is loaded when it is asked: help starts without it.
if TYPE_CHECKING:
    from virton.keeping.history import History
    from virton.keeping.once import Kept
    from virton.keeping.outbox import KeptIncident
    from virton.plans.incident_report import Story
    from virton.story.happenings import Happening

COMMAND = OneForErrors
MOST_ROWS = 2000


def incident(
    number: Annotated[
        int | None, typer.Argument(metavar="[NUMBER]", help="Which one; else the newest.")
    ] = None,
    data: PlanDataOption = None,
    config: Annotated[
        Path | None, typer.Option(help="TOML file with the settings of the console.")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Of which cluster, where the history has several."),
    ] = None,
    form: Annotated[
        Path | None, typer.Option(metavar="FILE", help="YAML: institution, system, grade.")
    ] = None,
    groups: Annotated[
        Path | None, typer.Option(metavar="DESIRED", help="The file that names groups of guests.")
    ] = None,
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="The page to write; .json for JSON.")
    ] = (Path("incident.html")),
    template: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A template of your own for the page.")
    ] = None,
    show_template: Annotated[
        bool, typer.Option("--show-template", help="Print the template, to be edited.")
    ] = False,
    lang: LanguageOption = None,
) -> None:
    """Draft an incident report: course, outages by resource and group, causes, prevention."""
    from virton.plans.incident_report import incident_report

    with errors_exit_with_one():
        if show_template:
            typer.echo((TEMPLATES / "incident.html").read_text("utf-8"), nl=False)
            return
        named = desired_in(groups, lang).groups if groups is not None else {}
        story = _story(number, data or default_data(), config, cluster, lang)
        language = str(lang or environment_language())
        told = incident_report(story, named, _form(form, lang), _now_ms(story), language)
        _write(out, told, template)
    terminal().print(_text(lang, "incident.written", file=str(out)))


def _now_ms(story: "Story") -> int:
    return story.ended_ms if story.ended_ms is not None else round(time.time() * 1000)


def _text(lang: Language | None, key: str, **fields: Any) -> str:
    return printable(sentences(lang).say(f"plans.{key}", fields))


def _form(path: Path | None, lang: Language | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return read_texts(read_tree(text_in(path, "--form")))
    except NotYamlError as error:
        complain(f"{path}:{error.line}: {_text(lang, 'wrong.not_yaml', why=error.why)}")
    except FieldError as error:
        words = _text(lang, f"wrong.{error.problem}", **{"field": error.field, **error.fields})
        complain(f"{path}: {words}")


def _story(
    number: int | None, folder: Path, config: Path | None, name: str | None, lang: Language | None
) -> "Story":
    from virton.cli.settings_file import settings_file
    from virton.keeping.database import HistoryError, open_database
    from virton.keeping.history import History, clusters_in
    from virton.keeping.moments import Moments
    from virton.keeping.outbox import Outbox
    from virton.language.called import sids_in

    file, _ = settings_file(config, Path.cwd(), folder)
    address = file.history or f"sqlite:///{folder.absolute()}/history.sqlite"
    path = Path(address.removeprefix("sqlite:///"))
    if address.startswith("sqlite:") and not path.is_file():
        complain(printable(sentences(lang).say("cli.no_history", {"file": str(path)})))
    try:
        engine = open_database(address)
        known = clusters_in(engine)
        if name is None and len(known) > 1:
            complain(printable(sentences(lang).say("cli.which_cluster", {"names": known})))
        identity = name or (known[0] if known else "")
        outbox = Outbox(engine, identity)
        recent = outbox.recent(1) if number is None else [outbox.incident(number)]
        found = next((one for one in recent if one is not None), None)
        if found is None:
            complain(_text(lang, "incident.none"))
        sids = sids_in(found.body)
        return _told(found, History(engine, identity), Moments(engine, identity).called(sids))
    except HistoryError as error:
        complain(printable(sentences(lang).say(f"cli.history.{error.trouble}", {})))


def _told(found: "KeptIncident", history: "History", names: dict[str, str]) -> "Story":
    from virton.keeping.history import Filter
    from virton.notify.writing import read_incident
    from virton.plans.incident_report import Story
    from virton.story.chains import FURTHEST_MS

    kept = read_incident(found.body)
    until_ms = found.ended_ms or max(
        (round(one.to_s * 1000) for one in kept.happenings), default=found.began_ms
    )
    wanted = Filter(since_ms=found.began_ms - FURTHEST_MS, until_ms=until_ms)
    rows = _oldest_first(history.find(wanted, limit=MOST_ROWS).rows)
    mine = [row for row in rows if any(_is(row, one) for one in kept.happenings)]
    affected = tuple(sorted(kept.affected | kept.waiting))
    if not affected and ":" in kept.whom:
        affected = (kept.whom,)
    began_ms = min([found.began_ms, *(row.from_ms for row in mine)])
    return Story(found.number, kept.whom, began_ms, found.ended_ms, affected, mine, rows, names)


def _is(row: "Kept", one: "Happening") -> bool:
    """Tell whether a row is a happening; its time may have become known better since."""
    from virton.keeping.once import CLOCK_MS

    early_ms, late_ms = (round(at_s * 1000) for at_s in (one.from_s, one.to_s))
    is_then = row.to_ms >= early_ms - CLOCK_MS and row.from_ms <= late_ms + CLOCK_MS
    return is_then and (row.kind, row.whom) == (str(one.kind), one.whom)


def _oldest_first(rows: "Sequence[Kept]") -> "list[Kept]":
    return sorted(rows, key=lambda row: (row.to_ms, row.number))


def _write(out: Path, told: dict[str, Any], template: Path | None) -> None:
    try:
        if out.suffix == ".json":
            text = json.dumps(told, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
        else:
            text = page("incident.html", told, template)
        out.write_text(text, "utf-8")
    except OSError as failure:
        complain_of("cli.unwritable", option="--out", why=words_of_failure(failure))
    except TemplateFaultError as error:
        complain(f"--template: {in_words(error)}")
