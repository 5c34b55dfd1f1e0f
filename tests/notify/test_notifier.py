"""Who is told what: staged incidents on stepped time, against servers that refuse and come back."""

import json
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx2
import pytest
from sqlalchemy import Engine

from tests.keeping.conftest import on_sqlite, postgresql
from tests.keeping.fresh import emptied
from tests.notify.servers import MailServer, WebServer, mail_server, web_server
from virton.keeping.database import open_database
from virton.keeping.history import History
from virton.keeping.outbox import Outbox, State
from virton.language.sentences import LOCALES, Sentences
from virton.notify.answers import Outcome, by_failure, read_said
from virton.notify.channels import PRESETS, Apprise, Mail, Webhook, signature
from virton.notify.incidents import Weight
from virton.notify.messages import SMS_BYTES, Message, duration, short
from virton.notify.notifier import REMEMBERED, Notifier, Setup
from virton.notify.policy import Recipient, quiet_hours
from virton.story.happenings import Fact, Happening, Kind

pytestmark = pytest.mark.anyio
__all__ = ["on_sqlite", "postgresql"]

BLIP = (Kind.GUEST_DOWN, Kind.RESOURCE_STARTED)
START_S = datetime(2026, 11, 26, 2, 40, tzinfo=ZoneInfo("Asia/Seoul")).timestamp()


@pytest.fixture
def engine(on_sqlite: Engine) -> Engine:
    return emptied(on_sqlite)


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


@pytest.fixture
async def web() -> AsyncIterator[WebServer]:
    async with web_server() as server:
        yield server


def setup(mail: MailServer, web: WebServer | None = None, *recipients: Recipient) -> Setup:
    def to_mail(recipient: Recipient) -> Mail:
        return Mail(f"{recipient.name}@x", "virton@x", "127.0.0.1", mail.port, "none")

    def to_web(recipient: Recipient) -> Webhook:
        port = 1 if web is None else web.port
        return Webhook(
            f"http://127.0.0.1:{port}/hook", PRESETS[recipient.options["preset"]], secret="s"
        )

    channels = {"mail": to_mail, "web": to_web}
    return Setup(recipients or (Recipient("ops", "mail"),), channels)


@dataclass
class Night:
    """A night with a console that watches: time is stepped, and happenings are kept."""

    engine: Engine
    setup: Setup
    now_s: float = START_S
    holder: str = "console-1"
    notifier: Notifier = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.notifier = Notifier(self.engine, "c1", self.holder, self.setup)

    async def pass_to(self, after_s: float, *found: Happening) -> None:
        """Let time pass to so many seconds after the start, and what is found then be kept."""
        self.now_s = START_S + after_s
        History(self.engine, "c1").add(found)
        if self.notifier.prepare(self.now_s):
            await self.notifier.send_due(self.now_s)


def at(after_s: float, kind: Kind, whom: str = "", **facts: Fact) -> Happening:
    return Happening(kind, whom, START_S + after_s - 2, START_S + after_s, False, facts)


def subjects(mail: MailServer) -> list[str]:
    return [str(one["Subject"]) for one in mail.mails]


async def lose_a_node(night: Night) -> None:
    await night.pass_to(10, at(10, Kind.NODE_UNREACHABLE, "phum03"))
    await night.pass_to(18, at(18, Kind.NODE_LOST, "phum03"))
    await night.pass_to(30)
    await night.pass_to(70, at(70, Kind.NODE_FENCING, "phum03"))
    recovered = at(138, Kind.RESOURCE_RECOVERED, "vm:100", before="phum03", node="phum01")
    await night.pass_to(138, at(138, Kind.NODE_FENCED, "phum03"), recovered)
    await night.pass_to(160)


async def test_a_cluster_whose_clock_is_ahead_keeps_no_message_back(
    engine: Engine, mail: MailServer
) -> None:
    night = Night(engine, setup(mail))
    History(engine, "c1").add([at(3610, Kind.NODE_LOST, "phum03")])
    for now_s, told in ((START_S + 20, 0), (START_S + 40, 1)):
        night.notifier.prepare(now_s, ahead_s=3600)
        await night.notifier.send_due(now_s)
        assert len(mail.mails) == told


