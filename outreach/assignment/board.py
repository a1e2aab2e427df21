"""Who is on what while it is being chosen: the people, the work, and what speaks for whom.

A set of people is one whole number with a bit for each, so that tens of thousands of places are filled in a second. Bit
0 is whoever did least of late: of two with equal points the one who rested longer is asked.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache

from models.base import ActivityId, PersonId
from outreach.assignment.places import ANY_ROLE
from outreach.house_rules import AssignmentRules

People = int
"""A set of people, a bit for each by their place in `Crowd.volunteers`."""
Month = tuple[int, int]
Standing = tuple[int, int, int, bool, int]
"""What decides between two who could take a place, in its order; see `Board.standing`."""

NOBODY: People = 0
_WHOLE = 1000
"""A load is told in thousandths of what is usual in a month."""
_COVERED_EXACTLY = 6
"""With more skills missing than this, who brings most of them comes first; with fewer every way is looked at."""


class Cause(StrEnum):
    """Why somebody, or nobody, is asked; `assignment.passed_…` and `assignment.unfilled_…` in the catalogues say it."""

    ON_IT = "on_it"
    DECLINED = "declined"
    """Said no to this activity, or was withdrawn from it."""
    SERVED = "served"
    NOT_THERE = "not_there"
    """No volunteer that day, away, frozen, or not of age."""
    FAR = "far"
    """Neither of the campaign's team nor of its units."""
    SKILL = "skill"
    AWAY = "away"
    """The hours they named do not fit."""
    OVERLAP = "overlap"
    LIMIT = "limit"
    ADULTS = "adults"
    """Too few adults could go with minors, so nobody goes."""


class FavourKind(StrEnum):
    """What speaks for somebody, apart from an even load."""

    TEAM = "team"
    CONTINUITY = "continuity"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class Volunteer:
    """Somebody who may be asked, at most so often a month."""

    id: PersonId
    limit: int | None = None
    code: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Everybody who may be asked, who did least of late first, and who of them has which skill."""

    volunteers: Sequence[Volunteer]
    skills: Mapping[str, People] = field(default_factory=dict)

    def set_of(self, people: Iterable[PersonId]) -> People:
        """The set of these people, as far as they may be asked at all."""
        wanted = frozenset(people)
        return sum(1 << bit for bit, each in enumerate(self.volunteers) if each.id in wanted)


@dataclass(frozen=True, slots=True)
class Favour:
    """What speaks for some of the people: so many hundredths of the kind's weight."""

    kind: FavourKind
    people: People
    percent: int = 100


@dataclass(frozen=True, slots=True)
class Work:
    """An activity with open places."""

    id: ActivityId
    day: date
    open: Mapping[str, int]
    """How many are missing, by role."""
    fit: People
    """Who meets every condition that does not depend on what else they are asked to."""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    skills: Sequence[str] = ()
    """Those wanted of all who come together, and that nobody brings who comes already."""
    least: int = 0
    """If fewer than so many could be asked, nobody is: two adults with minors, or none."""
    favours: Sequence[Favour] = ()
    suited: Mapping[str, People] = field(default_factory=dict)
    """Whom a role suits: they lead, have held it, or have the skill of its name."""

    @property
    def month(self) -> Month:
        return (self.day.year, self.day.month)


@dataclass(frozen=True, slots=True)
class Booking:
    """Something that somebody is counted on for already."""

    people: People
    day: date
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pick:
    """Somebody chosen for a place."""

    activity_id: ActivityId
    role: str
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class Gap:
    """Places that stay open, and why: a cause, and how many people it keeps away."""

    activity_id: ActivityId
    role: str
    places: int
    cause: Cause | None
    """None where the conditions that are known beforehand leave nobody: whoever gathered them knows which."""
    count: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """Who is asked to what, and what stays open."""

    picks: Sequence[Pick]
    gaps: Sequence[Gap]


