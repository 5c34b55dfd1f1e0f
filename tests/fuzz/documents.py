"""OpenAPI documents of both APIs, made of what they are made of: the registry and the forms."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from starlette.routing import Route

from virton.console.app import _routes
from virton.console.translate import LoginForm, MoveForm, ResourceForm, RuleForm
from virton.embedded.endpoints.everything import REGISTRY
from virton.embedded.lab import _SCHEMA as LAB
from virton.embedded.schema import Param

Json = dict[str, Any]

FORMS: Mapping[tuple[str, str], type[BaseModel]] = {
    ("POST", "/api/login"): LoginForm,
    ("POST", "/api/resources"): ResourceForm,
    ("PUT", "/api/resources/{sid}"): ResourceForm,
    ("POST", "/api/resources/{sid}/move"): MoveForm,
    ("POST", "/api/rules"): RuleForm,
    ("PUT", "/api/rules/{rule}"): RuleForm,
}
"""The bodies of the console's own API; any other is an object of whatever."""

LEFT_OUT = {
    ("GET", "/api/stream"): "it has no end",
    ("POST", "/api/logout"): "it ends the session with which all the rest is asked",
}


def console() -> Json:
    """Return the document of the console's own API."""
    paths: dict[str, Json] = {}
    for route in _routes():
        if not isinstance(route, Route) or not route.path.startswith("/api/"):
            continue
        for method in sorted((route.methods or {"GET"}) - {"HEAD"}):
            path = route.path_format  # without the types that Starlette writes beside a name
            if (method, path) not in LEFT_OUT:
                paths.setdefault(path, {})[method.lower()] = _console_call(method, path)
    return _document("console", paths)


def _console_call(method: str, path: str) -> Json:
    names = re.findall(r"{(\w+)}", path)
    parameters = [_parameter(name, "path", {"type": "string"}) for name in names]
    asked = ("fresh", "anonymous", "purge", "at", "from", "to", "limit", "lang", "sid", "node")
    if method in ("GET", "DELETE"):
        parameters += [_parameter(name, "query", {"type": "string"}) for name in asked]
        return _operation(parameters)
    if path == "/api/lab":
        return _operation(parameters, _object(LAB))
    form = FORMS.get((method, path))
    return _operation(parameters, form.model_json_schema() if form else {"type": "object"})


def embedded() -> Json:
    """Return the document of the embedded cluster's API."""
    paths: dict[str, Json] = {}
    for endpoint in REGISTRY:
        in_path = [part.strip("{}") for part in endpoint.parts if part.startswith("{")]
        parameters = [
            _parameter(name, "path", _schema(endpoint.parameters.get(name, Param())))
            for name in in_path
        ]
        others = {n: p for n, p in endpoint.parameters.items() if n not in in_path}
        body = None
        if endpoint.method in ("POST", "PUT"):
            body = _object(others)
        else:
            parameters += [_parameter(name, "query", _schema(p)) for name, p in others.items()]
        path = f"/api2/json{endpoint.path}"
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(parameters, body)
    return _document("embedded cluster", paths)


def _document(title: str, paths: Mapping[str, Json]) -> Json:
    info = {"title": title, "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": dict(paths)}


def _operation(parameters: Iterable[Json], body: Json | None = None) -> Json:
    operation: Json = {
        "parameters": list(parameters),
        "responses": {"default": {"description": "any"}},
    }
    if body is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": body}}}
    return operation


def _parameter(name: str, where: str, schema: Json) -> Json:
    return {"name": name, "in": where, "required": where == "path", "schema": schema}


def _object(params: Mapping[str, Param]) -> Json:
    required = [name for name, param in params.items() if not param.optional]
    properties = {name: _schema(param) for name, param in params.items()}
    return {"type": "object", "properties": properties, "required": required}


def _schema(param: Param) -> Json:
    told: Json = {"type": param.type}
    if param.type == "array":
        return {"type": "array", "items": {"type": "string"}}
    names = {
        "enum": list(param.enum) or None,
        "minimum": param.minimum,
        "maximum": param.maximum,
        "minLength": param.min_length,
        "maxLength": param.max_length,
    }
    return told | {name: value for name, value in names.items() if value is not None}
