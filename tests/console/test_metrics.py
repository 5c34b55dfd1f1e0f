"""What Prometheus is told, and what alerts and dashboard make of it."""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.console.test_history import PASSWORD, Desk, WorldClock
from tests.console.visit import Browser
from tests.keeping.fresh import fresh_history
from virton.console.app import create_app
from virton.console.metrics import Fares, Since, exposition
from virton.console.page.model import Cluster, PageModel, Part, Parts, Resource
from virton.console.settings import ConsoleSettings
from virton.console.watch.forecasts import Forecasts, TableState
from virton.embedded import start
from virton.forecast.score import Score
from virton.proxmox import ProxmoxClient

pytestmark = pytest.mark.anyio

DOCS = Path(__file__).parents[2] / "docs" / "prometheus"
TOKEN = "a token for prometheus"
KNOWN = re.compile(r"\bvirton_\w+")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    cluster = start(tmp_path, PASSWORD)
    client = ProxmoxClient.in_process(cluster.app)
    settings = ConsoleSettings(
        tmp_path,
        cluster.console_token,
        history=fresh_history(tmp_path),
        metrics_token=TOKEN,
    )
    app = create_app(client, settings, WorldClock(cluster))
    browser = Browser(app)
    yield Desk(cluster, browser, app.state.console.poller.chronicle)
    await browser.http.aclose()
    await client.aclose()


async def scraped(desk: Desk) -> str:
    answer = await desk.browser.http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, answer.text
    return answer.text


def forecasts_of(desk: Desk) -> Forecasts:
    app: Any = desk.browser._app
    forecasts = app.state.console.forecasts
    assert isinstance(forecasts, Forecasts)
    return forecasts


async def draw(desk: Desk) -> TableState:
    """Have the forecast's table drawn once."""
    forecasts = forecasts_of(desk)
    forecasts.begin()
    drawing = asyncio.create_task(forecasts.run())
    await asyncio.wait_for(forecasts.drawn(), 300)
    drawing.cancel()
    await forecasts.end()
    return forecasts.table


async def test_the_state_of_each_node_and_resource_is_told(desk: Desk) -> None:
    text = await scraped(desk)
    await desk.chronicle.write_down()
    desk.cluster.world.step(30)
    text = await scraped(desk)
    assert "virton_quorate 1.0" in text
    assert 'virton_node_state{node="phum01",state="online"} 1.0' in text
    assert 'virton_resource_state{node="phum03",sid="vm:100",state="started"} 1.0' in text
    assert 'virton_resource_state_seconds{sid="vm:100"} 30.0' in text
    assert "virton_history_writable 1.0" in text


@pytest.mark.parametrize("given", ["", "Bearer wrong", f"Basic {TOKEN}"])
async def test_without_the_token_nothing_is_told(desk: Desk, given: str) -> None:
    answer = await desk.browser.http.get("/metrics", headers={"Authorization": given})
    assert answer.status_code == 401
    assert "virton_" not in answer.text


async def test_alerts_and_dashboard_name_metrics_that_there_are(desk: Desk) -> None:
    await scraped(desk)
    await desk.chronicle.write_down()
    await draw(desk)
    text = await scraped(desk)
    # counters are there once they count
    told = set(KNOWN.findall(text)) | {"virton_deliveries_total"}
    board = json.loads((DOCS / "dashboard.json").read_text())
    asked = {
        expression for panel in board["panels"] for expression in (panel["targets"][0]["expr"],)
    }
    asked |= set(re.findall(r"expr: (.*)", (DOCS / "alerts.yaml").read_text()))
    assert {name for one in asked for name in KNOWN.findall(one)} <= told


async def test_the_forecasts_are_told_once_they_are_known_and_never_begun_by_a_scrape(
    desk: Desk, tmp_path: Path
) -> None:
    text = await scraped(desk)
    assert "virton_tolerated_failures" not in text
    assert 'virton_forecasts_total{result="hit"} 0.0' in text
    assert forecasts_of(desk)._process is None
    table = await draw(desk)
    assert "virton_tolerated_failures 1.0" in await scraped(desk)
    for row in table.rows.values():
        row["safe"] = True
    assert "virton_tolerated_failures 2.0" in await scraped(desk)
    table.rows["node phum03"]["safe"] = False
    assert "virton_tolerated_failures 0.0" in await scraped(desk)
    (tmp_path / "forecast-score.json").write_text(json.dumps(Score(2, 9, 7).to_json()))
    text = await scraped(desk)
    assert 'virton_forecasts_total{result="hit"} 7.0' in text
    assert 'virton_forecasts_total{result="miss"} 2.0' in text
    (tmp_path / "forecast-score.json").write_text("{")
    assert 'virton_forecasts_total{result="miss"} 0.0' in await scraped(desk)


@pytest.mark.skipif(not shutil.which("promtool"), reason="needs promtool (Debian: prometheus)")
def test_the_alerts_are_rules_that_prometheus_takes() -> None:
    done = subprocess.run(
        ["promtool", "check", "rules", str(DOCS / "alerts.yaml")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


async def test_what_is_told_is_read_again_as_it_was_meant(desk: Desk) -> None:
    await scraped(desk)
    await desk.chronicle.write_down()
    families = {one.name: one for one in text_string_to_metric_families(await scraped(desk))}
    states = families["virton_resource_state"].samples
    assert {"node": "phum03", "sid": "vm:100", "state": "started"} in [one.labels for one in states]
    assert len(families["virton_resource_state_seconds"].samples) == len(states) == 5


def test_a_name_cannot_leave_its_place() -> None:
    row = Resource.model_construct(sid='vm:1"} 9\n\\', state="started", node="a")
    part = Part(at=None, age_s=None, ok=True, error=None, slow_s=None, address=None)
    page = PageModel.model_construct(
        now=0.0,
        cluster=Cluster.model_construct(votes=None),
        parts=Parts(status=part, resources=part, rules=part, nodes=part),
        quorum=None,
        fencing=None,
        nodes=(),
        rules=(),
        resources=(row,),
    )
    told = exposition(page, Fares(), Since()).decode()
    (family,) = [
        one for one in text_string_to_metric_families(told) if one.name == "virton_resource_state"
    ]
    assert [sample.labels["sid"] for sample in family.samples] == [row.sid]
