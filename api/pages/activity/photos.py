"""Photos of an activity: bringing several at once, looking at them, taking one away with a reason.

Files are read and made anew before the request has its transaction: on SQLite nobody else could write meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from api.dependencies import Recorder
from api.forms.typed import TheTypedFields, Typed
from api.pages.activity.head import Opened, open_activity, render_tab
from api.pages.desk import Desk, TheDesk
from api.presenters.activity.photos import photo_cards
from api.presenters.forms import FormShown, refused
from api.versions import id_of
from models.base import PhotoId
from outreach import fields, photos
from outreach.errors import Fault, Invalid, NotFound
from outreach.fields import collect
from outreach.photos import LARGEST_FILE, BadPicture, Picture, picture_of
from wording.sentences import say

MOST_AT_ONCE: Final = 20
MOST_FILES: Final = 200
"""More parts than that are no honest form; those beyond `MOST_AT_ONCE` are refused one by one."""
SHOWN: Final = 48
_AT_WORK: Final = CapacityLimiter(1)
"""A picture unpacked takes up to 200 MB: one at a time in each process."""

HEADERS: Final = {
    "Cache-Control": "private, max-age=600",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Cookie",
}

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Brought:
    """What a form brought: the fields, the pictures that could be made, and the files that could not, with why."""

    typed: Typed
    pictures: Sequence[Picture]
    refused: Sequence[tuple[str, str]]
    """The name of a file, and the sentence's key."""


async def brought(request: Request, _actor: Recorder) -> Brought:
    """The form's files made into pictures, for somebody who may record at all."""
    async with request.form(max_files=MOST_FILES, max_fields=20) as form:
        typed = {name: value for name, value in form.items() if isinstance(value, str)}
        files = [each for each in form.getlist("photos") if isinstance(each, UploadFile) and each.filename]
        pictures, bad = [], []
        for number, file in enumerate(files):
            try:
                if number >= MOST_AT_ONCE:
                    raise BadPicture("photos.file_beyond_most")
                if (file.size or 0) > LARGEST_FILE:
                    raise BadPicture("photos.file_too_large")
                pictures.append(await to_thread.run_sync(picture_of, file.file, limiter=_AT_WORK))
            except BadPicture as reason:
                bad.append((fields.shown(file.filename or ""), reason.key))
    return Brought(typed, pictures, bad)


TheBrought = Annotated[Brought, Depends(brought)]


@router.get("/a/{activity_id}/photos")
def show(desk: TheDesk, activity_id: str) -> Response:
    """The photos of an activity, and the form for more."""
    return _page(desk, open_activity(desk, activity_id), FormShown({}))


@router.post("/a/{activity_id}/photos")
def add(files: TheBrought, desk: TheDesk, activity_id: str) -> Response:
    """Keep the good ones; the others are named with what is wrong with them."""
    opened = open_activity(desk, activity_id)
    faults: list[Fault] = []
    caption = collect(faults, "caption", lambda: fields.short_text(files.typed.get("caption", "")))
    consent = collect(faults, "consent", lambda: fields.short_text(files.typed.get("consent", "")))
    if not files.typed.get("agreed"):
        faults.append(Fault("agreed", "photos.nobody_agreed"))
    if not files.pictures and not files.refused:
        faults.append(Fault("photos", "photos.none_chosen"))
    if faults:
        form = refused(files.typed, Invalid(faults), language=desk.language)
        return _page(desk, opened, form, status=422)
    added = photos.add_photos(
        desk.session,
        opened.id,
        files.pictures,
        caption=caption,
        consent=consent,
        by=desk.actor,
        today=desk.today,
        now=desk.now,
    )
    if not files.refused:
        key = "photos.added" if added.ids else "photos.known_already"
        return desk.done(f"{opened.address}/photos", key, count=str(len(added.ids)))
    opened = open_activity(desk, activity_id)
    return _page(
        desk,
        opened,
        FormShown(files.typed),
        refusals=[
            say(key, language=desk.language, name=name, most=MOST_AT_ONCE) for name, key in files.refused
        ],
        kept=len(added.ids),
        status=200 if added.ids else 422,
    )


@router.get("/a/{activity_id}/photos/{photo_id}")
def photo(desk: TheDesk, activity_id: str, photo_id: str) -> Response:
    """A photo itself."""
    opened, number = open_activity(desk, activity_id), PhotoId(id_of(photo_id))
    return _jpeg(number, photos.photo_of(desk.session, opened.id, number, within=opened.within))


@router.get("/a/{activity_id}/photos/{photo_id}/small")
def thumbnail(desk: TheDesk, activity_id: str, photo_id: str) -> Response:
    """A photo, small."""
    opened, number = open_activity(desk, activity_id), PhotoId(id_of(photo_id))
    return _jpeg(number, photos.thumbnail_of(desk.session, opened.id, number, within=opened.within))


@router.get("/a/{activity_id}/photos/{photo_id}/remove")
def ask_to_remove(desk: TheDesk, activity_id: str, photo_id: str) -> Response:
    """Which photo is taken away, and why: it cannot be brought back."""
    return _removal(desk, open_activity(desk, activity_id), photo_id, FormShown({}))


@router.post("/a/{activity_id}/photos/{photo_id}/remove")
def remove(desk: TheDesk, activity_id: str, photo_id: str, form: TheTypedFields) -> Response:
    """Take it away for good."""
    opened = open_activity(desk, activity_id)
    try:
        photos.remove_photo(
            desk.session,
            opened.id,
            PhotoId(id_of(photo_id)),
            reason=form.last.get("reason", "")[: fields.LONGEST_NAME],
            by=desk.actor,
            today=desk.today,
            now=desk.now,
        )
    except Invalid as error:
        return _removal(desk, opened, photo_id, refused(form.last, error, language=desk.language), status=422)
    return desk.done(f"{opened.address}/photos", "photos.removed")


def _jpeg(photo_id: PhotoId, octets: bytes) -> Response:
    disposition = {"Content-Disposition": f'inline; filename="photo-{photo_id}.jpg"'}
    return Response(octets, media_type="image/jpeg", headers={**HEADERS, **disposition})


def _page(
    desk: Desk,
    opened: Opened,
    form: FormShown,
    *,
    refusals: Sequence[str] = (),
    kept: int = 0,
    status: int = 200,
) -> Response:
    after = desk.request.query_params.get("after", "")
    start = int(after) if after.isascii() and after.isdecimal() and len(after) < 10 else 0
    found = photos.photos_of(desk.session, opened.id, within=opened.within, after=start, limit=SHOWN + 1)
    return render_tab(
        desk,
        opened,
        "photos",
        status=status,
        photos=photo_cards(found[:SHOWN], today=desk.today, zone=desk.zone, language=desk.language),
        more=found[SHOWN - 1].id if len(found) > SHOWN else None,
        form=form,
        refusals=refusals,
        kept=kept,
        takes=opened.takes_records,
        most=MOST_AT_ONCE,
    )


def _removal(desk: Desk, opened: Opened, photo_id: str, form: FormShown, *, status: int = 200) -> Response:
    number = PhotoId(id_of(photo_id))
    found = photos.photos_of(desk.session, opened.id, within=opened.within, after=number - 1, limit=1)
    if not found or found[0].id != number or not opened.may_record:
        raise NotFound
    return desk.render(
        "activity/photo_remove.html",
        status=status,
        photo=photo_cards(found, today=desk.today, zone=desk.zone, language=desk.language)[0],
        address=opened.address,
        title=opened.head.item.title,
        form=form,
    )
