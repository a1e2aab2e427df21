"""Starting, pausing, resuming and ending a campaign: what follows is seen first, and can be taken back after."""

from fastapi import APIRouter
from starlette.responses import Response

from api.forms.typed import Reading, TheTypedFields
from api.pages.campaigns.editing import editable
from api.pages.campaigns.form import NotAsShown
from api.pages.desk import Desk, TheDesk
from api.pages.status import Undo
from api.presenters.campaigns.effects import effects_shown, summary_words
from api.presenters.campaigns.one import step_words
from models.enums import CampaignStatus
from outreach import campaign_register
from outreach.campaign_effects import Effects, change_with_effects, effects_of_step
from outreach.campaigns import STEPS, CampaignView
from outreach.errors import Conflict, NotFound, Stale
from wording.sentences import say

router = APIRouter()


@router.get("/campaigns/{code}/{status}")
def ask(desk: TheDesk, code: str, status: str) -> Response:
    """What the step would do to what is planned."""
    present = editable(desk, code)
    following = _following(status)
    try:
        return _page(desk, present, following, _foreseen(desk, present, following))
    except Conflict as error:
        return _cannot_follow(desk, present, error)


@router.post("/campaigns/{code}/{status}")
def step(desk: TheDesk, code: str, status: str, typed: TheTypedFields) -> Response:
    """Do it. When what follows is no longer what was shown, it is shown anew; taking a step back asks nothing."""
    present = editable(desk, code)
    following = _following(status)
    reading = Reading(typed.last)
    version = reading.version()
    reading.expect_none()
    try:
        with desk.attempt():
            changed, effects = _step(desk, present, following, version=version)
            if "shown" in typed.last and effects.mark != typed.last["shown"]:
                raise NotAsShown(effects)
    except NotAsShown as rehearsed:
        return _page(desk, present, following, rehearsed.effects, is_anew=True)
    except Stale:
        return _shown_anew(desk, present, following)
    except Conflict as error:
        return _cannot_follow(desk, present, error)
    undo = None
    if present.status in STEPS[following]:
        fields = {"version": str(changed.version)}
        undo = Undo(f"/campaigns/{code}/{present.status}", fields)
    return desk.done(
        f"/campaigns/{code}",
        f"campaigns.done_{following}",
        undo=undo,
        name=present.name,
        effects=summary_words(effects, language=desk.language),
    )


def _shown_anew(desk: Desk, present: CampaignView, following: CampaignStatus) -> Response:
    """What follows now that somebody else was first; their step may leave nothing to do."""
    try:
        return _page(desk, present, following, _foreseen(desk, present, following), is_anew=True)
    except Conflict as error:
        return _cannot_follow(desk, present, error)


def _cannot_follow(desk: Desk, present: CampaignView, error: Conflict) -> Response:
    """Back to the campaign, which says in words which status cannot follow which."""
    words = {
        name: say(f"campaigns.status_{status}", language=desk.language)
        for name, status in error.values.items()
    }
    return desk.not_done(f"/campaigns/{present.code}", Conflict(error.key, **words))


def _following(status: str) -> CampaignStatus:
    if status not in (CampaignStatus.ACTIVE, CampaignStatus.PAUSED, CampaignStatus.ENDED):
        raise NotFound
    return CampaignStatus(status)


def _step(
    desk: Desk, present: CampaignView, following: CampaignStatus, *, version: int | None
) -> tuple[CampaignView, Effects]:
    return change_with_effects(
        desk.session,
        present.code,
        {"status": following},
        by=desk.actor,
        today=desk.today,
        now=desk.now,
        zone=desk.zone,
        version=version,
    )


def _foreseen(desk: Desk, present: CampaignView, following: CampaignStatus) -> Effects:
    """What the step would do as things stand now."""
    return effects_of_step(desk.session, present, following, today=desk.today, zone=desk.zone)


def _page(
    desk: Desk,
    present: CampaignView,
    following: CampaignStatus,
    effects: Effects,
    *,
    is_anew: bool = False,
) -> Response:
    words = step_words(present.status, following, language=desk.language)
    return desk.render(
        "campaigns/effects.html",
        current="campaigns",
        status=412 if is_anew else 200,
        name=present.name,
        code=present.code,
        action=f"/campaigns/{present.code}/{following}",
        effects=effects_shown(effects, today=desk.today, zone=desk.zone, language=desk.language),
        fields=[("version", str(present.version)), ("shown", effects.mark)],
        is_shown_anew=is_anew,
        heading=say("campaigns.effects_of_step", language=desk.language, step=words, name=present.name),
        save=words,
        may_go_back=False,
        keeps_outcomes=following is CampaignStatus.ENDED
        and campaign_register.has_outcomes(desk.session, present.id),
    )
