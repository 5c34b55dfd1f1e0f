"""The redundancy check in the page: propose, agree, carry out, and read the report."""

from dataclasses import asdict
from typing import Any

from starlette.responses import FileResponse, Response

from virton.console.answers import Answer
from virton.console.drill_book import FILES, DrillBook, NotNowError
from virton.console.guard import Call, done, read_json
from virton.console.handlers.books import language_of, sentences_of
from virton.console.problems import Refusal
from virton.console.standings import AUDIT, CONSOLE
from virton.plans.drill import FAULTS, DrillError, Fault

MOST_FAULTS = 16


async def show(call: Call) -> Response:
    """Return what is proposed, who agrees, and where the drill stands."""
    book = _book(call, AUDIT)
    proposal, course, said = book.proposal, book.course, sentences_of(call)
    told: dict[str, Any] = {"busy": book.is_busy, "report": book.report is not None}
    if proposal is not None:
        told["proposal"] = {
            "form": dict(proposal.form),
            "faults": [{"how": f.how, "node": f.node} for f in proposal.faults],
            "by": proposal.by,
            "lab": proposal.lab,
            "digest": proposal.digest,
            "consents": [dict(one) for one in proposal.consents],
        }
    if course is not None and proposal is not None:
        fault = proposal.faults[course.at]
        waits = said.say(f"drill.page.{course.waits}", {"node": fault.node})
        trouble = said.say(f"plans.drill.{course.trouble}", {"node": fault.node})
        steps = [one | {"says": said.say("plans.drill.step", one)} for one in course.steps]
        told["course"] = asdict(course) | {
            "waits": waits if course.waits else None,
            "trouble": trouble if course.trouble else None,
            "steps": steps,
            "title": said.say(f"plans.drill.fault.{fault.how}", {"node": fault.node}),
        }
    return Answer(told)


async def act(call: Call) -> Response:
    """Propose, agree, start, say that something is done, or withdraw."""
    book, what = _book(call, CONSOLE), call.request.path_params["act"]
    body, said = await read_json(call.request), sentences_of(call)
    now_s = int(call.console.clock.time())
    try:
        match what:
            case "propose":
                faults = _faults(call, body.get("faults"))
                lab = body.get("lab") is True
                book.propose(body.get("form"), faults, call.session.user, lab=lab)
            case "agree":
                book.agree(call.session.user, str(body.get("digest", "")), now_s)
            case "start":
                book.start(call.api, language_of(call), now_s)
            case "done":
                book.done()
            case "withdraw":
                book.withdraw()
            case _:
                raise Refusal(404, "not_found")
    except DrillError as error:
        fields = {"field": error.field, **error.fields}
        raise Refusal(400, "plan", said.say(f"plans.wrong.{error.problem}", fields)) from None
    except NotNowError as error:
        raise Refusal(409, "plan", said.say(f"plans.drill.not_now.{error}", {})) from None
    return done()


def _faults(call: Call, told: Any) -> tuple[Fault, ...]:
    nodes = call.console.poller.readings.nodes.data.online
    rows = told if isinstance(told, list) else []
    found = tuple(
        Fault(row["how"], row["node"])
        for row in rows
        if isinstance(row, dict) and row.get("how") in FAULTS and row.get("node") in nodes
    )
    if not 0 < len(found) <= MOST_FAULTS or len(found) != len(rows):
        raise DrillError("faults", "no_fault")
    return found


async def file(call: Call) -> Response:
    """Return a file of the newest report."""
    book, name = _book(call, AUDIT), call.request.path_params["name"]
    if name not in FILES or book.report is None:
        raise Refusal(404, "not_found")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return FileResponse(book.report / name, headers=headers)


def _book(call: Call, privilege: str) -> DrillBook:
    call.require(privilege)
    return call.console.drills
