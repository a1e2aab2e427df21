"""The planner's findings in words: conflicts with their proposals, remarks, and why something was withdrawn."""

from datetime import date

from outreach.planning.collisions import Action, Conflict, Proposal
from outreach.planning.difference import Why
from outreach.planning.records import Unplanned
from outreach.planning.remarks import Remark
from wording.days import day as say_day
from wording.names import joined, joined_up_to
from wording.sentences import SOURCE_LANGUAGE, say

_NAMES_SHOWN = 3


def say_conflict(conflict: Conflict, *, today: date, language: str = SOURCE_LANGUAGE) -> str:
    """What is wrong, in a sentence that names days, campaigns and people."""
    return say(
        f"planning.conflict_{conflict.kind}",
        language=language,
        day=say_day(conflict.day, today=today, language=language),
        count=conflict.count,
        campaigns=joined(conflict.campaigns[:_NAMES_SHOWN], language=language),
        people=joined_up_to(conflict.people, shown=_NAMES_SHOWN, unit="people", language=language),
        team=conflict.team or "",
        why="" if conflict.why is None else say_why(conflict.why, language=language),
    )


def say_proposal(proposal: Proposal, *, today: date, language: str = SOURCE_LANGUAGE) -> str:
    """What could be done about it, in a sentence."""
    if proposal.action is not Action.MOVE or proposal.to is None:
        return say(f"planning.proposal_{proposal.action}", language=language)
    to = say_day(proposal.to, today=today, language=language)
    return say("planning.proposal_move", language=language, to=to)


def say_remark(remark: Remark, *, language: str = SOURCE_LANGUAGE) -> str:
    """What the planner could not do for a campaign, in a sentence."""
    people = joined(remark.people[:_NAMES_SHOWN], language=language)
    return say(
        f"planning.remark_{remark.kind}",
        language=language,
        campaign=remark.campaign,
        count=remark.count,
        people=people,
    )


def say_unplanned(unplanned: Unplanned, *, language: str = SOURCE_LANGUAGE) -> str:
    """That a campaign could not be worked out, in a sentence."""
    return say(
        "clockwork.trouble_unplanned",
        language=language,
        campaign=unplanned.campaign_code,
        why=unplanned.why,
    )


def say_why(why: Why, *, language: str = SOURCE_LANGUAGE) -> str:
    """Why an activity is no longer planned, as part of a sentence."""
    return say(why.value, language=language)
