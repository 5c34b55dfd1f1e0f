"""The tables of the history, as they are at its newest version.

Times are whole milliseconds since 1970. Small numbers stand for words, so that ten million
happenings take less than 2 GiB with their indices.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

# SQLite gives numbers by itself to INTEGER keys alone
_Number = BigInteger().with_variant(Integer, "sqlite")

clusters = Table(
    "cluster",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("identity", Text, nullable=False, unique=True),
)
"""The clusters that the history tells of."""

subjects = Table(
    "subject",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cluster_id", ForeignKey("cluster.id"), nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("cluster_id", "name"),
)
"""Whom happenings befall, and whose states are kept; an empty name is the cluster itself."""

kinds = Table(
    "kind",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)

details = Table(
    "detail",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("body", Text, nullable=False, unique=True),
)
"""Facts and causes, and states, as JSON; each text once, as the same ones come again and again."""

happenings = Table(
    "happening",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("cluster_id", ForeignKey("cluster.id"), nullable=False),
    Column("kind_id", ForeignKey("kind.id"), nullable=False),
    Column("subject_id", ForeignKey("subject.id"), nullable=False),
    Column("detail_id", ForeignKey("detail.id"), nullable=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("to_ms", BigInteger, nullable=False),
    Column("told", Boolean(create_constraint=False), nullable=False),
    Index("happening_by_time", "cluster_id", "to_ms"),
    Index("happening_by_subject", "subject_id", "to_ms"),
    Index("happening_by_subject_and_kind", "subject_id", "kind_id", "to_ms"),
    Index("happening_by_kind", "cluster_id", "kind_id", "to_ms"),
    Index("happening_by_detail", "detail_id"),
)

states = Table(
    "state",
    metadata,
    Column("subject_id", ForeignKey("subject.id"), primary_key=True),
    Column("at_ms", BigInteger, primary_key=True),
    Column("detail_id", ForeignKey("detail.id"), nullable=False),
    Index("state_by_detail", "detail_id"),
    sqlite_with_rowid=False,
)
"""What each row of the page showed from a moment on; an empty object where it was gone."""

incidents = Table(
    "incident",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cluster_id", ForeignKey("cluster.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("began_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger),
    Column("body", Text, nullable=False),
    Column("acknowledged_by", Text),
    Column("silenced_until_ms", BigInteger),
    UniqueConstraint("cluster_id", "key", "began_ms"),
    Index("incident_by_time", "cluster_id", "began_ms"),
)
"""Incidents as JSON, with what people did about them."""

deliveries = Table(
    "delivery",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident_id", ForeignKey("incident.id")),
    Column("cluster_id", ForeignKey("cluster.id"), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("weight", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("next_ms", BigInteger, nullable=False),
    Column("said", Text, nullable=False),
    Index("delivery_by_state", "cluster_id", "state", "next_ms"),
    Index("delivery_by_incident", "incident_id"),
)
"""What was to be told to whom, what became of it, and why something was not sent."""

marks = Table(
    "mark",
    metadata,
    Column("cluster_id", ForeignKey("cluster.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
)
"""How far somebody came: the number of the last happening that was made an incident of."""

leases = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
)
"""Duties that one of several consoles has at a time."""

settings = Table(
    "setting",
    metadata,
    Column("cluster_id", ForeignKey("cluster.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("body", Text, nullable=False),
)
"""What administrators have set in the page, as JSON; consoles that share a history share it."""
