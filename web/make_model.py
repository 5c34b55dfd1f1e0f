"""Make the page's types from the schema of the page model: `python web/make_model.py`."""

import json
from pathlib import Path
from typing import Any

from virton.console.page.schema import schema_text

MODEL = Path(__file__).resolve().parent / "model.ts"
HEAD = """/** The page model, as the console tells it. Made by make_model.py: do not edit. */
"""
SIMPLE = {
    "string": "string",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "null": "null",
}


def type_of(schema: dict[str, Any]) -> str:
    """Return the TypeScript type of a schema."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(type_of(one) for one in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " | ".join(json.dumps(one) for one in schema.get("enum", [schema.get("const")]))
    kind = schema.get("type")
    if kind == "array":
        item = type_of(schema.get("items", {}))
        return f"({item})[]" if "|" in item else f"{item}[]"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"Record<string, {type_of(values) if isinstance(values, dict) else 'unknown'}>"
    return SIMPLE.get(str(kind), "unknown")


def interface(name: str, schema: dict[str, Any]) -> str:
    """Return the TypeScript interface of an object's schema."""
    required = schema.get("required", [])
    lines = [
        f"  {field}{'' if field in required else '?'}: {type_of(one)};"
        for field, one in schema.get("properties", {}).items()
    ]
    return "\n".join([f"export interface {name} {{", *lines, "}"])


def model_text() -> str:
    """Return the module of the page's types."""
    types = json.loads(schema_text())["$defs"]
    return "\n\n".join([HEAD.rstrip(), *(interface(n, types[n]) for n in sorted(types))]) + "\n"


if __name__ == "__main__":
    MODEL.write_text(model_text())
