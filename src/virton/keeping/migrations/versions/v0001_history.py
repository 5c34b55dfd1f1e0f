"""The first version: happenings, and the page as it stood."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "cluster",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("identity", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "subject",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("cluster_id", sa.Integer, sa.ForeignKey("cluster.id"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.UniqueConstraint("cluster_id", "name"),
    )
    op.create_table(
        "kind",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "detail",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("body", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "happening",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("cluster_id", sa.Integer, sa.ForeignKey("cluster.id"), nullable=False),
        sa.Column("kind_id", sa.Integer, sa.ForeignKey("kind.id"), nullable=False),
        sa.Column("subject_id", sa.Integer, sa.ForeignKey("subject.id"), nullable=False),
        sa.Column("detail_id", sa.Integer, sa.ForeignKey("detail.id"), nullable=False),
        sa.Column("from_ms", sa.BigInteger, nullable=False),
        sa.Column("to_ms", sa.BigInteger, nullable=False),
        sa.Column("told", sa.Boolean(create_constraint=False), nullable=False),
    )
    op.create_index("happening_by_time", "happening", ["cluster_id", "to_ms"])
    op.create_index("happening_by_subject", "happening", ["subject_id", "to_ms"])
    both = ["subject_id", "kind_id", "to_ms"]
    op.create_index("happening_by_subject_and_kind", "happening", both)
    op.create_index("happening_by_kind", "happening", ["cluster_id", "kind_id", "to_ms"])
    op.create_table(
        "state",
        sa.Column("subject_id", sa.Integer, sa.ForeignKey("subject.id"), primary_key=True),
        sa.Column("at_ms", sa.BigInteger, primary_key=True),
        sa.Column("detail_id", sa.Integer, sa.ForeignKey("detail.id"), nullable=False),
        sqlite_with_rowid=False,
    )
