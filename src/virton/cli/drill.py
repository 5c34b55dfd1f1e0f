"""`virton drill`: the yearly redundancy check: forecast, consent, a real fault, and a report."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from virton import __version__
from virton.cli.complaint import complain, complain_of, words_of_failure
from virton.cli.desired_file import text_in
from virton.cli.drill_course import Order, held, kept, text
from virton.cli.exit_codes import BROKEN, OneForErrors, errors_exit_with_one
from virton.cli.faults import in_words
from virton.cli.language import Language, LanguageOption, environment_language, printable, sentences
from virton.cli.live_plan import in_session
from virton.cli.option_groups import with_groups
from virton.cli.plan_source import LiveCluster
from virton.cli.terminal import terminal
from virton.damage import DamagedError, reading
from virton.language.sentences import LOCALES
from virton.plans.drill import Fault, read_drill, read_form
from virton.plans.fields import FieldError, Fields
from virton.plans.pages import TEMPLATES, TemplateFaultError, check_template, page
from virton.plans.yaml_file import NotYamlError, read_tree
from virton.strict_json import read_json

# The model of the HA stack, and what speaks HTTP, are loaded when a drill is held: help needs neither.
if TYPE_CHECKING:
    from virton.plans.drill_keeper import UnderWay

COMMAND = OneForErrors
Several = list[str] | None


@with_groups
def drill(
    *,
    form: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="YAML: institution, system, grade, examiner, approver."),
    ] = None,
    lose: Annotated[
        Several, typer.Option(metavar="NODE", help="Try the loss of this node's power.")
    ] = None,
    cut: Annotated[
        Several, typer.Option(metavar="NODE", help="Try the loss of this node's network.")
    ] = None,
    cluster: LiveCluster,
    lab: Annotated[
        bool, typer.Option("--lab", help="Let the embedded cluster's lab pull the plug.")
    ] = False,
    consent: Annotated[
        Several,
        typer.Option(metavar="NAME", help="Who agrees, each by name; else both are asked."),
    ] = None,
    last: Annotated[
        Path | None, typer.Option(metavar="REPORT", help="report.json of the last drill.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the report goes.")] = Path(
        "drill"
    ),
    template: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A template of your own for the page.")
    ] = None,
    show_template: Annotated[
        bool, typer.Option("--show-template", help="Print the template, to be edited.")
    ] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with the check in --out that was interrupted."),
    ] = False,
    verify: Annotated[
        tuple[Path, Path] | None,
        typer.Option(metavar="REPORT CAPTURE", help="Recompute a report from its capture."),
    ] = None,
    lang: LanguageOption = None,
) -> None:
    """Hold the redundancy check: forecast, consent of two, the fault, what was measured, a report.

    Writes report.html (prints on A4), report.json and capture.json. Exit codes: 0 passed, 3 not, 1 an error.
    """
    with errors_exit_with_one():
        if show_template:
            typer.echo((TEMPLATES / "drill.html").read_text("utf-8"), nl=False)
            return
        if verify is not None:
            _verify(*verify, lang)
            return
        faults = (*(Fault("lose", n) for n in lose or []), *(Fault("cut", n) for n in cut or []))
        beside: dict[str, Any] = {"--form": form, "--lose": lose, "--cut": cut, "--lab": lab}
        if resume:
            _require_alone(beside | {"--consent": consent, "--last": last}, lang)
        words = {} if resume else _form(form, lang)
        if not faults and not resume:
            complain(text(lang, "wrong.no_fault"))
        source, before = cluster.source(), _last(last, lang)
        _check_places(out, template)
        order = Order(out, words, faults, consent or [], lab, before, lang)
        with kept(out, lang, resume=resume) as keeper:
            ended = in_session(source, lang, lambda s: held(s, source, keeper, order))
            written = _written(ended, out, template, lang)
            keeper.forget()
    _print(written, out, lang)
    if written["result"] != "pass":
        raise typer.Exit(BROKEN)


def _require_alone(beside: dict[str, Any], lang: Language | None) -> None:
    """End where --resume stands beside what the check was begun with."""
    if given := [name for name, value in beside.items() if value]:
        complain(text(lang, "wrong.beside", option="--resume", given=given))


def _print(written: dict[str, Any], out: Path, lang: Language | None) -> None:
    from virton.cli.drill_page import print_report

    print_report(terminal(soft_wrap=True), sentences(lang), written)
    terminal().print(text(lang, "drill.written", folder=str(out)))


@contextmanager
def _told_wrong(path: Path, lang: Language | None) -> Iterator[None]:
    """Say which field of a file is wrong, and what would be right."""
    try:
        yield
    except FieldError as error:
        words = text(lang, f"wrong.{error.problem}", **{"field": error.field, **error.fields})
        complain(f"{path}: {words}")


def _form(path: Path | None, lang: Language | None) -> dict[str, Any]:
    if path is None:
        complain(text(lang, "wrong.no_form"))
    try:
        with _told_wrong(path, lang):
            return read_form(read_tree(text_in(path, "--form")))
    except NotYamlError as error:
        complain(f"{path}:{error.line}: {text(lang, 'wrong.not_yaml', why=error.why)}")


def _json_in(path: Path, option: str, lang: Language | None) -> Any:
    try:
        return read_json(text_in(path, option))
    except ValueError:
        complain(f"{path}: {text(lang, 'wrong.not_json')}")


def _last(path: Path | None, lang: Language | None) -> dict[str, Any] | None:
    if path is None:
        return None
    from virton.plans.drill_measures import measured_of

    with _told_wrong(path, lang):
        return measured_of(_json_in(path, "--last", lang))


def _check_places(out: Path, template: Path | None) -> None:
    """See before anything is done that the report can be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        check_template(template)
    except OSError as failure:
        complain_of("cli.unwritable", option="--out", why=words_of_failure(failure))
    except TemplateFaultError as error:
        complain(f"--template: {in_words(error)}")


