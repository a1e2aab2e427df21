"""The closed vocabularies, stored as readable text. What offices may extend (kinds of units …) is plain columns."""

from enum import StrEnum


class OnHoliday(StrEnum):
    """What happens to a day of a schedule that is no working day."""

    KEEP = "keep"
    SKIP = "skip"
    NEXT_WORKDAY = "next_workday"
    PREVIOUS_WORKDAY = "previous_workday"


class Gender(StrEnum):
    MALE = "male"
    FEMALE = "female"


class PersonRole(StrEnum):
    """What somebody is to the organisation; one person can be several."""

    VOLUNTEER = "volunteer"
    RETIREE = "retiree"
    BENEFICIARY = "beneficiary"
    MINOR = "minor"
    STAFF = "staff"
    LEADER = "leader"


class Channel(StrEnum):
    """How somebody wants to be told; `none` stands alone."""

    EMAIL = "email"
    SMS = "sms"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    PHONE = "phone"
    NONE = "none"


class TieKind(StrEnum):
    """The dated facts. Each has its own sorts of subject and object, see `models.ties`."""

    PLACEMENT = "placement"
    ROLE = "role"
    MEMBERSHIP = "membership"
    LEADERSHIP = "leadership"
    PARENT = "parent"
    PAIRING = "pairing"
    SKILL = "skill"
    POST = "post"


class CampaignStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class ScheduleForm(StrEnum):
    """The first word of a schedule's text."""

    RRULE = "RRULE"
    DATES = "DATES"
    FESTIVAL = "FESTIVAL"
    LUNAR = "LUNAR"
    TERM = "TERM"
    BIRTHDAY = "BIRTHDAY"
    CADENCE = "CADENCE"
    CASE = "CASE"


class SplitBy(StrEnum):
    UNIT = "unit"


class ActivityStatus(StrEnum):
    PLANNED = "planned"
    HELD = "held"
    PARTLY = "partly"
    CANCELLED = "cancelled"
    MISSED = "missed"


class AssignmentState(StrEnum):
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


TAKING_PART = (AssignmentState.PROPOSED, AssignmentState.CONFIRMED)
"""Who is counted on: those asked and those who said yes."""


class OutcomeScope(StrEnum):
    """Whether a telling replaces everything told before it, or adds one reporter's part."""

    WHOLE = "whole"
    PART = "part"


class AttendanceState(StrEnum):
    AS_PLANNED = "as_planned"
    PARTLY = "partly"
    LONGER = "longer"
    ABSENT = "absent"
    EXCUSED = "excused"
    UNKNOWN = "unknown"


class VisitResult(StrEnum):
    SEEN = "seen"
    NOT_SEEN = "not_seen"
    POSTPONED = "postponed"


class Condition(StrEnum):
    WELL = "well"
    FAIR = "fair"
    ATTENTION = "attention"


class CountedAs(StrEnum):
    """How a person on a list counts; a person who counts nowhere has none."""

    SERVED = "served"
    VOLUNTEER = "volunteer"
    OTHER = "other"


class Qualifier(StrEnum):
    """How sure a figure is: exact, 多/余, 近, 约."""

    EXACT = "exact"
    AT_LEAST = "at_least"
    NEARLY = "nearly"
    ABOUT = "about"


class Additivity(StrEnum):
    FLOW = "flow"
    DISTINCT = "distinct"
    STOCK = "stock"
    RATIO = "ratio"
    ESTIMATE = "estimate"


class Basis(StrEnum):
    """What a metric is counted from when nobody enters it."""

    ENTERED = "entered"
    SESSIONS = "sessions"
    ATTENDEES = "attendees"
    SERVED = "served"
    VOLUNTEERS = "volunteers"
    LEDGER = "ledger"
    SUGGESTIONS = "suggestions"
    PAIRINGS = "pairings"
    TEAMS = "teams"
    UNITS = "units"
    PEOPLE = "people"
    FIGURES = "figures"


class Origin(StrEnum):
    """How a row of `measures` enters its figure."""

    ENTERED = "entered"
    COUNTED = "counted"
    PERSONS = "persons"
    FLOOR = "floor"
    READING = "reading"


class MonthState(StrEnum):
    OPEN = "open"
    DRAFTED = "drafted"
    SIGNED = "signed"
    CLOSED = "closed"


class LineKind(StrEnum):
    """A closed month's own part, its figure over the subtree, or a signed correction made after closing."""

    OWN = "own"
    SUBTREE = "subtree"
    ADJUSTMENT = "adjustment"


class MatterFace(StrEnum):
    CASE = "case"
    SUGGESTION = "suggestion"


class CaseKind(StrEnum):
    HOSPITAL = "hospital"
    BEREAVEMENT = "bereavement"
    HARDSHIP = "hardship"
    DISASTER = "disaster"
    HONOUR = "honour"
    RETIREMENT = "retirement"


