"""Who is logged in: one's own sessions, an administrator all of them; and ending one."""

from starlette.responses import Response

from virton.console.answers import Answer
from virton.console.guard import Call, done
from virton.console.problems import Refusal
from virton.console.standings import MODIFY
from virton.console.who import Presence


async def show(call: Call) -> Response:
    """List the sessions that the caller may end."""
    sessions = call.console.sessions
    mine = sessions.name_of(call.session)
    rows = [
        {
            "name": one.name,
            "user": one.user,
            "address": one.address,
            "since": one.since,
            "seen": one.seen,
            "own": one.name == mine,
        }
        for one in sessions.present()
        if _may_end(call, one)
    ]
    return Answer({"sessions": rows, "all": MODIFY in call.standing.privileges})


async def end(call: Call) -> Response:
    """End a session, as its user's logging out would; whatever it has open is closed."""
    name = call.request.path_params["name"]
    found = next((one for one in call.console.sessions.present() if one.name == name), None)
    if found is None or not _may_end(call, found):
        raise Refusal(404, "not_found", "there is no such session")
    call.request.state.params = {"user": found.user, "address": found.address}
    call.console.sessions.end_named(found.name)
    return done()


def _may_end(call: Call, one: Presence) -> bool:
    return one.user == call.session.user or MODIFY in call.standing.privileges
