"""Feeds 日历订阅: secret links for calendar programs. What a link shows is answered by `api.feeds`."""

from fastapi import APIRouter

from api.dependencies import CurrentActor, CurrentSession, Now, TheOffice, Today, Zone
from api.pagination import Listing, Page
from api.problems import refusals
from api.schemas.feeds import FeedIn, FeedMade, FeedOut
from api.versions import SubscriptionAsked
from outreach import subscriptions
from outreach.permissions import seen

router = APIRouter(prefix="/feeds", tags=["feeds"])


@router.post("", status_code=201, summary="Make a feed", responses=refusals(413, 415))
def issue(
    session: CurrentSession, actor: CurrentActor, office: TheOffice, today: Today, now: Now, feed: FeedIn
) -> FeedMade:
    """The link is in this answer alone: it is stored as a hash."""
    issued = subscriptions.issue(
        session, feed.scope, privacy=feed.privacy, label=feed.label or None, by=actor, now=now, today=today
    )
    links = subscriptions.links(issued, public_url=office.settings.public_url)
    return FeedMade(id=str(issued.id), url=links.url, webcal=links.webcal)


@router.get("", summary="Feeds in force within one's rights")
def list_feeds(
    session: CurrentSession, actor: CurrentActor, today: Today, zone: Zone, page: Page
) -> Listing[FeedOut]:
    found = subscriptions.subscriptions(
        session,
        within=seen(session, actor, on=today),
        today=today,
        after=page.after_id,
        limit=page.one_more,
    )
    return page.page(
        found,
        lambda feed: FeedOut(
            id=str(feed.id),
            scope=feed.scope,
            privacy=feed.privacy,
            label=feed.label,
            created_at=feed.created_at.astimezone(zone),
            created_by=feed.created_by,
        ),
        lambda feed: (feed.id,),
    )


@router.delete("/{feed_id}", status_code=204, summary="End a feed at once", responses=refusals(413, 415))
def revoke(
    session: CurrentSession, actor: CurrentActor, today: Today, now: Now, feed_id: SubscriptionAsked
) -> None:
    subscriptions.revoke(session, feed_id, by=actor, now=now, today=today)
