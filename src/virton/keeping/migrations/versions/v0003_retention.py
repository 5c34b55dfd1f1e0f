"""Settings of the console, and indices by which texts are found that nothing refers to."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table and the indices."""
    op.create_table(
        "setting",
        sa.Column("cluster_id", sa.Integer, sa.ForeignKey("cluster.id"), primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("happening_by_detail", "happening", ["detail_id"])
    op.create_index("state_by_detail", "state", ["detail_id"])
