"""Money and goods handed over 慰问台账. Entries are only ever added; a mistake is corrected by a counter-entry."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, delete, insert, select
from sqlalchemy.orm import Session

from calendars.timezones import local_day
from models import Campaign, LedgerEntry, Tie
from models.base import ActivityId, CampaignId, EntryId, ImportId, MetricId, PersonId, UnitId
from models.database import in_batches
from models.enums import LedgerKind, Origin, Qualifier, TieKind
from outreach import codes, fields, recording
from outreach.errors import Conflict, Fault, Invalid, NotFound
from outreach.metrics import GREATEST_VALUE, LEDGER_FIGURES, metric_ids
from outreach.permissions import Actor
from outreach.recording import Part, Record

# A plain table: thousands of rows go through it at a time.
_ENTRIES = cast(Table, LedgerEntry.__table__)


@dataclass(frozen=True, slots=True)
class Payment:
    """Money or goods as somebody tells it, in codes. Amounts are yuan, of goods their value."""

    kind: LedgerKind
    amount: Decimal
    paid_on: date | None = None
    qualifier: Qualifier = Qualifier.EXACT
    person_code: str | None = None
    campaign_code: str | None = None
    unit_code: str | None = None
    item: str | None = None
    handed_by: str | None = None
    received_by: str | None = None


@dataclass(frozen=True, slots=True)
class Handover:
    """The same, in ids. Without a unit it counts nowhere."""

    paid_on: date
    kind: LedgerKind
    amount: Decimal
    qualifier: Qualifier = Qualifier.EXACT
    unit_id: UnitId | None = None
    person_id: PersonId | None = None
    campaign_id: CampaignId | None = None
    item: str | None = None
    handed_by: str | None = None
    received_by: str | None = None


@dataclass(frozen=True, slots=True)
class Brought:
    """A handover with what tells where it comes from: an activity's outcome, or a row of an import."""

    handover: Handover
    activity_id: ActivityId | None = None
    fingerprint: str | None = None
    import_id: ImportId | None = None


def hand_over(session: Session, payment: Payment, *, by: Actor, now: datetime) -> EntryId:
    """Enter money or goods handed over, and return the entry; raises Invalid with every fault.

    It counts for the unit told, else the campaign's, else the person's on that day (rule 28).
    """
    handovers, faults = resolved(session, [payment])
    if faults:
        raise Invalid([replace(fault, field=fault.field.split(".", 2)[2]) for fault in faults])
    ids, measures = enter(session, [Brought(handovers[0])], by=by, now=now)
    recording.replace_measures(session, measures, by=by, now=now)
    return ids[0]


def hand_over_many(
    session: Session, brought: Sequence[Brought], *, by: Actor, now: datetime
) -> list[EntryId]:
    """Enter many handovers, checked by whoever brings them; their ids in the same order. Units left out are found.

    As long as the transaction runs, no other record is taken (`recording.alone`).
    """
    recording.alone(session)
    ids, measures = enter(session, brought, by=by, now=now)
    recording.replace_measures(session, measures, by=by, now=now)
    return ids


def reverse(
    session: Session,
    entry_id: EntryId,
    *,
    by: Actor,
    now: datetime,
    zone: ZoneInfo,
    reason: str | None = None,
) -> EntryId:
    """Take an entry back by a counter-entry of today, and return that one.

    Raises NotFound; Conflict for an entry taken back already, and for one that takes another back.
    """
    entry = session.scalar(select(LedgerEntry).where(LedgerEntry.id == entry_id).with_for_update())
    if entry is None:
        raise NotFound("ledger.no_such_entry", id=entry_id)
    if entry.reverses_id is not None:
        raise Conflict("ledger.is_a_counter_entry", id=entry_id)
    if session.scalar(select(LedgerEntry.id).where(LedgerEntry.reverses_id == entry_id)) is not None:
        raise Conflict("ledger.reversed_already", id=entry_id)
    today = local_day(now, zone)
    ids, measures = counter(session, [entry_id], on=today, by=by, now=now, reason=reason)
    recording.replace_measures(session, measures, by=by, now=now, reason=reason)
    return ids[0]


def remove_imported(session: Session, import_id: ImportId, *, by: Actor, now: datetime) -> int:
    """Undo what an import brought into the ledger, none of it countered since; how many entries there were."""
    recording.alone(session)
    ids = session.scalars(select(LedgerEntry.id).where(LedgerEntry.import_id == import_id)).all()
    recording.replace_measures(session, {recording.entry(entry): () for entry in ids}, by=by, now=now)
    session.execute(delete(LedgerEntry).where(LedgerEntry.import_id == import_id))
    return len(ids)


