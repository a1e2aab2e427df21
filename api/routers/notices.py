"""Notices 通知: what people were told, whom to call, and second tries."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from api.dependencies import CurrentActor, CurrentSession, Now, Planner, Recorder, TheOffice, Today, Zone
from api.pagination import Listing, Page
from api.problems import refusals
from api.schemas.notices import CallIn, CallResult, NoticeOut, RetryIn
from api.versions import id_of
from models.base import NoticeId
from models.enums import NoticeState
from outreach.notices import answering, reading
from outreach.notices.composing import Letterhead
from outreach.notices.reading import NoticesAsked

router = APIRouter(prefix="/notices", tags=["notices"])


def asked_for(
    state: Annotated[NoticeState | None, Query()] = None,
    person: Annotated[str | None, Query(description="To this person.")] = None,
    unit: Annotated[str | None, Query(description="To people of this unit and those below it.")] = None,
    call_list: Annotated[
        bool, Query(description="Only what somebody has to call about, the most urgent first.")
    ] = False,
) -> NoticesAsked:
    return NoticesAsked(state=state, person_code=person, unit_code=unit, call_list=call_list)


def _notice_id(notice_id: Annotated[str, Path(description="The notice's id.")]) -> NoticeId:
    return NoticeId(id_of(notice_id))


def _letterhead(office: TheOffice) -> Letterhead:
    settings = office.settings
    return Letterhead(settings.language, settings.zone, settings.public_url)


NoticeAsked = Annotated[NoticeId, Depends(_notice_id)]
TheLetterhead = Annotated[Letterhead, Depends(_letterhead)]


@dataclass(frozen=True, slots=True)
class Answering:
    """Shows a notice as it stands after a deed."""

    session: CurrentSession
    actor: CurrentActor
    letterhead: TheLetterhead
    today: Today
    now: Now
    zone: Zone

    def shown(self, notice_id: NoticeId) -> NoticeOut:
        """Within what the actor sees; raises NotFound."""
        found = reading.notice(
            self.session,
            notice_id,
            self.letterhead,
            by=self.actor,
            today=self.today,
            now=self.now,
        )
        return NoticeOut.of(found, self.zone)


Answer = Annotated[Answering, Depends(Answering)]


@router.get("", summary="Notices to people within one's rights")
def list_notices(
    session: CurrentSession,
    actor: CurrentActor,
    letterhead: TheLetterhead,
    today: Today,
    now: Now,
    zone: Zone,
    page: Page,
    asked: Annotated[NoticesAsked, Depends(asked_for)],
) -> Listing[NoticeOut]:
    found = reading.notices(
        session,
        asked,
        letterhead,
        by=actor,
        today=today,
        now=now,
        after=page.after_id,
        limit=page.one_more,
    )
    return page.page(found, lambda notice: NoticeOut.of(notice, zone), lambda notice: (notice.id,))


@router.get("/{notice_id}", summary="One notice")
def get_notice(answer: Answer, notice_id: NoticeAsked) -> NoticeOut:
    return answer.shown(notice_id)


@router.post("/{notice_id}/call", summary="Somebody was called", responses=refusals(409, 413, 415))
def record_call(answer: Answer, actor: Recorder, notice_id: NoticeAsked, call: CallIn) -> NoticeOut:
    """Who was reached has been told; who was not stays on the call list."""
    answering.record_call(
        answer.session,
        notice_id,
        reached=call.result is CallResult.REACHED,
        note=call.note,
        by=actor,
        today=answer.today,
        now=answer.now,
    )
    return answer.shown(notice_id)


@router.post(
    "/{notice_id}/retry", summary="Let what failed be sent once more", responses=refusals(409, 413, 415)
)
def retry(answer: Answer, actor: Planner, notice_id: NoticeAsked, wish: RetryIn | None = None) -> NoticeOut:
    """What may have arrived is sent again only by somebody who is certain that it did not."""
    answering.retry(
        answer.session,
        notice_id,
        certain=wish is not None and wish.certain,
        by=actor,
        today=answer.today,
        now=answer.now,
    )
    return answer.shown(notice_id)


@router.post("/{notice_id}/stop", summary="Let nobody be told this", responses=refusals(409))
def stop(answer: Answer, actor: Planner, notice_id: NoticeAsked) -> NoticeOut:
    answering.stop(answer.session, notice_id, by=actor, today=answer.today, now=answer.now)
    return answer.shown(notice_id)
