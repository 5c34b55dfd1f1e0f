"""The log: lines for people or JSON for machines, on the standard error, each with its request."""

import json
import logging
import sys
import time

from virton.cli.choices import LogFormat
from virton.console.request_ids import WithRequestId


def keep_log(form: LogFormat) -> None:
    """Write what is logged from now on to the standard error, in one form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else PlainLines())
    handler.addFilter(WithRequestId())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    # What the HTTP client tells of each of its requests is nothing to an operator.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    logging.getLogger("httpcore2").setLevel(logging.WARNING)


class PlainLines(logging.Formatter):
    """One line for people: the journal adds the time by itself."""

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        """Return the line, with its request if it belongs to one."""
        request = getattr(record, "request", None)
        return super().formatMessage(record) + (f" [request {request}]" if request else "")


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        request = getattr(record, "request", None)
        if request:
            told["request"] = request
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)
