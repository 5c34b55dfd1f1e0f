"""Plans: changes that are collected, looked at together, approved, applied once, and undone."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from starlette.responses import Response

from virton.console.answers import Answer
from virton.console.guard import Call, done, read_json
from virton.console.handlers.books import sentences_of
from virton.console.plan_book import Draft, NotNowError, PlanBook, Who
from virton.console.problems import Refusal
from virton.console.standings import AUDIT, CONSOLE
from virton.language import plans
from virton.plans.desired import ABSENT, DesiredError, read_desired
from virton.plans.entries import Kind
from virton.plans.records import BusyError, Record
from virton.plans.undoing import ForeignChangeError
from virton.plans.yaml_file import read_tree

LONGEST_WHY = 500
Done = TypeVar("Done")


async def show(call: Call) -> Response:
    """Return the draft, who approves of it, and what was applied."""
    book, said = _book(call, AUDIT), sentences_of(call)
    draft = book.draft
    records = await book.records(await _who(call))
    entries = [
        {
            "kind": kind,
            "name": name,
            "gone": told == ABSENT,
            "says": said.say(f"plans.kind.{kind}", {}),
            "values": told if isinstance(told, dict) else {},
            "by": draft.by.get(f"{kind}/{name}", ""),
        }
        for kind, part in draft.tree.items()
        for name, told in part.items()
    ]
    return Answer(
        {
            "entries": entries,
            "digest": draft.digest,
            "approved_by": list(draft.approved_by),
            "four_eyes": book.four_eyes,
            "busy": book.is_busy,
            "records": [_record(one, call) for one in records[:20]],
        }
    )


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
    }


async def look(call: Call) -> Response:
    """Return what the draft would do: each change with its effect, and what is borne then."""
    book = _book(call, AUDIT)

    async def looked() -> Response:
        plan = await book.look(await _who(call))
        told = plans.told_plan(plan, sentences_of(call))
        return Answer(told | {"digest": book.draft.digest})

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
        text = str(body["text"])
        desired, tree = read_desired(text), read_tree(text)
        for part in Kind:
            for entry in desired.of(part):
                draft = draft.with_entry(part, entry, _plain(tree[part][entry]), who)
        return draft
    kind, name, values = body.get("kind"), body.get("name"), body.get("values")
    if kind not in list(Kind) or not isinstance(name, str):
        raise Refusal(400, "invalid", None, {"kind": "not_a_value"})
    return draft.with_entry(Kind(kind), name, ABSENT if values is None else values, who)


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
    if params["kind"] not in list(Kind):
        raise Refusal(404, "not_found")
    book.keep(book.draft.without(Kind(params["kind"]), params["name"]))
    return await show(call)


async def act(call: Call) -> Response:
    """Approve of the draft, apply it, go on, undo, or discard it."""
    book, what = _book(call, CONSOLE), call.request.path_params["act"]
    body = await read_json(call.request)
    at_s, digest = int(call.console.clock.time()), str(body.get("digest", ""))

    async def acted() -> Response:
        match what:
            case "approve":
                book.approve(call.session.user, digest)
            case "apply":
                why = str(body.get("why", ""))[:LONGEST_WHY]
                await book.apply(await _who(call), digest, why, at_s)
            case "resume":
                await book.go_on(await _who(call))
            case "undo" if isinstance(body.get("number"), int):
                await book.undo(await _who(call), body["number"], at_s)
            case "discard":
                book.keep(Draft())
            case _:
                raise Refusal(404, "not_found")
        return done()

    return await _refusing(call, acted)


async def _refusing(call: Call, work: Callable[[], Awaitable[Done]]) -> Done:
    """Say why something cannot be, in the user's language."""
    said = sentences_of(call)
    try:
        return await work()
    except DesiredError as error:
        words = said.say(f"plans.wrong.{error.problem}", {"field": error.field, **error.fields})
        raise Refusal(400, "plan", words) from None
    except NotNowError as error:
        raise Refusal(409, "plan", said.say(f"plans.{error.why}", error.fields)) from None
    except BusyError as busy:
        fields = {"who": "?", "why": "?", "since": "?", **busy.note}
        raise Refusal(409, "plan", said.say("plans.busy", fields)) from None
    except ForeignChangeError as foreign:
        lines = [
            said.say("plans.foreign.row", {"part": str(k), "name": n, "now": now, "left": left})
            for k, n, now, left in foreign.changes
        ]
        words = " ".join([said.say("plans.foreign", {}), *lines])
        raise Refusal(409, "plan", words) from None
    except TimeoutError:
        raise Refusal(504, "forecast", "it takes too long") from None
    except OSError as failure:
        raise Refusal(507, "disk", failure.strerror) from None


def _book(call: Call, privilege: str) -> PlanBook:
    call.require(privilege)
    return call.console.plans


async def _who(call: Call) -> Who:
    return Who(call.session.user, call.api, await call.console.poller.features())