def _written(
    ended: "UnderWay", out: Path, template: Path | None, lang: Language | None
) -> dict[str, Any]:
    """Write the three files; the record first, as everything can be made of it again."""
    from virton.plans.drill_report import report, report_text

    record = ended.record(__version__)
    begun_in = ended.started.lang if ended.started else str(environment_language())
    language = str(lang or begun_in)
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "capture.json").write_text(record.text, "utf-8")
        told = report(record, language)
        (out / "report.json").write_text(report_text(told), "utf-8")
        (out / "report.html").write_text(page("drill.html", told, template), "utf-8")
    except OSError as failure:
        complain_of("cli.unwritable", option="--out", why=words_of_failure(failure))
    except TemplateFaultError as error:
        complain(f"--template: {in_words(error)}")
    return told


def _verify(path: Path, capture: Path, lang: Language | None) -> None:
    """Recompute a report from its record, and hold every byte of it against the file."""
    from virton.plans.drill_report import report, report_text
    from virton.simulation.scenario import ScenarioError

    kept = text_in(path, "--verify")
    with _told_wrong(path, lang):
        language = Fields(_json_in(path, "--verify", lang)).text("lang", among=LOCALES)
    try:
        with _told_wrong(capture, lang):
            record = read_drill(_json_in(capture, "--verify", lang))
        with reading(str(capture), ""):
            made = report_text(report(record, language))
    except (DamagedError, ScenarioError) as error:
        complain(printable(f"{capture}: {text(lang, 'wrong.no_record')} ({in_words(error)})"))
    if made != kept:
        lines = zip(made.splitlines(True), [*kept.splitlines(True), ""], strict=False)
        at = next((n for n, (one, other) in enumerate(lines, 1) if one != other), 0)
        complain(text(lang, "drill.altered", file=str(path), line=at))
    terminal().print(text(lang, "drill.same", file=str(path)))
