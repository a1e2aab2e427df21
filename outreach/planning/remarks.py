"""What the planner cannot do for a campaign, though nothing is wrong with it: said once a campaign, with examples."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from calendars.schedules import Birthday, BirthdayKind, Cadence, CaseVisit
from models.base import CampaignId
from outreach.planning.wanted import Born, Course, Subjects

NAMED_AT_MOST = 10


class RemarkKind(StrEnum):
    """What is remarked; `planning.remark_…` in the catalogues says it."""

    NO_BIRTHDAY = "no_birthday"
    NO_BIRTH_YEAR = "no_birth_year"
    NOBODY_LISTED = "nobody_listed"
    SPLIT_IGNORED = "split_ignored"


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark on a campaign: how many people it concerns, and the codes of the first ten."""

    kind: RemarkKind
    campaign_id: CampaignId
    campaign_code: str
    campaign: str
    count: int = 0
    people: tuple[str, ...] = ()


def remarks_on(planned: Sequence[Course], subjects: Subjects) -> tuple[Remark, ...]:
    """Birthdays not known (rules 15 and 16), and parts of a campaign that mean nothing for its form (rule 22a)."""
    return tuple(remark for course in planned for remark in _remarks(course, subjects))


def _remarks(course: Course, subjects: Subjects) -> Iterator[Remark]:
    if course.split and isinstance(course.schedule, (Birthday, Cadence, CaseVisit)):
        yield _remark(RemarkKind.SPLIT_IGNORED, course)
    if not isinstance(course.schedule, Birthday):
        return
    people = [subjects.born[person] for person in subjects.circles[course.id].ever_listed()]
    if not people:
        yield _remark(RemarkKind.NOBODY_LISTED, course)
    nothing = [born for born in people if born.birth_date is None and born.lunar_birthday is None]
    if nothing:
        yield _remark(RemarkKind.NO_BIRTHDAY, course, nothing)
    if course.schedule.which is BirthdayKind.DECADE:
        yearless = [born for born in people if born.birth_date is None and born.lunar_birthday is not None]
        if yearless:
            yield _remark(RemarkKind.NO_BIRTH_YEAR, course, yearless)


def _remark(kind: RemarkKind, course: Course, people: Sequence[Born] = ()) -> Remark:
    return Remark(
        kind=kind,
        campaign_id=course.id,
        campaign_code=course.code,
        campaign=course.name,
        count=len(people),
        people=tuple(born.code for born in people[:NAMED_AT_MOST]),
    )
