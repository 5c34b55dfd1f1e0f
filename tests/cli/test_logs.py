"""The log, for people and for machines."""

import json
import logging

import pytest

from virton.cli.logs import LogFormat, keep_log
from virton.console import request_ids


def told(form: LogFormat, capsys: pytest.CaptureFixture[str]) -> list[str]:
    keep_log(form)
    log = logging.getLogger("virton.test")
    log.warning("something %s", "happened")
    known = request_ids.current.set("abc123")
    try:
        raise ValueError("no such thing")
    except ValueError:
        log.exception("it failed")
    finally:
        request_ids.current.reset(known)
    return capsys.readouterr().err.splitlines()


def test_people_read_lines(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told("text", capsys)
    assert lines[:2] == ["WARNING something happened", "ERROR it failed [request abc123]"]
    assert lines[-1] == "ValueError: no such thing"


def test_machines_read_an_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (json.loads(line) for line in told("json", capsys))
    assert (first["level"], first["logger"], first["message"]) == (
        "warning",
        "virton.test",
        "something happened",
    )
    assert "request" not in first
    assert second["request"] == "abc123"
    assert "ValueError: no such thing" in second["trace"]
