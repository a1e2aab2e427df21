"""Memberships 队员."""

from datetime import date

from pydantic import Field

from api.schemas.values import Body, Code, Day, View


class MembershipOut(View):
    person_code: str = Field(examples=["V162"])
    name: str
    since: date | None
    until: date | None


class MembershipIn(Body):
    person_code: Code
    since: Day
    until: Day | None = None


class MembershipChange(Body):
    """`until` is the last day; null: no end is known."""

    until: Day | None
