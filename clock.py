"""The one reader of the clock. Edges ask it once and hand the answer down as `now`.

A rehearsal sets `YINLING_NOW`. A command then runs wholly at that instant (`stands still`); a serving process begins
there and runs on. What one `yinling up` starts must agree on the time, restarted processes included: the supervisor
fixes an anchor, "at this real instant it is that program instant", and hands it to every process it starts as
`YINLING_CLOCK_ANCHOR`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

ANCHOR_VARIABLE = "YINLING_CLOCK_ANCHOR"


def real_now() -> datetime:
    """The machine's own time, aware, in UTC. For leases and logs of processes; everything else asks a `Clock`."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A pair of aware instants: when the program's clock showed `program`, the machine's showed `real`."""

    program: datetime
    real: datetime

    @classmethod
    def parse(cls, text: str) -> "Anchor":
        """Read `PROGRAM|REAL`, two ISO 8601 instants with offset; ValueError for anything else."""
        program, bar, real = text.partition("|")
        anchor = cls(datetime.fromisoformat(program), datetime.fromisoformat(real)) if bar else None
        if anchor is None or anchor.program.tzinfo is None or anchor.real.tzinfo is None:
            raise ValueError(f"not a clock anchor: {text!r}")
        return anchor

    def __str__(self) -> str:
        return f"{self.program.astimezone(UTC).isoformat()}|{self.real.astimezone(UTC).isoformat()}"


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is for the program: the machine's time, a fixed instant, or a rehearsal that runs on."""

    anchor: Anchor | None = None
    stands_still: bool = False
    machine: Callable[[], datetime] = field(default=real_now, repr=False)

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        if self.anchor is None:
            return self.machine().astimezone(UTC)
        if self.stands_still:
            return self.anchor.program.astimezone(UTC)
        return self.anchor.program.astimezone(UTC) + (self.machine() - self.anchor.real)

    def today(self, zone: ZoneInfo) -> date:
        """The present day of a zone."""
        return self.now().astimezone(zone).date()

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a process started from here shares this clock; none in real time."""
        return {} if self.anchor is None else {ANCHOR_VARIABLE: str(self.anchor)}


def command_clock(
    now: datetime | None, anchor: str | None = None, *, machine: Callable[[], datetime] = real_now
) -> Clock:
    """The clock of a command: it stands still at `now`; within a running rehearsal, at the rehearsal's instant.

    Both arguments come from the settings `now` and `clock_anchor`; without either it is real time, also standing
    still, so that a command knows one instant from its beginning to its end.
    """
    instant = serving_clock(now, anchor, machine=machine).now()
    return Clock(Anchor(program=instant, real=machine()), stands_still=True, machine=machine)


def serving_clock(
    now: datetime | None, anchor: str | None = None, *, machine: Callable[[], datetime] = real_now
) -> Clock:
    """The clock of a serving process: real time, or a rehearsal that begins at `now` and runs on.

    An anchor, handed down by `yinling up`, comes before `now`: the process joins the clock of the others.
    """
    if anchor is not None:
        return Clock(Anchor.parse(anchor), machine=machine)
    if now is not None:
        return Clock(Anchor(program=now, real=machine()), machine=machine)
    return Clock(machine=machine)
