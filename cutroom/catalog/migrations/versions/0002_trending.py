"""What runs of trending looked at and decided.

Revision: 0002, after: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trend_run",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order", sa.JSON(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_trend_run"),
    )
    op.create_index("ix_trend_run_owner_ran_at", "trend_run", ["owner", "ran_at"], unique=False)
    op.create_table(
        "trend_verdict",
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("video", sa.String(length=64), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("job_id", sa.String(length=32), nullable=True),
        sa.Column("views", sa.BigInteger(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["trend_run.id"], name="fk_trend_verdict_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "position", name="pk_trend_verdict"),
    )
    op.create_index(
        "ix_trend_verdict_owner_decided_at", "trend_verdict", ["owner", "decided_at"], unique=False
    )
    op.create_index(
        "ix_trend_verdict_owner_video", "trend_verdict", ["owner", "video"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_trend_verdict_owner_video", table_name="trend_verdict")
    op.drop_index("ix_trend_verdict_owner_decided_at", table_name="trend_verdict")
    op.drop_table("trend_verdict")
    op.drop_index("ix_trend_run_owner_ran_at", table_name="trend_run")
    op.drop_table("trend_run")
