"""What stands above every page of an activity, and what somebody may do there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from api.pages.desk import Desk
from api.presenters.activity.head import Tab, head_shown
from api.versions import id_of
from models.base import ActivityId
from outreach.activities.head import ActivityHead, activity_head
from outreach.activities.served import Served
from outreach.agenda import PersonOn
from outreach.permissions import Deed, Reach, reach, seen


@dataclass(frozen=True, slots=True)
class Opened:
    """An activity that somebody looks at, and what they may do about it."""

    id: ActivityId
    head: ActivityHead
    within: Reach
    may_record: bool
    may_plan: bool

    @property
    def address(self) -> str:
        return f"/a/{self.id}"

    @property
    def takes_records(self) -> bool:
        """Whether something can be recorded of it: its day has come or it was told of, and it was not cancelled."""
        return self.may_record and not self.head.is_cancelled


def open_activity(desk: Desk, activity_id: str, *, people: Sequence[PersonOn] | None = None) -> Opened:
    """The activity of an address; raises NotFound. `people` spares asking for them, where they are known."""
    number = ActivityId(id_of(activity_id))
    within = seen(desk.session, desk.actor, on=desk.today)
    head = activity_head(desk.session, number, within, today=desk.today, now=desk.now, people=people)
    return Opened(
        number,
        head,
        within,
        may_record=desk.reaches(Deed.RECORD, head.item.unit_id),
        may_plan=desk.reaches(Deed.PLAN, head.item.unit_id),
    )


def ledger_reach(desk: Desk) -> Reach:
    """The units of which somebody may see who received money."""
    return reach(desk.session, desk.actor, Deed.SEE_LEDGER, on=desk.today)


def render_tab(
    desk: Desk,
    opened: Opened,
    tab: Tab,
    *,
    status: int = 200,
    served: Served | None = None,
    **shown: Any,  # Any: each template names what it shows
) -> Response:
    """One page of an activity below the head of all."""
    head = head_shown(
        opened.head,
        tab,
        served=served,
        has_come=opened.head.item.day <= desk.today,
        may_record=opened.may_record,
        may_plan=opened.may_plan,
        today=desk.today,
        zone=desk.zone,
        language=desk.language,
    )
    return desk.render(f"activity/{tab}.html", status=status, head=head, **shown)
