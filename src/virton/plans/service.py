"""Plans as a process of its own: one question as JSON on its input, the answer on its output.

`python -m virton.plans.service`. To `plan`: a capture (`document`), the console's fault `domains`, and
what a file would hold (`tree`). To `foresee`: a capture and the `strides` of an undoing. Of a drill: what to
`expect`, and the `report`. The console asks it, as it plays nothing itself.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from virton.forecast.situation import situation_of
from virton.plans.applying import Surprise
from virton.plans.configured import configured
from virton.plans.desired import DesiredError, desired_of
from virton.plans.drill import Drill, Fault, read_drill
from virton.plans.drill_forecast import foreseen as expected
from virton.plans.drill_report import report, report_text
from virton.plans.foreseeing import foreseen
from virton.plans.pages import TemplateFaultError, page
from virton.plans.plan import make_plan
from virton.plans.records import Stride
from virton.simulation.scenario import ScenarioError

NICE = 10


def answer(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to a question, or what is wrong with it."""
    try:
        match asked["do"]:
            case "expect":
                back, longest_s = expected(asked["document"], Fault(asked["how"], asked["node"]))
                return {"back": back, "longest_s": longest_s}
            case "report":
                return reported(read_drill(asked["drill"]), asked["lang"], asked.get("template"))
        situation = situation_of(asked["document"])
        if asked["do"] == "foresee":
            strides = [Stride.from_json(one) for one in asked["strides"]]
            return {"strides": [one.to_json() for one in foreseen(situation, strides)]}
        now = configured(situation, asked["document"], asked["domains"])
        return {"plan": make_plan(situation, now, desired_of(asked["tree"])).to_json()}
    except DesiredError as error:
        return {"wrong": {"field": error.field, "problem": error.problem, "fields": error.fields}}
    except TemplateFaultError as error:
        told = {"told": str(error)}
        return {"wrong": {"field": "template.html", "problem": "template", "fields": told}}
    except Surprise as error:
        fields = {"field": "file", "problem": "cannot_be", "fields": error.fields}
        return {"wrong": fields}
    except ScenarioError as error:
        return {"wrong": {"field": "file", "problem": "cannot_be", "fields": {"told": str(error)}}}


def reported(drill: Drill, lang: str, template: str | None = None) -> dict[str, Any]:
    """Return a drill's report, as it is kept and as it is printed."""
    told = report(drill, lang)
    return {
        "result": told["result"],
        "text": report_text(told),
        "html": page("drill.html", told, None if template is None else Path(template)),
    }


if __name__ == "__main__":
    os.nice(NICE)
    json.dump(answer(json.load(sys.stdin)), sys.stdout)
