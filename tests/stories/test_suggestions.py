"""A suggestion from mouth to answer: sent with a time, asked for again, answered in a kind, its author told."""

from sqlalchemy import Engine, select

from models import Matter, Notice, Person
from models.database import reading
from models.enums import NoticeKind
from tests.stories.office import Json, Office


def raised(office: Office, **columns: object) -> Json:
    told = {"code": "Y1", "raised_on": "2026-01-02", "text": "修路灯", "person_code": "R1"}
    return office.post("suggestions", {**told, **columns})


def refused(office: Office, body: Json) -> tuple[int, list[str]]:
    answer = office.client.patch("/api/v1/suggestions/Y1", json=body)
    return answer.status_code, [error["field"] for error in answer.json().get("errors", ())]


def test_a_suggestion_is_sent_chased_answered_and_fed_back(office: Office) -> None:
    raised(office)
    office.move_to(2026, 1, 5)
    sent = office.patch("suggestions/Y1", {"sent_to": "住建局", "sent_on": "2026-01-05"})
    assert (sent["status"], sent["due_on"], sent["overdue"]) == ("sent", "2026-01-26", False)
    office.move_to(2026, 1, 27)
    assert office.get("suggestions/Y1")["overdue"] is True
    assert office.get("suggestions")["items"][0]["overdue"] is True
    office.post("suggestions/Y1/chase", {"note": "电话催办"})
    office.move_to(2026, 1, 29)
    chased = office.post("suggestions/Y1/chase", {})
    assert (chased["status"], chased["chased"], chased["chased_on"]) == ("chased", 2, "2026-01-29")
    assert office.get("suggestions")["items"][0]["chased"] == 2
    answered = office.patch(
        "suggestions/Y1", {"answered_on": "2026-01-29", "answer": "先修三盏", "answer_kind": "partly"}
    )
    assert (answered["status"], answered["answer_kind"], answered["overdue"]) == ("answered", "partly", False)
    assert office.client.post("/api/v1/suggestions/Y1/chase", json={}).status_code == 409
    told = office.patch("suggestions/Y1", {"fed_back_on": "2026-01-29", "note": "当面告知，满意"})
    assert [(step["step"], step["on"], step["note"]) for step in told["steps"]] == [
        ("opened", "2026-01-02", None),
        ("sent", "2026-01-05", None),
        ("chased", "2026-01-27", "电话催办"),
        ("chased", "2026-01-29", None),
        ("answered", "2026-01-29", None),
        ("told", "2026-01-29", "当面告知，满意"),
    ]


def test_what_is_not_adopted_needs_its_reason_and_going_back_a_note(office: Office) -> None:
    office.move_to(2026, 1, 20)
    raised(office, sent_to="住建局", sent_on="2026-01-05", due_on="2026-02-04")
    assert office.get("suggestions/Y1")["due_on"] == "2026-02-04"
    declined = {"answered_on": "2026-01-20", "answer_kind": "declined"}
    assert refused(office, declined) == (422, ["answer"])
    answered = office.patch("suggestions/Y1", {**declined, "answer": "超出职权"})
    assert answered["status"] == "declined"
    back = {"answered_on": None, "answer": None, "answer_kind": None}
    assert refused(office, back) == (422, ["note"])
    again = office.patch("suggestions/Y1", {**back, "note": "答复的是另一条"})
    assert (again["status"], again["steps"][-1]["step"]) == ("sent", "reopened")
    assert again["steps"][-1]["note"] == "答复的是另一条"


def test_a_time_is_set_by_the_house_only_when_none_is_told_and_nothing_is_answered(office: Office) -> None:
    office.move_to(2026, 1, 20)
    sent = {"sent_to": "住建局", "sent_on": "2026-01-05"}
    assert raised(office, **sent)["due_on"] == "2026-01-26"
    assert raised(office, code="Y2", **sent, due_on=None)["due_on"] is None
    assert raised(office, code="Y3", **sent, answered_on="2026-01-08")["due_on"] is None
    assert raised(office, code="Y4")["due_on"] is None


def test_the_author_is_owed_word_of_each_answer_once(office: Office, fresh_database: Engine) -> None:
    office.patch("people/R1", {"email": "r1@example.org"})
    raised(office, sent_to="住建局", sent_on="2026-01-02")
    office.move_to(2026, 1, 20)
    answer = {"answered_on": "2026-01-19", "answer": "已修好", "answer_kind": "adopted"}
    office.patch("suggestions/Y1", answer)
    office.patch("suggestions/Y1", {"answer": "已修好三盏"})
    assert told(fresh_database) == [("R1", "Y1")]
    office.patch("suggestions/Y1", {"answered_on": None, "answer": None, "answer_kind": None, "note": "误填"})
    office.patch("suggestions/Y1", {**answer, "answered_on": "2026-01-20"})
    assert told(fresh_database) == [("R1", "Y1"), ("R1", "Y1")]


def told(engine: Engine) -> list[tuple[str, str]]:
    """Who is owed word of an answer, to what."""
    with reading(engine) as session:
        rows = session.execute(
            select(Person.code, Matter.code)
            .join(Notice, Notice.person_id == Person.id)
            .join(Matter, Matter.id == Notice.matter_id)
            .where(Notice.kind == NoticeKind.SUGGESTION_ANSWERED)
            .order_by(Notice.id)
        )
        return [(person, matter) for person, matter in rows]
