"""What an import makes of its files, in whatever form and order they come."""

import random
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Activity,
    AuditEntry,
    Beneficiary,
    Campaign,
    FeedVersion,
    LedgerEntry,
    Matter,
    Measure,
    Outcome,
    Person,
    Place,
    Setting,
    Tie,
)
from models.enums import CampaignStatus, Qualifier, ScheduleForm, TieKind
from outreach.imports import describe
from outreach.metrics import keep_dictionary
from tests.outreach.imports.files import a_county, dump, take, write_folder, write_workbook


@pytest.fixture(autouse=True)
def _the_dictionary(session: Session) -> None:
    keep_dictionary(session)


def rolled_back(session: Session, path: Path) -> dict[str, list[tuple[object, ...]]]:
    """What the database would say after an import that is then taken back."""
    with session.begin_nested() as attempt:
        take(session, path)
        said = dump(session, without_ids=True)
        attempt.rollback()
    return said


def test_every_table_is_there_afterwards(session: Session, tmp_path: Path) -> None:
    report = take(session, write_folder(tmp_path, a_county()))

    created = {table: count.created for table, count in report.counts.items()}
    assert created == {
        "units": 3,
        "people": 4,
        "teams": 1,
        "pairings": 1,
        "campaigns": 2,
        "outcomes": 2,
        "suggestions": 1,
        "ledger": 2,
    }
    assert report.as_document([])["people"] == 4
    person = session.scalars(select(Person).where(Person.code == "V1")).one()
    assert (person.name, person.gender, person.birth_date) == ("单国庆", "male", date(1958, 3, 4))
    assert person.sort_key.startswith("shan guo qing")
    assert (person.since, person.until) == (date(2020, 1, 1), None)
    assert person.notes == "会说方言,\n能开车"
    campaign = session.scalars(select(Campaign).where(Campaign.code == "ZF")).one()
    assert (campaign.status, campaign.form) == (CampaignStatus.ACTIVE, ScheduleForm.CADENCE)
    places = select(Place.role, Place.needed).where(Place.campaign_id == campaign.id).order_by(Place.position)
    assert session.execute(places).all() == [("leader", 1), ("visitor", 2)]
    groups = select(Beneficiary).where(Beneficiary.campaign_id == campaign.id).order_by(Beneficiary.position)
    kinds = [
        next(name for name in ("person_id", "unit_id", "team_id", "role") if getattr(entry, name))
        for entry in session.scalars(groups)
    ]
    assert kinds == ["role", "person_id", "unit_id", "team_id"]
    pairing = session.scalars(select(Tie).where(Tie.code == "J1")).one()
    assert (pairing.sort, pairing.visit_every, pairing.since) == ("acting_parent", "P30D", date(2025, 5, 1))
    amounts = session.execute(select(LedgerEntry.amount, LedgerEntry.qualifier).order_by(LedgerEntry.id))
    assert [(str(amount), qualifier) for amount, qualifier in amounts] == [
        ("500.00", Qualifier.EXACT),
        ("170.50", Qualifier.ABOUT),
    ]
    assert session.scalar(select(func.count()).select_from(Activity)) == 2
    materials = select(Measure.combination, Measure.qualifier).where(Measure.combination != "")
    assert session.execute(materials).all() == [("category=study;kind=leaflet", Qualifier.AT_LEAST)]


def test_the_first_known_facts_have_always_been(session: Session, tmp_path: Path) -> None:
    take(session, write_folder(tmp_path, a_county()))

    facts = session.scalars(select(Tie).where(Tie.kind != TieKind.PAIRING)).all()
    assert set(TieKind) - {TieKind.PAIRING, TieKind.POST} == {tie.kind for tie in facts}
    assert {(tie.since, tie.until) for tie in facts} == {(None, None)}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
@pytest.mark.parametrize("chinese", [False, True])
def test_encoding_and_language_of_the_header_make_no_difference(
    session: Session, tmp_path: Path, encoding: str, chinese: bool
) -> None:
    plain = rolled_back(session, write_folder(tmp_path / "plain", a_county()))
    folder = write_folder(tmp_path / "other", a_county(), encoding=encoding, chinese=chinese)

    assert rolled_back(session, folder) == plain


