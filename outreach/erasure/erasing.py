"""Erasing a person: who it was goes, what was done and counted stays.

It cannot be taken back. Erased once, the code stays taken: a file that brings it again is refused.
"""

from datetime import date, datetime
from typing import Final

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from models import Account, Attendance, Delivery, Import, Matter, Merge, Notice, Person, Subscription, Tie
from models.base import PersonId
from models.enums import AuditAction, Channel, MatterFace, TieKind
from models.types import LAST_DAY
from outreach import accounts, bereavements, feed_versions, photos, ties
from outreach.assignment import hold_proposals
from outreach.audit import note
from outreach.erasure.words import take_name_out
from outreach.errors import invalid
from outreach.people import PersonView, person, person_id_of
from outreach.people_search import spellings
from outreach.permissions import Actor, Deed, expect, seen
from outreach.retention.case_texts import forget_words
from outreach.sent_forms import forget_all_answers
from wording.names import erased_name

_EMPTIED: Final = (
    "gender",
    "birth_date",
    "lunar_birthday",
    "mobile",
    "email",
    "address",
    "available",
    "max_per_month",
    "notes",
)
_CHANGED: Final = ("name", "sort_key", "pinyin", "initials", "contact_by", "until", *_EMPTIED)
_ENDED: Final = (TieKind.PAIRING, TieKind.MEMBERSHIP, TieKind.LEADERSHIP, TieKind.POST)
"""What ceases with somebody; where they belonged and what they were stays: figures are counted by it."""


def erase_person(
    session: Session, code: str, *, confirm: str, reason: str, by: Actor, today: date, now: datetime
) -> PersonView:
    """Put a number in the place of somebody, at once and for good; once more changes nothing.

    Name and contact go, as does what was said of their health and hardship; their name goes from all that was written,
    every revision. From today on nothing is planned for them and nothing sent. No figure moves. Raises NotFound,
    Forbidden for whoever does not administer their unit, Invalid unless `confirm` is the code.
    """
    person_id = person_id_of(session, code, within=seen(session, by, on=today), today=today)
    expect(session, by, Deed.ADMINISTER, ties.unit_on(session, person_id, today), on=today)
    if confirm != code:
        raise invalid("confirm", "erasure.not_confirmed", code=code)
    _erase(session, person_id, reason=reason, by=by, today=today, now=now)
    return person(session, code, within=seen(session, by, on=today), today=today)


def erase_again(session: Session, code: str, *, by: Actor, today: date, now: datetime) -> bool:
    """Erase somebody whose erasure is known from elsewhere, after an older state came back; whether that was needed."""
    found = session.execute(select(Person.id, Person.erased_at).where(Person.code == code)).one_or_none()
    if found is None or found.erased_at is not None:
        return False
    _erase(session, found.id, reason="", by=by, today=today, now=now)
    return True


def _erase(
    session: Session, person_id: PersonId, *, reason: str, by: Actor, today: date, now: datetime
) -> None:
    hold_proposals(session)
    # Not more than that: whoever plans or proposes refers to the person meanwhile, and would wait in a circle.
    wanted = select(Person).where(Person.id == person_id).with_for_update(key_share=True)
    erased = session.scalars(wanted.execution_options(populate_existing=True)).one()
    if erased.erased_at is not None:
        return
    bereavements.freeze(session, erased, today, by=by, now=now)
    _let_nobody_in(session, person_id, by=by, now=now)
    _end_ties(session, person_id, today)
    _forget_health(session, person_id)
    _forget_messages(session, person_id)
    forget_all_answers(session)
    photos.remove_photos_of_visits(session, person_id, by=by, now=now)
    # With the name, which the reason may hold as well.
    note(
        session,
        by,
        AuditAction.REMOVED,
        "people",
        person_id,
        now=now,
        person_id=person_id,
        reason=reason or None,
        after={"columns": sorted(_CHANGED)},
    )
    session.flush()
    instead = erased_name(person_id)
    take_name_out(session, erased, instead)
    _forget_in_imports(session, person_id)
    session.expire_all()
    for column in _EMPTIED:
        setattr(erased, column, None)
    erased.name = instead
    for column, spelt in spellings(instead).items():
        setattr(erased, column, spelt)
    _forget_former_selves(session, person_id, instead)
    erased.contact_by = Channel.NONE.value
    erased.until = max(erased.since or today, min(erased.until or today, today))
    erased.erased_at = now
    session.flush()
    feed_versions.everything_changed(session, now=now)


def _let_nobody_in(session: Session, person_id: PersonId, *, by: Actor, now: datetime) -> None:
    """Their calendar links end, and so does the account that is theirs."""
    session.execute(
        update(Subscription)
        .where(Subscription.person_id == person_id, Subscription.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    theirs = select(Account.name).where(Account.person_id == person_id, Account.active)
    for name in session.scalars(theirs).all():
        accounts.close_account(session, name, by=by, now=now)


def _end_ties(session: Session, person_id: PersonId, today: date) -> None:
    """Pairings, memberships and posts end with today; skills go, since no figure is counted by them."""
    theirs = or_(Tie.subject_person_id == person_id, Tie.object_person_id == person_id)
    session.execute(
        update(Tie)
        .where(theirs, Tie.kind.in_(_ENDED), Tie.since <= today, Tie.until > today)
        .values(until=today)
    )
    session.execute(
        update(Tie)
        .where(theirs, Tie.kind.in_(_ENDED), Tie.since > today, Tie.until == LAST_DAY)
        .values(until=Tie.since)
    )
    session.execute(delete(Tie).where(Tie.subject_person_id == person_id, Tie.kind == TieKind.SKILL))


def _forget_health(session: Session, person_id: PersonId) -> None:
    """What was said of them in their cases, and noted of them on visits."""
    cases = select(Matter.id).where(Matter.face == MatterFace.CASE, Matter.person_id == person_id)
    for matter_id in session.scalars(cases.order_by(Matter.id)).all():
        forget_words(session, matter_id)
    session.execute(
        update(Attendance).where(Attendance.person_id == person_id).values(note=None, condition=None)
    )


def _forget_messages(session: Session, person_id: PersonId) -> None:
    """That they were told something stays; the words do not, nor where they went."""
    theirs = select(Notice.id).where(Notice.person_id == person_id)
    session.execute(
        update(Delivery)
        .where(Delivery.notice_id.in_(theirs))
        .values(subject=None, text=None, detail=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Notice)
        .where(Notice.person_id == person_id)
        .values(words={}, last_error=None)
        .execution_options(synchronize_session=False)
    )


def _forget_former_selves(session: Session, person_id: PersonId, instead: str) -> None:
    """Records that were merged into this one bear the name too; that two became one is not taken back any more."""
    gone = session.scalars(select(Person).where(Person.merged_into_id == person_id)).all()
    for former in gone:
        former.name = instead
        for column, spelt in spellings(instead).items():
            setattr(former, column, spelt)
    session.execute(
        update(Merge)
        # Of A merged into B and B into C, what A was stands with the first merging.
        .where(Merge.kept_id.in_((person_id, *(former.id for former in gone))))
        .values(undo={})
        .execution_options(synchronize_session=False)
    )


def _forget_in_imports(session: Session, person_id: PersonId) -> None:
    """What an import found of them before it changed them. It is not undone any more: they are not as it left them."""
    for imported in session.scalars(select(Import).where(Import.undone_at.is_(None))):
        people = imported.undo.get("before", {}).get("people", {})
        if str(person_id) in people:
            before = {**imported.undo["before"], "people": {**people, str(person_id): {}}}
            imported.undo = {**imported.undo, "before": before}
    session.flush()