# --- for outcomes, which enter and counter together with measures of their own --------------------------------------


def resolved(
    session: Session,
    payments: Sequence[Payment],
    *,
    field: str = "ledger",
    day: date | None = None,
    campaign_id: CampaignId | None = None,
    unit_id: UnitId | None = None,
) -> tuple[list[Handover], list[Fault]]:
    """Payments in ids, with what an activity stands in for where they do not say it, and what is wrong with them."""
    faults: list[Fault] = []
    people = codes.people(session, (payment.person_code for payment in payments))
    campaigns = codes.campaigns(session, (payment.campaign_code for payment in payments))
    units = codes.units(session, (payment.unit_code for payment in payments))
    handovers = []
    for number, payment in enumerate(payments):
        place = f"{field}.{number}"
        faults += _faults(payment, place, day)
        handovers.append(
            Handover(
                paid_on=payment.paid_on or day or date.min,
                kind=payment.kind,
                amount=payment.amount,
                qualifier=payment.qualifier,
                person_id=codes.found(people, payment.person_code, f"{place}.person_code", faults),
                campaign_id=codes.found(campaigns, payment.campaign_code, f"{place}.campaign_code", faults)
                or campaign_id,
                unit_id=codes.found(units, payment.unit_code, f"{place}.unit_code", faults)
                or (unit_id if payment.campaign_code is None else None),
                item=payment.item or None,
                handed_by=payment.handed_by or None,
                received_by=payment.received_by or None,
            )
        )
    return ([] if faults else _placed(session, handovers)), faults


def enter(
    session: Session, brought: Sequence[Brought], *, by: Actor, now: datetime
) -> tuple[list[EntryId], dict[Record, Sequence[Part]]]:
    """Write entries; their ids, and the measures that have yet to be recorded."""
    handovers = _placed(session, [each.handover for each in brought])
    rows = [
        asdict(handover)
        | {
            "activity_id": each.activity_id,
            "fingerprint": each.fingerprint,
            "import_id": each.import_id,
            "recorded_at": now,
            "recorded_by": by.name,
        }
        for handover, each in zip(handovers, brought, strict=True)
    ]
    ids = _insert(session, rows)
    return ids, _measures(session, dict(zip(ids, handovers, strict=True)))


def counter(
    session: Session,
    entry_ids: Collection[EntryId],
    *,
    on: date,
    by: Actor,
    now: datetime,
    reason: str | None = None,
) -> tuple[list[EntryId], dict[Record, Sequence[Part]]]:
    """Write the counter-entries of a day to entries that have none; their ids, and the measures yet to be recorded."""
    entries = session.scalars(
        select(LedgerEntry).where(LedgerEntry.id.in_(entry_ids)).order_by(LedgerEntry.id)
    ).all()
    taken_back = [replace(handover_of(entry), paid_on=on, amount=-entry.amount) for entry in entries]
    rows = [
        asdict(handover)
        | {
            "activity_id": entry.activity_id,
            "reverses_id": entry.id,
            "reason": reason,
            "recorded_at": now,
            "recorded_by": by.name,
        }
        for handover, entry in zip(taken_back, entries, strict=True)
    ]
    ids = _insert(session, rows)
    return ids, _measures(session, dict(zip(ids, taken_back, strict=True)), sign=-1)


def standing_of_activity(session: Session, activity_id: ActivityId) -> dict[EntryId, Handover]:
    """The entries that an activity's outcome told and that stand, in the order told."""
    countered = select(LedgerEntry.reverses_id).where(LedgerEntry.reverses_id.is_not(None))
    entries = session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.activity_id == activity_id, LedgerEntry.reverses_id.is_(None))
        .where(LedgerEntry.id.not_in(countered))
        .order_by(LedgerEntry.id)
    )
    return {entry.id: handover_of(entry) for entry in entries}


def handover_of(entry: LedgerEntry) -> Handover:
    """What an entry says."""
    return Handover(
        paid_on=entry.paid_on,
        kind=entry.kind,
        amount=entry.amount,
        qualifier=entry.qualifier,
        unit_id=entry.unit_id,
        person_id=entry.person_id,
        campaign_id=entry.campaign_id,
        item=entry.item,
        handed_by=entry.handed_by,
        received_by=entry.received_by,
    )