class Board:
    """Who is on what while it is being chosen. Work is named by its place in `works`, people by their bit."""

    def __init__(
        self, crowd: Crowd, works: Sequence[Work], bookings: Iterable[Booking], rules: AssignmentRules
    ) -> None:
        self.crowd = crowd
        self.works = sorted(works, key=lambda work: (work.day, work.id))
        self.rules = rules
        self.picks: list[dict[int, str]] = [{} for _ in self.works]
        """Of each work the people chosen, with the role."""
        self.on: list[People] = [NOBODY] * len(self.works)
        self.holes: list[list[str]] = [[] for _ in self.works]
        """The roles that nobody was found for."""
        self.picked_for: list[list[int]] = [[] for _ in crowd.volunteers]
        """Of each person the work they are chosen for."""
        self._done: list[tuple[bool, int, str, int]] = []
        self._loads: dict[Month, MonthLoad] = {}
        self._rank: dict[tuple[int, str], list[tuple[int, People]]] = {}
        self._booked_on: dict[date, People] = defaultdict(int)
        self._that_day: dict[date, People] = defaultdict(int)
        booked = list(bookings)
        timed: list[Work | Booking] = [*self.works, *booked]
        instants = {instant for each in timed for instant in (each.starts_at, each.ends_at)}
        self._cuts = sorted(instant for instant in instants if instant is not None)
        self._busy: list[People] = [NOBODY] * len(self._cuts)
        self._spans = [self._span(work) for work in self.works]
        for each in booked:
            self._book(each)

    # What is so.

    def load(self, month: Month) -> "MonthLoad":
        """How much everybody does in a month."""
        if month not in self._loads:
            self._loads[month] = MonthLoad(self.crowd.volunteers, self.rules.usual_per_month)
        return self._loads[month]

    def busy(self, work: int) -> People:
        """Who is somewhere else while it takes place."""
        people = NOBODY
        for span in self._spans[work]:
            people |= self._busy[span]
        return people

    def free(self, work: int) -> People:
        """Who could be put on it now."""
        kept_away = self.on[work] | self.load(self.works[work].month).full | self.busy(work)
        return self.works[work].fit & ~kept_away

    def time(self, work: int) -> range:
        """When it takes place, as the pieces of time between one beginning or end and the next."""
        return self._spans[work]

    def overlap(self, one: int, other: int) -> bool:
        """Whether two works take place at one time."""
        mine, theirs = self._spans[one], self._spans[other]
        return mine.start < theirs.stop and theirs.start < mine.stop

    def is_kept_only_by(self, bit: int, work: int, other: int) -> bool:
        """Whether somebody would have time for this work but for the other one."""
        theirs = self._spans[other]
        return all(span in theirs or not self._busy[span] >> bit & 1 for span in self._spans[work])

    def missing_skills(self, work: int, on: People | None = None) -> list[str]:
        """The skills that are wanted and that nobody of these (of those on it) brings."""
        people = self.on[work] if on is None else on
        return [skill for skill in self.works[work].skills if not people & self.crowd.skills.get(skill, 0)]

    def best(self, work: int, role: str, people: People) -> int | None:
        """Of these people the one with the most points for a place; with equal points who rested longest."""
        best, most = None, 0
        load, weight = self.load(self.works[work].month), self.rules.weight_load
        for points, ranked in self._ranks(work, role):
            if best is not None and (points + weight) * _WHOLE <= most:
                break
            among = ranked & people
            if not among:
                continue
            share, least_loaded = load.least(among)
            worth = points * _WHOLE + weight * (_WHOLE - share)
            if best is None or worth > most:
                best, most = self.rested(work, least_loaded), worth
        return best

    def standing(self, work: int, role: str, bit: int) -> "Standing":
        """Where somebody stands among all who could take a place; the lower, the sooner they are asked."""
        points = next(points for points, people in self._ranks(work, role) if people >> bit & 1)
        share = self.load(self.works[work].month).share(bit)
        is_elsewhere = bool(self._that_day.get(self.works[work].day, 0) >> bit & 1)
        return (*self._worth(points, share), share, is_elsewhere, bit)

    def standing_with_nothing(self, bit: int) -> "Standing":
        """Where somebody stands for whom nothing speaks, and who has nothing to do in that month."""
        return (*self._worth(0, 0), 0, False, bit)

    def peers(self, work: int, role: str, bit: int) -> People:
        """For whom as much speaks as for this one, load apart."""
        return next((people for _, people in self._ranks(work, role) if people >> bit & 1), NOBODY)

    def in_order(self, work: int, role: str, people: People) -> Iterator[int]:
        """These people, the one with the most points first."""
        while people and (bit := self.best(work, role, people)) is not None:
            yield bit
            people &= ~(1 << bit)

    # What is done.

    def put(self, work: int, role: str, bit: int) -> None:
        """Somebody is asked to something."""
        self._done.append((True, work, role, bit))
        self._put(work, role, bit)

    def take(self, work: int, bit: int) -> str:
        """Somebody who was chosen is not; the role that is open again."""
        role = self._take(work, bit)
        self._done.append((False, work, role, bit))
        return role

    def mark(self) -> int:
        """A moment to which `undo` can go back."""
        return len(self._done)

    def undo(self, mark: int) -> None:
        """Let everybody stand as they stood then; which roles nobody was found for is the caller's."""
        while len(self._done) > mark:
            was_put, work, role, bit = self._done.pop()
            if was_put:
                self._take(work, bit)
            else:
                self._put(work, role, bit)

    def fill_all(self) -> None:
        """Fill what can be filled: the work with the fewest people for each place first."""

        def scarcity(work: int) -> tuple[float, int]:
            return (self.free(work).bit_count() / max(1, sum(self.works[work].open.values())), work)

        for work in sorted(range(len(self.works)), key=scarcity):
            self._fill(work)

    def clear_if_too_few(self, work: int) -> bool:
        """Ask nobody where too few could be asked; whether somebody is free again by that."""
        if len(self.picks[work]) >= self.works[work].least:
            return False
        freed = list(self.picks[work])
        for bit in freed:
            self.holes[work].append(self.take(work, bit))
        return bool(freed)

    def choice(self) -> Choice:
        """What was chosen, in the order of days."""
        picks = [
            Pick(work.id, role, self.crowd.volunteers[bit].id)
            for work, chosen in zip(self.works, self.picks, strict=True)
            for bit, role in sorted(chosen.items())
        ]
        gaps = [
            self._gap(work, role)
            for work in range(len(self.works))
            for role in dict.fromkeys(self.holes[work])
        ]
        return Choice(picks, gaps)

    def _put(self, work: int, role: str, bit: int) -> None:
        one = 1 << bit
        self.picks[work][bit] = role
        self.on[work] |= one
        self.picked_for[bit].append(work)
        self._that_day[self.works[work].day] |= one
        self.load(self.works[work].month).add(bit)
        for span in self._spans[work]:
            self._busy[span] |= one

    def _take(self, work: int, bit: int) -> str:
        one, day = 1 << bit, self.works[work].day
        role = self.picks[work].pop(bit)
        self.on[work] &= ~one
        self.picked_for[bit].remove(work)
        if not (self._booked_on[day] & one or any(self.works[w].day == day for w in self.picked_for[bit])):
            self._that_day[day] &= ~one
        self.load(self.works[work].month).remove(bit)
        for span in self._spans[work]:
            self._busy[span] &= ~one
        return role

    def _fill(self, work: int) -> None:
        roles = [role for role, places in self.works[work].open.items() for _ in range(places)]
        # The places for anybody come last: a role has fewer to choose from.
        roles.sort(key=lambda role: role == ANY_ROLE)
        for turn, role in enumerate(roles):
            people = self._keeping_skills(work, self.free(work), len(roles) - turn)
            bit = self.best(work, role, people)
            if bit is None:
                self.holes[work].append(role)
            else:
                self.put(work, role, bit)

    def _keeping_skills(self, work: int, people: People, places: int) -> People:
        """Of these people those after whom the others can still bring as many skills as can be brought at all."""
        missing = self.missing_skills(work) if self.works[work].skills else []
        if not missing or not people:
            return people
        profiles = self._profiles(missing, people)
        if len(missing) > _COVERED_EXACTLY:
            most = max(profile.bit_count() for profile in profiles)
            return _united(each for profile, each in profiles.items() if profile.bit_count() == most)
        everything, brought = (1 << len(missing)) - 1, tuple(sorted(profiles))
        most = _most_covered(everything, places, brought)
        return _united(
            each
            for profile, each in profiles.items()
            if profile.bit_count() + _most_covered(everything & ~profile, places - 1, brought) == most
        )

    def _profiles(self, missing: Sequence[str], people: People) -> dict[int, People]:
        """The people by which of the missing skills they have, a bit for each skill."""
        profiles = {0: people}
        for number, skill in enumerate(missing):
            able = self.crowd.skills.get(skill, 0)
            split = {profile | 1 << number: each & able for profile, each in profiles.items()}
            profiles = {profile: each & ~able for profile, each in profiles.items()} | split
            profiles = {profile: each for profile, each in profiles.items() if each}
        return profiles

    def rested(self, work: int, people: People) -> int:
        """Of these people one who has nothing else that day, if there is one; the first who did least of late."""
        rested = people & ~self._that_day.get(self.works[work].day, 0) or people
        return (rested & -rested).bit_length() - 1

    def _ranks(self, work: int, role: str) -> list[tuple[int, People]]:
        """Who fits, by the points that do not depend on load, most first."""
        key = (work, role)
        if key not in self._rank:
            asked = self.works[work]
            favours = [*asked.favours, Favour(FavourKind.ROLE, asked.suited.get(role, 0))]
            ranks: dict[int, People] = {0: asked.fit}
            for favour in favours:
                points = self._weight(favour.kind) * favour.percent // 100
                if favour.people and points:
                    split: dict[int, People] = defaultdict(int)
                    for had, people in ranks.items():
                        split[had + points] |= people & favour.people
                        split[had] |= people & ~favour.people
                    ranks = split
            self._rank[key] = sorted(((points, each) for points, each in ranks.items() if each), reverse=True)
        return self._rank[key]

    def _worth(self, points: int, share: int) -> tuple[int, int]:
        """All the points with those for an empty month, and those without it, both less than nothing."""
        return -(points * _WHOLE + self.rules.weight_load * (_WHOLE - share)), -points

    def _weight(self, kind: FavourKind) -> int:
        match kind:
            case FavourKind.TEAM:
                return self.rules.weight_team
            case FavourKind.CONTINUITY:
                return self.rules.weight_continuity
            case FavourKind.ROLE:
                return self.rules.weight_role

    def _gap(self, work: int, role: str) -> Gap:
        asked, places = self.works[work], self.holes[work].count(role)
        others = asked.fit & ~self.on[work]
        if not asked.fit:
            return Gap(asked.id, role, places, None)
        if asked.least and not self.picks[work]:
            return Gap(asked.id, role, places, Cause.ADULTS, asked.least)
        if not others:
            return Gap(asked.id, role, places, Cause.ON_IT, asked.fit.bit_count())
        full = others & self.load(asked.month).full
        busy = others & ~full
        if full.bit_count() >= busy.bit_count():
            return Gap(asked.id, role, places, Cause.LIMIT, full.bit_count())
        return Gap(asked.id, role, places, Cause.OVERLAP, busy.bit_count())

    def _span(self, timed: Work | Booking) -> range:
        """The pieces of time, between one cut and the next, that something takes; none for whole days."""
        if timed.starts_at is None or timed.ends_at is None:
            return range(0)
        return range(bisect_left(self._cuts, timed.starts_at), bisect_left(self._cuts, timed.ends_at))

    def _book(self, booking: Booking) -> None:
        self._booked_on[booking.day] |= booking.people
        self._that_day[booking.day] |= booking.people
        load = self.load((booking.day.year, booking.day.month))
        for bit in bits(booking.people):
            load.add(bit)
        for span in self._span(booking):
            self._busy[span] |= booking.people


