"""Words that several pages of campaigns share: the columns of a campaign, its roles, those it is for."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from api.presenters.schedules import schedule_words
from models.enums import SplitBy
from outreach.campaigns import CampaignView
from outreach.fields import BeneficiaryEntry, EntryOf, beneficiary
from outreach.metrics import definitions
from wording import days as day_words
from wording.sentences import is_known, say

COLUMNS = (
    "name",
    "kind",
    "unit_code",
    "team_code",
    "schedule",
    "starts_on",
    "ends_on",
    "start_time",
    "duration_minutes",
    "on_holiday",
    "place",
    "places_needed",
    "skills",
    "beneficiaries",
    "split_by",
    "public",
    "metrics",
    "notes",
    "status",
)
"""The columns in the order of the form."""


def column_words(name: str, *, language: str) -> str:
    """What a column is called."""
    key = f"campaigns.column_{name}"
    return say(key, language=language) if is_known(key) else name


def role_words(role: str, *, language: str) -> str:
    """The name of a place's role; one of the office's own stands as it is."""
    key = f"campaigns.role_{role}"
    return say(key, language=language) if is_known(key) else role


def needed_words(places: Mapping[str, int], *, language: str) -> str:
    """领队 1 人、走访 4 人."""
    return say("names.separator", language=language).join(
        say("campaigns.needed", language=language, role=role_words(role, language=language), count=count)
        for role, count in places.items()
    )


def entry_words(entry: BeneficiaryEntry, names: Mapping[str, str], *, language: str) -> str:
    """Whom an entry names; `names` has the names of units, teams and people by the entry's text."""
    if entry.of is EntryOf.ROLE:
        return say(f"campaigns.whom_{entry.word}", language=language)
    name = names.get(str(entry), entry.word)
    if entry.of is EntryOf.PERSON:
        return name
    return say(f"campaigns.whom_of_{entry.of}", language=language, name=name)


def metric_words(codes: Iterable[str], *, language: str) -> Sequence[str]:
    """The names of metrics; of those that the dictionary no longer has the code."""
    known = definitions()
    return [known[code].names[language] if code in known else code for code in codes]


def columns_in_words(view: CampaignView, *, today: date, language: str) -> Mapping[str, str]:
    """Every column of a campaign as a sentence says it, for two versions beside each other."""
    separator = say("names.separator", language=language)
    whom = [entry_words(beneficiary(each), {}, language=language) for each in view.beneficiaries]
    return {
        "name": view.name,
        "kind": view.kind,
        "unit_code": view.unit_code,
        "team_code": view.team_code or "",
        "schedule": schedule_words(view.schedule, today=today, language=language),
        "starts_on": day_words.day(view.starts_on, today=today, language=language),
        "ends_on": day_words.day(view.ends_on, today=today, language=language),
        "start_time": "" if view.start_time is None else day_words.clock_time(view.start_time),
        "duration_minutes": str(view.duration_minutes or ""),
        "on_holiday": say(f"campaigns.on_holiday_{view.on_holiday}", language=language),
        "place": view.place or "",
        "places_needed": needed_words(view.places_needed, language=language),
        "skills": separator.join(view.skills),
        "beneficiaries": separator.join(whom),
        "split_by": say("campaigns.yes", language=language) if view.split_by is SplitBy.UNIT else "",
        "public": say("campaigns.yes" if view.public else "campaigns.no", language=language),
        "metrics": separator.join(metric_words(view.metrics, language=language)),
        "notes": view.notes or "",
        "status": say(f"campaigns.status_{view.status}", language=language),
    }
