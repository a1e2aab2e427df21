"""What is remembered, and what must always hold: tables, their constraints, the engine.

Come here to add a column, an enumeration or a constraint (with its migration). Nothing here decides or reads the clock.
Every table is imported below, so that Alembic sees the whole schema.
"""

from models.accounts import Account, Grant, Token
from models.activities import Activity, Assignment
from models.audit import AuditEntry, Import
from models.base import Base
from models.campaigns import Beneficiary, Campaign, CampaignMetric, Place
from models.clockwork import ClockworkRun, ClockworkRunner
from models.drawn import Drawing
from models.ledger import LedgerEntry
from models.matters import HeardSuggestion, Matter, MatterStep, MatterTask
from models.merging import Apart, Merge, PeopleDeed
from models.notices import Delivery, Notice
from models.organisation import Team, Unit
from models.outcomes import Attendance, Measure, Metric, Outcome
from models.people import Person
from models.photos import Photo
from models.planning import KeptClash, PlanCopy
from models.retention import Forgotten
from models.sent_forms import SentForm
from models.settings import Setting
from models.stamps import Stamp
from models.subscriptions import FeedReading, FeedVersion, Subscription
from models.tallies import Rollup, Tally, TallyLine
from models.ties import Tie
from models.uploads import Upload

__all__ = [
    "Account",
    "Activity",
    "Apart",
    "Assignment",
    "Attendance",
    "AuditEntry",
    "Base",
    "Beneficiary",
    "Campaign",
    "CampaignMetric",
    "ClockworkRun",
    "ClockworkRunner",
    "Delivery",
    "Drawing",
    "FeedReading",
    "FeedVersion",
    "Forgotten",
    "Grant",
    "HeardSuggestion",
    "Import",
    "KeptClash",
    "LedgerEntry",
    "Matter",
    "MatterStep",
    "MatterTask",
    "Measure",
    "Merge",
    "Metric",
    "Notice",
    "Outcome",
    "PeopleDeed",
    "Person",
    "Photo",
    "Place",
    "PlanCopy",
    "Rollup",
    "SentForm",
    "Setting",
    "Stamp",
    "Subscription",
    "Tally",
    "TallyLine",
    "Team",
    "Tie",
    "Token",
    "Unit",
    "Upload",
]
