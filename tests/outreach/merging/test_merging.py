"""Two records that were one person become one, with all that hangs on either; and are two again."""

from contextlib import contextmanager
from datetime import date

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError

from models import (
    Assignment,
    Attendance,
    AuditEntry,
    Beneficiary,
    LedgerEntry,
    Merge,
    Outcome,
    Person,
    Tie,
)
from models.base import Base
from models.enums import (
    ActivityStatus,
    AssignmentState,
    CampaignStatus,
    LedgerKind,
    TieKind,
)
from outreach import ledger, outcomes, people, recount, ties
from outreach.erasure import erase_person
from outreach.errors import Conflict, Forbidden, NotFound, Stale
from outreach.ledger import Brought, Handover
from outreach.merging import Choice, merge_people, obstacles, state_of, take_back
from outreach.merging.references import RULES, Rule
from outreach.metrics import keep_dictionary
from outreach.outcomes import Attended, Telling, Visited
from outreach.permissions import CONSOLE, EVERYWHERE, Actor, Right
from tests.outreach.county import NOW, TODAY, ZONE, County
from wording.names import erased_name


@pytest.fixture
def county(session):
    keep_dictionary(session)
    county = County(session)
    county.village = county.unit("X01", county.root)
    county.kept = county.person("retiree", code="A1", birth_date=date(1936, 5, 1))
    county.gone = county.person(
        "retiree", "volunteer", code="B2", mobile="13800000000", notes="听力弱", unit=county.village
    )
    county.gone.name = county.kept.name = "何玉兰"
    session.flush()
    return county


def merge(session, kept="A1", gone="B2", choices=None, **how):
    done = merge_people(
        session, kept, gone, choices or {}, **{"by": CONSOLE, "today": TODAY, "now": NOW, **how}
    )
    session.expire_all()
    return done


def undo(session, merged):
    codes = take_back(session, merged.id, by=CONSOLE, today=TODAY, now=NOW)
    session.expire_all()
    return codes


def references():
    """Every column of the schema that refers to a person."""
    return {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name == "people"
    }


def everything(session, *, without=("merges", "audit_entries", "feed_versions")):
    """All that stands in the tables, but for what never goes back."""
    counts = {"version", "sequence", "changed_at", "people_sequence", "people_changed_at"}
    return {
        table.name: sorted(
            repr({name: value for name, value in row.items() if name not in counts})
            for row in session.execute(select(table)).mappings()
        )
        for table in Base.metadata.sorted_tables
        if table.name not in without
    }


def test_every_column_that_refers_to_a_person_has_a_rule():
    assert set(RULES) == references()


def test_what_is_missing_is_taken_from_the_one_who_goes_and_choices_decide_the_rest(session, county):
    merge(session, choices={"notes": Choice.GONE})
    kept = county.kept
    assert (kept.birth_date, kept.mobile, kept.notes) == (date(1936, 5, 1), "13800000000", "听力弱")
    assert (kept.code, kept.pinyin, county.gone.merged_into_id) == ("A1", "heyulan", kept.id)
    assert (county.gone.mobile, county.gone.notes) == (None, None)


def test_both_notes_can_stand(session, county):
    county.kept.notes = "四楼"
    merge(session, choices={"notes": Choice.BOTH})
    assert county.kept.notes == "四楼\n听力弱"


def test_facts_of_both_hold_each_once_and_the_unit_is_that_of_the_one_who_stays(session, county):
    team = county.team(county.kept, county.gone)
    merge(session)
    facts = session.execute(
        select(Tie.kind, Tie.object_word, Tie.object_unit_id, Tie.object_team_id)
        .where(Tie.subject_person_id == county.kept.id)
        .order_by(Tie.id)
    ).all()
    assert sorted(map(repr, facts)) == sorted(
        map(
            repr,
            [
                (TieKind.PLACEMENT, None, county.root.id, None),
                (TieKind.ROLE, "retiree", None, None),
                (TieKind.ROLE, "volunteer", None, None),
                (TieKind.MEMBERSHIP, None, None, team.id),
            ],
        )
    )
    assert session.scalar(select(Tie.id).where(Tie.subject_person_id == county.gone.id)) is None


