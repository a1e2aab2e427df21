"""One round of deliveries: which transaction comes before and which after a message leaves."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Final

from sqlalchemy.orm import Session

from clock import real_now
from flows.office import Office
from flows.slots import Renew
from models.base import NoticeId
from models.database import reading, transaction
from models.enums import DeliveryResult, NoticeState
from outreach.channels import Channel, Doubtful, NotSent, Unreachable
from outreach.clockwork import Changed, Trouble
from outreach.house_rules import NoticeRules, house_rules
from outreach.notices import delivering
from outreach.notices.composing import Letterhead
from outreach.notices.delivering import Result, Sending

AT_ONCE: Final = 50
"""How many notices are claimed at a time."""
MOST_IN_A_RUN: Final = 2_000
"""After so many a run ends, so that the jobs behind it have their turn; the next run goes on."""
AWAY_AT_ONCE: Final = 1_000
"""How many are claimed at a time while nothing can be sent: then they are only sorted."""

RENEW_EVERY_SECONDS: Final = 20
_COUNTED: Final[Mapping[NoticeState, str]] = {
    NoticeState.SENT: "notices_sent",
    NoticeState.DUE: "notices_later",
    NoticeState.FAILED: "notices_failed",
    NoticeState.UNCERTAIN: "notices_uncertain",
}
"""How a round counts what it left a notice as."""


@dataclass
class Round:
    """One round of deliveries by one runner."""

    here: Office
    channel: Channel
    letterhead: Letterhead
    renew: Renew
    machine_now: Callable[[], datetime] = real_now
    counts: Counter[str] = field(default_factory=Counter)
    closed: str | None = None
    """Why the channel takes nothing any more."""
    unsettled: Result | None = None
    """What became of the last message, not written down yet."""
    claimed: list[NoticeId] = field(default_factory=list)
    """What is ours to send."""
    renewed: float = field(default_factory=monotonic)

    def go(self) -> Changed:
        """Claim and send, until nothing is due or it was enough for one run.

        While nothing can be sent all that is due is sorted in one run: what is claimed stays so as long as its
        lease, and whoever is told by telephone stands behind it.
        """
        with reading(self.here.engine) as session:
            rules = house_rules(session).notices
        self._tidy(rules)
        seen = 0
        leased_until = self.machine_now() + delivering.LEASE
        while seen < MOST_IN_A_RUN or (self.closed is not None and self.machine_now() < leased_until):
            self._keep_slot()
            sorted_out = self._claim(rules)
            if sorted_out.claimed == 0:
                break
            seen += sorted_out.claimed
            if sorted_out.to_send and self.closed is None:
                self._open()
            self._send_all(sorted_out.to_send, rules)
        self._give_back()
        return self._told()

    def _tidy(self, rules: NoticeRules) -> None:
        with transaction(self.here.engine) as session:
            tidied = delivering.tidy(
                session,
                rules,
                now=self.here.clock.now(),
                machine_now=self.machine_now(),
                zone=self.here.settings.zone,
            )
        self.counts["notices_uncertain"] += tidied.uncertain
        self.counts["notices_expired"] += tidied.expired

    def _claim(self, rules: NoticeRules) -> delivering.Sorted:
        with transaction(self.here.engine) as session:
            sorted_out = delivering.claim(
                session,
                rules,
                runner=self.here.runner,
                now=self.here.clock.now(),
                machine_now=self.machine_now(),
                zone=self.here.settings.zone,
                at_most=AT_ONCE if self.closed is None else AWAY_AT_ONCE,
            )
        self.claimed += sorted_out.to_send
        self.counts["notices_to_call"] += sorted_out.to_call
        self.counts["notices_expired"] += sorted_out.expired
        return sorted_out

    def _send_all(self, notice_ids: Sequence[NoticeId], rules: NoticeRules) -> None:
        """One after the other. What became of one is written down in the transaction that marks the next."""
        try:
            for notice_id in notice_ids:
                if self.closed is not None:
                    break
                self._keep_slot()
                if (sending := self._begin(notice_id, rules)) is not None:
                    self.unsettled = self._send(sending)
        finally:
            self._settle_last(rules)

    def _open(self) -> None:
        try:
            self.channel.open()
        except Unreachable as error:
            self.closed = str(error)

    def _begin(self, notice_id: NoticeId, rules: NoticeRules) -> Sending | None:
        now = self.here.clock.now()
        with transaction(self.here.engine) as session:
            state = self._settle(session, rules)
            sending = delivering.begin(
                session,
                notice_id,
                self.letterhead,
                runner=self.here.runner,
                now=now,
                machine_now=self.machine_now(),
            )
        self._count(state)
        return sending

    def _send(self, sending: Sending) -> Result:
        try:
            self.channel.send(sending.message)
        except Unreachable as error:
            self.closed = str(error)
            return Result(sending, DeliveryResult.FAILED, str(error), counts=False)
        except NotSent as error:
            result = DeliveryResult.REFUSED if error.permanent else DeliveryResult.FAILED
            return Result(sending, result, str(error))
        except Doubtful as error:
            return Result(sending, DeliveryResult.UNCERTAIN, str(error))
        return Result(sending, DeliveryResult.SENT)

    def _keep_slot(self) -> None:
        """Renew the slot's lease now and then: a server may take half a minute for each message."""
        if monotonic() - self.renewed >= RENEW_EVERY_SECONDS:
            self.renew()
            self.renewed = monotonic()

    def _settle_last(self, rules: NoticeRules) -> None:
        with transaction(self.here.engine) as session:
            state = self._settle(session, rules)
        self._count(state)

    def _settle(self, session: Session, rules: NoticeRules) -> NoticeState | None:
        """Write down what became of the last message. It is forgotten only when that is committed: see `_count`."""
        if self.unsettled is None:
            return None
        return delivering.settle(session, self.unsettled, rules, now=self.here.clock.now())

    def _count(self, state: NoticeState | None) -> None:
        self.unsettled = None
        if state is not None and state in _COUNTED:
            self.counts[_COUNTED[state]] += 1

    def _give_back(self) -> None:
        """The mail is away: others may try what we claimed, and what cannot wait is called about."""
        with transaction(self.here.engine) as session:
            delivering.release(session, self.claimed, runner=self.here.runner)
            if self.closed is not None:
                now = self.here.clock.now()
                self.counts["notices_to_call"] += delivering.call_instead(session, now=now, why=self.closed)

    def _told(self) -> Changed:
        troubles = [
            Trouble(f"notices.trouble_{word}", {"count": count})
            for word in ("failed", "uncertain")
            if (count := self.counts[f"notices_{word}"])
        ]
        if self.closed is not None:
            troubles.insert(0, Trouble("notices.trouble_server", {"error": self.closed}))
        return Changed(dict(self.counts), troubles)
