"""What schemathesis holds every answer to; it runs in an environment of its own, without virton."""

import atexit
from collections import Counter

import schemathesis

_ANSWERS: Counter[int] = Counter()
atexit.register(lambda: print("answers by status:", dict(sorted(_ANSWERS.items()))))

# The console passes on what the cluster said; only of these is the fault not the console's.
_OF_THE_CLUSTER = {"cluster", "unsupported", "peer", "timeout", "disk", "busy"}


@schemathesis.check
def answered_in_words(ctx, response, case):
    """Hold an answer of 5xx to what the reference gives: a refusal in words, never a stumble."""
    _ANSWERS[response.status_code] += 1
    if response.status_code < 500:
        return
    try:
        body = response.json()
    except ValueError:
        raise AssertionError(f"{response.status_code} without JSON") from None
    if "error" in body:
        code = body["error"]["code"]
        assert code in _OF_THE_CLUSTER, f"{response.status_code} {code}: {body['error']}"
        return
    message = str(body.get("message") or "").strip()
    assert body.get("data") is None
    assert message, f"{response.status_code} without a word"
    assert message != "internal error", f"{response.status_code} {message}"
