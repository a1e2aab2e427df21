"""Every row of every file is looked at before anything is written, and every fault is noted (rules 23 to 25, 51, 53).

A row with a fault still counts as present for the rows that refer to it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from models import Matter, Person, Tie, Unit
from models.enums import MatterFace, TieKind
from outreach import ties, units
from outreach.fields import LONGEST_TEXT, BadValue, BeneficiaryEntry, EntryOf, is_code, shown
from outreach.imports.cells import ToldMeasure
from outreach.imports.columns import CAMPAIGNS, OUTCOMES, PAIRINGS, PEOPLE, SUGGESTIONS, TEAMS, UNITS, Table
from outreach.imports.faults import HEADER_ROW, ColumnName, Findings
from outreach.imports.known import Known, Service
from outreach.imports.reading import Record, TableFile, Unreadable
from outreach.metrics import faults_of_entry

AT_ONCE: Final = 2_000
CELLS_REMEMBERED: Final = 2_000
_TABLE_OF: Final = {EntryOf.PERSON: "people", EntryOf.UNIT: "units", EntryOf.TEAM: "teams"}

Values = Mapping[str, Any]  # Any: each column has values of its own kind
"""A row's values by column; a column that the file lacks, or whose cell is bad, is missing."""
Progress = Callable[[str, int], None]
"""Told now and then: the table, and how many of its rows are done."""


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row whose cells were read."""

    row: int
    values: Values


def rows_of(file: TableFile, findings: Findings) -> Iterator[CheckedRow]:
    """The rows of a file with their cells read; those that cannot be read are faults."""
    # Most cells say what others said before them: each text is read once.
    reads = [None if column is None else lru_cache(CELLS_REMEMBERED)(column.read) for column in file.columns]
    for record in file.records():
        yield CheckedRow(record.row, dict(_read(file, record, reads, findings)))


def in_chunks(file: TableFile, findings: Findings) -> Iterator[list[CheckedRow]]:
    """The same, so many at a time as one statement takes."""
    rows = rows_of(file, findings)
    while chunk := list(islice(rows, AT_ONCE)):
        yield chunk


def check(
    session: Session,
    files: tuple[TableFile, ...],
    known: Known,
    findings: Findings,
    *,
    as_of: date,
    progress: Progress,
) -> dict[str, int]:
    """Note every fault of every file; `known` learns the codes that come with them. How many rows each table has."""
    checker = _Checker(session, known, findings, as_of, late=ties.anything_after(session, as_of))
    counts = {}
    for file in files:
        counts[file.table.name] = 0
        try:
            if file.table is UNITS:
                checker.learn_codes(file)
            checker.begin(file)
            for chunk in in_chunks(file, findings):
                checker.look_at(file, chunk)
                counts[file.table.name] += len(chunk)
                progress(file.table.name, counts[file.table.name])
            checker.end(file)
        except Unreadable:
            findings.fault(file.table.file, HEADER_ROW, "", "imports.unreadable")
    return counts


def _read(
    file: TableFile,
    record: Record,
    reads: Sequence[Callable[[str], Any] | None],  # Any: see Values
    findings: Findings,
) -> Iterator[tuple[str, Any]]:  # Any: see Values
    table = file.table
    if record.surplus:
        findings.fault(table.file, record.row, "", "imports.row_too_long", text=shown(record.surplus))
    for column, text, read in zip(file.columns, record.cells, reads, strict=True):
        if column is None or read is None:
            continue
        if not text:
            if column.required:
                findings.fault(
                    table.file, record.row, column.name, "imports.required", column=ColumnName(column.name)
                )
            else:
                yield column.name, column.empty
            continue
        try:
            if len(text) > LONGEST_TEXT:
                raise BadValue("errors.text_too_long", limit=LONGEST_TEXT)
            if "\0" in text:
                raise BadValue("errors.text_with_nul")
            yield column.name, read(text)
        except BadValue as bad:
            findings.bad_value(table, record.row, column.name, bad)


@dataclass(slots=True)
class _Row:
    """The row that is being looked at."""

    table: Table
    row: int
    values: Values
    findings: Findings

    def get(self, column: str) -> Any:  # Any: see Values
        return self.values.get(column)

    def fault(self, column: str, key: str, **values: object) -> None:
        self.findings.fault(self.table.file, self.row, column, key, **values)


class _Checker:
    """Goes through the files in the order of the tables and remembers what later rows may refer to."""

    def __init__(
        self, session: Session, known: Known, findings: Findings, as_of: date, *, late: bool
    ) -> None:
        self.session = session
        self.known = known
        self.findings = findings
        self.as_of = as_of
        self.late = late
        """Whether anything was recorded after `as_of`, so that a change may have to be refused."""
        self.seen: set[str] = set()
        self.codes_of_posts: set[str] = set()
        """They are of one kind with those of pairings, which no file may take from them."""
        self.parents: dict[str, str | None] = {}
        self.rows_of_units: dict[str, int] = {}
        self.pairs: dict[str, tuple[str, str, str]] = {}
        self.ends: dict[str, Service] = {}
        self.steps: dict[str, Values] = {}
        self.rows_of_pairs: dict[str, int] = {}

    def learn_codes(self, file: TableFile) -> None:
        """Take in the codes of a file whose rows may refer to later rows of the same file."""
        at = next((at for at, column in enumerate(file.columns) if column and column.name == "code"), None)
        for record in file.records():
            if at is not None and is_code(record.cells[at]):
                self.known.ids[file.table.name].setdefault(record.cells[at], None)

    def begin(self, file: TableFile) -> None:
        """Read what the database knows of a table's rows beyond their codes."""
        self.seen = set()
        if file.table is UNITS:
            self.parents = _parents_by_code(self.session, self.as_of)
        if file.table is PAIRINGS:
            self._recall_pairings()
            posts = select(Tie.code).where(Tie.kind == TieKind.POST, Tie.code.is_not(None))
            self.codes_of_posts = {code for code in self.session.scalars(posts) if code is not None}
        if file.table is SUGGESTIONS:
            self.steps = _steps_of_suggestions(self.session)

    def look_at(self, file: TableFile, chunk: list[CheckedRow]) -> None:
        """Check some rows."""
        table = file.table
        special = _SPECIAL.get(table.name)
        for checked in chunk:
            row = _Row(table, checked.row, checked.values, self.findings)
            if table.has_codes:
                self._code(row)
            self._references(row)
            if special:
                special(self, row)
        if self.late:
            self._late_changes(table, chunk)

    def end(self, file: TableFile) -> None:
        """Check what only shows when all rows are known."""
        if file.table is UNITS and "parent_code" in file.given:
            self._cycles()
        if file.table is PAIRINGS:
            self._pairs_twice()

    def _code(self, row: _Row) -> None:
        code = row.get("code")
        if code is None:
            return
        if code in self.seen:
            row.fault("code", "imports.code_twice", code=code)
        if row.table is PAIRINGS and code in self.codes_of_posts:
            row.fault("code", "errors.code_taken", code=code)
        self.seen.add(code)
        self.known.ids[row.table.name].setdefault(code, None)

    def _references(self, row: _Row) -> None:
        for column in row.table.columns:
            if not column.refers_to:
                continue
            told = row.get(column.name)
            codes = told if isinstance(told, tuple) else () if told is None else (told,)
            missing = next((code for code in codes if not self.known.has(column.refers_to, code)), None)
            if missing is not None:
                row.fault(column.name, f"imports.unknown_{column.refers_to}", code=shown(missing))

    def unit(self, row: _Row) -> None:
        code = row.get("code")
        if code is not None and "parent_code" in row.values and code not in self.rows_of_units:
            self.parents[code] = row.get("parent_code")
            self.rows_of_units[code] = row.row

    def person(self, row: _Row) -> None:
        code = row.get("code")
        before = self.known.service.get(code, (None, None)) if code else (None, None)
        since = row.values.get("since", before[0])
        until = row.values.get("until", before[1])
        _in_order(row, "since", since, "until", until)
        if code is None:
            return
        if code in self.known.erased:
            row.fault("code", "imports.person_erased", code=code)
        self.known.service[code] = (since, until)

    def pairing(self, row: _Row) -> None:
        supporter, beneficiary = row.get("supporter_code"), row.get("beneficiary_code")
        if supporter is not None and supporter == beneficiary:
            row.fault("beneficiary_code", "imports.paired_with_oneself")
        code = row.get("code")
        until = row.values.get("until", self.ends.get(code, (None, None))[1] if code else None)
        _in_order(row, "since", row.get("since"), "until", until)
        if code is None:
            return
        self.pairs.pop(code, None)
        kind = row.get("kind")
        if until is None and supporter and beneficiary and kind:
            self.pairs[code] = (supporter, beneficiary, kind)
            self.rows_of_pairs[code] = row.row

    def campaign(self, row: _Row) -> None:
        _in_order(row, "starts_on", row.get("starts_on"), "ends_on", row.get("ends_on"))
        kind = row.get("kind")
        if kind is not None and kind not in self.known.campaign_kinds:
            row.fault("kind", "imports.unknown_kind", text=shown(kind))
        entries: tuple[BeneficiaryEntry, ...] = row.get("beneficiaries") or ()
        for entry in entries:
            table = _TABLE_OF.get(entry.of)
            if table and not self.known.has(table, entry.word):
                row.fault("beneficiaries", f"imports.unknown_{table}", code=shown(entry.word))
                break

    def outcome(self, row: _Row) -> None:
        held_on = row.get("held_on")
        for code in row.get("attendees") or () if held_on else ():
            since, until = self.known.service.get(code, (None, None))
            if (since and held_on < since) or (until and held_on > until):
                row.fault("attendees", "imports.attendee_not_in_service", code=code, day=held_on.isoformat())
                break
        told: tuple[ToldMeasure, ...] = row.get("measures") or ()
        for measure in told:
            faults = faults_of_entry(
                measure.metric,
                measure.value,
                measure.qualifier,
                field="measures",
                combination=measure.combination,
            )
            if faults:
                row.fault("measures", faults[0].key, **faults[0].values)
                break

    def suggestion(self, row: _Row) -> None:
        before = self.steps.get(row.get("code") or "", {})
        for column in ("sent_on", "due_on", "answered_on", "fed_back_on"):
            later = row.values.get(column, before.get(column))
            _in_order(row, "raised_on", row.get("raised_on"), column, later)

    def _late_changes(self, table: Table, chunk: list[CheckedRow]) -> None:
        """Refuse changes of dated facts before a change that is recorded already (rule 51)."""
        for column, fact, refers_to in _DATED.get(table.name, ()):
            wanted: dict[int, tuple[int | str, ...]] = {}
            rows: dict[int, int] = {}
            for checked in chunk:
                owner = self.known.ids[table.name].get(checked.values.get("code", ""))
                if owner is None or column not in checked.values:
                    continue
                wanted[owner] = self._facts_of(checked.values[column], refers_to)
                rows[owner] = checked.row
            refused = ties.changes(self.session, fact, wanted, as_of=self.as_of).refused
            for owner in refused:
                self.findings.fault(
                    table.file, rows[owner], column, "imports.before_a_change", day=self.as_of.isoformat()
                )

    def _facts_of(self, told: Any, refers_to: str) -> tuple[int | str, ...]:  # Any: see Values
        """What a cell says of a dated fact. Whoever comes with this import has no id yet and stands by the code."""
        each = told if isinstance(told, tuple) else () if told is None else (told,)
        if not refers_to:
            return each
        ids = self.known.ids[refers_to]
        return tuple(code if (found := ids.get(code)) is None else found for code in each)

    def _cycles(self) -> None:
        """Units that are above themselves: one row of each circle is named."""
        done: set[str] = set()
        for start in self.rows_of_units:
            path: dict[str, None] = {}
            unit: str | None = start
            while unit is not None and unit not in done and unit not in path:
                path[unit] = None
                unit = self.parents.get(unit)
            if unit is not None and unit in path:
                circle = list(path)[list(path).index(unit) :]
                at = next((each for each in circle if each in self.rows_of_units), start)
                self.findings.fault(
                    UNITS.file,
                    self.rows_of_units[at],
                    "parent_code",
                    "imports.circle",
                    units="→".join(circle),
                )
            done.update(path)

    def _recall_pairings(self) -> None:
        supporter, beneficiary = aliased(Person), aliased(Person)
        rows = self.session.execute(
            select(Tie.code, supporter.code, beneficiary.code, Tie.sort, Tie.since, Tie.until)
            .join(supporter, supporter.id == Tie.subject_person_id)
            .join(beneficiary, beneficiary.id == Tie.object_person_id)
            .where(Tie.kind == TieKind.PAIRING, Tie.code.is_not(None))
        )
        for code, supporter_code, beneficiary_code, sort, since, until in rows:
            if code is None:
                continue
            self.ends[code] = (since, until)
            if until is None:
                self.pairs[code] = (supporter_code, beneficiary_code, sort)

    def _pairs_twice(self) -> None:
        """The same two people cannot be paired twice in the same way at the same time."""
        first: dict[tuple[str, str, str], str] = {}
        # Those of the file come last, so that the row to mend is one of the file.
        for code in sorted(self.pairs, key=lambda each: self.rows_of_pairs.get(each, 0)):
            other = first.setdefault(self.pairs[code], code)
            if other != code and code in self.rows_of_pairs:
                row = self.rows_of_pairs[code]
                self.findings.fault(
                    PAIRINGS.file, row, "beneficiary_code", "imports.paired_twice", code=other
                )


