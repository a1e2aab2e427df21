"""Many requests at the same time: each waits for its turn, and none keeps another from ending."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

PEOPLE = "/api/v1/people"
MORE_THAN_THERE_ARE_THREADS = 60


def test_more_writers_than_threads_all_get_their_turn(office):
    def enrol(number):
        body = {"code": f"N{number}", "name": "王", "unit_code": "BJ", "roles": ["volunteer"]}
        written = office.post(PEOPLE, json=body).status_code
        return written, office.get(f"{PEOPLE}/N{number}").status_code

    with ThreadPoolExecutor(MORE_THAN_THERE_ARE_THREADS) as pool:
        answers = Counter(pool.map(enrol, range(MORE_THAN_THERE_ARE_THREADS)))
    assert answers == {(201, 200): MORE_THAN_THERE_ARE_THREADS}


def test_of_many_who_take_the_same_code_one_gets_it(office):
    body = {"code": "N", "name": "王", "unit_code": "BJ", "roles": ["volunteer"]}
    with ThreadPoolExecutor(10) as pool:
        answers = Counter(pool.map(lambda _: office.post(PEOPLE, json=body).status_code, range(10)))
    assert answers == {201: 1, 409: 9}


def test_of_many_changes_from_one_state_one_is_made(office):
    campaign = {
        "code": "P",
        "name": "学习",
        "kind": "study",
        "unit_code": "BJ",
        "schedule": "DATES:2026-10-08",
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
    }
    seen = {"If-Match": office.post("/api/v1/campaigns", json=campaign).headers["etag"]}

    def rename(number):
        body = {"name": f"学习 {number}"}
        return office.patch("/api/v1/campaigns/P", json=body, headers=seen).status_code

    with ThreadPoolExecutor(10) as pool:
        answers = Counter(pool.map(rename, range(10)))
    assert answers == {200: 1, 412: 9}
