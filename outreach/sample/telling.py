"""Something plausible to tell of each planned activity: what the sample's files tell of others like it."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Activity, Campaign, Person, Tie, Unit
from models.base import CampaignId, PersonId, TeamId, TieId, UnitId
from models.enums import ActivityStatus, PersonRole, TieKind
from outreach.imports.cells import measures
from outreach.outcomes import EnteredValue, HistoryRow
from outreach.sample.shifting import Row, read

HELPERS = 2
GUESTS = 12


@dataclass(slots=True)
class County:
    """Who is there, by what the tellings need. Loaded once: the county is small."""

    session: Session
    people: Mapping[str, PersonId]
    since: Mapping[PersonId, tuple[date | None, date | None]]
    supporters: Mapping[TieId, PersonId]
    members: Mapping[TeamId, Sequence[PersonId]]
    retirees_of: Mapping[UnitId, Sequence[PersonId]]
    campaigns: Mapping[CampaignId, Campaign]
    unit_codes: Mapping[UnitId, str]
    templates: Mapping[str, Sequence[Row]]
    told: dict[CampaignId, int] = field(default_factory=lambda: defaultdict(int))
    """How often each campaign was told of; the next telling takes the next template."""

    def row(self, activity: Activity) -> HistoryRow:
        """What is told of an activity: held on its day, with those who would be there."""
        campaign = self.campaigns[activity.campaign_id]
        turn = self.told[campaign.id]
        self.told[campaign.id] += 1
        template = self._template(campaign, activity, turn)
        attendees = self._attendees(campaign, activity, template, turn)
        return HistoryRow(
            number=activity.id,
            campaign_id=campaign.id,
            held_on=activity.day,
            fingerprint=sha256(f"sample {activity.uid}".encode()).hexdigest(),
            status=ActivityStatus(template.get("status") or ActivityStatus.HELD),
            unit_id=activity.unit_id,
            attendees=tuple(dict.fromkeys(self._there(attendees, activity.day))),
            minutes=int(template["minutes"]) if template.get("minutes") else None,
            measures=tuple(_entered(template.get("measures", ""))),
            narrative=template.get("narrative") or None,
        )

    def _template(self, campaign: Campaign, activity: Activity, turn: int) -> Row:
        rows = self.templates.get(campaign.code, ())
        if campaign.split_by is not None:
            rows = [row for row in rows if row["unit_code"] == self.unit_codes[activity.unit_id]]
        return rows[turn % len(rows)] if rows else {}

    def _attendees(
        self, campaign: Campaign, activity: Activity, template: Row, turn: int
    ) -> Iterator[PersonId]:
        if activity.subject_person_id is not None:
            yield activity.subject_person_id
            if activity.pairing_id is not None:
                yield self.supporters[activity.pairing_id]
            else:
                yield from self._helpers(campaign, turn, HELPERS)
            return
        listed = [self.people[code] for code in template.get("attendees", "").split(";") if code]
        yield from listed
        if not listed:
            yield from self.retirees_of.get(activity.unit_id, ())[:GUESTS]
            yield from self._helpers(campaign, turn, HELPERS)

    def _helpers(self, campaign: Campaign, turn: int, number: int) -> Iterator[PersonId]:
        members = self.members.get(campaign.team_id, ()) if campaign.team_id is not None else ()
        for place in range(min(number, len(members))):
            yield members[(turn * number + place) % len(members)]

    def _there(self, people: Collection[PersonId] | Iterator[PersonId], day: date) -> Iterator[PersonId]:
        for person in people:
            since, until = self.since[person]
            if (since is None or since <= day) and (until is None or day <= until):
                yield person


def county(session: Session, folder: Path) -> County:
    """Everybody of the county as imported, and what the files tell."""
    people = list(session.scalars(select(Person)))
    supporters: dict[TieId, PersonId] = {}
    members: dict[TeamId, list[PersonId]] = defaultdict(list)
    retirees: set[PersonId] = set()
    placed: dict[PersonId, UnitId] = {}
    for tie in session.scalars(select(Tie).where(Tie.subject_person_id.is_not(None)).order_by(Tie.id)):
        person = tie.subject_person_id
        assert person is not None
        if tie.kind is TieKind.PAIRING:
            supporters[tie.id] = person
        elif tie.kind is TieKind.MEMBERSHIP and tie.object_team_id is not None:
            members[tie.object_team_id].append(person)
        elif tie.kind is TieKind.PLACEMENT and tie.object_unit_id is not None:
            placed[person] = tie.object_unit_id
        elif tie.kind is TieKind.ROLE and tie.object_word == PersonRole.RETIREE:
            retirees.add(person)
    retirees_of: dict[UnitId, list[PersonId]] = defaultdict(list)
    for person in sorted(retirees):
        retirees_of[placed[person]].append(person)
    templates: dict[str, list[Row]] = defaultdict(list)
    for row in read(folder, "outcomes"):
        templates[row["campaign_code"]].append(row)
    return County(
        session=session,
        people={person.code: person.id for person in people},
        since={person.id: (person.since, person.until) for person in people},
        supporters=supporters,
        members=members,
        retirees_of=retirees_of,
        campaigns={campaign.id: campaign for campaign in session.scalars(select(Campaign))},
        unit_codes={unit.id: unit.code for unit in session.scalars(select(Unit))},
        templates=templates,
    )


def _entered(cell: str) -> Iterator[EnteredValue]:
    for told in measures(cell) if cell else ():
        yield EnteredValue(told.metric, told.value, told.qualifier, told.combination)
