"""Who is told, and what of the history is kept: shown and set by administrators."""

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from virton.console.answers import Answer
from virton.console.guard import Call, read_json
from virton.console.handlers.books import books_of, looked_up, sentences_of
from virton.console.handlers.incidents import delivery_told
from virton.console.page.sight import sees_all_guests
from virton.console.problems import Refusal
from virton.console.standings import AUDIT, MODIFY
from virton.console.watch.chronicle import Books
from virton.console.watch.telling import Telling, keep_book, read_book
from virton.console.watch.upkeep import keep_retention
from virton.keeping.database import size_of
from virton.keeping.retention import Retention
from virton.notify.book import Book, BookError, shown
from virton.notify.channels import PRESETS

NEWEST = 30
LONGEST_DAYS, MOST_MIB = 36_500, 1 << 20
LEAST_MIB = 16


async def show(call: Call) -> Response:
    """Return who is told through what, without secrets, what is kept, and the newest messages."""
    books, telling = books_of(call, AUDIT), _telling(call)
    given, said = telling.given, sentences_of(call)
    kept = await looked_up(lambda: read_book(books.settings, telling.sealer))
    sent = await looked_up(lambda: books.outbox.deliveries(NEWEST))
    wholly = sees_all_guests(call.standing.permissions)
    fixed = {one.name for one in given.recipients}
    mail = given.mail or kept.mail
    return Answer(
        {
            "mail": mail and shown(mail.model_dump(mode="json")) | {"fixed": bool(given.mail)},
            "recipients": [
                shown(one.model_dump(mode="json")) | {"fixed": one.name in fixed}
                for one in given.with_more(kept).recipients
            ]
            + [shown(row) | {"fixed": False, "unreadable": True} for row in kept.unreadable],
            "heartbeat": {
                "set": bool(given.heartbeat or kept.heartbeat),
                "fixed": bool(given.heartbeat),
            },
            "presets": sorted(PRESETS),
            "retention": await _retention(call, books),
            "audit": _audit(call),
            "deliveries": [delivery_told(one, said, wholly) for one in sent],
        }
    )


async def _retention(call: Call, books: Books) -> dict[str, Any]:
    upkeep = call.console.upkeep
    assert upkeep is not None  # noqa: S101 - there are books, so they are kept up
    kept = await looked_up(lambda: upkeep.retention(books.settings))
    used = await looked_up(lambda: size_of(books.history.engine))
    fixed = upkeep.given is not None
    return {"days": kept.days, "mib": kept.mib, "used_mib": used >> 20, "fixed": fixed}


def _audit(call: Call) -> dict[str, Any] | None:
    """Return how much room the audit takes, and has."""
    audit = call.console.poller.audit
    if audit is None:
        return None
    return {"mib": audit.size >> 20, "free_mib": audit.free >> 20, "trouble": audit.trouble}


async def keep_recipient(call: Call) -> Response:
    """Add a recipient, or change the one of the path's name."""
    form = await read_json(call.request)
    was, telling = call.request.path_params.get("name"), _telling(call)
    if was is None and form.get("name") in {one.name for one in telling.given.recipients}:
        raise Refusal(400, "invalid", None, {"name": "taken"})

    def change(book: Book) -> Book:
        _known(book, was)
        server = telling.given.mail is not None or book.mail is not None
        return book.with_recipient(was, form, server)

    return await _change(call, change)


async def remove_recipient(call: Call) -> Response:
    """Take a recipient away."""
    name = call.request.path_params["name"]

    def change(book: Book) -> Book:
        _known(book, name)
        return book.without(name)

    return await _change(call, change)


async def keep_mail(call: Call) -> Response:
    """Set the mail server; an empty form takes it away."""
    form = await read_json(call.request)
    _unless_fixed(_telling(call).given.mail)
    return await _change(call, lambda book: book.with_mail(form))


async def keep_heartbeat(call: Call) -> Response:
    """Set the address (`url`) that is called while all goes well; an empty one takes it away."""
    address = (await read_json(call.request)).get("url")
    _unless_fixed(_telling(call).given.heartbeat)
    if address is not None and not isinstance(address, str):
        raise Refusal(400, "invalid", None, {"url": "web_address"})
    return await _change(call, lambda book: book.with_heartbeat(address))


async def set_retention(call: Call) -> Response:
    """Set for how many `days` the history is kept, and how many `mib` it may take."""
    books, upkeep = books_of(call, MODIFY), call.console.upkeep
    form = await read_json(call.request)
    limits = {"days": (1, LONGEST_DAYS), "mib": (LEAST_MIB, MOST_MIB)}
    # JSON's true is an int to Python
    wrong = {
        name: "number"
        for name, (least, most) in limits.items()
        if type(form.get(name)) is not int or not least <= form[name] <= most
    }
    if wrong:
        raise Refusal(400, "invalid", None, wrong)
    _unless_fixed(None if upkeep is None else upkeep.given)
    wanted = Retention(form["days"], form["mib"])
    await looked_up(lambda: keep_retention(books.settings, wanted))
    return Answer({"ok": True})


async def _change(call: Call, change: Callable[[Book], Book]) -> Response:
    books, telling = books_of(call, MODIFY), _telling(call)
    kept = await looked_up(lambda: read_book(books.settings, telling.sealer))
    try:
        changed = change(kept)
    except BookError as error:
        raise Refusal(400, "invalid", None, error.fields) from None
    await looked_up(lambda: keep_book(books.settings, changed, telling.sealer))
    await telling.read_again()
    return Answer({"ok": True})


def _known(book: Book, name: str | None) -> None:
    if name is not None and name not in book.names:
        raise Refusal(404, "not_found")


def _unless_fixed(given: object) -> None:
    """Refuse to set what the settings file says: it would be so again after the next start."""
    if given is not None:
        raise Refusal(409, "fixed_by_file")


def _telling(call: Call) -> Telling:
    telling = call.console.telling
    if telling is None:
        raise Refusal(404, "no_history")
    return telling
