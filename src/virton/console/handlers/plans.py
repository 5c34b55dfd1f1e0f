"""Plans: changes that are collected, looked at together, approved, applied once, and undone."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, TypeVar

from starlette.responses import Response

from virton.console.answers import Answer
from virton.console.guard import Call, done, read_json
from virton.console.handlers.books import language_of, sentences_of
from virton.console.plan_book import NotNowError, PlanBook, Who
from virton.console.plan_draft import PRUNE, Draft
from virton.console.problems import Refusal
from virton.console.standings import AUDIT, CONSOLE
from virton.damage import DamagedError
from virton.language import plans
from virton.language.faults import fault_in
from virton.language.sentences import Sentences
from virton.plans.applying import ForeignChangeError
from virton.plans.desired import ABSENT, DesiredError, read_desired
from virton.plans.entries import Kind
from virton.plans.fields import FieldError, Fields
from virton.plans.records import BusyError, Record
from virton.plans.yaml_file import read_tree

LONGEST_WHY, MOST_RECORDS = 500, 20
_UNKNOWN: Mapping[str, Any] = {"who": "?", "why": "?", "since": "?"}
Done = TypeVar("Done")


async def show(call: Call) -> Response:
    """Return the draft, who approves of it, and what was applied."""
    book, said = _book(call, AUDIT), sentences_of(call)
    draft, records = book.draft, await book.records(await _who(call))
    try:
        newest, trouble = records.newest(MOST_RECORDS), book.trouble
    except DamagedError as damaged:
        newest, trouble = [], plans.damaged(damaged, said)
    elsewhere = records.elsewhere()
    return Answer(
        {
            "entries": list(_entries(draft, said)),
            "digest": draft.digest,
            "approved_by": list(draft.approved),
            "four_eyes": book.four_eyes,
            "busy": book.is_busy,
            "elsewhere": elsewhere and said.say("plans.busy", {**_UNKNOWN, **elsewhere}),
            "trouble": trouble and fault_in(language_of(call), trouble),
            "records": [_record(one, call) for one in newest],
        }
    )


def _entries(draft: Draft, said: Sentences) -> Iterator[dict[str, Any]]:
    for part, entries in draft.tree.items():
        for name, told in entries.items():
            shown = said.say(f"plans.prune.{name}", {}) if part == PRUNE else name
            yield {
                "kind": part,
                "name": name,
                "gone": told == ABSENT,
                "says": said.say(f"plans.kind.{part}", {}),
                "shown": shown,
                "values": {"nodes": told}
                if part == Kind.DOMAIN and told != ABSENT
                else _values(told),
                "by": draft.by.get(f"{part}/{name}", ""),
            }


def _record(record: Record, call: Call) -> dict[str, Any]:
    said = sentences_of(call)
    stopped = dict(record.stopped)
    kind = stopped.pop("kind", None)
    return {
        "number": record.number,
        "who": record.who,
        "why": record.why,
        "began": record.begun_s,
        "state": str(record.state),
        "done": record.done,
        "steps": [plans.edit(stride.edit.to_json(), said) for stride in record.strides],
        "undoes": record.undoes,
        "stopped": said.say(f"plans.surprise.{kind}", stopped) if kind else None,
        "undo_approved_by": sorted(record.approved),
    }


def _values(told: Any) -> dict[str, Any]:
    return told if isinstance(told, dict) else {}


async def look(call: Call) -> Response:
    """Return what the draft would do: each change with its effect, and what is borne then."""
    book = _book(call, AUDIT)

    async def looked() -> Response:
        plan, seen = await book.look(await _who(call))
        told = plans.told_plan(plan, sentences_of(call))
        return Answer(told | {"digest": seen.draft, "look": seen.token})

    return await _refusing(call, looked)


async def look_at_undo(call: Call) -> Response:
    """Return what an undo would do: each step, what moves, and what comes back at another place."""
    book, said = _book(call, AUDIT), sentences_of(call)
    number = int(call.request.path_params["number"])

    async def looked() -> Response:
        seen = await book.look_at_undo(await _who(call), number)
        steps = [
            {
                "says": plans.edit(step.edit.to_json(), said),
                "notes": [plans.move(dict(move), said) for move in step.moves],
            }
            for step in seen.steps
        ]
        return Answer({"number": number, "steps": steps, "places": list(seen.places)})

    return await _refusing(call, looked)


async def collect(call: Call) -> Response:
    """Add entries: `{"kind", "name", "values"}` (null: it shall not be), or `{"text"}` of a file."""
    book, body = _book(call, CONSOLE), await read_json(call.request)

    async def collected() -> Response:
        book.keep(_with(book.draft, body, call.session.user))
        return await show(call)

    return await _refusing(call, collected)


def _with(draft: Draft, body: dict[str, Any], who: str) -> Draft:
    if "text" in body:
        return _with_file(draft, Fields(body).text("text"), who)
    kind, name, values = body.get("kind"), body.get("name"), body.get("values")
    if kind not in list(Kind) or not isinstance(name, str):
        raise Refusal(400, "invalid", None, {"kind": "not_a_value"})
    return draft.with_entry(str(kind), name, ABSENT if values is None else values, who)


def _with_file(draft: Draft, text: str, who: str) -> Draft:
    """Return the draft with the changes of a file; what must be true is no change."""
    desired, tree = read_desired(text), read_tree(text)
    for part in Kind:
        for name, told in (tree.get(part) or {}).items():
            draft = draft.with_entry(part, str(name), _plain(told), who)
    for kind in sorted(desired.prune):
        draft = draft.with_entry(PRUNE, kind, ABSENT, who)
    return draft


def _plain(told: Any) -> Any:
    """Return what was read of a file without where it stood."""
    if hasattr(told, "items"):
        return {str(key): _plain(value) for key, value in told.items()}
    if isinstance(told, list):
        return [_plain(one) for one in told]
    return told if told is None or isinstance(told, bool | int | float) else str(told)


async def leave_out(call: Call) -> Response:
    """Take an entry out of the draft."""
    book, params = _book(call, CONSOLE), call.request.path_params
    if params["kind"] not in (*Kind, PRUNE):
        raise Refusal(404, "not_found")

    async def left_out() -> Response:
        book.keep(book.draft.without(params["kind"], params["name"]))
        return await show(call)

    return await _refusing(call, left_out)


async def act(call: Call) -> Response:
    """Approve of the draft, apply it, go on, close, undo, or discard it."""
    book, what = _book(call, CONSOLE), call.request.path_params["act"]
    body = Fields(await read_json(call.request))
    at_s = int(call.console.clock.time() + call.console.poller.readings.clock_ahead_s)

    async def acted() -> Response:
        match what:
            case "approve":
                book.approve(call.session.user, body.text("look"))
            case "apply":
                why = body.text("why", "")[:LONGEST_WHY]
                await book.apply(await _who(call), body.text("look"), why, at_s)
            case "resume":
                await book.go_on(await _who(call))
            case "close":
                await book.close(await _who(call), body.count("number"))
            case "undo":
                exact = body.switch("exact", False)
                await book.undo(await _who(call), body.count("number"), at_s, exact=exact)
            case "approve-undo":
                exact = body.switch("exact", False)
                await book.approve_undo(await _who(call), body.count("number"), exact=exact)
            case "discard":
                book.discard(body.text("digest"))
            case _:
                raise Refusal(404, "not_found")
        return done()

    return await _refusing(call, acted)


async def _refusing(call: Call, work: Callable[[], Awaitable[Done]]) -> Done:
    """Say why something cannot be, in the user's language."""
    said = sentences_of(call)
    try:
        return await work()
    except (DesiredError, FieldError) as error:
        words = said.say(f"plans.wrong.{error.problem}", {"field": error.field, **error.fields})
        raise Refusal(400, "plan", words) from None
    except NotNowError as error:
        raise Refusal(409, "plan", said.say(f"plans.{error.why}", error.fields)) from None
    except BusyError as busy:
        raise Refusal(409, "plan", said.say("plans.busy", {**_UNKNOWN, **busy.note})) from None
    except ForeignChangeError as foreign:
        lines = [said.say("plans.foreign.row", one.fields) for one in foreign.changes]
        words = "\n".join([said.say("plans.foreign", {}), *lines])
        raise Refusal(409, "plan", words) from None
    except DamagedError as damaged:
        words = plans.damaged(damaged, said)
        raise Refusal(500, "plan", words) from None
    except TimeoutError:
        raise Refusal(504, "forecast", "it takes too long") from None
    except OSError as failure:
        raise Refusal(507, "disk", failure.strerror) from None


def _book(call: Call, privilege: str) -> PlanBook:
    call.require(privilege)
    return call.console.plans


async def _who(call: Call) -> Who:
    return Who(call.session.user, call.api, await call.console.poller.features())