def test_the_unit_of_the_one_who_goes_can_be_chosen_from_today_on(session, county):
    before = everything(session)
    merged = merge(session, choices={"unit": Choice.GONE})
    assert ties.unit_on(session, county.kept.id, TODAY) == county.village.id
    assert ties.unit_on(session, county.kept.id, date(2026, 9, 1)) == county.root.id
    undo(session, merged)
    assert everything(session) == before


def test_terms_that_overlap_become_one_from_the_first_day_to_the_last(session, county):
    team = county.team()
    county.join(county.kept, team, date(2025, 1, 1), date(2025, 12, 31))
    county.join(county.gone, team, date(2025, 6, 1))
    merge(session)
    terms = select(Tie.since, Tie.until).where(Tie.kind == TieKind.MEMBERSHIP)
    assert session.execute(terms).all() == [(date(2025, 1, 1), None)]


def test_the_old_code_leads_to_the_one_who_stays(session, county):
    merge(session)
    found = people.find_people(session, ["A1", "B2"], within=EVERYWHERE, today=TODAY)
    assert found == {"A1": county.kept.id, "B2": county.kept.id}
    listed = people.people(session, people.PeopleAsked(), within=EVERYWHERE, today=TODAY, limit=10)
    assert [each.code for each in listed] == ["A1"]


def test_visits_of_the_same_pairing_go_on_as_one(session, county):
    supporter = county.person("volunteer")
    stays = county.pair(supporter, county.kept, since=date(2026, 1, 1))
    goes = county.pair(supporter, county.gone, since=date(2025, 1, 1))
    campaign = county.campaign("CADENCE:P90D")
    held = county.held(campaign, date(2026, 9, 1), county.gone, subject_person_id=county.gone.id)
    held.pairing_id = goes.id
    session.flush()
    merge(session)
    assert (held.pairing_id, held.subject_person_id) == (stays.id, county.kept.id)
    assert stays.since == date(2025, 1, 1)


def test_an_open_visit_keeps_its_key_unless_both_had_one(session, county):
    campaign = county.campaign("CADENCE:P90D", serves=[county.kept, county.gone])
    other = county.campaign("CADENCE:P30D", serves=[county.gone])
    county.plan()
    assert len(county.planned()) == 3
    merge(session)
    names = {county.kept.id: "kept", county.gone.id: "gone"}
    keys = {(each.campaign_id, each.plan_key) for each in county.planned()}
    assert keys == {
        (campaign.id, f"p{county.kept.id}"),
        (campaign.id, f"p{county.gone.id}"),
        (other.id, f"p{county.kept.id}"),
    }
    assert {names[each.subject_person_id] for each in county.planned()} == {"kept"}
    county.plan()
    assert len(county.planned(campaign)) == 1
    assert len(county.planned(other)) == 1
    assert session.scalars(select(Beneficiary.person_id)).all() == [county.kept.id] * 2


def test_who_was_asked_twice_was_asked_once_and_the_stronger_answer_stands(session, county):
    campaign = county.campaign("DATES:2026-09-24")
    county.plan()
    activity = county.planned(campaign)[0]
    county.assign(activity, county.kept, AssignmentState.DECLINED)
    county.assign(activity, county.gone, AssignmentState.CONFIRMED)
    version = activity.version
    merged = merge(session)
    asked = select(Assignment.person_id, Assignment.state)
    assert session.execute(asked).all() == [(county.kept.id, AssignmentState.CONFIRMED)]
    assert activity.version > version
    undo(session, merged)
    assert sorted(session.execute(asked).all()) == sorted(
        [(county.kept.id, AssignmentState.DECLINED), (county.gone.id, AssignmentState.CONFIRMED)]
    )


def test_what_was_told_stands_in_every_revision_and_a_later_telling_builds_on_it(session, county):
    campaign = county.campaign("DATES:2026-09-10", kind="rural")
    activity = county.held(campaign, date(2026, 9, 10), status=ActivityStatus.PLANNED)
    activity.revision = 0
    session.flush()
    telling = Telling(ActivityStatus.HELD, attendance=[Attended("B2", 60)], visits=[Visited("B2", note="好")])
    outcomes.record_outcome(session, activity.id, telling, by=CONSOLE, now=NOW, zone=ZONE)
    merge(session)
    told = session.scalars(select(Outcome.told)).one()
    assert {each["person_id"] for each in (*told["attendance"], *told["visits"])} == {county.kept.id}
    assert session.scalars(select(Attendance.person_id)).all() == [county.kept.id]
    part = Telling(ActivityStatus.HELD, attendance=[Attended("B2", 90)])
    outcomes.report_part(session, activity.id, part, by=CONSOLE, now=NOW, zone=ZONE)
    assert session.execute(select(Attendance.person_id, Attendance.minutes)).all() == [(county.kept.id, 90)]
    assert recount.recount(session).differences == []


