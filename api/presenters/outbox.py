"""The outbox: what is still to be sent, whom somebody has to call, what was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from api.presenters.words import moment
from models.enums import CALL_LIST, NoticeState
from outreach.notices.owing import OPEN
from outreach.notices.reading import DeliveryView, NoticeView
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class Line:
    """A notice as it is listed. `text` is empty when it is not for the reader, or there is nothing to say any more."""

    id: int
    person_code: str
    person_name: str
    mobile: str
    kind: str
    subject: str
    text: str
    state: str
    tone: str
    when: str
    until: str
    activity_id: int | None
    trouble: str
    tries: Sequence[str]
    may_call: bool
    may_send_again: bool
    may_have_arrived: bool
    may_stop: bool


_TONES = {
    NoticeState.SENT: "ok",
    NoticeState.CALLED: "ok",
    NoticeState.FAILED: "late",
    NoticeState.UNCERTAIN: "warn",
    NoticeState.TO_CALL: "warn",
}


@dataclass(frozen=True, slots=True)
class Teller:
    """Says what is found in the language and from the day of the reader."""

    today: date
    zone: ZoneInfo
    language: str

    def lines(self, found: Sequence[NoticeView]) -> list[Line]:
        return [self._line(each) for each in found]

    def _line(self, notice: NoticeView) -> Line:
        kind = say(f"outbox.kind_{notice.kind.value}", language=self.language)
        told_at = notice.sent_at or notice.due_at
        return Line(
            id=notice.id,
            person_code=notice.person_code,
            person_name=notice.person_name,
            mobile=notice.mobile or "",
            kind=kind,
            subject=notice.subject or kind,
            text=notice.text or "",
            state=say(f"outbox.state_{notice.state.value}", language=self.language),
            tone=_TONES.get(notice.state, "quiet"),
            when=moment(told_at, today=self.today, zone=self.zone, language=self.language),
            until=moment(notice.expires_at, today=self.today, zone=self.zone, language=self.language),
            activity_id=notice.activity_id,
            trouble=notice.last_error or "",
            tries=[self._try(each) for each in notice.deliveries],
            may_call=notice.state in (*CALL_LIST, NoticeState.DUE),
            may_send_again=notice.state in (NoticeState.FAILED, NoticeState.UNCERTAIN),
            may_have_arrived=notice.state is NoticeState.UNCERTAIN,
            may_stop=notice.state in OPEN,
        )

    def _try(self, attempt: DeliveryView) -> str:
        """11月2日 周一 9:00·电话·没打通·周敏·无人接听."""
        told = [
            moment(attempt.at, today=self.today, zone=self.zone, language=self.language),
            say(f"outbox.channel_{attempt.channel.value}", language=self.language),
            say(f"outbox.result_{attempt.result.value}", language=self.language),
            attempt.by or "",
            attempt.detail or "",
        ]
        return "·".join(each for each in told if each)