def _faults(payment: Payment, place: str, day: date | None) -> list[Fault]:
    faults: list[Fault] = []
    if payment.paid_on is None and day is None:
        faults.append(Fault(f"{place}.paid_on", "ledger.day_missing"))
    amount = payment.amount
    if not amount.is_finite() or not 0 <= amount < GREATEST_VALUE:
        faults.append(Fault(f"{place}.amount", "ledger.not_an_amount"))
    elif amount != amount.quantize(Decimal("0.01")):
        faults.append(Fault(f"{place}.amount", "ledger.too_many_decimals"))
    for name in ("item", "handed_by", "received_by"):
        words = getattr(payment, name) or ""
        fields.collect(faults, f"{place}.{name}", partial(fields.short_text, words))
    return faults


def _placed(session: Session, handovers: Sequence[Handover]) -> list[Handover]:
    """With the unit of rule 28 where none was told."""
    unplaced = [handover for handover in handovers if handover.unit_id is None]
    campaign_units = _units_of_campaigns(session, {handover.campaign_id for handover in unplaced})
    homeless = {
        handover.person_id: handover for handover in unplaced if handover.campaign_id not in campaign_units
    }
    placements = placements_of(session, {person for person in homeless if person is not None})

    def place(handover: Handover) -> Handover:
        if handover.unit_id is not None:
            return handover
        unit_id = campaign_units.get(handover.campaign_id)
        if unit_id is None and handover.person_id is not None:
            unit_id = unit_on(placements.get(handover.person_id, ()), handover.paid_on)
        return replace(handover, unit_id=unit_id)

    return [place(handover) for handover in handovers]


Placement = tuple[date | None, date | None, UnitId]


def placements_of(session: Session, person_ids: Collection[PersonId]) -> dict[PersonId, list[Placement]]:
    """Where people belong and belonged: first day, last day (None: open) and unit."""
    found: dict[PersonId, list[Placement]] = {}
    for some in in_batches(person_ids):
        rows = session.execute(
            select(Tie.subject_person_id, Tie.since, Tie.until, Tie.object_unit_id).where(
                Tie.kind == TieKind.PLACEMENT, Tie.subject_person_id.in_(some)
            )
        )
        for person_id, since, until, unit_id in rows:
            if person_id is not None and unit_id is not None:
                found.setdefault(person_id, []).append((since, until, unit_id))
    return found


def unit_on(placements: Collection[Placement], day: date) -> UnitId | None:
    """The unit of these placements that is in force on a day."""
    for since, until, unit_id in placements:
        if (since is None or since <= day) and (until is None or day <= until):
            return unit_id
    return None


def _units_of_campaigns(
    session: Session, campaign_ids: set[CampaignId | None]
) -> dict[CampaignId | None, UnitId]:
    known: dict[CampaignId | None, UnitId] = {}
    for some in in_batches(campaign_ids - {None}):
        known.update(
            session.execute(select(Campaign.id, Campaign.unit_id).where(Campaign.id.in_(some))).all()
        )
    return known


def _insert(session: Session, rows: Sequence[Mapping[str, object]]) -> list[EntryId]:
    ids: list[EntryId] = []
    for some in in_batches(rows):
        statement = insert(_ENTRIES).returning(_ENTRIES.c.id, sort_by_parameter_order=True)
        ids += session.scalars(statement, some)
    return ids


def _measures(
    session: Session, handovers: Mapping[EntryId, Handover], *, sign: int = 1
) -> dict[Record, Sequence[Part]]:
    kinds = _kinds_of_campaigns(session, {handover.campaign_id for handover in handovers.values()})
    ids = metric_ids(session)
    return {
        recording.entry(entry_id): _parts(handover, kinds.get(handover.campaign_id), ids, sign=sign)
        for entry_id, handover in handovers.items()
    }


def _kinds_of_campaigns(
    session: Session, campaign_ids: set[CampaignId | None]
) -> dict[CampaignId | None, str]:
    known: dict[CampaignId | None, str] = {}
    for some in in_batches(campaign_ids - {None}):
        known.update(session.execute(select(Campaign.id, Campaign.kind).where(Campaign.id.in_(some))).all())
    return known


def _parts(
    handover: Handover, campaign_kind: str | None, ids: Mapping[str, MetricId], *, sign: int
) -> list[Part]:
    """What an entry adds to the figures (rule 32)."""
    if handover.unit_id is None:
        return []
    return [
        Part(
            metric_id=ids[figure.metric],
            unit_id=handover.unit_id,
            day=handover.paid_on,
            value=handover.amount,
            origin=Origin.COUNTED,
            qualifier=handover.qualifier,
            sign=sign,
        )
        for figure in LEDGER_FIGURES
        if figure.takes(handover.kind, campaign_kind)
    ]
