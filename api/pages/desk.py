"""The desk of somebody signed in: what every page needs to know before it shows or does anything."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.dependencies import (
    CurrentActor,
    CurrentSession,
    Now,
    Office,
    TheOffice,
    Today,
    Zone,
    get_look,
    get_rehearsal,
)
from api.pages.menu import Current, badges
from api.pages.rendering import frame, render
from api.pages.sent_once import DigestOfForm, DoneBefore
from api.pages.status import Status, Undo, done, led_on, written
from api.pages.unit_switch import UNIT_COOKIE, UnitAsked, UnitSwitch, unit_switch
from api.problems import language_of
from models.base import UnitId
from outreach.errors import Conflict, Invalid
from outreach.permissions import Actor, Deed, Reach, common, may, may_everywhere, reach, units_of_rights
from outreach.sent_forms import Answer, answer_of, keep_answer
from outreach.unit_choices import UnitChoice
from outreach.waiting import Waiting, what_waits


@dataclass(frozen=True, slots=True)
class Desk:
    """Who asks, on which day, in which language, about which unit, and the one transaction of the request."""

    request: Request
    session: Session
    office: Office
    actor: Actor
    today: date
    now: datetime
    zone: ZoneInfo
    language: str
    switch: UnitSwitch
    """The unit that is looked at, by the address (`?unit=`) or as chosen last."""
    form: str | None = None
    """What tells the form that is being done from all others, when it must be done once."""

    @property
    def within(self) -> Reach:
        """The units that a list shows: the chosen one and those below it."""
        return self.switch.within

    @property
    def unit(self) -> UnitChoice:
        return self.switch.chosen

    @property
    def engine(self) -> Engine:
        return self.office.engine

    def waiting(self) -> Waiting:
        """What waits for a person in the unit that is looked at."""
        return what_waits(self.session, self.within, today=self.today, now=self.now)

    def may(self, deed: Deed) -> bool:
        """Whether somebody may do it anywhere; for buttons."""
        return may(self.actor, deed)

    def may_everywhere(self, deed: Deed) -> bool:
        return may_everywhere(self.actor, deed)

    def reaches(self, deed: Deed, unit_id: UnitId | None) -> bool:
        """Whether it may be done in this unit; for the buttons of one record."""
        return unit_id in reach(self.session, self.actor, deed, on=self.today)

    def looking_at(self, code: str) -> "Desk":
        """The same desk with another unit looked at, as a form names it; raises NotFound for one out of reach."""
        return replace(self, switch=unit_switch(self.session, self.actor, code, today=self.today))

    def within_for(self, deed: Deed) -> Reach:
        """The units of a list in which somebody may also do this; asks nothing where that is wherever they see."""
        if set(units_of_rights(self.actor, deed)) == set(units_of_rights(self.actor)):
            return self.within
        return common(self.within, reach(self.session, self.actor, deed, on=self.today))

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Something that may be refused: what it wrote until then is not kept, and the page can say what is wrong."""
        with self.session.begin_nested():
            yield
            self.session.flush()

    def render(
        self,
        template: str,
        *,
        current: Current = "",
        status: int = 200,
        waiting: Waiting | None = None,
        **shown: Any,  # Any: each template names what it shows
    ) -> Response:
        """A page within the frame; `current` is the entry of the menu that it belongs to, `waiting` what waits, when
        the page has asked for that already."""
        return render(
            self.request,
            template,
            status=status,
            frame=frame(self.actor, self.switch, current, badges(waiting or self.waiting())),
            **shown,
        )

    def piece(self, template: str, **shown: Any) -> Response:  # Any: as above
        """A piece of a page, for a script that puts it into one."""
        return render(self.request, template, **shown)

    def done(self, address: str, key: str, *, undo: Undo | None = None, **values: str) -> Response:
        """Go on to a page of ours, whose status line says what was done and offers the way back."""
        told = written(Status(key, values, undo))
        if self.form is not None:
            keep_answer(self.session, self.form, Answer(address, told), now=self.now)
        return led_on(self.request, address, told)

    def not_done(self, address: str, error: Invalid | Conflict) -> Response:
        """Go on to a page of ours, whose status line says why it was not done: for deeds without a form of their own,
        such as taking back."""
        told = error.faults[0] if isinstance(error, Invalid) else error
        values = {name: str(value) for name, value in told.values.items()}
        return done(self.request, address, Status(told.key, values))


def get_desk(
    request: Request,
    form: DigestOfForm,
    session: CurrentSession,
    office: TheOffice,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    unit: UnitAsked = None,
) -> Desk:
    """The desk of a page; raises NotSignedIn, NotFound for a unit outside of one's rights, and DoneBefore for a form
    that comes a second time."""
    if form is not None and (answer := answer_of(session, form)) is not None:
        raise DoneBefore(answer)
    switch = unit_switch(
        session, actor, unit, today=today, last=unquote(request.cookies.get(UNIT_COOKIE, ""))
    )
    return Desk(request, session, office, actor, today, now, zone, language_of(request), switch, form)


TheDesk = Annotated[Desk, Depends(get_desk)]


def _desk_over(session_of: Callable[[Office], AsyncIterator[Session]]) -> Callable[..., Desk]:
    """Gives a desk over another session than that of the request's method; of its forms nothing is kept."""

    def get(
        request: Request,
        session: Annotated[Session, Depends(session_of, scope="function")],
        office: TheOffice,
        actor: CurrentActor,
        today: Today,
        now: Now,
        zone: Zone,
        unit: UnitAsked = None,
    ) -> Desk:
        return get_desk(request, None, session, office, actor, today, now, zone, unit)

    return get


RehearsalDesk = Annotated[Desk, Depends(_desk_over(get_rehearsal))]
"""A desk at which anything may be tried: nothing of it is kept."""
LookDesk = Annotated[Desk, Depends(_desk_over(get_look))]
"""A desk for a form that asks and changes nothing."""