def test_the_ledger_follows_its_person_and_nothing_else(session, county):
    entry = LedgerEntry(
        paid_on=date(2026, 9, 1),
        kind=LedgerKind.CASH,
        amount=100,
        unit_id=county.root.id,
        person_id=county.gone.id,
        recorded_at=NOW,
        recorded_by="x",
    )
    session.add(entry)
    session.flush()
    stolen = update(LedgerEntry).values(person_id=county.kept.id)
    point = session.begin_nested()
    with pytest.raises(DatabaseError):
        session.execute(stolen)
    point.rollback()
    merged = merge(session)
    assert entry.person_id == county.kept.id
    undo(session, merged)
    assert entry.person_id == county.gone.id


def test_whom_an_earlier_telling_alone_listed_is_renamed_there(session, county):
    campaign = county.campaign("DATES:2026-09-10", kind="rural")
    activity = county.held(campaign, date(2026, 9, 10), status=ActivityStatus.PLANNED)
    activity.revision = 0
    session.flush()
    for listed in ([Attended("B2", 60)], []):
        telling = Telling(ActivityStatus.HELD, attendance=listed)
        outcomes.record_outcome(session, activity.id, telling, by=CONSOLE, now=NOW, zone=ZONE)
    merge(session)
    first = session.scalars(select(Outcome.told).order_by(Outcome.revision)).first()
    assert [each["person_id"] for each in first["attendance"]] == [county.kept.id]


@pytest.mark.parametrize("which", ["erased", "frozen", "paired", "met", "same"])
def test_what_stands_against_it_is_said(session, county, which):
    if which == "erased":
        county.gone.erased_at = NOW
    elif which == "frozen":
        county.gone.frozen_on = TODAY
    elif which == "paired":
        county.pair(county.gone, county.kept)
    elif which == "met":
        county.held(county.campaign("DATES:2026-09-01"), date(2026, 9, 1), county.kept, county.gone)
    session.flush()
    gone = "A1" if which == "same" else "B2"
    assert which in [
        found.obstacle
        for found in obstacles(session, county.kept, county.kept if which == "same" else county.gone)
    ]
    with pytest.raises(Conflict) as refused:
        merge(session, gone=gone)
    assert refused.value.key == f"merging.obstacle_{which}"


def test_one_needs_to_plan_in_the_units_of_both_and_sees_what_changed_meanwhile(session, county):
    from models.enums import AccountRole

    village = Actor("v", rights=(Right(AccountRole.COORDINATOR, county.village.id),))
    viewer = Actor("w", rights=(Right(AccountRole.VIEWER),))
    with pytest.raises(NotFound):
        merge(session, by=village)
    with pytest.raises(Forbidden):
        merge(session, by=viewer)
    state = state_of(county.kept, county.gone)
    county.gone.mobile = "139"
    session.flush()
    with pytest.raises(Stale):
        merge(session, expected=state)


def test_it_is_taken_back_once_and_not_after_something_newer(session, county):
    merged = merge(session)
    county.kept.mobile = "139"
    session.flush()
    with pytest.raises(Conflict, match="touched_since"):
        undo(session, merged)
    county.kept.mobile = "13800000000"
    session.flush()
    assert undo(session, merged) == ("A1", "B2")
    with pytest.raises(Conflict, match="taken_back_already"):
        undo(session, merged)


def test_a_second_merging_keeps_every_code_leading_to_the_one_who_stays(session, county):
    third = county.person(code="C3")
    first = merge(session)
    second = merge(session, kept="C3", gone="A1")
    found = people.find_people(session, ["A1", "B2", "C3"], within=EVERYWHERE, today=TODAY)
    assert set(found.values()) == {third.id}
    with pytest.raises(Conflict):
        undo(session, first)
    undo(session, second)
    undo(session, first)
    assert people.find_people(session, ["B2"], within=EVERYWHERE, today=TODAY) == {"B2": county.gone.id}


