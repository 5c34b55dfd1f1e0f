"""A forecast as it is printed for a person."""

import io

import pytest
from rich.console import Console

from tests.proxmox.test_captures_at_rest import answers
from virton.cli.forecast_page import print_answer
from virton.forecast.ask import ask
from virton.forecast.question import Loss, Question
from virton.forecast.situation import situation_of
from virton.language import forecasts
from virton.language.sentences import Sentences
from virton.proxmox.capture import capture_of_answers


@pytest.mark.parametrize(("language", "word"), [("ko", "가정"), ("en", "Assumed")])
def test_what_an_answer_assumes_stands_below_one_heading(language: str, word: str) -> None:
    situation = situation_of(capture_of_answers(answers(3)))
    answer = ask(situation, Question(losses=(Loss("n01"),)))
    said = Sentences.of(language)
    lines = [row["says"] for row in forecasts.told_course(answer.to_json(), said)["assumptions"]]
    assert len(lines) >= 2
    assert not [line for line in lines if line.startswith(word)]
    paper = io.StringIO()
    print_answer(Console(file=paper, width=200), said, answer)
    printed = [line.rstrip() for line in paper.getvalue().splitlines()]
    assert printed[printed.index(f"{word}:") + 1 :] == [f"  {line}" for line in lines]