_SPECIAL: Final[Mapping[str, Callable[[_Checker, _Row], None]]] = {
    UNITS.name: _Checker.unit,
    PEOPLE.name: _Checker.person,
    PAIRINGS.name: _Checker.pairing,
    CAMPAIGNS.name: _Checker.campaign,
    OUTCOMES.name: _Checker.outcome,
    SUGGESTIONS.name: _Checker.suggestion,
}

_DATED: Final[Mapping[str, tuple[tuple[str, ties.FactKind, str], ...]]] = {
    UNITS.name: (("parent_code", ties.PARENT, "units"),),
    PEOPLE.name: (
        ("unit_code", ties.PLACEMENT, "units"),
        ("roles", ties.ROLES, ""),
        ("skills", ties.SKILLS, ""),
    ),
    TEAMS.name: (("leader_code", ties.LEADER, "people"), ("members", ties.MEMBERS, "people")),
}
"""The columns that are dated facts, and the table to whose codes they refer."""


def _in_order(row: _Row, first: str, starts: date | None, last: str, ends: date | None) -> None:
    if starts and ends and ends < starts:
        row.fault(
            last if last in row.values else first,
            "imports.end_before_start",
            first=ColumnName(first),
            last=ColumnName(last),
        )


def _parents_by_code(session: Session, on: date) -> dict[str, str | None]:
    code_of = dict(session.execute(select(Unit.id, Unit.code)).all())
    above = units.parents(session, on=on)
    return {code_of[unit]: code_of[parent] if parent is not None else None for unit, parent in above.items()}


def _steps_of_suggestions(session: Session) -> dict[str, Values]:
    rows = session.execute(
        select(Matter.code, Matter.sent_on, Matter.answered_on, Matter.told_on).where(
            Matter.face == MatterFace.SUGGESTION
        )
    )
    return {
        code: {"sent_on": sent_on, "answered_on": answered_on, "fed_back_on": told_on}
        for code, sent_on, answered_on, told_on in rows
    }