class MonthLoad:
    """How much everybody does in one month, and who has reached their limit."""

    def __init__(self, volunteers: Sequence[Volunteer], usual: int) -> None:
        self._limits = [each.limit for each in volunteers]
        self._usual = usual
        self._counts = [0] * len(volunteers)
        self._shares = [0]
        everybody = (1 << len(volunteers)) - 1
        self._with_share: dict[int, People] = {0: everybody}
        self.full: People = sum(1 << bit for bit, each in enumerate(volunteers) if each.limit == 0)

    def count(self, bit: int) -> int:
        """How often somebody is counted on."""
        return self._counts[bit]

    def share(self, bit: int) -> int:
        """How much somebody does that month, in thousandths of what is usual; may be more than that."""
        return _WHOLE * self._counts[bit] // self._usual

    def share_with_one_more(self, bit: int) -> int:
        """The same after one activity more."""
        return _WHOLE * (self._counts[bit] + 1) // self._usual

    def least(self, people: People) -> tuple[int, People]:
        """Of these people those who do least that month; their share in thousandths."""
        for share in self._shares:
            if among := people & self._with_share[share]:
                return share, among
        raise ValueError("nobody to choose from")

    def add(self, bit: int) -> None:
        self._change(bit, 1)

    def remove(self, bit: int) -> None:
        self._change(bit, -1)

    def _change(self, bit: int, by: int) -> None:
        one, limit = 1 << bit, self._limits[bit]
        self._with_share[self.share(bit)] &= ~one
        self._counts[bit] += by
        share = self.share(bit)
        if share not in self._with_share:
            self._with_share[share] = NOBODY
            insort(self._shares, share)
        self._with_share[share] |= one
        if limit is not None:
            self.full = self.full | one if self._counts[bit] >= limit else self.full & ~one


def bits(people: People) -> Iterator[int]:
    """The people of a set, one by one."""
    while people:
        lowest = people & -people
        yield lowest.bit_length() - 1
        people ^= lowest


def _united(sets: Iterable[People]) -> People:
    people = NOBODY
    for each in sets:
        people |= each
    return people


@lru_cache(maxsize=4096)
def _most_covered(missing: int, places: int, profiles: tuple[int, ...]) -> int:
    """How many of the missing skills people of these profiles can bring, so many places given."""
    if not missing or places <= 0:
        return 0
    return max(
        (
            (profile & missing).bit_count() + _most_covered(missing & ~profile, places - 1, profiles)
            for profile in profiles
            if profile & missing
        ),
        default=0,
    )