async def test_a_lost_node_is_one_message_a_worse_one_and_its_end(
    engine: Engine, mail: MailServer
) -> None:
    night = Night(engine, setup(mail))
    await lose_a_node(night)
    await night.pass_to(400, at(400, Kind.NODE_BACK, "phum03"))
    assert subjects(mail) == [
        "[주의] c1: phum03 노드와 연결이 끊겼습니다.",
        "[장애] c1: 상황이 악화되었습니다. phum03 노드와 연결이 끊겼습니다.",
        "[해소] c1: phum03 노드와 연결이 끊겼습니다. (6분 32초 만에 해소)",
    ]
    text = mail.mails[-1].get_content()
    assert "02:42:18  VM 100이 phum01에서 복구되었습니다(이전 노드 phum03)." in text
    assert "시작부터 해소까지 6분 32초" in text


async def test_guests_that_are_seen_down_after_quorum_are_told_with_it(
    engine: Engine, mail: MailServer
) -> None:
    night = Night(engine, setup(mail))
    await night.pass_to(10, at(10, Kind.QUORUM_LOST))
    await night.pass_to(40)
    await night.pass_to(200, at(200, Kind.QUORUM_BACK))
    night.restart()
    down = [Happening(Kind.GUEST_DOWN, f"vm:{n}", START_S, START_S + 215, False) for n in (1, 2)]
    await night.pass_to(215, *down)
    await night.pass_to(300, *(at(300, Kind.RESOURCE_STARTED, one.whom) for one in down))
    assert [one.split(maxsplit=1)[0] for one in subjects(mail)] == [
        "[장애]",
        "[해소]",
        "[장애]",
        "[해소]",
    ]
    assert "시작부터 해소까지 4분 52초" in mail.mails[-1].get_content()


async def test_a_blip_is_not_told_and_why_is_kept(engine: Engine, mail: MailServer) -> None:
    night = Night(engine, setup(mail))
    await night.pass_to(10, at(10, Kind.NODE_UNREACHABLE, "phum03"))
    await night.pass_to(14, at(14, Kind.NODE_REACHABLE, "phum03"))
    await night.pass_to(90)
    assert mail.mails == []
    (told,) = Outbox(engine, "c1").deliveries()
    assert (told.state, told.reason) == (State.NOT_SENT, "too_short")


async def test_a_restart_repeats_nothing_and_forgets_nothing(
    engine: Engine, mail: MailServer
) -> None:
    night = Night(engine, setup(mail))
    for after_s, kind in ((10, Kind.NODE_UNREACHABLE), (18, Kind.NODE_LOST)):
        night.restart()
        await night.pass_to(after_s, at(after_s, kind, "phum03"))
    for after_s in (32, 34, 36):
        night.restart()
        await night.pass_to(after_s)
    night.restart()
    await night.pass_to(50, at(50, Kind.NODE_BACK, "phum03"))
    night.restart()
    await night.pass_to(60)
    assert [one.partition("]")[0] for one in subjects(mail)] == ["[주의", "[해소"]


async def test_a_server_that_comes_back_gets_the_message_once(
    engine: Engine, mail: MailServer
) -> None:
    night = Night(engine, setup(mail))
    mail.refuses = "451 come back later"
    await night.pass_to(10, at(10, Kind.QUORUM_LOST))
    for after_s in range(30, 60, 2):
        await night.pass_to(after_s)
    assert mail.mails == []
    mail.refuses = None
    for after_s in range(60, 200, 2):
        await night.pass_to(after_s)
    assert subjects(mail) == ["[장애] c1: 클러스터가 쿼럼을 잃었습니다."]


async def test_a_server_that_refuses_for_good_is_not_asked_again(
    engine: Engine, mail: MailServer
) -> None:
    night = Night(engine, setup(mail))
    mail.refuses = "550 no such user"
    await night.pass_to(10, at(10, Kind.QUORUM_LOST))
    await night.pass_to(40)
    (told,) = Outbox(engine, "c1").deliveries()
    assert (told.state, told.attempts) == (State.REFUSED, 1)
    assert read_said(told.said) == ("smtp", {"status": 550, "message": "no such user"})