@pytest.mark.parametrize("chinese", [False, True])
def test_a_workbook_says_the_same_as_a_folder(session: Session, tmp_path: Path, chinese: bool) -> None:
    plain = rolled_back(session, write_folder(tmp_path / "plain", a_county()))
    book = write_workbook(tmp_path / "plan.xlsx", a_county(), chinese=chinese)

    assert rolled_back(session, book) == plain


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_the_order_of_rows_and_columns_makes_no_difference(
    session: Session, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    mixed = a_county()
    for rows in mixed.values():
        columns = list(rows[0])
        chance.shuffle(columns)
        rows[:] = [{column: row[column] for column in columns} for row in rows]
        chance.shuffle(rows)

    plain = rolled_back(session, write_folder(tmp_path / "plain", a_county()))

    assert rolled_back(session, write_folder(tmp_path / str(seed), mixed)) == plain


def test_the_same_file_twice_changes_nothing(session: Session, tmp_path: Path) -> None:
    folder = write_folder(tmp_path, a_county())
    take(session, folder)
    before = dump(session)
    audited = session.scalar(select(func.count()).select_from(AuditEntry))
    tree = session.scalar(select(FeedVersion.version).where(FeedVersion.scope == "tree"))

    report = take(session, folder)

    assert dump(session) == before
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == audited
    assert session.scalar(select(FeedVersion.version).where(FeedVersion.scope == "tree")) == tree
    assert all(count.created == count.updated == 0 for count in report.counts.values())
    assert report.counts["ledger"].unchanged == 2
    assert report.as_document([])["outcomes"] == 0


def test_of_rows_without_a_code_only_the_surplus_is_added(session: Session, tmp_path: Path) -> None:
    county = a_county()
    take(session, write_folder(tmp_path / "first", county))
    cash = county["ledger"][0]
    county["ledger"] = [cash, cash, county["ledger"][1], cash | {"amount": "600"}]

    report = take(session, write_folder(tmp_path / "second", {"ledger": county["ledger"]}))

    assert (report.counts["ledger"].created, report.counts["ledger"].unchanged) == (2, 2)
    amounts = session.scalars(select(LedgerEntry.amount).order_by(LedgerEntry.amount)).all()
    assert [str(amount) for amount in amounts] == ["170.50", "500.00", "500.00", "600.00"]


def test_an_amount_written_otherwise_is_the_same_amount(session: Session, tmp_path: Path) -> None:
    county = a_county()
    take(session, write_folder(tmp_path / "first", county))
    county["ledger"][0]["amount"] = "５００"
    county["outcomes"][0]["measures"] = "materials.issued{category=study, kind=leaflet}=46.0 ~ at_least"

    report = take(
        session,
        write_folder(tmp_path / "second", {name: county[name] for name in ("ledger", "outcomes")}),
    )

    assert report.counts["ledger"].created == report.counts["outcomes"].created == 0


def test_a_column_left_out_stays_and_an_empty_cell_empties(session: Session, tmp_path: Path) -> None:
    take(session, write_folder(tmp_path / "first", a_county()))
    later = {"people": [{"code": "V1", "name": "单国庆", "unit_code": "X01", "roles": "volunteer;retiree"}]}
    take(session, write_folder(tmp_path / "left_out", later))
    person = session.scalars(select(Person).where(Person.code == "V1")).one()
    assert (person.mobile, person.max_per_month) == ("19900000001", 4)
    later["people"][0] |= {"mobile": "", "since": "", "skills": ""}

    report = take(session, write_folder(tmp_path / "emptied", later))

    session.expire_all()
    assert report.counts["people"].updated == 1
    assert (person.mobile, person.since, person.max_per_month) == (None, None, 4)
    skills = select(Tie).where(Tie.kind == TieKind.SKILL, Tie.subject_person_id == person.id)
    assert {tie.until for tie in session.scalars(skills)} == {date(2026, 9, 14)}


def test_on_people_the_audit_trail_names_columns_and_no_values(session: Session, tmp_path: Path) -> None:
    county = a_county()
    take(session, write_folder(tmp_path / "first", county))
    county["people"][0] |= {"mobile": "19900009999", "unit_code": "C01"}

    report = take(session, write_folder(tmp_path / "second", {"people": county["people"]}))

    entries = session.scalars(select(AuditEntry).where(AuditEntry.import_id == report.id)).all()
    assert [(entry.table_name, entry.after) for entry in entries] == [
        ("people", {"columns": ["mobile", "unit_code"]})
    ]


def test_a_campaign_is_public_by_its_kind_unless_it_says_otherwise(session: Session, tmp_path: Path) -> None:
    county = a_county()
    county["campaigns"].append(county["campaigns"][1] | {"code": "WT2", "public": "no"})
    county["campaigns"].append(county["campaigns"][0] | {"code": "ZF2", "public": "是"})

    take(session, write_folder(tmp_path, county))

    public = dict(session.execute(select(Campaign.code, Campaign.public)).all())
    assert public == {"ZF": False, "WT": True, "WT2": False, "ZF2": True}


def test_a_kind_of_the_office_s_own_is_known(session: Session, tmp_path: Path) -> None:
    session.add(Setting(name="campaign_kinds", value=["chess"]))
    county = a_county()
    county["campaigns"][1]["kind"] = "chess"

    take(session, write_folder(tmp_path, county))

    assert session.scalar(select(Campaign.kind).where(Campaign.code == "WT")) == "chess"


def test_a_paused_campaign_stays_paused(session: Session, tmp_path: Path) -> None:
    county = a_county()
    take(session, write_folder(tmp_path / "first", county))
    campaign = session.scalars(select(Campaign).where(Campaign.code == "ZF")).one()
    campaign.status = CampaignStatus.PAUSED
    county["campaigns"][0] |= {"name": "走访", "metrics": "visits.people", "places_needed": "5"}

    take(session, write_folder(tmp_path / "second", county))

    session.expire_all()
    assert (campaign.status, campaign.name, campaign.version) == (CampaignStatus.PAUSED, "走访", 2)
    places = session.execute(select(Place.role, Place.needed).where(Place.campaign_id == campaign.id))
    assert places.all() == [("any", 5)]


def test_a_suggestion_changes_only_in_the_columns_that_are_there(session: Session, tmp_path: Path) -> None:
    take(session, write_folder(tmp_path / "first", a_county()))
    later = {
        "suggestions": [
            {"code": "Y1", "raised_on": "2026-08-03", "text": "路灯坏了", "answered_on": "2026-08-20"}
        ]
    }

    report = take(session, write_folder(tmp_path / "second", later))

    assert report.counts["suggestions"].updated == 1
    matter = session.scalars(select(Matter)).one()
    session.refresh(matter)
    assert (matter.office, matter.sent_on, matter.answered_on) == (
        "住建局",
        date(2026, 8, 5),
        date(2026, 8, 20),
    )


def test_rows_of_one_activity_add_up_even_in_two_files(session: Session, tmp_path: Path) -> None:
    county = a_county()
    take(session, write_folder(tmp_path / "first", county))
    more = county["outcomes"][0] | {
        "attendees": "M1",
        "measures": "materials.issued=4",
        "narrative": "又来一批",
    }

    take(session, write_folder(tmp_path / "second", {"outcomes": [more]}))

    assert session.scalar(select(func.count()).select_from(Activity)) == 2
    assert session.scalar(select(func.count()).select_from(Outcome)) == 3


def test_what_nobody_knows_is_a_warning(session: Session, tmp_path: Path) -> None:
    county = a_county()
    for row in county["units"]:
        row["颜色"] = "red"
    folder = write_folder(tmp_path, county)
    (folder / "旧表.csv").write_text("a,b\n1,2\n", encoding="utf-8")

    report = take(session, folder)

    assert [describe(warning) for warning in report.warnings] == [
        "旧表.csv：这不是要导入的表，没有读它。",
        "units.csv：“颜色”这一列不认识，没有读它。",
    ]


def test_pairings_may_exchange_their_people(session: Session, tmp_path: Path) -> None:
    county = a_county()
    first, second = county["pairings"][0], county["pairings"][0] | {"code": "J2", "supporter_code": "V1"}
    take(session, write_folder(tmp_path / "first", county | {"pairings": [first, second]}))
    exchanged = [first | {"supporter_code": "V1"}, second | {"supporter_code": "V2"}]

    take(session, write_folder(tmp_path / "second", {"pairings": exchanged}))

    supporters = select(Tie.code, Person.code).join(Person, Person.id == Tie.subject_person_id)
    assert dict(session.execute(supporters.where(Tie.code.is_not(None))).all()) == {
        "J1": "V1",
        "J2": "V2",
    }
    assert set(session.scalars(select(Tie.until).where(Tie.code.is_not(None)))) == {None}


def test_those_who_listen_are_told_how_far_it_is(session: Session, tmp_path: Path) -> None:
    heard: list[tuple[str, int, int]] = []

    take(session, write_folder(tmp_path, a_county()), progress=lambda *told: heard.append(told))

    assert ("people", 4, 0) in heard
    assert ("people", 4, 4) in heard
