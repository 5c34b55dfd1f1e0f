"""The documents with which both APIs are fuzzed leave nothing out."""

import re

from starlette.routing import Route

from tests.fuzz import documents
from virton.console.app import _routes
from virton.embedded.endpoints.everything import REGISTRY


def test_every_call_of_the_console_is_fuzzed_or_left_out_for_a_reason() -> None:
    told = documents.console()["paths"]
    for route in _routes():
        if isinstance(route, Route) and route.path.startswith("/api/"):
            for method in (route.methods or {"GET"}) - {"HEAD"}:
                fuzzed = method.lower() in told.get(route.path_format, {})
                assert fuzzed or (method, route.path_format) in documents.LEFT_OUT


def test_every_call_of_the_embedded_cluster_is_fuzzed() -> None:
    told = documents.embedded()["paths"]
    for endpoint in REGISTRY:
        assert endpoint.method.lower() in told[f"/api2/json{endpoint.path}"]


def test_every_name_in_a_path_is_told() -> None:
    for document in (documents.console(), documents.embedded()):
        for path, calls in document["paths"].items():
            for call in calls.values():
                told = {one["name"] for one in call["parameters"] if one["in"] == "path"}
                assert told == set(re.findall("{(.*?)}", path)), path
