"""The first tables, and the triggers that keep the ledger append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("name", name=op.f("uq_accounts_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "clockwork_runners",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_clockwork_runners")),
    )
    op.create_table(
        "clockwork_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("runner", sa.String(length=255), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'failed')",
            name=op.f("ck_clockwork_runs_state_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clockwork_runs")),
        sa.UniqueConstraint("job", "slot", name=op.f("uq_clockwork_runs_job_slot")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("clockwork_runs", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_clockwork_runs_job_started_at"),
            ["job", "started_at"],
            unique=False,
        )

    op.create_table(
        "feed_versions",
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_feed_versions")),
    )
    op.create_table(
        "imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("undo", sa.JSON(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "metrics",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=255), nullable=False),
        sa.Column("name_en", sa.String(length=255), nullable=False),
        sa.Column("unit_zh", sa.String(length=255), nullable=False),
        sa.Column("additivity", sa.String(length=32), nullable=False),
        sa.Column("basis", sa.String(length=32), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("qualifiers", sa.String(length=255), nullable=False),
        sa.CheckConstraint(
            "additivity IN ('flow', 'distinct', 'stock', 'ratio', 'estimate')",
            name=op.f("ck_metrics_additivity_known"),
        ),
        sa.CheckConstraint(
            "basis IN ('entered', 'sessions', 'attendees', 'served', 'volunteers', 'ledger', 'suggestions', 'pairings', 'teams', 'units', 'people', 'figures')",
            name=op.f("ck_metrics_basis_known"),
        ),
        sa.CheckConstraint("decimals BETWEEN 0 AND 2", name=op.f("ck_metrics_decimals_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metrics")),
        sa.UniqueConstraint("code", name=op.f("uq_metrics_code")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "people",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("sort_key", sa.String(length=255), nullable=False),
        sa.Column("gender", sa.String(length=32), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("lunar_birthday", sa.String(length=255), nullable=True),
        sa.Column("mobile", sa.String(length=255), nullable=True),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("contact_by", sa.String(length=255), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("available", sa.Text(), nullable=True),
        sa.Column("max_per_month", sa.Integer(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("gender IN ('male', 'female')", name=op.f("ck_people_gender_known")),
        sa.CheckConstraint("max_per_month >= 0", name=op.f("ck_people_max_per_month_not_negative")),
        sa.CheckConstraint("since <= until", name=op.f("ck_people_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("code", name=op.f("uq_people_code")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_people_sort_key_id"), ["sort_key", "id"], unique=False)

    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
    )
    op.create_table(
        "units",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.CheckConstraint("since <= until", name=op.f("ck_units_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
        sa.UniqueConstraint("code", name=op.f("uq_units_code")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("table_name", sa.String(length=64), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=255), nullable=True),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint(
            "action IN ('created', 'changed', 'removed', 'read')",
            name=op.f("ck_audit_entries_action_known"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_audit_entries_account_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["imports.id"],
            name=op.f("fk_audit_entries_import_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_audit_entries_person_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entries_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entries_import_id"), ["import_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_audit_entries_person_id_at"),
            ["person_id", "at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_audit_entries_table_name_row_id"),
            ["table_name", "row_id"],
            unique=False,
        )

    op.create_table(
        "grants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "role IN ('administrator', 'coordinator', 'recorder', 'viewer')",
            name=op.f("ck_grants_role_known"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_grants_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["units.id"],
            name=op.f("fk_grants_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
        sa.UniqueConstraint(
            "account_id",
            "role",
            "unit_id",
            name=op.f("uq_grants_account_id_role_unit_id"),
            postgresql_nulls_not_distinct=True,
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grants_account_id"), ["account_id"], unique=False)

    op.create_table(
        "rollups",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("metric_id", sa.Integer(), nullable=False),
        sa.Column("combination", sa.String(length=255), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("sources", sa.Integer(), nullable=False),
        sa.Column("at_least", sa.Integer(), nullable=False),
        sa.Column("nearly", sa.Integer(), nullable=False),
        sa.Column("about", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["metric_id"],
            ["metrics.id"],
            name=op.f("fk_rollups_metric_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["units.id"],
            name=op.f("fk_rollups_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("month", "unit_id", "metric_id", "combination", name=op.f("pk_rollups")),
    )
    op.create_table(
        "tallies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("parent_unit_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.String(length=255), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_clock", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "state <> 'closed' OR closed_at IS NOT NULL",
            name=op.f("ck_tallies_closed_with_instant"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'drafted', 'signed', 'closed')",
            name=op.f("ck_tallies_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["parent_unit_id"],
            ["units.id"],
            name=op.f("fk_tallies_parent_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["units.id"],
            name=op.f("fk_tallies_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tallies")),
        sa.UniqueConstraint("month", "unit_id", name=op.f("uq_tallies_month_unit_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("tallies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tallies_unit_id_month"), ["unit_id", "month"], unique=False)

    op.create_table(
        "teams",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.CheckConstraint("since <= until", name=op.f("ck_teams_in_order")),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["units.id"],
            name=op.f("fk_teams_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
        sa.UniqueConstraint("code", name=op.f("uq_teams_code")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("teams", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_teams_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind <> 'api' OR role IS NOT NULL", name=op.f("ck_tokens_api_has_role")),
        sa.CheckConstraint("kind IN ('session', 'api', 'sign_in')", name=op.f("ck_tokens_kind_known")),
        sa.CheckConstraint(
            "role IN ('administrator', 'coordinator', 'recorder', 'viewer')",
            name=op.f("ck_tokens_role_known"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_tokens_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["units.id"],
            name=op.f("fk_tokens_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_tokens_token_hash")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("tokens", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_tokens_account_id_kind"),
            ["account_id", "kind"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_tokens_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "campaigns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("form", sa.String(length=32), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("start_time", sa.Time(), nullable=True),
        sa.Column("duration_minutes", sa.Integer(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("skills", sa.Text(), nullable=False),
        sa.Column("split_by", sa.String(length=32), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("on_holiday", sa.String(length=32), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "form IN ('RRULE', 'DATES', 'FESTIVAL', 'LUNAR', 'TERM', 'BIRTHDAY', 'CADENCE', 'CASE')",
            name=op.f("ck_campaigns_form_known"),
        ),
        sa.CheckConstraint(
            "on_holiday IN ('keep', 'skip', 'next_workday', 'previous_workday')",
            name=op.f("ck_campaigns_on_holiday_known"),
        ),
        sa.CheckConstraint("split_by IN ('unit')", name=op.f("ck_campaigns_split_by_known")),
        sa.CheckConstraint(
            "status IN ('draft', 'active', 'paused', 'ended')",
            name=op.f("ck_campaigns_status_known"),
        ),
        sa.CheckConstraint("duration_minutes > 0", name=op.f("ck_campaigns_duration_positive")),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_campaigns_in_order")),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["teams.id"],
            name=op.f("fk_campaigns_team_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["units.id"],
            name=op.f("fk_campaigns_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("code", name=op.f("uq_campaigns_code")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_campaigns_status_form"), ["status", "form"], unique=False)
        batch_op.create_index(batch_op.f("ix_campaigns_team_id"), ["team_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_campaigns_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "ties",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("sort", sa.String(length=255), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("subject_person_id", sa.Integer(), nullable=True),
        sa.Column("subject_unit_id", sa.Integer(), nullable=True),
        sa.Column("object_person_id", sa.Integer(), nullable=True),
        sa.Column("object_unit_id", sa.Integer(), nullable=True),
        sa.Column("object_team_id", sa.Integer(), nullable=True),
        sa.Column("object_word", sa.String(length=255), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("visit_every", sa.String(length=16), nullable=True),
        sa.CheckConstraint(
            "kind IN ('placement', 'role', 'membership', 'leadership', 'parent', 'pairing', 'skill')",
            name=op.f("ck_ties_kind_known"),
        ),
        sa.CheckConstraint(
            "(CASE WHEN object_person_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN object_unit_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN object_team_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN object_word IS NULL THEN 0 ELSE 1 END) = 1",
            name=op.f("ck_ties_one_object"),
        ),
        sa.CheckConstraint(
            "(CASE WHEN subject_person_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN subject_unit_id IS NULL THEN 0 ELSE 1 END) = 1",
            name=op.f("ck_ties_one_subject"),
        ),
        sa.CheckConstraint("since <= until", name=op.f("ck_ties_in_order")),
        sa.CheckConstraint(
            "subject_person_id IS NULL OR object_person_id IS NULL OR subject_person_id <> object_person_id",
            name=op.f("ck_ties_not_paired_with_oneself"),
        ),
        sa.CheckConstraint(
            "subject_unit_id IS NULL OR subject_unit_id <> object_unit_id",
            name=op.f("ck_ties_not_its_own_parent"),
        ),
        sa.ForeignKeyConstraint(
            ["object_person_id"],
            ["people.id"],
            name=op.f("fk_ties_object_person_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["object_team_id"],
            ["teams.id"],
            name=op.f("fk_ties_object_team_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["object_unit_id"],
            ["units.id"],
            name=op.f("fk_ties_object_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["subject_person_id"],
            ["people.id"],
            name=op.f("fk_ties_subject_person_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["subject_unit_id"],
            ["units.id"],
            name=op.f("fk_ties_subject_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ties")),
        sa.UniqueConstraint("code", name=op.f("uq_ties_code")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("ties", schema=None) as batch_op:
        batch_op.create_index("ix_ties_of_person", ["subject_person_id", "kind", "until"], unique=False)
        batch_op.create_index("ix_ties_of_unit", ["subject_unit_id", "kind"], unique=False)
        batch_op.create_index("ix_ties_to_person", ["object_person_id", "kind"], unique=False)
        batch_op.create_index("ix_ties_to_team", ["object_team_id", "kind", "until"], unique=False)
        batch_op.create_index("ix_ties_to_unit", ["object_unit_id", "kind", "until"], unique=False)
        batch_op.create_index("ix_ties_to_word", ["kind", "object_word"], unique=False)
        batch_op.create_index(
            "uq_ties_open_leadership",
            ["object_team_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'leadership' AND until = '9999-12-31'"),
            postgresql_where=sa.text("kind = 'leadership' AND until = '9999-12-31'"),
        )
        batch_op.create_index(
            "uq_ties_open_membership",
            ["subject_person_id", "object_team_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'membership' AND until = '9999-12-31'"),
            postgresql_where=sa.text("kind = 'membership' AND until = '9999-12-31'"),
        )
        batch_op.create_index(
            "uq_ties_open_pairing",
            ["subject_person_id", "object_person_id", "sort"],
            unique=True,
            sqlite_where=sa.text("kind = 'pairing' AND until = '9999-12-31'"),
            postgresql_where=sa.text("kind = 'pairing' AND until = '9999-12-31'"),
        )
        batch_op.create_index(
            "uq_ties_open_parent",
            ["subject_unit_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'parent' AND until = '9999-12-31'"),
            postgresql_where=sa.text("kind = 'parent' AND until = '9999-12-31'"),
        )
        batch_op.create_index(
            "uq_ties_open_placement",
            ["subject_person_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'placement' AND until = '9999-12-31'"),
            postgresql_where=sa.text("kind = 'placement' AND until = '9999-12-31'"),
        )
        batch_op.create_index(
            "uq_ties_open_role",
            ["subject_person_id", "object_word"],
            unique=True,
            sqlite_where=sa.text("kind = 'role' AND until = '9999-12-31'"),
            postgresql_where=sa.text("kind = 'role' AND until = '9999-12-31'"),
        )
        batch_op.create_index(
            "uq_ties_open_skill",
            ["subject_person_id", "object_word"],
            unique=True,
            sqlite_where=sa.text("kind = 'skill' AND until = '9999-12-31'"),
            postgresql_where=sa.text("kind = 'skill' AND until = '9999-12-31'"),
        )

    op.create_table(
        "beneficiaries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "role IN ('volunteer', 'retiree', 'beneficiary', 'minor', 'staff', 'leader')",
            name=op.f("ck_beneficiaries_role_known"),
        ),
        sa.CheckConstraint(
            "(CASE WHEN person_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN unit_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN team_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN role IS NULL THEN 0 ELSE 1 END) = 1",
            name=op.f("ck_beneficiaries_one_of_four"),
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_beneficiaries_campaign_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_beneficiaries_person_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["teams.id"],
            name=op.f("fk_beneficiaries_team_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["units.id"],
            name=op.f("fk_beneficiaries_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_beneficiaries")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("beneficiaries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_beneficiaries_campaign_id_position"),
            ["campaign_id", "position"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_beneficiaries_person_id"), ["person_id"], unique=False)

    op.create_table(
        "campaign_metrics",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("metric_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_campaign_metrics_campaign_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["metric_id"],
            ["metrics.id"],
            name=op.f("fk_campaign_metrics_metric_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("campaign_id", "metric_id", name=op.f("pk_campaign_metrics")),
    )
    op.create_table(
        "matters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("face", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("campaign_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("office", sa.String(length=255), nullable=True),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("face IN ('case', 'suggestion')", name=op.f("ck_matters_face_known")),
        sa.CheckConstraint(
            "status IN ('open', 'visiting', 'closed', 'collected', 'sent', 'chased', 'answered', 'declined', 'fed_back', 'in_error')",
            name=op.f("ck_matters_status_known"),
        ),
        sa.CheckConstraint("answered_on >= opened_on", name=op.f("ck_matters_answered_after_opened")),
        sa.CheckConstraint("closed_on >= opened_on", name=op.f("ck_matters_closed_after_opened")),
        sa.CheckConstraint("sent_on >= opened_on", name=op.f("ck_matters_sent_after_opened")),
        sa.CheckConstraint("told_on >= opened_on", name=op.f("ck_matters_told_after_opened")),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_matters_campaign_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_matters_person_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["units.id"],
            name=op.f("fk_matters_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matters")),
        sa.UniqueConstraint("face", "code", name=op.f("uq_matters_face_code")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("matters", schema=None) as batch_op:
        batch_op.create_index(
            "ix_matters_open",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("closed_on IS NULL"),
            postgresql_where=sa.text("closed_on IS NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_matters_person_id_opened_on"),
            ["person_id", "opened_on"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_matters_unit_id_face_status"),
            ["unit_id", "face", "status"],
            unique=False,
        )

    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("campaign_id", sa.Integer(), nullable=True),
        sa.Column("privacy", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "person_id IS NOT NULL OR team_id IS NOT NULL OR unit_id IS NOT NULL OR campaign_id IS NOT NULL OR privacy <> 'full'",
            name=op.f("ck_subscriptions_public_never_full"),
        ),
        sa.CheckConstraint(
            "privacy IN ('full', 'initials', 'busy')",
            name=op.f("ck_subscriptions_privacy_known"),
        ),
        sa.CheckConstraint(
            "(CASE WHEN person_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN team_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN unit_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN campaign_id IS NULL THEN 0 ELSE 1 END) <= 1",
            name=op.f("ck_subscriptions_one_scope_at_most"),
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_subscriptions_campaign_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_subscriptions_person_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["teams.id"],
            name=op.f("fk_subscriptions_team_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["units.id"],
            name=op.f("fk_subscriptions_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_subscriptions_token_hash")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "activities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("plan_key", sa.String(length=64), nullable=True),
        sa.Column("nominal_on", sa.Date(), nullable=True),
        sa.Column("subject_person_id", sa.Integer(), nullable=True),
        sa.Column("pairing_id", sa.Integer(), nullable=True),
        sa.Column("matter_id", sa.Integer(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forecast", sa.Boolean(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("people_sequence", sa.Integer(), nullable=False),
        sa.Column("people_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("narrative", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status <> 'cancelled' OR reason IS NOT NULL",
            name=op.f("ck_activities_cancelled_with_reason"),
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'held', 'partly', 'cancelled', 'missed')",
            name=op.f("ck_activities_status_known"),
        ),
        sa.CheckConstraint(
            "(starts_at IS NULL) = (ends_at IS NULL)",
            name=op.f("ck_activities_both_times_or_none"),
        ),
        sa.CheckConstraint("day <= last_day", name=op.f("ck_activities_days_in_order")),
        sa.CheckConstraint(
            "pairing_id IS NULL OR subject_person_id IS NOT NULL",
            name=op.f("ck_activities_pairing_has_subject"),
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_activities_times_in_order")),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_activities_campaign_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["matter_id"],
            ["matters.id"],
            name=op.f("fk_activities_matter_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["pairing_id"],
            ["ties.id"],
            name=op.f("fk_activities_pairing_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["subject_person_id"],
            ["people.id"],
            name=op.f("fk_activities_subject_person_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["units.id"],
            name=op.f("fk_activities_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activities")),
        sa.UniqueConstraint("campaign_id", "plan_key", name=op.f("uq_activities_campaign_id_plan_key")),
        sa.UniqueConstraint("uid", name=op.f("uq_activities_uid")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("activities", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_activities_campaign_id_day"),
            ["campaign_id", "day"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_activities_day_id"), ["day", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_activities_matter_id"), ["matter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_activities_pairing_id"), ["pairing_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_activities_subject_person_id_campaign_id"),
            ["subject_person_id", "campaign_id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_activities_unit_id_day"), ["unit_id", "day"], unique=False)

    op.create_table(
        "matter_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("matter_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "step IN ('opened', 'visited', 'sent', 'chased', 'answered', 'declined', 'told', 'closed', 'reopened', 'recorded_in_error')",
            name=op.f("ck_matter_steps_step_known"),
        ),
        sa.ForeignKeyConstraint(
            ["matter_id"],
            ["matters.id"],
            name=op.f("fk_matter_steps_matter_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matter_steps")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("matter_steps", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_matter_steps_matter_id_on_day"),
            ["matter_id", "on_day"],
            unique=False,
        )

    op.create_table(
        "assignments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed', 'confirmed', 'declined', 'withdrawn')",
            name=op.f("ck_assignments_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["activities.id"],
            name=op.f("fk_assignments_activity_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_assignments_person_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
        sa.UniqueConstraint(
            "activity_id",
            "person_id",
            name=op.f("uq_assignments_activity_id_person_id"),
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("assignments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_assignments_person_id_state"),
            ["person_id", "state"],
            unique=False,
        )

    op.create_table(
        "attendances",
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("visit", sa.String(length=32), nullable=True),
        sa.Column("condition", sa.String(length=32), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("counted_as", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "condition IN ('well', 'fair', 'attention')",
            name=op.f("ck_attendances_condition_known"),
        ),
        sa.CheckConstraint(
            "counted_as IN ('served', 'volunteer', 'other')",
            name=op.f("ck_attendances_counted_as_known"),
        ),
        sa.CheckConstraint(
            "state IN ('as_planned', 'partly', 'longer', 'absent', 'excused', 'unknown')",
            name=op.f("ck_attendances_state_known"),
        ),
        sa.CheckConstraint(
            "visit IN ('seen', 'not_seen', 'postponed')",
            name=op.f("ck_attendances_visit_known"),
        ),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_attendances_minutes_not_negative")),
        sa.CheckConstraint(
            "state IS NOT NULL OR visit IS NOT NULL",
            name=op.f("ck_attendances_listed_for_something"),
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["activities.id"],
            name=op.f("fk_attendances_activity_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_attendances_person_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["units.id"],
            name=op.f("fk_attendances_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("activity_id", "person_id", name=op.f("pk_attendances")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("attendances", schema=None) as batch_op:
        batch_op.create_index(
            "ix_attendances_person",
            ["person_id", "day", "counted_as", "activity_id"],
            unique=False,
        )

    op.create_table(
        "heard_suggestions",
        sa.Column("matter_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["activities.id"],
            name=op.f("fk_heard_suggestions_activity_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["matter_id"],
            ["matters.id"],
            name=op.f("fk_heard_suggestions_matter_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("matter_id", name=op.f("pk_heard_suggestions")),
    )
    with op.batch_alter_table("heard_suggestions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_heard_suggestions_activity_id"),
            ["activity_id"],
            unique=False,
        )

    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("qualifier", sa.String(length=32), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("campaign_id", sa.Integer(), nullable=True),
        sa.Column("activity_id", sa.Integer(), nullable=True),
        sa.Column("item", sa.String(length=255), nullable=True),
        sa.Column("handed_by", sa.String(length=255), nullable=True),
        sa.Column("received_by", sa.String(length=255), nullable=True),
        sa.Column("reverses_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=255), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('cash', 'goods', 'subsidy', 'reimbursement', 'donation')",
            name=op.f("ck_ledger_entries_kind_known"),
        ),
        sa.CheckConstraint(
            "qualifier IN ('exact', 'at_least', 'nearly', 'about')",
            name=op.f("ck_ledger_entries_qualifier_known"),
        ),
        sa.CheckConstraint(
            "amount >= 0 OR reverses_id IS NOT NULL",
            name=op.f("ck_ledger_entries_amount_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["activities.id"],
            name=op.f("fk_ledger_entries_activity_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_ledger_entries_campaign_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["imports.id"],
            name=op.f("fk_ledger_entries_import_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_ledger_entries_person_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"],
            ["ledger_entries.id"],
            name=op.f("fk_ledger_entries_reverses_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["units.id"],
            name=op.f("fk_ledger_entries_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_ledger_entries_reverses_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("ledger_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_entries_activity_id"), ["activity_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_entries_fingerprint"), ["fingerprint"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_entries_import_id"), ["import_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_ledger_entries_person_id_paid_on"),
            ["person_id", "paid_on"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_ledger_entries_unit_id_paid_on"),
            ["unit_id", "paid_on"],
            unique=False,
        )

    op.create_table(
        "outcomes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("present", sa.JSON(), nullable=False),
        sa.Column("teller", sa.String(length=255), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("idempotency_key", sa.String(length=255), nullable=True),
        sa.Column("request_hash", sa.String(length=64), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("scope IN ('whole', 'part')", name=op.f("ck_outcomes_scope_known")),
        sa.CheckConstraint("revision > 0", name=op.f("ck_outcomes_revision_positive")),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["activities.id"],
            name=op.f("fk_outcomes_activity_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["imports.id"],
            name=op.f("fk_outcomes_import_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcomes")),
        sa.UniqueConstraint("activity_id", "revision", name=op.f("uq_outcomes_activity_id_revision")),
        sa.UniqueConstraint("teller", "idempotency_key", name=op.f("uq_outcomes_teller_idempotency_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("outcomes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outcomes_fingerprint"), ["fingerprint"], unique=False)
        batch_op.create_index(batch_op.f("ix_outcomes_import_id"), ["import_id"], unique=False)

    op.create_table(
        "places",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=True),
        sa.Column("activity_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(CASE WHEN campaign_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN activity_id IS NULL THEN 0 ELSE 1 END) = 1",
            name=op.f("ck_places_one_owner"),
        ),
        sa.CheckConstraint("needed > 0", name=op.f("ck_places_needed_positive")),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["activities.id"],
            name=op.f("fk_places_activity_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_places_campaign_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("places", schema=None) as batch_op:
        batch_op.create_index(
            "uq_places_of_activity",
            ["activity_id", "role"],
            unique=True,
            sqlite_where=sa.text("activity_id IS NOT NULL"),
            postgresql_where=sa.text("activity_id IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_places_of_campaign",
            ["campaign_id", "role"],
            unique=True,
            sqlite_where=sa.text("campaign_id IS NOT NULL"),
            postgresql_where=sa.text("campaign_id IS NOT NULL"),
        )

    op.create_table(
        "measures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("metric_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("combination", sa.String(length=255), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("qualifier", sa.String(length=32), nullable=False),
        sa.Column("origin", sa.String(length=32), nullable=False),
        sa.Column("source", sa.Boolean(), nullable=False),
        sa.Column("sign", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=True),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("matter_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "origin IN ('entered', 'counted', 'persons', 'floor', 'reading')",
            name=op.f("ck_measures_origin_known"),
        ),
        sa.CheckConstraint(
            "qualifier IN ('exact', 'at_least', 'nearly', 'about')",
            name=op.f("ck_measures_qualifier_known"),
        ),
        sa.CheckConstraint(
            "(CASE WHEN activity_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN entry_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN matter_id IS NULL THEN 0 ELSE 1 END) = 1",
            name=op.f("ck_measures_one_record"),
        ),
        sa.CheckConstraint("sign IN (-1, 1)", name=op.f("ck_measures_sign_known")),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["activities.id"],
            name=op.f("fk_measures_activity_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["ledger_entries.id"],
            name=op.f("fk_measures_entry_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["matter_id"],
            ["matters.id"],
            name=op.f("fk_measures_matter_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["metric_id"],
            ["metrics.id"],
            name=op.f("fk_measures_metric_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["units.id"],
            name=op.f("fk_measures_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measures")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("measures", schema=None) as batch_op:
        batch_op.create_index("ix_measures_activity", ["activity_id"], unique=False)
        batch_op.create_index("ix_measures_entry", ["entry_id"], unique=False)
        batch_op.create_index("ix_measures_figure", ["metric_id", "unit_id", "day"], unique=False)
        batch_op.create_index(
            "ix_measures_floors",
            ["day", "unit_id"],
            unique=False,
            sqlite_where=sa.text("origin = 'floor'"),
            postgresql_where=sa.text("origin = 'floor'"),
        )
        batch_op.create_index("ix_measures_matter", ["matter_id"], unique=False)
        batch_op.create_index(
            "ix_measures_shared",
            ["day", "unit_id"],
            unique=False,
            sqlite_where=sa.text("shared IS 1"),
            postgresql_where=sa.text("shared IS true"),
        )
        batch_op.create_index(
            "ix_measures_persons",
            ["day", "unit_id", "metric_id", "activity_id"],
            unique=False,
            sqlite_where=sa.text("origin = 'persons'"),
            postgresql_where=sa.text("origin = 'persons'"),
        )
        batch_op.create_index(
            "ix_measures_readings",
            ["metric_id", "unit_id", "combination", "day"],
            unique=False,
            sqlite_where=sa.text("origin = 'reading'"),
            postgresql_where=sa.text("origin = 'reading'"),
        )

    op.create_table(
        "tally_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tally_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("metric_id", sa.Integer(), nullable=False),
        sa.Column("combination", sa.String(length=255), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("qualifier", sa.String(length=32), nullable=False),
        sa.Column("sources", sa.Integer(), nullable=False),
        sa.Column("at_least", sa.Integer(), nullable=False),
        sa.Column("nearly", sa.Integer(), nullable=False),
        sa.Column("about", sa.Integer(), nullable=False),
        sa.Column("carried_into", sa.Date(), nullable=True),
        sa.Column("activity_id", sa.Integer(), nullable=True),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("matter_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("by", sa.String(length=255), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'adjustment') = (carried_into IS NOT NULL)",
            name=op.f("ck_tally_lines_adjustment_is_carried"),
        ),
        sa.CheckConstraint(
            "kind IN ('own', 'subtree', 'adjustment')",
            name=op.f("ck_tally_lines_kind_known"),
        ),
        sa.CheckConstraint(
            "qualifier IN ('exact', 'at_least', 'nearly', 'about')",
            name=op.f("ck_tally_lines_qualifier_known"),
        ),
        sa.CheckConstraint(
            "(CASE WHEN activity_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN entry_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN matter_id IS NULL THEN 0 ELSE 1 END) <= 1",
            name=op.f("ck_tally_lines_one_record_at_most"),
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["activities.id"],
            name=op.f("fk_tally_lines_activity_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["ledger_entries.id"],
            name=op.f("fk_tally_lines_entry_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["matter_id"],
            ["matters.id"],
            name=op.f("fk_tally_lines_matter_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["metric_id"],
            ["metrics.id"],
            name=op.f("fk_tally_lines_metric_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tally_id"],
            ["tallies.id"],
            name=op.f("fk_tally_lines_tally_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally_lines")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("tally_lines", schema=None) as batch_op:
        batch_op.create_index("ix_tally_lines_adjustments", ["tally_id", "kind"], unique=False)
        batch_op.create_index("ix_tally_lines_carried", ["carried_into"], unique=False)
        batch_op.create_index(
            "uq_tally_lines_frozen",
            ["tally_id", "kind", "metric_id", "combination"],
            unique=True,
            sqlite_where=sa.text("kind <> 'adjustment'"),
            postgresql_where=sa.text("kind <> 'adjustment'"),
        )

    _keep_ledger_append_only()


# What was paid, when, to whom and where it counts. Who signed and what for may be replaced when a person is erased.
FIXED = "paid_on, kind, amount, qualifier, unit_id, person_id, campaign_id, activity_id, reverses_id, recorded_at, recorded_by"


def _keep_ledger_append_only() -> None:
    """A change is refused; an entry is removed only with the import that brought it."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER ledger_entries_fixed BEFORE UPDATE OF {FIXED} ON ledger_entries "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )
        op.execute(
            "CREATE TRIGGER ledger_entries_kept BEFORE DELETE ON ledger_entries WHEN OLD.import_id IS NULL "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER ledger_entries_fixed BEFORE UPDATE OF {FIXED} ON ledger_entries "
        "FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change()"
    )
    op.execute(
        "CREATE TRIGGER ledger_entries_kept BEFORE DELETE ON ledger_entries FOR EACH ROW "
        "WHEN (OLD.import_id IS NULL) EXECUTE FUNCTION refuse_ledger_change()"
    )
