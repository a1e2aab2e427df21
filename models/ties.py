"""Tie: a dated fact with a subject, an object, a role, a first and a last day. Every stock is a count of ties in force.

| kind       | subject | object | word                                        |
| placement  | person  | unit   | where somebody belongs                      |
| role       | person  | word   | volunteer, retiree, minor …                 |
| skill      | person  | word   | 农技, 书法 …                                 |
| membership | person  | team   | member of a team                            |
| leadership | person  | team   | leads a team                                |
| parent     | unit    | unit   | the tree of units                           |
| pairing    | person  | person | supporter → beneficiary; `sort` says which  |
| post       | person  | unit, team | holds a post there; `sort` says which   |
"""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, PersonId, TeamId, TieId, UnitId, exactly_one, one_of
from models.enums import TieKind
from models.types import LAST_DAY, OpenEnd, OpenStart, TextEnum

_OPEN = f"until = '{LAST_DAY.isoformat()}'"


def _one_open(name: str, *columns: str, kind: TieKind) -> Index:
    """At most one tie of a kind without an end between the same sides."""
    condition = text(f"kind = '{kind.value}' AND {_OPEN}")
    return Index(name, *columns, unique=True, sqlite_where=condition, postgresql_where=condition)


class Tie(Base):
    __tablename__ = "ties"
    __table_args__ = (
        one_of("kind", TieKind),
        exactly_one("subject_person_id", "subject_unit_id", name="one_subject"),
        exactly_one(
            "object_person_id",
            "object_unit_id",
            "object_team_id",
            "object_word",
            name="one_object",
        ),
        CheckConstraint("since <= until", name="in_order"),
        CheckConstraint(
            "subject_unit_id IS NULL OR subject_unit_id <> object_unit_id",
            name="not_its_own_parent",
        ),
        CheckConstraint(
            "subject_person_id IS NULL OR object_person_id IS NULL OR subject_person_id <> object_person_id",
            name="not_paired_with_oneself",
        ),
        _one_open("uq_ties_open_placement", "subject_person_id", kind=TieKind.PLACEMENT),
        _one_open("uq_ties_open_parent", "subject_unit_id", kind=TieKind.PARENT),
        _one_open("uq_ties_open_role", "subject_person_id", "object_word", kind=TieKind.ROLE),
        _one_open("uq_ties_open_skill", "subject_person_id", "object_word", kind=TieKind.SKILL),
        _one_open(
            "uq_ties_open_membership",
            "subject_person_id",
            "object_team_id",
            kind=TieKind.MEMBERSHIP,
        ),
        _one_open("uq_ties_open_leadership", "object_team_id", kind=TieKind.LEADERSHIP),
        _one_open(
            "uq_ties_open_pairing",
            "subject_person_id",
            "object_person_id",
            "sort",
            kind=TieKind.PAIRING,
        ),
        _one_open(
            "uq_ties_open_post_in_unit", "subject_person_id", "object_unit_id", "sort", kind=TieKind.POST
        ),
        _one_open(
            "uq_ties_open_post_in_team", "subject_person_id", "object_team_id", "sort", kind=TieKind.POST
        ),
        # What holds on a day is answered by these alone: where somebody belongs, how many belong somewhere.
        Index("ix_ties_of_person", "subject_person_id", "kind", "until", "since", "object_unit_id"),
        Index("ix_ties_to_unit", "object_unit_id", "kind", "until", "since"),
        Index("ix_ties_to_team", "object_team_id", "kind", "until", "since"),
        Index("ix_ties_to_person", "object_person_id", "kind"),
        Index("ix_ties_of_unit", "subject_unit_id", "kind"),
        Index("ix_ties_to_word", "kind", "object_word", "subject_person_id", "until", "since"),
        Index(
            "ix_ties_pairings",
            "kind",
            "sort",
            "subject_person_id",
            "until",
            "since",
            sqlite_where=text("kind = 'pairing'"),
            postgresql_where=text("kind = 'pairing'"),
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[TieId] = mapped_column(primary_key=True)
    kind: Mapped[TieKind] = mapped_column(TextEnum(TieKind))
    sort: Mapped[str] = mapped_column(default="")
    """The kind of a pairing: acting_parent, liaison, mentor …; the name of a post: 支部书记, 义务监督员 …"""
    code: Mapped[str | None] = mapped_column(String(64), unique=True)
    subject_person_id: Mapped[PersonId | None] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    subject_unit_id: Mapped[UnitId | None] = mapped_column(ForeignKey("units.id", ondelete="RESTRICT"))
    object_person_id: Mapped[PersonId | None] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    object_unit_id: Mapped[UnitId | None] = mapped_column(ForeignKey("units.id", ondelete="RESTRICT"))
    object_team_id: Mapped[TeamId | None] = mapped_column(ForeignKey("teams.id", ondelete="RESTRICT"))
    object_word: Mapped[str | None]
    since: Mapped[date | None] = mapped_column(OpenStart, nullable=False, default=None)
    until: Mapped[date | None] = mapped_column(OpenEnd, nullable=False, default=None)
    visit_every: Mapped[str | None] = mapped_column(String(16))
    """A pairing's own interval between visits, as `P30D`; goes before that of the campaign."""
