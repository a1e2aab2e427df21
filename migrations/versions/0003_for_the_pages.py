"""What the pages need to remember.

Revision: 0003; follows 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each part adds what one page remembers."""
    _decisions_about_the_plan()


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