async def test_a_server_that_stays_away_is_given_up_after_a_day(engine: Engine) -> None:
    night = Night(engine, setup(MailServer(port=1)))
    await night.pass_to(10, at(10, Kind.QUORUM_LOST))
    for hours in range(26):
        await night.pass_to(60 + hours * 3600)
    (told,) = Outbox(engine, "c1").deliveries()
    assert told.state is State.GIVEN_UP


async def test_a_webhook_is_filled_in_and_signed(
    engine: Engine, mail: MailServer, web: WebServer
) -> None:
    recipients = [
        Recipient(name, "web", language="en", options={"preset": name})
        for name in ("slack", "jandi", "sms", "json")
    ]
    night = Night(engine, setup(mail, web, *recipients))
    await night.pass_to(10, at(10, Kind.NODE_LOST, 'pve"3'))
    await night.pass_to(40)
    bodies = {json.dumps(json.loads(body)) for _, _, body in web.requests}
    assert len(bodies) == 4
    assert any('[Warning] c1: Node pve\\"3 does not respond.' in body for body in bodies)
    for _, headers, body in web.requests:
        assert headers["x-virton-signature"] == signature("s", headers["x-virton-delivery"], body)


async def test_quiet_hours_hold_what_is_not_critical_until_they_are_over(
    engine: Engine, mail: MailServer
) -> None:
    quiet = quiet_hours("22:00-03:00", "Asia/Seoul")
    night = Night(engine, setup(mail, None, Recipient("ops", "mail", quiet=quiet)))
    await night.pass_to(10, at(10, Kind.QDEVICE_SILENT))
    await night.pass_to(40)
    assert mail.mails == []
    await night.pass_to(1300)
    assert subjects(mail) == ["[주의] c1: QDevice가 응답하지 않습니다."]
    await night.pass_to(1310, at(1310, Kind.QUORUM_LOST))
    await night.pass_to(1340)
    assert len(mail.mails) == 2
    reasons = [one.reason for one in Outbox(engine, "c1").deliveries()]
    assert sorted(reasons) == ["quiet", "sent", "sent"]


async def test_who_wants_only_the_gravest_hears_of_nothing_else(
    engine: Engine, mail: MailServer
) -> None:
    night = Night(engine, setup(mail, None, Recipient("boss", "mail", least=Weight.CRITICAL)))
    await night.pass_to(10, at(10, Kind.QDEVICE_SILENT))
    await night.pass_to(40)
    await night.pass_to(60, at(60, Kind.QDEVICE_BACK))
    assert mail.mails == []
    await lose_a_node(night)
    assert subjects(mail) == ["[장애] c1: phum03 노드와 연결이 끊겼습니다."]


async def test_what_is_acknowledged_or_silenced_is_not_told_worse(
    engine: Engine, mail: MailServer
) -> None:
    night = Night(engine, setup(mail))
    await night.pass_to(10, at(10, Kind.NODE_LOST, "phum03"))
    await night.pass_to(40)
    outbox = Outbox(engine, "c1")
    (incident,) = outbox.open_incidents()
    outbox.acknowledge(incident.number, "kim@pam")
    await night.pass_to(70, at(70, Kind.NODE_FENCING, "phum03"))
    await night.pass_to(90)
    assert len(mail.mails) == 1
    assert [one.reason for one in outbox.of_incident(incident.number)] == ["sent", "acknowledged"]
    await night.pass_to(200, at(200, Kind.NODE_BACK, "phum03"))
    assert len(mail.mails) == 2


async def test_of_two_consoles_one_sends_and_the_other_takes_over_within_a_minute(
    postgresql: str, mail: MailServer
) -> None:
    engines = [open_database(postgresql) for _ in range(2)]
    first, second = (
        Night(engine, setup(mail), holder=name)
        for engine, name in zip(engines, ("one", "two"), strict=True)
    )
    for after_s in range(0, 40, 2):
        found = [at(10, Kind.NODE_LOST, "phum03")] if after_s == 10 else []
        await first.pass_to(after_s, *found)
        await second.pass_to(after_s, *found)
    assert len(mail.mails) == 1
    assert History(engines[1], "c1").count() == 1
    # the first one is heard of no more after 38 s
    await second.pass_to(40, at(40, Kind.NODE_BACK, "phum03"))
    for after_s in range(42, 100, 2):
        await second.pass_to(after_s)
    assert [one.partition("]")[0] for one in subjects(mail)] == ["[주의", "[해소"]
    for engine in engines:
        engine.dispose()