def test_erasing_forgets_what_every_merging_on_the_way_remembered(session, county):
    """A into B, B into C: what A was stands with the first of the two mergings."""
    county.gone.address, county.gone.name = "柳河街 12 号", "何玉蘭"
    merge(session)
    last = county.person("retiree", code="C3")
    merge(session, "C3", "A1")
    assert "柳河街" in str([each.undo for each in session.scalars(select(Merge))])
    erase_person(session, "C3", confirm="C3", reason="", by=CONSOLE, today=TODAY, now=NOW)
    session.expire_all()
    assert [each.undo for each in session.scalars(select(Merge))] == [{}, {}]
    rows = session.scalars(select(Person).where(Person.code.in_(("A1", "B2", "C3")))).all()
    assert {each.name for each in rows} == {erased_name(last.id)}


def test_the_trail_names_who_did_it_and_no_values(session, county):
    merge(session)
    noted = session.execute(select(AuditEntry.row_id, AuditEntry.person_id, AuditEntry.after)).all()
    assert [(row_id, person_id) for row_id, person_id, _ in noted] == [
        (county.kept.id, county.kept.id),
        (county.gone.id, county.kept.id),
    ]
    assert all("何玉兰" not in repr(after) for _, _, after in noted)


@settings(
    max_examples=8,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_whatever_hangs_on_either_hangs_on_the_one_who_stays_and_comes_back(session, data):
    with rolled_back(session):
        keep_dictionary(session)
        county = County(session)
        one, other, third = (county.person(code=f"{code}{next(county.numbers)}") for code in "PQR")
        _something_of_everything(session, county, data.draw, (one, other), third)
        session.flush()
        before, figures = everything(session), _figures(session)
        merged = merge(session, one.code, other.code)
        for name, rule in RULES.items():
            table, _, column = name.partition(".")
            if rule is not Rule.STAYS and name != "people.merged_into_id":
                refers = Base.metadata.tables[table].c[column]
                assert session.execute(select(refers).where(refers == other.id)).all() == [], name
        assert _figures(session) == figures
        assert recount.recount(session).differences == []
        undo(session, merged)
        assert everything(session) == before


@contextmanager
def rolled_back(session):
    """Nothing of it is kept, however it ends."""
    point = session.begin_nested()
    try:
        yield
    finally:
        point.rollback()
        session.expire_all()


def _figures(session):
    tables = ("measures", "rollups", "tallies", "tally_lines")
    return [session.execute(select(Base.metadata.tables[name])).all() for name in tables]


def _something_of_everything(session, county, draw, two, third):
    """A little of what may refer to a person, on either of the two or on both."""
    either = st.sampled_from(two)
    for word in draw(st.lists(st.sampled_from(["retiree", "volunteer", "minor"]), unique=True)):
        for person in draw(st.lists(either, unique_by=lambda each: each.id)):
            since = draw(st.sampled_from([None, date(2025, 1, 1), date(2026, 1, 1)]))
            session.add(Tie(kind=TieKind.ROLE, subject_person_id=person.id, object_word=word, since=since))
    team = county.team()
    for person in draw(st.lists(either, unique_by=lambda each: each.id)):
        county.join(person, team, draw(st.sampled_from([None, date(2026, 1, 1)])))
    pairs = draw(st.lists(either, unique_by=lambda each: each.id))
    for person in pairs:
        county.pair(third, person) if draw(st.booleans()) else county.pair(person, third)
    listed = draw(st.lists(either, max_size=2, unique_by=lambda each: each.id))
    campaign = county.campaign("CADENCE:P90D", serves=listed, status=CampaignStatus.ACTIVE)
    county.plan()
    for day in (1, 2, 3):
        county.held(campaign, date(2026, 8, day), draw(either), third)
    gathering = county.campaign("DATES:2026-09-24")
    county.plan()
    for person in draw(st.lists(either, unique_by=lambda each: each.id)):
        county.assign(county.planned(gathering)[0], person, draw(st.sampled_from(list(AssignmentState))))
    county.case(draw(either), date(2026, 9, 1))
    ledger.hand_over_many(
        session,
        [
            Brought(
                Handover(paid_on=date(2026, 9, 1), kind=LedgerKind.CASH, amount=10, person_id=draw(either).id)
            )
        ],
        by=CONSOLE,
        now=NOW,
    )
