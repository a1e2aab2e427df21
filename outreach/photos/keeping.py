"""Photos in the records of activities: who may add, see and remove them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from models import Activity, Photo
from models.base import ActivityId, PersonId, PhotoId
from models.enums import AuditAction
from outreach.activities import activity_for
from outreach.activities.views import activity_row
from outreach.audit import note
from outreach.errors import NotFound, invalid
from outreach.permissions import Actor, Deed, Reach
from outreach.photos.pictures import Picture


@dataclass(frozen=True, slots=True)
class PhotoView:
    """A photo without the picture itself; what was removed is not listed."""

    id: PhotoId
    width: int
    height: int
    caption: str | None
    consent: str | None
    added_at: datetime
    added_by: str


@dataclass(frozen=True, slots=True)
class Added:
    """What became of pictures: how many are new, and how many were there already."""

    ids: Sequence[PhotoId]
    known: int


def photos_of(
    session: Session, activity_id: ActivityId, *, within: Reach, after: int = 0, limit: int
) -> list[PhotoView]:
    """Photos of an activity in the order in which they came, after one of them; raises NotFound outside the reach."""
    activity_row(session, activity_id, within=within)
    rows = session.execute(
        select(
            Photo.id,
            Photo.width,
            Photo.height,
            Photo.caption,
            Photo.consent,
            Photo.added_at,
            Photo.added_by,
        )
        .where(Photo.activity_id == activity_id, Photo.removed_at.is_(None), Photo.id > after)
        .order_by(Photo.id)
        .limit(limit)
    )
    return [PhotoView(*row) for row in rows]


def photo_of(session: Session, activity_id: ActivityId, photo_id: PhotoId, *, within: Reach) -> bytes:
    """A photo of an activity, as JPEG; raises NotFound for one that is of another, gone, or outside the reach."""
    return _octets(session, Photo.image, activity_id, photo_id, within)


def thumbnail_of(session: Session, activity_id: ActivityId, photo_id: PhotoId, *, within: Reach) -> bytes:
    """The same, small."""
    return _octets(session, Photo.thumbnail, activity_id, photo_id, within)


def add_photos(
    session: Session,
    activity_id: ActivityId,
    pictures: Sequence[Picture],
    *,
    caption: str | None = None,
    consent: str | None = None,
    by: Actor,
    today: date,
    now: datetime,
) -> Added:
    """Keep pictures of an activity; one that is there already is not kept twice. Raises NotFound, Forbidden."""
    activity_for(session, activity_id, Deed.RECORD, by=by, today=today)
    sums = [hashlib.sha256(picture.image).hexdigest() for picture in pictures]
    there = set(
        session.scalars(
            select(Photo.sha256).where(
                Photo.activity_id == activity_id, Photo.sha256.in_(sums), Photo.removed_at.is_(None)
            )
        )
    )
    new = {digest: picture for digest, picture in zip(sums, pictures, strict=True) if digest not in there}
    rows = [
        Photo(
            activity_id=activity_id,
            sha256=digest,
            image=picture.image,
            thumbnail=picture.thumbnail,
            width=picture.width,
            height=picture.height,
            caption=caption or None,
            consent=consent or None,
            added_at=now,
            added_by=by.name,
        )
        for digest, picture in new.items()
    ]
    session.add_all(rows)
    session.flush()
    for row in rows:
        after = {"activity_id": activity_id}
        note(session, by, AuditAction.CREATED, Photo.__tablename__, row.id, now=now, after=after)
    return Added([row.id for row in rows], len(pictures) - len(rows))


def remove_photo(
    session: Session,
    activity_id: ActivityId,
    photo_id: PhotoId,
    *,
    reason: str,
    by: Actor,
    today: date,
    now: datetime,
) -> None:
    """Take a photo away for good; that there was one, who took it away and why stays.

    Raises NotFound, also for one that is gone already, and Forbidden, Invalid without a reason.
    """
    activity_for(session, activity_id, Deed.RECORD, by=by, today=today)
    if not reason.strip():
        raise invalid("reason", "errors.missing")
    wanted = and_(Photo.id == photo_id, Photo.activity_id == activity_id)
    if not _remove(session, wanted, reason=reason.strip(), by=by, now=now):
        raise NotFound


def remove_photos_of_visits(session: Session, person_id: PersonId, *, by: Actor, now: datetime) -> int:
    """Take away the photos of the visits to somebody alone, who is erased; how many those were.

    On photos of other activities nobody can tell who is on them: whoever erases looks for himself.
    """
    visits = select(Activity.id).where(Activity.subject_person_id == person_id)
    return _remove(session, Photo.activity_id.in_(visits), reason=None, by=by, now=now)


def _remove(
    session: Session, wanted: ColumnElement[bool], *, reason: str | None, by: Actor, now: datetime
) -> int:
    gone = session.execute(
        update(Photo)
        .where(wanted, Photo.removed_at.is_(None))
        .values(image=None, thumbnail=None, removed_at=now, removed_by=by.name, reason=reason)
        .returning(Photo.id, Photo.activity_id)
        .execution_options(synchronize_session=False)
    ).all()
    for photo_id, activity_id in gone:
        after = {"activity_id": activity_id}
        note(
            session,
            by,
            AuditAction.REMOVED,
            Photo.__tablename__,
            photo_id,
            now=now,
            reason=reason,
            after=after,
        )
    return len(gone)


def _octets(
    session: Session, column: Any, activity_id: ActivityId, photo_id: PhotoId, within: Reach
) -> bytes:  # Any: the one or the other picture
    octets = session.scalar(
        select(column)
        .join(Activity, Activity.id == Photo.activity_id)
        .where(Photo.id == photo_id, Photo.activity_id == activity_id, within.of(Activity.unit_id))
    )
    if octets is None:
        raise NotFound
    return bytes(octets)
