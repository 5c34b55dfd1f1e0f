"""JSON as the page gets it."""

import json
from typing import Any

from starlette.responses import JSONResponse


def json_text(data: Any) -> str:
    """Return JSON in plain ASCII: half a surrogate pair in somebody's comment has no other form."""
    return json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


class Answer(JSONResponse):
    """A JSON answer that any text of the cluster fits into."""

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return json_text(content).encode("ascii")
