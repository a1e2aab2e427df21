"""Photos of activities in the records: who adds, sees and removes them, and how they go in time."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select

from models import AuditEntry, Forgotten, Photo
from models.enums import AccountRole, AuditAction
from outreach import photos
from outreach.clockwork import Moment
from outreach.erasure import erase_person
from outreach.errors import Forbidden, Invalid, NotFound
from outreach.permissions import CONSOLE, EVERYWHERE, Actor, Reach, Right
from outreach.routines.forget import forget
from tests.outreach.county import NOW, TODAY, ZONE, County
from tests.outreach.test_agenda import an_activity

DAY = date(2026, 9, 14)
HOW = {"by": CONSOLE, "today": TODAY, "now": NOW}


@pytest.fixture
def county(session):
    return County(session)


@pytest.fixture
def activity(county):
    return an_activity(county, county.campaign(f"DATES:{DAY}"), DAY)


def a_picture(colour: str = "red") -> photos.Picture:
    written = BytesIO()
    Image.new("RGB", (40, 30), colour).save(written, "PNG")
    written.seek(0)
    return photos.picture_of(written)


def listed(county, activity, within=EVERYWHERE):
    return photos.photos_of(county.session, activity.id, within=within, limit=50)


def test_photos_are_kept_with_what_was_said_of_them_and_the_same_one_only_once(county, activity):
    red, blue = a_picture("red"), a_picture("blue")
    added = photos.add_photos(county.session, activity.id, [red], caption="合影", consent="都同意", **HOW)
    again = photos.add_photos(county.session, activity.id, [red, blue, blue], **HOW)
    assert (len(added.ids), added.known) == (1, 0)
    assert (len(again.ids), again.known) == (1, 2)
    first, second = listed(county, activity)
    assert (first.caption, first.consent, first.added_by) == ("合影", "都同意", "console")
    assert photos.photo_of(county.session, activity.id, first.id, within=EVERYWHERE) == red.image
    assert photos.thumbnail_of(county.session, activity.id, second.id, within=EVERYWHERE) == blue.thumbnail


def test_who_does_not_see_the_activity_sees_no_photo_of_it(county, activity):
    (photo_id,) = photos.add_photos(county.session, activity.id, [a_picture()], **HOW).ids
    elsewhere = Reach(frozenset({county.unit("X01", county.root).id}))
    other = an_activity(county, county.campaign(f"DATES:{DAY}"), DAY)
    with pytest.raises(NotFound):
        listed(county, activity, elsewhere)
    for wrong, within in ((activity, elsewhere), (other, EVERYWHERE)):
        with pytest.raises(NotFound):
            photos.photo_of(county.session, wrong.id, photo_id, within=within)


def test_a_viewer_neither_adds_nor_removes(county, activity):
    (photo_id,) = photos.add_photos(county.session, activity.id, [a_picture()], **HOW).ids
    viewer = Actor("viewer", rights=(Right(AccountRole.VIEWER),))
    with pytest.raises(Forbidden):
        photos.add_photos(county.session, activity.id, [a_picture("blue")], by=viewer, today=TODAY, now=NOW)
    with pytest.raises(Forbidden):
        photos.remove_photo(
            county.session, activity.id, photo_id, reason="x", by=viewer, today=TODAY, now=NOW
        )
    assert len(listed(county, activity)) == 1


def test_a_removed_photo_is_gone_and_it_stays_known_who_removed_it_and_why(county, activity):
    (photo_id,) = photos.add_photos(county.session, activity.id, [a_picture()], **HOW).ids
    with pytest.raises(Invalid):
        photos.remove_photo(county.session, activity.id, photo_id, reason="  ", **HOW)
    photos.remove_photo(county.session, activity.id, photo_id, reason="本人不愿意", **HOW)
    assert listed(county, activity) == []
    with pytest.raises(NotFound):
        photos.photo_of(county.session, activity.id, photo_id, within=EVERYWHERE)
    with pytest.raises(NotFound):
        photos.remove_photo(county.session, activity.id, photo_id, reason="再来", **HOW)
    row = county.session.execute(select(Photo.image, Photo.thumbnail, Photo.removed_by, Photo.reason)).one()
    assert row == (None, None, "console", "本人不愿意")
    told = county.session.scalars(select(AuditEntry).where(AuditEntry.table_name == "photos")).all()
    assert [each.action for each in told] == [AuditAction.CREATED, AuditAction.REMOVED]


def test_a_removed_photo_may_come_again(county, activity):
    (photo_id,) = photos.add_photos(county.session, activity.id, [a_picture()], **HOW).ids
    photos.remove_photo(county.session, activity.id, photo_id, reason="传错了", **HOW)
    assert len(photos.add_photos(county.session, activity.id, [a_picture()], **HOW).ids) == 1


def test_after_its_time_a_photo_goes_and_the_number_of_its_month_stays(county, activity):
    photos.add_photos(county.session, activity.id, [a_picture(), a_picture("blue")], **HOW)
    later = NOW + timedelta(days=1095)
    assert forget(county.session, Moment(later, later, ZONE)).counts == {}
    later += timedelta(days=1)
    assert forget(county.session, Moment(later, later, ZONE)).counts == {"forgot_photos": 2}
    assert county.session.scalars(select(Photo.id)).all() == []
    kept = county.session.execute(select(Forgotten.what, Forgotten.month, Forgotten.removed)).all()
    assert kept == [("photos", date(2026, 9, 1), 2)]


def test_with_somebody_erased_go_the_photos_of_the_visits_to_them_and_their_name_below_others(county):
    retiree, other = county.person("retiree", code="R1"), county.person("retiree", code="R2")
    retiree.name = "欧阳秀兰"
    campaign = county.campaign("BIRTHDAY", serves=[retiree, other], kind="birthday")
    own = an_activity(county, campaign, DAY, subject_person_id=retiree.id)
    others = an_activity(county, campaign, DAY, subject_person_id=other.id)
    for each in (own, others):
        photos.add_photos(county.session, each.id, [a_picture()], caption="欧阳秀兰在家", **HOW)
    erase_person(county.session, "R1", confirm="R1", reason="", **HOW)
    county.session.expire_all()
    assert listed(county, own) == []
    (left,) = listed(county, others)
    assert "欧阳秀兰" not in left.caption
