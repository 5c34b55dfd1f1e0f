"""Incidents, deliveries and the duty to send them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("cluster_id", sa.Integer, sa.ForeignKey("cluster.id"), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("began_ms", sa.BigInteger, nullable=False),
        sa.Column("ended_ms", sa.BigInteger),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("acknowledged_by", sa.Text),
        sa.Column("silenced_until_ms", sa.BigInteger),
        sa.UniqueConstraint("cluster_id", "key", "began_ms"),
    )
    op.create_index("incident_by_time", "incident", ["cluster_id", "began_ms"])
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("incident_id", sa.Integer, sa.ForeignKey("incident.id")),
        sa.Column("cluster_id", sa.Integer, sa.ForeignKey("cluster.id"), nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("phase", sa.Text, nullable=False),
        sa.Column("weight", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("next_ms", sa.BigInteger, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
    )
    op.create_index("delivery_by_state", "delivery", ["cluster_id", "state", "next_ms"])
    op.create_index("delivery_by_incident", "delivery", ["incident_id"])
    op.create_table(
        "mark",
        sa.Column("cluster_id", sa.Integer, sa.ForeignKey("cluster.id"), primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
    )
