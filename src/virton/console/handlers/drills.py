"""The redundancy check in the page: propose, agree, carry out, and read the report."""

from typing import Any

from starlette.responses import FileResponse, Response

from virton.console.answers import Answer
from virton.console.drill_book import FILES, Course, DrillBook, NotNowError
from virton.console.guard import Call, done, read_json
from virton.console.handlers.books import language_of, sentences_of
from virton.console.page.sight import sees_all_guests
from virton.console.problems import Refusal
from virton.console.standings import AUDIT, CONSOLE
from virton.language.sentences import Sentences
from virton.plans.drill import Fault, read_fault
from virton.plans.fields import FieldError, Fields

MOST_FAULTS = 16


async def show(call: Call) -> Response:
    """Return what is proposed, who agrees, and where the drill stands."""
    book, said = _book(call, AUDIT), sentences_of(call)
    if CONSOLE in call.standing.permissions.on("/"):
        book.lend(call.session)
    told: dict[str, Any] = {"busy": book.is_busy, "report": book.report is not None}
    proposal, course = book.proposal, book.course
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
        told["course"] = _course(course, proposal.faults[course.at], book, said)
        if not sees_all_guests(call.standing.permissions):
            told["course"]["outcomes"] = []  # they name guests
    return Answer(told)


def _course(course: Course, fault: Fault, book: DrillBook, said: Sentences) -> dict[str, Any]:
    waits = said.say(f"drill.page.{course.waits}", {"node": fault.node}) if course.waits else None
    trouble, can_go_on = None, False
    if course.trouble is not None:
        kind, more = course.trouble
        trouble = said.say(f"plans.drill.{kind}", {"node": fault.node, "told": more})
        can_go_on = book.started is not None and kind != "moment_lost"
    elif course.lacks_hands and book.started is not None:
        trouble = said.say("plans.drill.lacks_hands", {"who": book.started.who})
    return {
        "title": said.say(f"plans.drill.fault.{fault.how}", {"node": fault.node}),
        "waits": waits,
        "after_s": course.after_s,
        "steps": [one | {"says": said.say("plans.drill.step", one)} for one in course.steps],
        "trouble": trouble,
        "can_go_on": can_go_on and not book.is_busy,
        "result": course.result,
        "outcomes": course.outcomes,
    }


async def act(call: Call) -> Response:
    """Propose, agree, start, say that something is done, go on, stop, or withdraw."""
    book, what = _book(call, CONSOLE), call.request.path_params["act"]
    body, said = Fields(await read_json(call.request)), sentences_of(call)
    now_s = int(call.console.clock.time() + call.console.poller.readings.clock_ahead_s)
    try:
        match what:
            case "propose":
                form, lab = body.mapping("form"), body.switch("lab", default=False)
                book.propose(form, _faults(call, body), call.session.user, lab=lab)
            case "agree":
                book.agree(call.session.user, body.text("digest"), now_s)
            case "start":
                book.start(call.session, language_of(call), now_s)
            case "done":
                book.done()
            case "resume":
                book.lend(call.session)
                book.go_on()
            case "stop":
                await book.stop(call.session.user)
            case "withdraw":
                book.withdraw()
            case _:
                raise Refusal(404, "not_found")
    except FieldError as error:
        fields = {"field": error.field, **error.fields}
        raise Refusal(400, "plan", said.say(f"plans.wrong.{error.problem}", fields)) from None
    except NotNowError as error:
        raise Refusal(409, "plan", said.say(f"plans.drill.not_now.{error}", {})) from None
    except OSError as failure:
        raise Refusal(507, "disk", failure.strerror) from None
    return done()


def _faults(call: Call, told: Fields) -> tuple[Fault, ...]:
    nodes = sorted(call.console.poller.readings.nodes.data.online)
    found = tuple(read_fault(row) for row in told.parts("faults"))
    for fault in found:
        if fault.node not in nodes:
            raise FieldError("faults", "no_node", name=fault.node, known=nodes)
    if not 0 < len(found) <= MOST_FAULTS:
        raise FieldError("faults", "no_fault")
    return found


async def file(call: Call) -> Response:
    """Return a file of the newest report, which names every guest and holds a capture."""
    book, name = _book(call, AUDIT), call.request.path_params["name"]
    call.require_all_guests()
    if name not in FILES or book.report is None:
        raise Refusal(404, "not_found")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return FileResponse(book.report / name, headers=headers)


def _book(call: Call, privilege: str) -> DrillBook:
    call.require(privilege)
    return call.console.drills
