"""Print the page model's JSON schema, from which the page's types are made."""

import json
import sys

from pydantic.json_schema import models_json_schema

from virton.console.page.changes import Beat, Change, Whole
from virton.console.page.model import PageModel


def schema_text() -> str:
    """Return the schema of everything that the live stream tells, as JSON."""
    told = [(model, "serialization") for model in (PageModel, Whole, Change, Beat)]
    _, schema = models_json_schema(told, title="Page model")  # type: ignore[arg-type]
    return json.dumps(schema, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
