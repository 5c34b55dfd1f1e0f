"""What a message says: made once, in the recipient's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from virton.language.called import caller
from virton.language.sentences import Sentences
from virton.notify.incidents import Incident
from virton.notify.policy import Phase

SMS_BYTES = 90
"""What a Korean short message holds, counted as its gateways do."""

_MOST_LINES = 40


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its subject, its text, and the facts that a template may name."""

    subject: str
    text: str
    facts: Mapping[str, str]


def compose(
    incident: Incident,
    phase: Phase,
    cluster: str,
    language: str,
    zone: str = "Asia/Seoul",
    names: Mapping[str, str] | None = None,
) -> Message:
    """Say in a language what became of an incident; times are those of a time zone.

    `names` tells what resources are called.
    """
    called = caller(names or {})
    said, where = Sentences.of(language).calling(called), ZoneInfo(zone)
    first = incident.happenings[0]
    what = said.happening(first.kind, first.whom, first.facts)
    weight = said.say(f"weight.{incident.weight.name.lower()}", {})
    facts = {
        "cluster": cluster,
        "phase": str(phase),
        "weight": incident.weight.name.lower(),
        "key": incident.key,
        "what": what,
        "began": _time(incident.began_s, where),
        "ended": "" if incident.ended_s is None else _time(incident.ended_s, where),
        "lasted": "" if incident.lasted_s is None else duration(said, incident.lasted_s),
        "affected": called(", ".join(sorted(incident.affected))),
    }
    subject = said.say(f"notice.{phase}", {**facts, "weight": weight})
    return Message(subject, _text(incident, said, where, facts), facts)


def trial(cluster: str, language: str) -> Message:
    """Say that this is a test."""
    said = Sentences.of(language)
    subject = said.say("notice.test", {"cluster": cluster})
    return Message(
        subject,
        said.say("notice.test_text", {"cluster": cluster}),
        {"cluster": cluster, "phase": str(Phase.TEST)},
    )


def _text(incident: Incident, said: Sentences, where: ZoneInfo, facts: Mapping[str, str]) -> str:
    told = [
        f"{_time(one.to_s, where)}  {said.happening(one.kind, one.whom, one.facts)}"
        for one in incident.happenings
    ]
    if len(told) > _MOST_LINES:
        left = len(told) - _MOST_LINES
        told = [
            *told[: _MOST_LINES // 2],
            said.say("notice.more", {"count": left}),
            *told[-_MOST_LINES // 2 :],
        ]
    if incident.waiting:
        told.append(said.say("notice.waiting", {"sids": sorted(incident.waiting)}))
    if facts["lasted"]:
        told.append(said.say("notice.lasted", facts))
    return "\n".join([said.say("notice.cluster", facts), *told])


def duration(said: Sentences, seconds: float) -> str:
    """Return a length of time in words, to the second."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    parts = [("hours", hours), ("minutes", minutes), ("seconds", rest)]
    told = [said.say(f"duration.{name}", {"n": n}) for name, n in parts if n]
    return " ".join(told) or said.say("duration.seconds", {"n": 0})


def short(message: Message, limit: int = SMS_BYTES) -> str:
    """Return the subject as a short message: at most so many bytes in the gateways' encoding."""
    text = message.subject
    if len(_encoded(text)) <= limit:
        return text
    while len(_encoded(text)) > limit - 2:
        text = text[:-1]
    return text + ".."


def _encoded(text: str) -> bytes:
    return text.encode("euc-kr", "replace")


def _time(at_s: float, where: ZoneInfo) -> str:
    return datetime.fromtimestamp(at_s, where).strftime("%Y-%m-%d %H:%M:%S")
