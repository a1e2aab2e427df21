"""Results as people read them in a terminal."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rich.console import Console as RichConsole
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from cli.console import Console
from models import Activity, Campaign
from models.base import ActivityId
from models.database import in_batches
from outreach.assignment import ProposalReport, Unfilled, say_unfilled
from outreach.imports import ImportReport
from outreach.planning import Move
from outreach.tallies import TallyView
from wording.days import day as say_day

WIDTH = 110


def of_import(report: ImportReport, console: Console, *, dry_run: bool) -> str:
    """New, changed and unchanged rows by table."""
    table = Table(title=console.say("cli.import_tried" if dry_run else "cli.imported", id=report.id))
    for heading in ("table", "created", "updated", "unchanged"):
        table.add_column(console.say(f"cli.{heading}"), justify="left" if heading == "table" else "right")
    for name, count in report.counts.items():
        table.add_row(name, str(count.created), str(count.updated), str(count.unchanged))
    return _drawn(table)


def of_plan(document: Mapping[str, Any], console: Console) -> str:
    """How much changed, then each conflict with what could be done about it."""
    lines = [
        console.say(
            "cli.planned", **{key: document[key] for key in ("created", "moved", "cancelled", "unchanged")}
        )
    ]
    lines += [f"· {conflict['message']}\n  → {conflict['proposal']}" for conflict in document["conflicts"]]
    unlisted = document["conflicts_in_all"] - len(document["conflicts"])
    if unlisted > 0:
        lines.append(console.say("cli.more_conflicts", count=unlisted))
    return "\n".join([*lines, *document["warnings"]])


def named_moves(session: Session, moves: Sequence[Move]) -> list[tuple[Move, str]]:
    """Each move with its campaign's code."""
    codes = dict(
        session.execute(
            select(Campaign.id, Campaign.code).where(Campaign.id.in_({move.campaign_id for move in moves}))
        ).all()
    )
    return [(move, codes[move.campaign_id]) for move in moves]


def of_moves(moves: Sequence[tuple[Move, str]], console: Console) -> str:
    """A line for each activity that moved."""
    lines = [f"{code}: {move.before} → {move.after}" for move, code in moves]
    return "\n".join([console.say("cli.moved", count=len(moves)), *lines])


def of_proposals(report: ProposalReport, lines: Sequence[str], console: Console) -> str:
    """How many places were open and filled, then a line for each activity that still lacks somebody."""
    return "\n".join([console.say("cli.proposed", places=report.places, filled=report.filled), *lines])


def open_places(
    session: Session, unfilled: Sequence[Unfilled], console: Console, *, today: date
) -> list[str]:
    """What each activity still lacks, and why."""
    named: dict[ActivityId, tuple[date, str]] = {}
    for some in in_batches({each.activity_id for each in unfilled}):
        rows = session.execute(
            select(Activity.id, Activity.day, Campaign.name)
            .join(Campaign, Campaign.id == Activity.campaign_id)
            .where(Activity.id.in_(some))
        )
        named.update({activity: (day, campaign) for activity, day, campaign in rows})
    return [
        console.say(
            "cli.place_open",
            activity=each.activity_id,
            day=say_day(named[each.activity_id][0], today=today, language=console.language),
            campaign=named[each.activity_id][1],
            count=each.places,
            reason=say_unfilled(each.cause, count=each.count, language=console.language),
        )
        for each in unfilled
    ]


def of_tally(view: TallyView, console: Console) -> str:
    """The figures of a period, a line each."""
    table = Table(title=f"{view.unit_name} {view.period} · {console.say(f'cli.{view.status}')}")
    for heading in ("metric", "name", "value", "unit", "qualifier", "sources"):
        table.add_column(
            console.say(f"cli.{heading}"), justify="right" if heading in ("value", "sources") else "left"
        )
    for line in view.lines:
        table.add_row(line.metric, line.name, line.value, line.unit, line.qualifier, str(line.sources))
    return _drawn(table)


def as_json_text(view: TallyView) -> str:
    """The same object that the API answers with."""
    return json.dumps(view.as_json(), ensure_ascii=False)


def _drawn(table: Table) -> str:
    drawing = RichConsole(width=WIDTH, highlight=False)
    with drawing.capture() as capture:
        drawing.print(table)
    return capture.get().rstrip()
