"""People 人员."""

from datetime import date

from pydantic import Field

from api.schemas.values import (
    UNSAID,
    AvailableText,
    Body,
    Channels,
    Code,
    Day,
    Email,
    GenderWord,
    LunarDay,
    Name,
    PerMonth,
    Roles,
    ShortText,
    Skills,
    Text,
    View,
)
from models.enums import Channel, Gender, PersonRole
from outreach.people import PersonView


class PersonOut(View):
    code: str = Field(examples=["V162"])
    name: str = Field(examples=["王秀英"])
    unit_code: str | None = Field(examples=["Z04"])
    roles: list[PersonRole]
    gender: Gender | None
    birth_date: date | None
    lunar_birthday: str | None = Field(examples=["8-15"])
    mobile: str | None
    email: str | None
    contact_by: list[Channel]
    address: str | None
    skills: list[str] = Field(examples=[["农技", "书法"]])
    available: str | None = Field(examples=["Mon-Fri 09:00-12:00;Sat 14:00-17:00"])
    max_per_month: int | None
    since: date | None
    until: date | None
    notes: str | None

    @classmethod
    def listed(cls, person: PersonView) -> "PersonOut":
        """A line of a list: what opening a minor's record is noted for is not shown here."""
        line = cls.model_validate(person)
        return line.model_copy(update=_WITHHELD) if person.is_minor else line


_WITHHELD: dict[str, None] = dict.fromkeys(
    ("birth_date", "lunar_birthday", "mobile", "email", "address", "notes")
)


class PersonIn(Body):
    code: Code
    name: Name
    unit_code: Code
    roles: Roles
    gender: GenderWord | None = None
    birth_date: Day | None = None
    lunar_birthday: LunarDay | None = None
    mobile: ShortText | None = None
    email: Email | None = None
    contact_by: Channels = Field(default=())
    address: Text | None = None
    skills: Skills = Field(default=())
    available: AvailableText | None = None
    max_per_month: PerMonth | None = None
    since: Day | None = None
    until: Day | None = None
    notes: Text | None = None


class PersonChange(Body):
    """A new unit, roles or skills count from today on. Nobody is deleted: give `until`, the last day."""

    name: Name = UNSAID
    unit_code: Code = UNSAID
    roles: Roles = UNSAID
    gender: GenderWord | None = None
    birth_date: Day | None = None
    lunar_birthday: LunarDay | None = None
    mobile: ShortText | None = None
    email: Email | None = None
    contact_by: Channels = UNSAID
    address: Text | None = None
    skills: Skills = UNSAID
    available: AvailableText | None = None
    max_per_month: PerMonth | None = None
    since: Day | None = None
    until: Day | None = None
    notes: Text | None = None
