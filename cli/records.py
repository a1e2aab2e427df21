"""Commands for the work itself: import, plan, assign, holidays, tally."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.orm import Session

from calendars.periods import Period
from calendars.workdays import NoticeFaults, parse_notice
from cli import tables
from cli.console import INPUT_WRONG
from cli.workplace import Workplace
from models.base import ImportId
from models.database import rehearsal
from outreach import assignment, imports
from outreach.errors import Conflict, NotFound, invalid
from outreach.holidays import take_notice, workdays
from outreach.permissions import CONSOLE
from outreach.planning import (
    PlanReport,
    horizon_end,
    plan,
    say_conflict,
    say_proposal,
    say_remark,
    say_unplanned,
)
from outreach.tallies import TallyView, read_period, tally
from outreach.units import root_unit, unit_of_code


class TallyFormat(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    DOCX = "docx"


def a_day(text: str) -> date:
    """A day as 2026-09-20."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(text)
    return date.fromisoformat(text)


def add_to(commands: typer.Typer) -> None:
    commands.command("import")(import_)
    commands.command("plan")(plan_)
    commands.command("assign")(assign_)
    commands.command()(holidays)
    commands.command("tally")(tally_)


def import_(
    context: typer.Context,
    path: Annotated[Path | None, typer.Argument(help="A folder of CSV files, or one .xlsx.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing.")] = False,
    as_of: Annotated[
        date | None, typer.Option(parser=a_day, metavar="DAY", help="The day from which changed facts count.")
    ] = None,
    undo: Annotated[int | None, typer.Option(help="Undo the import of this id instead.")] = None,
) -> int | None:
    """Take in units, people, teams, pairings, campaigns and records: all or nothing."""
    place: Workplace = context.obj
    if (path is None) == (undo is None):
        raise typer.BadParameter(place.console.say("cli.path_or_undo"))
    if undo is not None:
        with place.writing() as session:
            imports.undo_import(session, ImportId(undo), by=CONSOLE, now=place.now, zone=place.zone)
        place.console.result({"undone": str(undo)}, place.console.say("cli.undone", id=undo))
        return None
    assert path is not None, "one of the two"
    place.expect_set_up()
    with progress_bar(place) as progress, rehearsal(place.engine) if dry_run else place.writing() as session:
        try:
            report = imports.import_path(
                session,
                path,
                by=CONSOLE,
                now=place.now,
                today=place.today,
                zone=place.zone,
                as_of=as_of,
                progress=progress,
            )
        except imports.ImportFaults as faults:
            session.rollback()
            _tell_faults(place, faults)
            return INPUT_WRONG
    language = place.console.language
    warnings = [imports.describe(warning, language=language) for warning in report.warnings]
    place.console.result(
        report.as_document(warnings), tables.of_import(report, place.console, dry_run=dry_run)
    )
    for warning in [] if place.console.as_json else warnings:
        place.console.tell(warning)
    return None


def _tell_faults(place: Workplace, found: imports.ImportFaults) -> None:
    language = place.console.language
    place.console.faults(
        [
            {
                "file": fault.file,
                "row": fault.row,
                "column": fault.field,
                "message": imports.describe(fault, language=language),
            }
            for fault in found.faults
        ]
    )


@contextmanager
def progress_bar(place: Workplace) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each table on stderr; nothing where stderr is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=place.console.messages, disable=not sys.stderr.isatty()) as bars:
        known: dict[str, Any] = {}  # Any: rich's own ids

        def show(table: str, done: int, total: int) -> None:
            if table not in known:
                known[table] = bars.add_task(table, total=total or None)
            bars.update(known[table], completed=done, total=total or None)

        yield show


def plan_(
    context: typer.Context,
    through: Annotated[
        date | None,
        typer.Option(parser=a_day, metavar="DAY", help="The last day; twelve months ahead without it."),
    ] = None,
) -> None:
    """Bring the plan up to a day."""
    place: Workplace = context.obj
    last = horizon_end(place.today) if through is None else through
    if last < place.today:
        raise invalid("through", "cli.through_past", day=last)
    with place.writing() as session:
        report = _plan(place, session, through=last)
    _tell_plan(place, report)


def _plan(place: Workplace, session: Session, *, through: date) -> PlanReport:
    return plan(
        session,
        today=place.today,
        through=through,
        zone=place.zone,
        workdays=workdays(session),
        by=CONSOLE,
        now=place.now,
    )


def _tell_plan(place: Workplace, report: PlanReport) -> None:
    today, language = place.today, place.console.language
    document = {
        "created": report.created,
        "moved": report.moved,
        "cancelled": report.cancelled,
        "unchanged": report.unchanged,
        "conflicts": [
            {
                "kind": conflict.kind.value,
                "on": conflict.day.isoformat(),
                "activities": [str(activity) for activity in conflict.activity_ids],
                "message": say_conflict(conflict, today=today, language=language),
                "proposal": say_proposal(conflict.proposal, today=today, language=language),
            }
            for conflict in report.conflicts
        ],
        "conflicts_in_all": report.conflicts_in_all,
        "warnings": [
            *(say_unplanned(each, language=language) for each in report.unplanned),
            *(say_remark(remark, language=language) for remark in report.remarks),
        ],
    }
    place.console.result(document, tables.of_plan(document, place.console))


