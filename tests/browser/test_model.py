"""The page's types are those of the page model."""

import sys
from pathlib import Path

WEB = Path(__file__).parents[2] / "web"
sys.path.insert(0, str(WEB))
from make_model import MODEL, model_text  # noqa: E402


def test_the_pages_types_are_made_of_the_page_models_schema() -> None:
    assert MODEL.read_text() == model_text(), "run `python web/make_model.py`"