class MatterStatus(StrEnum):
    """The states of both faces: a case is open, visiting, closed; a suggestion goes from collected to fed_back."""

    OPEN = "open"
    VISITING = "visiting"
    CLOSED = "closed"
    COLLECTED = "collected"
    SENT = "sent"
    CHASED = "chased"
    ANSWERED = "answered"
    DECLINED = "declined"
    FED_BACK = "fed_back"
    IN_ERROR = "in_error"


AWAITING_ANSWER = (MatterStatus.COLLECTED, MatterStatus.SENT, MatterStatus.CHASED)
"""The suggestions that nobody has answered yet."""


class AnswerKind(StrEnum):
    """How a suggestion was answered: it will be done, done in part, explained, or will not be done."""

    ADOPTED = "adopted"
    PARTLY = "partly"
    EXPLAINED = "explained"
    DECLINED = "declined"


class MatterStepKind(StrEnum):
    OPENED = "opened"
    VISITED = "visited"
    SENT = "sent"
    CHASED = "chased"
    ANSWERED = "answered"
    DECLINED = "declined"
    TOLD = "told"
    CLOSED = "closed"
    REOPENED = "reopened"
    RECORDED_IN_ERROR = "recorded_in_error"


class LedgerKind(StrEnum):
    CASH = "cash"
    GOODS = "goods"
    SUBSIDY = "subsidy"
    REIMBURSEMENT = "reimbursement"
    DONATION = "donation"


class Privacy(StrEnum):
    FULL = "full"
    INITIALS = "initials"
    BUSY = "busy"


class AccountRole(StrEnum):
    """What an account may do in a unit and below it, from most to least."""

    ADMINISTRATOR = "administrator"
    COORDINATOR = "coordinator"
    RECORDER = "recorder"
    VIEWER = "viewer"


class TokenKind(StrEnum):
    SESSION = "session"
    API = "api"
    SIGN_IN = "sign_in"


class FeedReader(StrEnum):
    """The programs that read feeds, as far as they tell."""

    APPLE_PHONE = "apple_phone"
    APPLE_COMPUTER = "apple_computer"
    GOOGLE = "google"
    OUTLOOK = "outlook"
    THUNDERBIRD = "thunderbird"
    ANDROID = "android"
    BROWSER = "browser"
    OTHER = "other"


class NoticeKind(StrEnum):
    """Why somebody is told something; `notices.…` in the catalogues says it."""

    ASKED = "asked"
    """Proposed for an activity."""
    CONFIRMED = "confirmed"
    """Counted on without being asked: a regular member of a team that says so."""
    WITHDRAWN = "withdrawn"
    MOVED = "moved"
    CANCELLED = "cancelled"
    REMIND_WEEK = "remind_week"
    REMIND_DAY = "remind_day"
    REMIND_HOURS = "remind_hours"
    RECORD_OUTCOME = "record_outcome"
    RECORD_OUTCOME_AGAIN = "record_outcome_again"
    OUTCOME_MISSED = "outcome_missed"
    SUGGESTION_OVERDUE = "suggestion_overdue"
    SUGGESTION_ANSWERED = "suggestion_answered"
    """To its author."""
    CASE_OPENED = "case_opened"
    CASE_OVERDUE = "case_overdue"
    MONTH_DRAFTED = "month_drafted"
    MONTH_UNSIGNED = "month_unsigned"
    MONTH_CLOSED = "month_closed"
    DIGEST = "digest"


class NoticeState(StrEnum):
    """due → sending → sent; what cannot be sent is on the call list: to_call, failed, uncertain."""

    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    TO_CALL = "to_call"
    """For somebody who is told by telephone."""
    FAILED = "failed"
    """Tried often enough, or refused for good."""
    UNCERTAIN = "uncertain"
    """The program died while sending: it may have arrived, and is never sent again."""
    CALLED = "called"
    EXPIRED = "expired"
    """No longer true or no longer in time; never sent late."""


CALL_LIST = (NoticeState.TO_CALL, NoticeState.FAILED, NoticeState.UNCERTAIN)


class DeliveryResult(StrEnum):
    """What became of one attempt."""

    SENT = "sent"
    REFUSED = "refused"
    """For good: there is no such address."""
    FAILED = "failed"
    """For now: it is tried again."""
    UNCERTAIN = "uncertain"
    REACHED = "reached"
    """By telephone."""
    NOT_REACHED = "not_reached"


class RunState(StrEnum):
    ASKED = "asked"
    """Somebody wants it now; the next look of the clockwork takes it up."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Via(StrEnum):
    """Which way somebody came who did something."""

    PAGE = "page"
    API = "api"
    CONSOLE = "console"
    CLOCKWORK = "clockwork"


class AuditAction(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    REMOVED = "removed"
    READ = "read"
