"""The first tables.

Revision: 0001, after: nothing
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("order", sa.JSON(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("source_kind", sa.String(), nullable=False),
        sa.Column("source_location", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_message", sa.String(), nullable=True),
        sa.Column("error_hint", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("media_digest", sa.String(length=64), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
    )
    op.create_index("ix_job_accepted_at", "job", ["accepted_at"], unique=False)
    op.create_index("ix_job_status_accepted_at", "job", ["status", "accepted_at"], unique=False)
    op.create_table(
        "media",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("duration", sa.Double(), nullable=False),
        sa.Column("probe", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_media"),
    )
    op.create_table(
        "analysis",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("media_digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("parameters", sa.String(length=200), nullable=False),
        sa.Column("details", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["media_digest"], ["media.digest"], name="fk_analysis_media_digest", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_analysis"),
        sa.UniqueConstraint(
            "media_digest", "kind", "parameters", name="uq_analysis_media_digest_kind_parameters"
        ),
    )
    op.create_table(
        "cut",
        sa.Column("job_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("media_digest", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_cut_job_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["media_digest"], ["media.digest"], name="fk_cut_media_digest"),
        sa.PrimaryKeyConstraint("job_id", "id", name="pk_cut"),
    )
    op.create_table(
        "keyframes",
        sa.Column("media_digest", sa.String(length=64), nullable=False),
        sa.Column("offsets", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["media_digest"], ["media.digest"], name="fk_keyframes_media_digest", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("media_digest", name="pk_keyframes"),
    )
    op.create_table(
        "ledger",
        sa.Column("job_id", sa.String(length=32), nullable=False),
        sa.Column("downloads", sa.Integer(), nullable=False),
        sa.Column("bytes_downloaded", sa.BigInteger(), nullable=False),
        sa.Column("bytes_uploaded", sa.BigInteger(), nullable=False),
        sa.Column("storage_puts", sa.Integer(), nullable=False),
        sa.Column("storage_gets", sa.Integer(), nullable=False),
        sa.Column("storage_heads", sa.Integer(), nullable=False),
        sa.Column("video_encodes", sa.Integer(), nullable=False),
        sa.Column("wall_seconds", sa.Double(), nullable=False),
        sa.Column("cpu_seconds", sa.Double(), nullable=False),
        sa.Column("compute_usd", sa.Double(), nullable=False),
        sa.Column("storage_usd", sa.Double(), nullable=False),
        sa.Column("transfer_usd", sa.Double(), nullable=False),
        sa.Column("language_usd", sa.Double(), nullable=False),
        sa.Column("total_usd", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name="fk_ledger_job_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", name="pk_ledger"),
    )
    op.create_table(
        "report",
        sa.Column("job_id", sa.String(length=32), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name="fk_report_job_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", name="pk_report"),
    )
    op.create_table(
        "stage",
        sa.Column("job_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("cpu_seconds", sa.Double(), nullable=False),
        sa.Column("cached", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_stage_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "name", name="pk_stage"),
    )
    op.create_table(
        "clip",
        sa.Column("job_id", sa.String(length=32), nullable=False),
        sa.Column("cut_id", sa.String(length=16), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id", "cut_id"],
            ["cut.job_id", "cut.id"],
            name="fk_clip_job_id_cut_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("job_id", "cut_id", name="pk_clip"),
    )
    op.create_table(
        "finding",
        sa.Column("analysis_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("end", sa.Double(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["analysis.id"], name="fk_finding_analysis_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("analysis_id", "position", name="pk_finding"),
    )


def downgrade() -> None:
    op.drop_table("finding")
    op.drop_table("clip")
    op.drop_table("stage")
    op.drop_table("report")
    op.drop_table("ledger")
    op.drop_table("keyframes")
    op.drop_table("cut")
    op.drop_table("analysis")
    op.drop_table("media")
    op.drop_index("ix_job_status_accepted_at", table_name="job")
    op.drop_index("ix_job_accepted_at", table_name="job")
    op.drop_table("job")
