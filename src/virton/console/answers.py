"""JSON as the page gets it."""

import json
from typing import Any

from starlette.responses import JSONResponse

from virton.console.page.model import Told


def json_text(data: Any) -> str:
    """Return JSON in plain ASCII: half a surrogate pair in somebody's comment has no other form."""
    return json.dumps(
        data, ensure_ascii=True, allow_nan=False, separators=(",", ":"), default=_fields
    )


def _fields(value: Any) -> Any:
    if isinstance(value, Told):
        return value.told()
    raise TypeError(f"{type(value).__name__} is not told to the page")


class Answer(JSONResponse):
    """A JSON answer that any text of the cluster fits into."""

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return json_text(content).encode("ascii")
