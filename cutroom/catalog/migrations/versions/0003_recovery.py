"""How a job fares between its attempts, and how services outside fare.

Revision: 0003, after: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Jobs that are there already have spared nothing; new rows say so themselves.
    op.add_column(
        "job", sa.Column("spared", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    with op.batch_alter_table("job") as job:
        job.alter_column("spared", existing_type=sa.Integer(), server_default=None)
        job.add_column(sa.Column("flow_run_id", sa.String(length=36), nullable=True))
        job.add_column(sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True))
        job.add_column(sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True))
        job.add_column(sa.Column("log_tail", sa.String(), nullable=True))
    op.create_table(
        "breaker",
        sa.Column("service", sa.String(length=200), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("resting_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("service", name="pk_breaker"),
    )


def downgrade() -> None:
    op.drop_table("breaker")
    with op.batch_alter_table("job") as job:
        for name in ("log_tail", "next_try_at", "beat_at", "flow_run_id", "spared"):
            job.drop_column(name)
