"""The tables of an import and their columns: names in English and Chinese, which must be there, how a cell is read.

Here is the whole of the file format; a new column is a line.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from models.enums import ActivityStatus, LedgerKind, OnHoliday, SplitBy
from outreach import fields
from outreach.fields import BadValue, shown
from outreach.imports import cells


def _as_iso(day: date) -> str:
    return day.isoformat()


def _as_month_and_day(day: date) -> str:
    return f"{day.month}-{day.day}"


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One column of a table."""

    name: str
    header: str
    """Its name in Chinese."""
    read: Callable[[str], Any]  # Any: each column has values of its own kind
    required: bool = False
    empty: Any = None
    """What an empty cell means."""
    refers_to: str = ""
    """The table (or `metrics`) whose codes stand here, one or many in a cell."""
    of_day: Callable[[date], str] = _as_iso
    """How a spreadsheet's own day is written here: Excel takes a lunar `8-15` for the fifteenth of August."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One file of the folder, or one sheet of the workbook."""

    name: str
    sheet: str
    """Its name in Chinese."""
    columns: tuple[Column, ...]

    @property
    def file(self) -> str:
        """What faults call it, for a workbook too."""
        return f"{self.name}.csv"

    @property
    def has_codes(self) -> bool:
        """Whether its rows are known by a code, and are updated by it."""
        return self.columns[0].name == "code"

    def column_called(self, header: str) -> Column | None:
        """The column of a header in either language."""
        return _BY_HEADER[self.name].get(spelled(header))


def spelled(header: str) -> str:
    """A header or a sheet's name, full-width signs and capital letters made alike."""
    return unicodedata.normalize("NFKC", header).strip().lower()


def _code(column: str, header: str, of: str = "", *, required: bool = False) -> Column:
    return Column(column, header, fields.code, required, refers_to=of)


def _codes(column: str, header: str, of: str) -> Column:
    return Column(column, header, cells.listed(fields.codes), empty=(), refers_to=of)


def _held(text: str) -> ActivityStatus:
    found = cells.word_of(ActivityStatus)(text)
    if found not in _TOLD:
        raise BadValue("errors.not_one_of", text=shown(text), known=", ".join(_TOLD))
    return found


_TOLD = (ActivityStatus.HELD, ActivityStatus.PARTLY, ActivityStatus.CANCELLED)

UNITS = Table(
    "units",
    "单位",
    (
        _code("code", "单位编码", required=True),
        Column("name", "单位名称", fields.name, required=True),
        _code("parent_code", "上级单位编码", "units"),
        Column("kind", "单位类别", fields.free_kind, empty=""),
    ),
)

PEOPLE = Table(
    "people",
    "人员",
    (
        _code("code", "人员编号", required=True),
        Column("name", "姓名", fields.name, required=True),
        _code("unit_code", "所属单位编码", "units", required=True),
        Column("roles", "人员身份", cells.roles, required=True),
        Column("gender", "性别", fields.gender),
        Column("birth_date", "出生日期", cells.birth_day),
        Column("lunar_birthday", "农历生日", fields.lunar_birthday, of_day=_as_month_and_day),
        Column("mobile", "手机号码", fields.short_text),
        Column("email", "邮箱", fields.email),
        Column("contact_by", "联系方式", cells.contact_by, empty=""),
        Column("address", "住址", fields.text),
        Column("skills", "特长", cells.listed(fields.skills), empty=()),
        Column("available", "可服务时间", cells.available),
        Column("max_per_month", "每月上限次数", cells.whole(fields.max_per_month)),
        Column("since", "起始日期", cells.day),
        Column("until", "截止日期", cells.day),
        Column("notes", "备注", fields.text),
    ),
)

TEAMS = Table(
    "teams",
    "队伍",
    (
        _code("code", "队伍编码", required=True),
        Column("name", "队伍名称", fields.name, required=True),
        _code("unit_code", "所属单位编码", "units", required=True),
        Column("kind", "队伍类别", fields.free_kind, empty=""),
        _code("leader_code", "队长编号", "people"),
        _codes("members", "队员编号", "people"),
    ),
)

