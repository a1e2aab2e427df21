"""What the pages need to remember.

Revision: 0003; follows 0002.
"""

import sqlalchemy as sa
from alembic import op

from migrations.constraints import add_column, add_reference

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each part adds what one page remembers."""
    _decisions_about_the_plan()
    _names_by_letters()
    _parts_of_names()
    _merged_people()
    _which_way_somebody_came()
    _leave_to_be_named()
    _drawn_money()
    _photos()
    _readers_of_feeds()
    _uploads()
    _what_holds()
    _what_few_have()
    _what_campaigns_gave()
    _forms_that_were_sent()
    _what_waits()
    _who_is_never_asked()
    _stamps()


def _decisions_about_the_plan() -> None:
    """Clashes that stay as they are, and years copied into the next."""
    op.create_table(
        "kept_clashes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("facts", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_clashes")),
        sa.UniqueConstraint("facts", name=op.f("uq_kept_clashes_facts")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("kept_clashes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kept_clashes_day"), ["day"], unique=False)
    op.create_table(
        "plan_copies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("into_year", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_copies")),
        sqlite_autoincrement=True,
    )


def _names_by_letters() -> None:
    """People are found by pinyin and initials: both follow from how the name sorts."""
    connection = op.get_bind()
    kind = "VARCHAR(255)" if connection.dialect.name == "sqlite" else 'VARCHAR(255) COLLATE "C"'
    add_column("people", f"pinyin {kind} DEFAULT '' NOT NULL")
    add_column("people", f"initials {kind} DEFAULT '' NOT NULL")
    people = sa.table("people", *(sa.column(name) for name in ("id", "sort_key", "pinyin", "initials")))
    told = people.update().where(people.c.id == sa.bindparam("row_id"))
    told = told.values(pinyin=sa.bindparam("letters"), initials=sa.bindparam("first_letters"))
    rows = connection.execute(sa.select(people.c.id, people.c.sort_key)).all()
    for start in range(0, len(rows), 5_000):
        spelt = [(row.id, row.sort_key.partition("\x1f")[0].split()) for row in rows[start : start + 5_000]]
        connection.execute(
            told,
            [
                {"row_id": row_id, "letters": "".join(all_), "first_letters": "".join(one[0] for one in all_)}
                for row_id, all_ in spelt
            ],
        )
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_people_pinyin_id"), ["pinyin", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_people_initials_id"), ["initials", "id"], unique=False)


def _parts_of_names() -> None:
    """People are found by what stands in the middle of a name: it begins what is left of the name."""
    kind = "VARCHAR(255)"
    if op.get_bind().dialect.name == "postgresql":
        kind = 'VARCHAR(255) COLLATE "C"'
        op.execute(f"ALTER TABLE people ALTER COLUMN name TYPE {kind}")
    for column in ("name_from_second", "name_from_third"):
        add_column("people", f"{column} {kind} DEFAULT '' NOT NULL")
    op.execute("UPDATE people SET name_from_second = substr(name, 2), name_from_third = substr(name, 3)")
    with op.batch_alter_table("people", schema=None) as batch_op:
        for column in ("name", "name_from_second", "name_from_third"):
            batch_op.create_index(batch_op.f(f"ix_people_{column}_id"), [column, "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_people_long_name"),
            ["name", "id"],
            unique=False,
            sqlite_where=sa.text("length(name) > 3"),
            postgresql_where=sa.text("length(name) > 3"),
        )


def _merged_people() -> None:
    """Two records of one person become one; what was paid to either then was paid to that one."""
    add_column("people", "merged_into_id INTEGER")
    add_reference("people", "merged_into_id", "people")
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_people_merged_into_id"),
            ["merged_into_id"],
            unique=False,
            sqlite_where=sa.text("merged_into_id IS NOT NULL"),
            postgresql_where=sa.text("merged_into_id IS NOT NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_people_mobile_id"),
            ["mobile", "id"],
            unique=False,
            sqlite_where=sa.text("mobile IS NOT NULL"),
            postgresql_where=sa.text("mobile IS NOT NULL"),
        )
    op.create_table(
        "merges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("gone_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undo", sa.JSON(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kept_id <> gone_id", name=op.f("ck_merges_two_people")),
        sa.ForeignKeyConstraint(
            ["kept_id"], ["people.id"], name=op.f("fk_merges_kept_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["gone_id"], ["people.id"], name=op.f("fk_merges_gone_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("merges", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_merges_kept_id"), ["kept_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_merges_gone_id"), ["gone_id"], unique=False)
    op.create_table(
        "people_apart",
        sa.Column("one_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_people_apart_in_order")),
        sa.ForeignKeyConstraint(
            ["one_id"], ["people.id"], name=op.f("fk_people_apart_one_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["people.id"], name=op.f("fk_people_apart_other_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("one_id", "other_id", name=op.f("pk_people_apart")),
    )
    op.create_table(
        "people_deeds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deed", sa.String(length=32), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undo", sa.JSON(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_deeds")),
        sqlite_autoincrement=True,
    )
    _let_entries_follow_people()


# The ledger stays append-only; only whose an entry is follows when two records of a person become one, and back.
_PAID = "paid_on, kind, amount, qualifier, unit_id, campaign_id, activity_id, reverses_id, recorded_at, recorded_by"
_ARE_ONE = (
    "SELECT 1 FROM people WHERE (id = OLD.person_id AND merged_into_id = NEW.person_id)"
    " OR (id = NEW.person_id AND merged_into_id = OLD.person_id)"
)


def _let_entries_follow_people() -> None:
    """After `people` was made anew: SQLite renames no table while a trigger speaks of one that is not there."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER ledger_entries_fixed")
        op.execute(
            f"CREATE TRIGGER ledger_entries_fixed BEFORE UPDATE OF {_PAID} ON ledger_entries "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )
        op.execute(
            "CREATE TRIGGER ledger_entries_theirs BEFORE UPDATE OF person_id ON ledger_entries "
            f"WHEN OLD.person_id IS NOT NEW.person_id AND NOT EXISTS ({_ARE_ONE}) "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )
        return
    op.execute("DROP TRIGGER ledger_entries_fixed ON ledger_entries")
    op.execute(
        f"CREATE TRIGGER ledger_entries_fixed BEFORE UPDATE OF {_PAID} ON ledger_entries "
        "FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change()"
    )
    op.execute(
        "CREATE FUNCTION let_entries_follow_people() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF OLD.person_id IS DISTINCT FROM NEW.person_id AND NOT EXISTS ({_ARE_ONE}) THEN "
        "RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'integrity_constraint_violation'; "
        "END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER ledger_entries_theirs BEFORE UPDATE OF person_id ON ledger_entries "
        "FOR EACH ROW EXECUTE FUNCTION let_entries_follow_people()"
    )