def assign_(
    context: typer.Context,
    through: Annotated[
        date | None,
        typer.Option(
            parser=a_day, metavar="DAY", help="The last day; as far as the house rules say without it."
        ),
    ] = None,
) -> None:
    """Propose people for open places."""
    place: Workplace = context.obj
    with place.writing() as session:
        last = assignment.window_end(session, place.today) if through is None else through
        if last < place.today:
            raise invalid("through", "cli.through_past", day=last)
        report = assignment.propose_people(
            session, today=place.today, through=last, zone=place.zone, by=CONSOLE, now=place.now
        )
        lines = tables.open_places(session, report.unfilled, place.console, today=place.today)
    language = place.console.language
    document = {
        "places": report.places,
        "filled": report.filled,
        # One for each place, so that they add up.
        "unfilled": [
            {
                "activity": each.activity_id,
                "reason": assignment.say_unfilled(each.cause, count=each.count, language=language),
            }
            for each in report.unfilled
            for _ in range(each.places)
        ],
    }
    place.console.result(document, tables.of_proposals(report, lines, place.console))


def holidays(
    context: typer.Context,
    year: Annotated[int, typer.Argument(min=1950, max=2100)],
    file: Annotated[Path, typer.Argument(help="CSV with the columns date and kind (free or work).")],
) -> int | None:
    """Take a year's official calendar, plan again what it moves, and say what moved."""
    place: Workplace = context.obj
    try:
        notice = parse_notice(read_text(file), year)
    except NoticeFaults as found:
        place.console.faults(
            [
                {
                    "file": file.name,
                    "row": fault.row,
                    "column": fault.column,
                    "message": place.console.say(f"schedules.{fault.code}", **fault.values),
                }
                for fault in found.faults
            ]
        )
        return INPUT_WRONG
    with place.writing() as session:
        take_notice(session, year, notice, by=CONSOLE, now=place.now)
        report = _plan(place, session, through=horizon_end(place.today))
        moves = tables.named_moves(session, report.moves)
    place.console.result(
        {
            "year": year,
            "created": report.created,
            "cancelled": report.cancelled,
            "moved": [
                {
                    "activity": str(move.activity_id),
                    "campaign": code,
                    "from": str(move.before),
                    "to": str(move.after),
                }
                for move, code in moves
            ],
        },
        tables.of_moves(moves, place.console),
    )
    return None


def read_text(file: Path) -> str:
    """A text file in UTF-8 or GB18030; raises Invalid for one that cannot be read."""
    try:
        octets = file.read_bytes()
    except OSError as error:
        raise invalid("file", "cli.unreadable", file=file.name, why=error.strerror or "") from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return octets.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise invalid("file", "cli.not_text", file=file.name)


def tally_(
    context: typer.Context,
    period: Annotated[str, typer.Argument(help="2026-09, 2026-Q3 or 2026.")],
    unit: Annotated[str | None, typer.Option(help="Code of a unit; the root without it.")] = None,
    form: Annotated[
        TallyFormat, typer.Option("--format", help="The form of the result.")
    ] = TallyFormat.TABLE,
    output: Annotated[Path | None, typer.Option(help="Write it to this file.")] = None,
) -> None:
    """Count a month, a quarter or a year for a unit and all below it."""
    place: Workplace = context.obj
    asked = read_period(period)
    with place.looking() as session:
        view = _tally(session, asked, unit, place.console.language)
    if form is TallyFormat.JSON or (place.console.as_json and output is None and form is TallyFormat.TABLE):
        _put(place, tables.as_json_text(view).encode(), output, view)
    elif form is TallyFormat.TABLE:
        _put(place, tables.of_tally(view, place.console).encode(), output, view)
    else:
        if output is None and form is not TallyFormat.CSV and sys.stdout.isatty():
            raise invalid("output", "cli.output_needed", form=form.value)
        _put(place, _document(view, form, place.console.language), output, view)


def _document(view: TallyView, form: TallyFormat, language: str) -> bytes:
    from outreach import documents

    if form is TallyFormat.CSV:
        return documents.as_csv(view)
    if form is TallyFormat.XLSX:
        return documents.as_xlsx(view, language=language)
    return documents.as_docx(view, language=language)


def _tally(session: Session, period: Period, unit: str | None, language: str) -> TallyView:
    found = root_unit(session, on=period.last) if unit is None else unit_of_code(session, unit).id
    if found is None:
        raise NotFound("cli.no_units")
    return tally(session, period, found, language=language)


def _put(place: Workplace, octets: bytes, output: Path | None, view: TallyView) -> None:
    """To the file, built aside and swapped in, or to stdout."""
    if output is None:
        sys.stdout.buffer.write(octets if octets.endswith(b"\n") or b"\0" in octets else octets + b"\n")
        sys.stdout.buffer.flush()
        return
    try:
        aside = output.with_name(f".{output.name}.part")
        aside.write_bytes(octets)
        aside.replace(output)
    except OSError as error:
        raise Conflict("cli.unwritable", file=str(output), why=error.strerror or "") from error
    place.console.result(
        {"file": str(output), "period": view.period, "unit": view.unit},
        place.console.say("cli.written", file=output),
    )
