"""How the handlers reach the books in which it is kept what happened."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, TypeVar

from virton.console.guard import Call
from virton.console.handlers.pages import locale_of
from virton.console.page.sight import may_see_guest
from virton.console.problems import Refusal
from virton.console.watch.chronicle import Books
from virton.keeping.database import HistoryError
from virton.language.called import caller, sids_in
from virton.language.sentences import LOCALES, Sentences

Found = TypeVar("Found")


def books_of(call: Call, privilege: str) -> Books:
    """Return the books, for somebody with a privilege on `/`; raises Refusal and ApiFailure."""
    call.require(privilege)
    chronicle = call.console.poller.chronicle
    if chronicle is None:
        raise Refusal(404, "no_history")
    if chronicle.books is None:
        raise Refusal(503, "history", str(chronicle.trouble or "opening"))
    return chronicle.books


async def looked_up(read: Callable[[], Found]) -> Found:
    """Read or write in the books, without holding anybody up; raises Refusal."""
    try:
        return await asyncio.to_thread(read)
    except HistoryError as error:
        raise Refusal(503, "history", str(error.trouble)) from None


def sentences_of(call: Call) -> Sentences:
    """Return the sentences in the language of an answer."""
    return Sentences.of(language_of(call))


async def calling(call: Call, books: Books, told: Any) -> Sentences:
    """Return the sentences, in which the resources that something names are called by name.

    Guests that the user may not see are called by their number alone.
    """
    found = sids_in(json.dumps(told, default=str))
    sids = [sid for sid in sorted(found) if may_see_guest(call.standing, sid)]
    names = await looked_up(lambda: books.moments.called(sids)) if sids else {}
    return sentences_of(call).calling(caller(names))


def language_of(call: Call) -> str:
    """Return the language that is asked for, or that the page speaks."""
    asked = call.request.query_params.get("lang")
    return asked if asked in LOCALES else locale_of(call.request)