def _which_way_somebody_came() -> None:
    """The trail says whether something was done on a page, by the API, on the server or by itself."""
    known = "CONSTRAINT ck_audit_entries_via_known CHECK (via IN ('page', 'api', 'console', 'clockwork'))"
    add_column("audit_entries", f"via VARCHAR(32) {known}")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entries_account_id_at"), ["account_id", "at"])
        batch_op.create_index(batch_op.f("ix_audit_entries_action_at"), ["action", "at"])


def _leave_to_be_named() -> None:
    """Whether a suggestion may carry its author's name on its way; and boards ask by stage for what is due first."""
    add_column("matters", "may_be_named BOOLEAN")
    with op.batch_alter_table("matters", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_matters_face_status_due_at"), ["face", "status", "due_at"], unique=False
        )


def _drawn_money() -> None:
    """What was drawn to be given, as append-only as what was given."""
    op.create_table(
        "drawings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=True),
        sa.Column("drawn_by", sa.String(length=255), nullable=False),
        sa.Column("reverses_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=255), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=255), nullable=False),
        sa.CheckConstraint("amount > 0 OR reverses_id IS NOT NULL", name=op.f("ck_drawings_amount_positive")),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_drawings_unit_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_drawings_campaign_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["drawings.id"], name=op.f("fk_drawings_reverses_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drawings")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_drawings_reverses_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("drawings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_drawings_unit_id_drawn_on"), ["unit_id", "drawn_on"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_drawings_campaign_id_drawn_on"), ["campaign_id", "drawn_on"], unique=False
        )
    if op.get_bind().dialect.name == "sqlite":
        refusal = "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
    else:
        refusal = "FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change()"
    op.execute(f"CREATE TRIGGER drawings_fixed BEFORE UPDATE ON drawings {refusal}")
    op.execute(f"CREATE TRIGGER drawings_kept BEFORE DELETE ON drawings {refusal}")


def _photos() -> None:
    """Photos of activities, kept in the database: backups, erasing and forgetting reach them there."""
    op.create_table(
        "photos",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("image", sa.LargeBinary(), nullable=True),
        sa.Column("thumbnail", sa.LargeBinary(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("caption", sa.Text(), nullable=True),
        sa.Column("consent", sa.Text(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(length=255), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.String(length=255), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("(image IS NULL) = (thumbnail IS NULL)", name=op.f("ck_photos_both_or_none")),
        sa.CheckConstraint(
            "(image IS NULL) = (removed_at IS NOT NULL)", name=op.f("ck_photos_there_or_removed")
        ),
        sa.CheckConstraint("width > 0 AND height > 0", name=op.f("ck_photos_size_positive")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activities.id"], name=op.f("fk_photos_activity_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photos")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("photos", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_photos_activity_id_sha256"), ["activity_id", "sha256"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_photos_added_at"), ["added_at"], unique=False)


def _readers_of_feeds() -> None:
    """Which programs read a feed, and when they last did."""
    readers = [
        "apple_phone",
        "apple_computer",
        "google",
        "outlook",
        "thunderbird",
        "android",
        "browser",
        "other",
    ]
    listed = ", ".join(f"'{reader}'" for reader in readers)
    op.create_table(
        "feed_readings",
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("reader", sa.String(length=32), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"reader IN ({listed})", name=op.f("ck_feed_readings_reader")),
        sa.CheckConstraint("times > 0", name=op.f("ck_feed_readings_times_positive")),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_feed_readings_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscription_id", "reader", name=op.f("pk_feed_readings")),
    )


def _uploads() -> None:
    """Files that somebody sent in and has not decided about yet."""
    op.create_table(
        "uploads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_uploads_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_uploads_token_hash")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_uploads_at"), ["at"], unique=False)


def _what_holds() -> None:
    """Ties that hold on a day are found and counted by their index alone, without a look at each."""
    longer = {
        "ix_ties_of_person": ["subject_person_id", "kind", "until", "since", "object_unit_id"],
        "ix_ties_to_unit": ["object_unit_id", "kind", "until", "since"],
        "ix_ties_to_team": ["object_team_id", "kind", "until", "since"],
        "ix_ties_to_word": ["kind", "object_word", "subject_person_id", "until", "since"],
    }
    for name, columns in longer.items():
        op.drop_index(op.f(name), table_name="ties")
        op.create_index(op.f(name), "ties", columns, unique=False)
    op.create_index(
        op.f("ix_ties_pairings"),
        "ties",
        ["kind", "sort", "subject_person_id", "until", "since"],
        unique=False,
        sqlite_where=sa.text("kind = 'pairing'"),
        postgresql_where=sa.text("kind = 'pairing'"),
    )


def _what_few_have() -> None:
    """Few activities are of a case, few entries of an activity: the many others hide from the database how few."""
    for table, column in (("activities", "matter_id"), ("ledger_entries", "activity_id")):
        name, condition = op.f(f"ix_{table}_{column}"), sa.text(f"{column} IS NOT NULL")
        op.drop_index(name, table_name=table)
        op.create_index(
            name, table, [column], unique=False, sqlite_where=condition, postgresql_where=condition
        )


def _what_campaigns_gave() -> None:
    """The book offers the campaigns that something was given for, and sums what was given for one."""
    op.create_index(
        op.f("ix_ledger_entries_campaign_id_paid_on_unit_id"),
        "ledger_entries",
        ["campaign_id", "paid_on", "unit_id"],
        unique=False,
    )


def _forms_that_were_sent() -> None:
    """How a form was answered, for when it comes a second time."""
    op.create_table(
        "sent_forms",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sent_forms")),
    )
    with op.batch_alter_table("sent_forms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sent_forms_sent_at"), ["sent_at"], unique=False)


def _what_waits() -> None:
    """What is owed stands on every page: it is looked up, not searched among all that was done."""
    for columns in (["campaign_id", "status", "day"], ["status", "nominal_on", "day"]):
        op.create_index(op.f(f"ix_activities_{'_'.join(columns)}"), "activities", columns, unique=False)
    for column in ("birth_date", "lunar_birthday"):
        op.create_index(op.f(f"ix_people_{column}"), "people", [column], unique=False)
    standing = ["status", "day", "last_day", "campaign_id", "unit_id", "ends_at"]
    op.create_index(op.f("ix_activities_standing"), "activities", standing, unique=False)


def _who_is_never_asked() -> None:
    """They are told of first among those passed over, and are few."""
    condition = sa.text("max_per_month = 0")
    op.create_index(
        op.f("ix_people_never_asked"),
        "people",
        ["id"],
        unique=False,
        sqlite_where=condition,
        postgresql_where=condition,
    )
    in_order = ["day", "starts_at", "id", "unit_id", "campaign_id", "last_day"]
    op.create_index(op.f("ix_activities_in_order"), "activities", in_order, unique=False)


def _stamps() -> None:
    """What an answer is remembered by: another stamp for each table that was written."""
    op.create_table(
        "stamps",
        sa.Column("table_name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("table_name", name=op.f("pk_stamps")),
    )