async def test_a_test_message_reaches_its_recipient(engine: Engine, mail: MailServer) -> None:
    night = Night(engine, setup(mail, None, Recipient("ops", "mail", language="en")))
    assert night.notifier.try_out("ops", night.now_s)
    assert not night.notifier.try_out("nobody", night.now_s)
    await night.pass_to(2)
    assert subjects(mail) == ["[Test] c1: test of VirtOn HA's notifications"]


INCIDENTS: Sequence[tuple[Happening, Happening]] = [
    (at(10, begins, whom), at(100, ends, whom))
    for begins, ends, whom in (
        (Kind.NODE_LOST, Kind.NODE_BACK, "phum01"),
        (Kind.NODE_LOST, Kind.NODE_GONE, "phum02"),
        (Kind.NODE_UNREACHABLE, Kind.NODE_REACHABLE, "phum03"),
        (Kind.QUORUM_LOST, Kind.QUORUM_BACK, ""),
        (Kind.QDEVICE_SILENT, Kind.QDEVICE_BACK, ""),
        (Kind.DISARMED, Kind.ARMED, ""),
        (Kind.CONSOLE_BLIND, Kind.CONSOLE_SEEING, ""),
        (Kind.RESOURCE_ERROR, Kind.RESOURCE_CLEARED, "vm:100"),
        (Kind.RESOURCE_ERROR, Kind.RESOURCE_REMOVED, "vm:101"),
        (Kind.RESOURCE_FAILED, Kind.RESOURCE_STARTED, "vm:102"),
        (Kind.GUEST_DOWN, Kind.RESOURCE_STARTED, "ct:110"),
        (Kind.RULE_CONFLICT, Kind.RULE_REMOVED, "win-on-3"),
        (Kind.RULE_CONFLICT, Kind.RULE_CHANGED, "ha-pair"),
        (Kind.NODE_FENCING, Kind.NODE_BACK, "phum04"),
        (Kind.NODE_FENCED, Kind.NODE_GONE, "phum05"),
        (Kind.RESOURCE_ERROR, Kind.RESOURCE_STOPPED, "vm:103"),
        (Kind.RESOURCE_FAILED, Kind.RESOURCE_CLEARED, "vm:104"),
        (Kind.GUEST_DOWN, Kind.RESOURCE_STOPPED, "vm:105"),
        (Kind.GUEST_DOWN, Kind.RESOURCE_REMOVED, "ct:111"),
        (Kind.MAINTENANCE_BEGUN, Kind.MAINTENANCE_ENDED, "phum01"),
    )
]


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda pair: f"{pair[0].kind}-{pair[1].kind}")
async def test_each_incident_is_one_message_within_two_looks_and_one_of_its_end(
    engine: Engine, mail: MailServer, incident: tuple[Happening, Happening]
) -> None:
    begins, ends = incident
    ops = Recipient("ops", "mail", language="en", least=Weight.INFO)
    night = Night(engine, setup(mail, None, ops))
    for after_s in (0, 10, 12, 26, 28, 30, 60, 98, 100, 102, 138):
        await night.pass_to(
            after_s, *([begins] if after_s == 10 else [ends] if after_s == 100 else [])
        )
        assert len(mail.mails) == (after_s >= 28) + (after_s >= 100)
    assert "resolved after 1 min 32 s" in subjects(mail)[-1]


@pytest.mark.parametrize("mood", ["refuses", "hangs"])
async def test_a_service_that_comes_back_gets_each_message_once(
    engine: Engine, web: WebServer, mood: str
) -> None:
    def to_web(_: Recipient) -> Webhook:
        address = f"http://127.0.0.1:{web.port}/hook"
        return Webhook(address, PRESETS["json"], patience_s=0.05 if web.hangs else 30)

    night = Night(engine, Setup((Recipient("ops", "web"),), {"web": to_web}))
    web.status, web.hangs = (503, False) if mood == "refuses" else (200, True)
    await night.pass_to(10, at(10, Kind.QUORUM_LOST))
    await night.pass_to(40)
    (told,) = Outbox(engine, "c1").deliveries()
    assert (told.state, told.attempts) == (State.QUEUED, 1)
    web.status, web.hangs = 200, False
    web.requests.clear()
    for after_s in range(50, 120, 10):
        await night.pass_to(after_s)
    await night.pass_to(120, at(120, Kind.QUORUM_BACK))
    phases = [json.loads(body)["phase"] for _, _, body in web.requests]
    assert phases == ["begun", "ended"]


