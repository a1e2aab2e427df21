"""Campaigns 活动计划, and what one would plan."""

from datetime import date, time
from typing import Annotated

from pydantic import Field, PlainSerializer

from api.schemas.values import (
    UNSAID,
    Beneficiaries,
    Body,
    ClockTime,
    Code,
    Codes,
    Day,
    Minutes,
    Name,
    NeededKind,
    OnHolidayWord,
    PlacesNeeded,
    ScheduleText,
    Skills,
    SplitByWord,
    StatusWord,
    Text,
    View,
    YesNo,
)
from models.enums import CampaignStatus, OnHoliday, SplitBy

TimeOut = Annotated[time, PlainSerializer(lambda moment: moment.strftime("%H:%M"), return_type=str)]


class CampaignOut(View):
    code: str = Field(examples=["XX15"])
    name: str = Field(examples=["每月15日老干部政治学习"])
    kind: str = Field(examples=["study"])
    unit_code: str = Field(examples=["BJ"])
    status: CampaignStatus
    schedule: str = Field(examples=["RRULE:FREQ=MONTHLY;BYMONTHDAY=15"])
    starts_on: date
    ends_on: date
    team_code: str | None
    start_time: TimeOut | None = Field(examples=["09:00"])
    duration_minutes: int | None
    place: str | None
    places_needed: dict[str, int] = Field(examples=[{"any": 4}, {"leader": 1, "visitor": 4}])
    skills: list[str]
    split_by: SplitBy | None
    public: bool
    on_holiday: OnHoliday
    beneficiaries: list[str] = Field(examples=[["V162", "role:retiree", "unit:Z04"]])
    metrics: list[str] = Field(examples=[["study.sessions"]])
    notes: str | None


class CampaignIn(Body):
    """A draft, unless another status is told. Only active campaigns are planned."""

    code: Code
    name: Name
    kind: NeededKind
    unit_code: Code
    status: StatusWord = CampaignStatus.DRAFT
    schedule: ScheduleText
    starts_on: Day
    ends_on: Day
    team_code: Code | None = None
    start_time: ClockTime | None = None
    duration_minutes: Minutes | None = None
    place: Text | None = None
    places_needed: PlacesNeeded | None = None
    skills: Skills = ()
    split_by: SplitByWord | None = None
    public: YesNo | None = None
    on_holiday: OnHolidayWord | None = None
    beneficiaries: Beneficiaries = ()
    metrics: Codes = ()
    notes: Text | None = None


class CampaignChange(Body):
    """What is planned follows at once; what people moved, cancelled or recorded stays as it is."""

    name: Name = UNSAID
    kind: NeededKind = UNSAID
    unit_code: Code = UNSAID
    status: StatusWord = UNSAID
    schedule: ScheduleText = UNSAID
    starts_on: Day = UNSAID
    ends_on: Day = UNSAID
    team_code: Code | None = None
    start_time: ClockTime | None = None
    duration_minutes: Minutes | None = None
    place: Text | None = None
    places_needed: PlacesNeeded | None = None
    skills: Skills = UNSAID
    split_by: SplitByWord | None = None
    public: YesNo | None = None
    on_holiday: OnHolidayWord | None = None
    beneficiaries: Beneficiaries = UNSAID
    metrics: Codes = UNSAID
    notes: Text | None = None


class PreviewIn(Body):
    """The columns of a campaign; those that say nothing about its dates are read and have no effect."""

    schedule: ScheduleText
    starts_on: Day
    ends_on: Day
    code: Code | None = None
    name: Name | None = None
    kind: NeededKind | None = None
    unit_code: Code | None = None
    status: StatusWord | None = None
    team_code: Code | None = None
    start_time: ClockTime | None = None
    duration_minutes: Minutes | None = None
    place: Text | None = None
    places_needed: PlacesNeeded | None = None
    skills: Skills = ()
    split_by: SplitByWord | None = None
    public: YesNo | None = None
    on_holiday: OnHolidayWord | None = None
    beneficiaries: Beneficiaries = ()
    metrics: Codes = ()
    notes: Text | None = None


class PreviewDateOut(View):
    on: date
    shifted_from: date | None = Field(description="The schedule's own day, where the final one differs.")
    forecast: bool = Field(description="True while the official calendar of one of its years is not out.")
    reason: str = Field(examples=["重阳节；10月18日 周日 往前第 3 个工作日"])
    person_code: str | None = Field(description="For whom, of birthdays, cadences and cases.")
    pairing_code: str | None
    unit_codes: list[str] = Field(description="The units that each have an activity, when split by unit.")


class ConflictOut(View):
    kind: str = Field(examples=["team_overlap"])
    on: date
    message: str
    proposal: str
    campaign_codes: list[str] = Field(description="Of those within one's rights.")


class PreviewOut(View):
    dates: list[PreviewDateOut]
    more: bool = Field(description="Whether there are more days than are shown.")
    conflicts: list[ConflictOut]
    conflicts_in_all: int
    remarks: list[str]
