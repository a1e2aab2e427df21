"""Notices and their deliveries, what a matter asks for, posts, what was forgotten, and who is frozen.

Revision: 0002; follows 0001.
"""

import sqlalchemy as sa
from alembic import op

from migrations.constraints import add_column, add_reference, replace_check

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "forgotten",
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.CheckConstraint("removed > 0", name=op.f("ck_forgotten_removed_positive")),
        sa.PrimaryKeyConstraint("what", "month", name=op.f("pk_forgotten")),
    )
    op.create_table(
        "matter_tasks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("matter_id", sa.Integer(), nullable=False),
        sa.Column("task", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("by", sa.String(length=255), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["matter_id"], ["matters.id"], name=op.f("fk_matter_tasks_matter_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matter_tasks")),
        sa.UniqueConstraint("matter_id", "task", name=op.f("uq_matter_tasks_matter_id_task")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("matter_tasks", schema=None) as batch_op:
        batch_op.create_index(
            "ix_matter_tasks_open",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("done_on IS NULL"),
            postgresql_where=sa.text("done_on IS NULL"),
        )

    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dedupe_key", sa.String(length=160), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=True),
        sa.Column("matter_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=255), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('asked', 'confirmed', 'withdrawn', 'moved', 'cancelled', 'remind_week', 'remind_day', 'remind_hours', 'record_outcome', 'record_outcome_again', 'outcome_missed', 'suggestion_overdue', 'suggestion_answered', 'case_opened', 'case_overdue', 'month_drafted', 'month_unsigned', 'month_closed', 'digest')",
            name=op.f("ck_notices_kind_known"),
        ),
        sa.CheckConstraint(
            "state <> 'sending' OR lease_until IS NOT NULL", name=op.f("ck_notices_sending_has_lease")
        ),
        sa.CheckConstraint(
            "state <> 'sent' OR sent_at IS NOT NULL", name=op.f("ck_notices_sent_has_instant")
        ),
        sa.CheckConstraint(
            "state IN ('due', 'sending', 'sent', 'to_call', 'failed', 'uncertain', 'called', 'expired')",
            name=op.f("ck_notices_state_known"),
        ),
        sa.CheckConstraint("due_at <= expires_at", name=op.f("ck_notices_in_order")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activities.id"], name=op.f("fk_notices_activity_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["matter_id"], ["matters.id"], name=op.f("fk_notices_matter_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_notices_person_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_notices_dedupe_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notices_activity_id"), ["activity_id"], unique=False)
        batch_op.create_index(
            "ix_notices_due",
            ["next_try_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'due'"),
            postgresql_where=sa.text("state = 'due'"),
        )
        batch_op.create_index(batch_op.f("ix_notices_matter_id"), ["matter_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_notices_person_id_due_at"), ["person_id", "due_at"], unique=False
        )
        batch_op.create_index(
            "ix_notices_sending",
            ["lease_until"],
            unique=False,
            sqlite_where=sa.text("state = 'sending'"),
            postgresql_where=sa.text("state = 'sending'"),
        )
        batch_op.create_index(batch_op.f("ix_notices_state_due_at"), ["state", "due_at"], unique=False)

    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "channel IN ('email', 'sms', 'wecom', 'dingtalk', 'phone', 'none')",
            name=op.f("ck_deliveries_channel_known"),
        ),
        sa.CheckConstraint(
            "result IN ('sent', 'refused', 'failed', 'uncertain', 'reached', 'not_reached')",
            name=op.f("ck_deliveries_result_known"),
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notices.id"], name=op.f("fk_deliveries_notice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("notice_id", "attempt", name=op.f("uq_deliveries_notice_id_attempt")),
        sqlite_autoincrement=True,
    )
    add_column("accounts", "person_id INTEGER")
    add_reference("accounts", "person_id", "people")
    add_column("clockwork_runs", "troubles JSON")
    add_column("clockwork_runs", "asked_by VARCHAR(255)")
    replace_check(
        "clockwork_runs",
        "ck_clockwork_runs_state_known",
        "state IN ('asked', 'running', 'done', 'failed')",
    )
    add_column(
        "matters",
        "answer_kind VARCHAR(32) CONSTRAINT ck_matters_answer_kind_known"
        " CHECK (answer_kind IN ('adopted', 'partly', 'explained', 'declined'))",
    )
    add_column("people", "frozen_on DATE")
    add_column("teams", "confirms_members BOOLEAN DEFAULT false NOT NULL")
    replace_check(
        "ties",
        "ck_ties_kind_known",
        "kind IN ('placement', 'role', 'membership', 'leadership', 'parent', 'pairing', 'skill', 'post')",
    )
    with op.batch_alter_table("ties", schema=None) as batch_op:
        batch_op.create_index(
            "uq_ties_open_post_in_team",
            ["subject_person_id", "object_team_id", "sort"],
            unique=True,
            sqlite_where=sa.text("kind = 'post' AND until = '9999-12-31'"),
            postgresql_where=sa.text("kind = 'post' AND until = '9999-12-31'"),
        )
        batch_op.create_index(
            "uq_ties_open_post_in_unit",
            ["subject_person_id", "object_unit_id", "sort"],
            unique=True,
            sqlite_where=sa.text("kind = 'post' AND until = '9999-12-31'"),
            postgresql_where=sa.text("kind = 'post' AND until = '9999-12-31'"),
        )
