"""Who saw or changed what: the trail, a page at a time, and as a file."""

import csv
import io
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.dependencies import TheTrail
from api.forms.audit import TheAsked, read_asked
from api.pages.desk import Desk, TheDesk
from api.presenters.audit import Teller, TrailRow, action_options, table_options
from api.presenters.forms import FormShown, fault_words
from api.presenters.words import address
from models import AuditEntry
from outreach import audit_trail
from outreach.audit_trail import MOST_EXPORTED, TrailAsked
from outreach.documents.table import neutralised
from outreach.errors import Fault, NotFound
from outreach.permissions import Deed
from wording.sentences import say

SHOWN: Final = 50

router = APIRouter()
Before = Annotated[int | None, Query(ge=1, le=2**63 - 1)]


@router.get("/audit")
def trail(desk: TheDesk, asked: TheAsked, before: Before = None) -> Response:
    """The latest first; what cannot be read of the question is told, and the rest answered."""
    audit_trail.expect_reader(desk.actor)
    reading = read_asked(asked.typed, desk.zone)
    faults, rows, more = list(reading.faults), [], None
    try:
        found = _entries(desk, reading.asked, before, SHOWN + 1)
        rows = [_teller(desk).row(each) for each in found[:SHOWN]]
        more = found[SHOWN - 1].id if len(found) > SHOWN else None
    except NotFound as error:
        if not error.values:
            raise
        name = "person" if "code" in error.values else "account"
        faults.append(Fault(name, error.key, error.values))
    return desk.render(
        "audit/trail.html",
        current="audit",
        status=422 if faults else 200,
        form=FormShown(asked.typed, fault_words(faults, language=desk.language)),
        rows=rows,
        asked=asked.filled,
        actions=action_options(desk.language),
        tables=table_options(desk.language),
        more=None if more is None else address("/audit", **asked.filled, before=str(more)),
        export=address("/audit.csv", **asked.filled),
        most=MOST_EXPORTED,
        sees_all=desk.may_everywhere(Deed.SEE_TRAIL),
    )


@router.get("/audit.csv")
def export(desk: TheDesk, asked: TheAsked, trail: TheTrail) -> Response:
    """The same entries as a file, the latest first; that somebody took them away stands in the trail too."""
    audit_trail.expect_reader(desk.actor)
    reading = read_asked(asked.typed, desk.zone)
    found = _entries(desk, reading.asked, None, MOST_EXPORTED)
    teller = _teller(desk)
    text = _as_csv([teller.row(each) for each in found], desk.language)
    trail.opened(AuditEntry.__tablename__, 0, person_id=None)
    headers = {
        "Content-Disposition": f'attachment; filename="audit-{desk.today.isoformat()}.csv"',
        "Cache-Control": "private, no-store",
    }
    return Response(text.encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


def _entries(desk: Desk, asked: TrailAsked, before: int | None, limit: int) -> list[audit_trail.TrailEntry]:
    return list(
        audit_trail.trail(desk.session, asked, by=desk.actor, today=desk.today, before=before, limit=limit)
    )


def _as_csv(rows: list[TrailRow], language: str) -> str:
    """RFC 4180; what a spreadsheet would take for a formula is kept from being one."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    heads = ("when", "who", "from_where", "did", "person", "changes")
    writer.writerow([say(f"audit.{head}", language=language) for head in heads])
    for row in rows:
        changes = "\n".join([*row.changes, *([row.reason] if row.reason else [])])
        cells = (row.iso, row.who, row.via, row.did, row.person, changes)
        writer.writerow([neutralised(cell) for cell in cells])
    return text.getvalue()


def _teller(desk: Desk) -> Teller:
    return Teller(desk.today, desk.zone, desk.language)