PAIRINGS = Table(
    "pairings",
    "结对",
    (
        _code("code", "结对编号", required=True),
        Column("kind", "结对类别", fields.free_kind, required=True),
        _code("supporter_code", "帮扶人编号", "people", required=True),
        _code("beneficiary_code", "帮扶对象编号", "people", required=True),
        Column("since", "结对日期", cells.day, required=True),
        Column("until", "结束日期", cells.day),
        Column("visit_every", "走访周期", fields.visit_every),
    ),
)

CAMPAIGNS = Table(
    "campaigns",
    "活动计划",
    (
        _code("code", "计划编号", required=True),
        Column("name", "活动名称", fields.name, required=True),
        Column("kind", "活动类别", fields.free_kind, required=True),
        _code("unit_code", "承办单位编码", "units", required=True),
        Column("schedule", "时间安排", cells.schedule, required=True),
        Column("starts_on", "开始日期", cells.day, required=True),
        Column("ends_on", "结束日期", cells.day, required=True),
        _code("team_code", "承办队伍编码", "teams"),
        Column("start_time", "开始时间", cells.clock_time),
        Column("duration_minutes", "时长（分钟）", cells.whole(fields.duration_minutes)),
        Column("place", "地点", fields.text),
        Column("places_needed", "所需人数", cells.places_needed, empty=MappingProxyType({})),
        Column("skills", "所需特长", cells.listed(fields.skills), empty=()),
        Column("split_by", "分组方式", cells.word_of(SplitBy)),
        Column("public", "是否公开", cells.yes_no),
        Column("on_holiday", "遇节假日", cells.word_of(OnHoliday), empty=OnHoliday.KEEP),
        Column("beneficiaries", "服务对象", cells.beneficiaries, empty=()),
        _codes("metrics", "统计指标", "metrics"),
        Column("notes", "备注", fields.text),
    ),
)

OUTCOMES = Table(
    "outcomes",
    "活动记录",
    (
        _code("campaign_code", "计划编号", "campaigns", required=True),
        Column("held_on", "活动日期", cells.day, required=True),
        _code("unit_code", "单位编码", "units"),
        Column("status", "开展情况", _held, empty=ActivityStatus.HELD),
        _codes("attendees", "参加人员编号", "people"),
        Column("minutes", "服务时长（分钟）", cells.whole(fields.service_minutes)),
        Column("measures", "指标数据", cells.measures, empty=()),
        Column("narrative", "活动纪实", fields.text),
    ),
)

SUGGESTIONS = Table(
    "suggestions",
    "建议",
    (
        _code("code", "建议编号", required=True),
        Column("raised_on", "提出日期", cells.day, required=True),
        Column("text", "建议内容", fields.text, required=True),
        _code("person_code", "建议人编号", "people"),
        _code("unit_code", "单位编码", "units"),
        Column("sent_to", "转办单位", fields.short_text),
        Column("sent_on", "转办日期", cells.day),
        Column("due_on", "应办结日期", cells.day),
        Column("answered_on", "答复日期", cells.day),
        Column("answer", "答复内容", fields.text),
        Column("fed_back_on", "反馈日期", cells.day),
    ),
)

LEDGER = Table(
    "ledger",
    "慰问台账",
    (
        Column("paid_on", "日期", cells.day, required=True),
        Column("kind", "类别", cells.word_of(LedgerKind), required=True),
        Column("amount", "金额（元）", cells.amount, required=True),
        _code("person_code", "慰问对象编号", "people"),
        _code("campaign_code", "计划编号", "campaigns"),
        _code("unit_code", "单位编码", "units"),
        Column("item", "事由或物品", fields.short_text),
        Column("handed_by", "经办人", fields.short_text),
        Column("received_by", "签收人", fields.short_text),
    ),
)

TABLES = (UNITS, PEOPLE, TEAMS, PAIRINGS, CAMPAIGNS, OUTCOMES, SUGGESTIONS, LEDGER)
"""In the order in which they are read: each refers to those before it."""

_BY_HEADER: Mapping[str, Mapping[str, Column]] = {
    table.name: {
        spelled(called): column for column in table.columns for called in (column.name, column.header)
    }
    for table in TABLES
}
