"""The status line travels in a cookie: browsers drop one that is too large, so it must stay small."""

from starlette.requests import Request

from api.pages.status import MOST_OCTETS, STATUS_COOKIE, Status, Undo, done, status_of


def sent(cookie: str = "") -> Request:
    headers = [(b"cookie", f"{STATUS_COOKIE}={cookie}".encode())] if cookie else []
    return Request(
        {"type": "http", "scheme": "http", "server": ("testserver", 80), "path": "/", "headers": headers}
    )


def kept(status: Status) -> tuple[Status | None, int]:
    cookie = done(sent(), "/", status).headers["set-cookie"].partition(";")[0].partition("=")[2].strip('"')
    return status_of(sent(cookie)), len(cookie)


def test_what_was_done_comes_back_with_its_way_back() -> None:
    status = Status("today.asked_again", {"count": "3"}, Undo("/owed/undo", {"of": "十二"}))
    assert kept(status)[0] == status


def test_a_way_back_that_is_too_long_is_left_out_and_the_sentence_stays() -> None:
    told, octets = kept(Status("today.asked_again", {"count": "3"}, Undo("/undo", {"text": "长" * 2000})))
    assert told == Status("today.asked_again", {"count": "3"})
    assert octets <= MOST_OCTETS


def test_words_that_are_too_long_are_shortened() -> None:
    told, octets = kept(Status("outbox.not_done", {"why": "长" * 5000}))
    assert told is not None
    assert told.values["why"].startswith("长长长")
    assert octets <= MOST_OCTETS
