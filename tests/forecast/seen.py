"""A cluster as recorded answers of its API show it."""

from collections.abc import Mapping
from typing import Any

from virton.forecast.situation import Situation, situation_of
from virton.proxmox.capture import capture_of_answers


def situation_from_answers(answers: Mapping[str, Any]) -> Situation:
    """Return the cluster that answers show, by path."""
    told = {path: data for path, data in answers.items() if data is not None}
    return situation_of(capture_of_answers(told))
