"""What a failure or a change will do: courses, reasons, advice, and the table of what is borne."""

from typing import Any

from starlette.datastructures import QueryParams
from starlette.responses import Response

from virton.console.answers import Answer
from virton.console.guard import Call, read_json
from virton.console.handlers.books import language_of, sentences_of
from virton.console.handlers.foretelling import refusals, seen_lately
from virton.console.handlers.history import number_of
from virton.console.handlers.records import past_capture
from virton.console.problems import Refusal
from virton.console.standings import AUDIT, CONSOLE
from virton.language.faults import fault_in
from virton.language.forecasts import told_course, told_waiting, told_why
from virton.plans.domains import DomainError, read_domains

_LISTS = (
    *("lose", "cut", "maintenance", "reboot", "shutdown"),
    *("fail_start", "add_rule", "change", "remove", "move"),
)
_TEXTS = ("split", "arming", "as_version")


async def table(call: Call) -> Response:
    """Return the table as far as it is known; it is kept fresh from the first time on."""
    _require_sight(call)
    call.console.forecasts.begin()
    told = call.console.forecasts.told()
    trouble = told["trouble"] and fault_in(language_of(call), told["trouble"])
    return Answer(told | {"trouble": trouble})


async def fence_clock(call: Call) -> Response:
    """Return between when each lost node is fenced and its guests run again."""
    _require_sight(call)
    with refusals(call):
        return Answer(await call.console.fence_clock.told())


def _require_sight(call: Call) -> None:
    """Refuse whoever may not see all that the console itself has seen."""
    call.require(AUDIT)
    call.require_all_guests()


async def domains(call: Call) -> Response:
    """Return the named fault domains."""
    call.require(AUDIT)
    books = call.console.forecasts.domains
    return Answer({"domains": {name: list(nodes) for name, nodes in books.named.items()}})


async def keep_domains(call: Call) -> Response:
    """Keep named fault domains, `{"domains": {name: [node, ...]}}`, in the place of those before."""
    call.require(CONSOLE)
    told = (await read_json(call.request)).get("domains")
    nodes = call.console.poller.readings.nodes.data.inventory.nodes
    try:
        call.console.forecasts.domains.keep(read_domains(told, frozenset(nodes)))
    except DomainError as wrong:
        raise Refusal(400, "invalid", str(wrong), {wrong.field: wrong.problem}) from None
    except OSError as failure:
        raise Refusal(507, "disk", failure.strerror) from None
    return await domains(call)


async def fit(call: Call) -> Response:
    """Return how many more guests of a size (`size=memory=8GiB,cores=4`) fit safely."""
    size = call.request.query_params.get("size", "")
    return Answer(await _asked(call, "fit", capture=await seen_lately(call), size=size))


async def score(call: Call) -> Response:
    """Return how often forecasts came true."""
    call.require(AUDIT)
    return Answer(await _asked(call, "score"))


async def course(call: Call) -> Response:
    """Return what becomes of the cluster; the query has the names of the command line's options.

    With `at` (ms) it is the cluster as it stood at that moment.
    """
    at_ms = number_of(call.request.query_params, "at")
    capture = await past_capture(call, at_ms)
    told = await _asked(call, "course", capture=capture, question=_question(call))
    return Answer(told_course(told, sentences_of(call)))


async def why(call: Call) -> Response:
    """Return why a resource is where it is, and what helps."""
    sid = call.request.path_params["sid"]
    told = await _asked(call, "why", capture=await seen_lately(call), sid=sid)
    return Answer(told_why(told, sentences_of(call)))


async def waiting(call: Call) -> Response:
    """Return of each resource that will not run by itself, why that is so."""
    told = await _asked(call, "waiting", capture=await seen_lately(call))
    said = sentences_of(call)
    return Answer({"resources": {sid: told_waiting(row, said) for sid, row in told.items()}})


async def advice(call: Call) -> Response:
    """Return what changes would do: who moves, and the table before and after."""
    return Answer(
        await _asked(call, "advice", capture=await seen_lately(call), question=_question(call))
    )


async def _asked(call: Call, do: str, **fields: Any) -> dict[str, Any]:
    with refusals(call):
        return await call.console.forecasts.ask(do, **fields)


def _question(call: Call) -> dict[str, Any]:
    asked: QueryParams = call.request.query_params
    question: dict[str, Any] = {key: asked.getlist(key) for key in _LISTS if key in asked}
    return question | {key: asked[key] for key in _TEXTS if key in asked}