async def test_a_service_of_apprise_is_told(engine: Engine, web: WebServer) -> None:
    channel = Apprise(f"json://127.0.0.1:{web.port}/hook")
    night = Night(
        engine, Setup((Recipient("ops", "web", language="en"),), {"web": lambda _: channel})
    )
    assert night.notifier.try_out("ops", night.now_s)
    await night.pass_to(2)
    ((_, _, body),) = web.requests
    assert json.loads(body)["title"] == "[Test] c1: test of VirtOn HA's notifications"
    refused = await Apprise("pigeon://x").send(Message("s", "t", {}), "1")
    assert refused.outcome is Outcome.REFUSED


async def test_a_recipient_that_is_paused_is_told_nothing_and_why_is_kept(
    engine: Engine, mail: MailServer
) -> None:
    night = Night(engine, setup(mail, None, Recipient("ops", "mail", paused=True)))
    await night.pass_to(10, at(10, Kind.QUORUM_LOST))
    await night.pass_to(40)
    assert mail.mails == []
    assert [one.reason for one in Outbox(engine, "c1").deliveries()] == ["paused"]


def test_a_short_message_fits() -> None:
    long = Message("가나다라마바사" * 9, "", {})
    assert len(short(long).encode("euc-kr")) <= SMS_BYTES
    assert short(Message("짧은 글", "", {})) == "짧은 글"


def test_a_length_of_time_reads_well() -> None:
    korean = Sentences.of("ko")
    assert [duration(korean, s) for s in (0, 59.6, 134, 3600, 7325)] == [
        "0초",
        "1분",
        "2분 14초",
        "1시간",
        "2시간 2분 5초",
    ]


@pytest.mark.parametrize("wrong", ["22:00", "22-7x", "25:00-07:00"])
def test_hours_that_are_none_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        quiet_hours(wrong)


async def test_what_is_over_is_not_remembered_for_ever_nor_decided_twice(engine: Engine) -> None:
    night = Night(engine, Setup((Recipient("ops", "none"),)))
    many = 2 * REMEMBERED
    await night.pass_to(1, at(1, Kind.QDEVICE_SILENT))
    await night.pass_to(31)
    for first in range(0, many, 50):
        sids = [f"vm:{number}" for number in range(first, first + 50)]
        found = [at(40 + first, kind, sid) for sid in sids for kind in BLIP]
        await night.pass_to(40 + first, *found)
    assert night.notifier.remembered == REMEMBERED + 1
    await night.pass_to(60 + many)
    reasons = [one.reason for one in Outbox(engine, "c1").deliveries(2 * many)]
    assert reasons.count("too_short") == many
    assert len(reasons) == many + 1
    await night.pass_to(80 + many, at(80 + many, Kind.QDEVICE_BACK))
    assert [one.phase for one in Outbox(engine, "c1").deliveries(2)] == ["ended", "ended"]


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (ConnectionRefusedError(111, "Connect call failed"), "connection_refused"),
        (socket.gaierror(-2, "Name or service not known"), "unknown_name"),
        (TimeoutError(), "timed_out"),
        (ConnectionResetError(), "connection_closed"),
        (ssl.SSLCertVerificationError("self-signed"), "certificate"),
        (ssl.SSLError("wrong version number"), "no_tls"),
        (ValueError("what nobody thought of"), "broken"),
    ],
)
def test_a_failure_is_told_by_what_led_to_it(failure: Exception, code: str) -> None:
    try:
        raise httpx2.ConnectError("All connection attempts failed") from failure
    except httpx2.ConnectError as error:
        answer = by_failure(failure if code == "broken" else error)
    assert (answer.outcome, answer.code) == (Outcome.FAILED, code)
    name, fields = read_said(answer.said) or ("", {})
    for locale in LOCALES:
        words = Sentences.of(locale).say(f"answer.{name}", fields)
        assert "answer." not in words
        assert type(failure).__name__ not in words
