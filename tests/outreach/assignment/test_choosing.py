"""Choosing for a whole window, without a database: conditions that are never broken, and what the repair adds."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.assignment.board import (
    Board,
    Booking,
    Cause,
    Choice,
    Crowd,
    Favour,
    FavourKind,
    Volunteer,
    Work,
)
from outreach.assignment.choosing import choose
from outreach.house_rules import AssignmentRules

RULES = AssignmentRules()
DAY = date(2026, 10, 8)
SKILLS = ("农技", "书法", "医护")
DAYS = (DAY, date(2026, 10, 9), date(2026, 10, 31), date(2026, 11, 1))


def crowd(*limits: int | None, **skills: int) -> Crowd:
    """People 1, 2 …, each with a limit; skills by the bits of who has them."""
    return Crowd([Volunteer(number, limit) for number, limit in enumerate(limits, 1)], skills)


def work(number: int, fit: int, places: int = 1, *, day: date = DAY, hour: int | None = None, **more) -> Work:
    starts_at = None if hour is None else datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    ends_at = None if starts_at is None else starts_at + timedelta(hours=2)
    return Work(number, day, {"any": places}, fit, starts_at, ends_at, **more)


def chosen(choice: Choice) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for pick in choice.picks:
        found.setdefault(pick.activity_id, set()).add(pick.person_id)
    return found


def choose_greedily(people, works, booked=(), *, rules):
    """The same without repair: what the repair is measured against."""
    board = Board(people, works, booked, rules)
    board.fill_all()
    for number in range(len(board.works)):
        board.clear_if_too_few(number)
    return board.choice()


# What holds whatever is to be chosen


@st.composite
def situations(draw, *, timed: bool = True, minors: bool = True, skilled: bool = True):
    people = draw(st.integers(0, 6))
    everybody = (1 << people) - 1
    sets = st.integers(0, everybody)
    limits = draw(st.lists(st.none() | st.integers(0, 3), min_size=people, max_size=people))
    skills = {skill: draw(sets) for skill in SKILLS} if skilled else {}
    works = []
    for number in range(draw(st.integers(0, 6))):
        places = draw(st.integers(1, 3))
        wanted = draw(st.lists(st.sampled_from(SKILLS), unique=True)) if skilled else []
        fit = draw(sets)
        if wanted:
            able = 0
            for skill in wanted:
                able |= skills[skill]
            fit &= able
        works.append(
            work(
                number,
                fit,
                places,
                day=draw(st.sampled_from(DAYS)),
                hour=draw(st.none() | st.integers(8, 11)) if timed else None,
                skills=wanted,
                least=draw(st.integers(0, places)) if minors else 0,
                favours=[
                    Favour(FavourKind.TEAM, draw(sets)),
                    Favour(FavourKind.CONTINUITY, draw(sets), draw(st.sampled_from([60, 100]))),
                ],
            )
        )
    booked = [
        Booking(draw(sets), each.day, each.starts_at, each.ends_at)
        for each in draw(
            st.lists(
                st.builds(
                    lambda day, hour: work(0, 0, day=day, hour=hour),
                    st.sampled_from(DAYS),
                    st.none() | st.integers(8, 11),
                ),
                max_size=2,
            )
        )
    ]
    return Crowd([Volunteer(number + 1, limit) for number, limit in enumerate(limits)], skills), works, booked


def broken(people: Crowd, works: Sequence[Work], booked: Sequence[Booking], choice: Choice) -> list[str]:
    """Every hard condition that a choice breaks."""
    found = []
    bit_of = {each.id: bit for bit, each in enumerate(people.volunteers)}
    by_id = {each.id: each for each in works}
    on = chosen(choice)
    if sum(len(each) for each in on.values()) != len(choice.picks):
        found.append("somebody twice on one activity")
    for activity, persons in on.items():
        asked = by_id[activity]
        if any(not asked.fit >> bit_of[person] & 1 for person in persons):
            found.append("somebody who does not fit")
        if len(persons) < asked.least:
            found.append("fewer than must go together")
        roles = Counter(pick.role for pick in choice.picks if pick.activity_id == activity)
        if any(count > asked.open.get(role, 0) for role, count in roles.items()):
            found.append("more than there are places")
    for person in people.volunteers:
        one = 1 << bit_of[person.id]
        mine = [by_id[activity] for activity, persons in on.items() if person.id in persons]
        before = [each for each in booked if each.people & one]
        months = Counter((each.day.year, each.day.month) for each in (*mine, *before))
        asked_in = {each.month for each in mine}
        if person.limit is not None and any(months[month] > person.limit for month in asked_in):
            found.append("somebody above their limit")
        for each in mine:
            others = [other for other in (*mine, *before) if other is not each]
            if any(_overlap(each, other) for other in others):
                found.append("somebody at two places at once")
    return found


def _overlap(one: Work, other: Work | Booking) -> bool:
    if None in (one.starts_at, other.starts_at):
        return False
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


@given(situations())
def test_no_hard_condition_is_ever_broken(situation):
    people, works, booked = situation
    assert broken(people, works, booked, choose(people, works, booked, rules=RULES)) == []


@given(situations())
def test_what_is_open_is_filled_or_told_with_a_cause(situation):
    people, works, booked = situation
    choice = choose(people, works, booked, rules=RULES)
    told = Counter(pick.activity_id for pick in choice.picks)
    for gap in choice.gaps:
        told[gap.activity_id] += gap.places
    assert told == Counter({each.id: sum(each.open.values()) for each in works})


@given(situations(), st.randoms())
def test_the_order_in_which_work_is_told_changes_nothing(situation, chance):
    people, works, booked = situation
    shuffled = list(works)
    chance.shuffle(shuffled)
    assert choose(people, works, booked, rules=RULES) == choose(people, shuffled, booked, rules=RULES)


@given(situations())
def test_choosing_again_fills_nothing_more(situation):
    people, works, booked = situation
    first = choose(people, works, booked, rules=RULES)
    bit_of = {each.id: bit for bit, each in enumerate(people.volunteers)}
    on, left = chosen(first), []
    for each in works:
        here = sum(1 << bit_of[person] for person in on.get(each.id, ()))
        brought = {skill for skill, able in people.skills.items() if able & here}
        count = here.bit_count()
        left.append(
            replace(
                each,
                fit=each.fit & ~here,
                open={"any": each.open["any"] - count},
                least=max(0, each.least - count),
                skills=[skill for skill in each.skills if skill not in brought],
            )
        )
        booked = [*booked, Booking(here, each.day, each.starts_at, each.ends_at)]
    assert choose(people, left, booked, rules=RULES).picks == []


@given(situations())
def test_repairing_never_fills_less_than_the_greedy_choice(situation):
    people, works, booked = situation
    repaired = choose(people, works, booked, rules=RULES)
    assert len(repaired.picks) >= len(choose_greedily(people, works, booked, rules=RULES).picks)


@given(situations(timed=False, minors=False, skilled=False))
def test_where_nothing_overlaps_as_many_places_are_filled_as_can_be(situation):
    people, works, booked = situation
    choice = choose(people, works, booked, rules=RULES)
    assert len(choice.picks) == _most(people, works, booked)


@given(
    st.integers(3, 6).flatmap(
        lambda people: st.lists(
            st.lists(st.integers(0, people - 1), min_size=2, max_size=2, unique=True),
            min_size=3,
            max_size=people,
        ).map(lambda pairs: (people, pairs))
    )
)
def test_where_people_are_scarce_chains_find_every_place_that_can_be_filled(scarce):
    count, pairs = scarce
    people = crowd(*[1] * count)
    works = [work(number, 1 << one | 1 << other) for number, (one, other) in enumerate(pairs)]
    assert len(choose(people, works, rules=RULES).picks) == _most(people, works, [])


@given(situations(timed=False, minors=False))
def test_skills_never_cost_a_place(situation):
    people, works, booked = situation
    choice = choose(people, works, booked, rules=RULES)
    assert len(choice.picks) == _most(people, works, booked)


def _most(people: Crowd, works: Sequence[Work], booked: Sequence[Booking]) -> int:
    """How many places can be filled where people have a limit in each month: chains, one person after the other."""
    room: dict[tuple[int, tuple[int, int]], int] = {}
    for bit, person in enumerate(people.volunteers):
        for month in {each.month for each in works}:
            had = sum(each.people >> bit & 1 for each in booked if (each.day.year, each.day.month) == month)
            room[bit, month] = 99 if person.limit is None else max(0, person.limit - had)
    taken: dict[tuple[int, tuple[int, int]], list[tuple[Work, int]]] = {key: [] for key in room}

    def place(asked: Work, seen: set) -> bool:
        for bit in range(len(people.volunteers)):
            key = (bit, asked.month)
            if not asked.fit >> bit & 1 or (asked.id, bit) in on or key in seen:
                continue
            seen.add(key)
            if len(taken[key]) < room[key]:
                taken[key].append((asked, bit))
                on.add((asked.id, bit))
                return True
            for held in list(taken[key]):
                if held[0].id == asked.id:
                    continue
                taken[key].remove(held)
                on.remove((held[0].id, bit))
                taken[key].append((asked, bit))
                on.add((asked.id, bit))
                if place(held[0], seen):
                    return True
                taken[key].remove((asked, bit))
                on.remove((asked.id, bit))
                taken[key].append(held)
                on.add((held[0].id, bit))
        return False

    on: set[tuple[int, int]] = set()
    return sum(place(each, set()) for each in works for _ in range(each.open["any"]))


@given(situations(timed=False, minors=False))
def test_where_one_activity_is_chosen_for_its_skills_come_together_if_they_can(situation):
    people, works, _ = situation
    for each in works:
        choice = choose(people, [each], rules=RULES)
        here = [p.person_id - 1 for p in choice.picks]
        able = [
            bit for bit, person in enumerate(people.volunteers) if each.fit >> bit & 1 and person.limit != 0
        ]
        places = min(each.open["any"], len(able))
        assert len(here) == places
        best = max((_brought(people, each, some) for some in combinations(able, places)), default=0)
        assert _brought(people, each, here) == best


def _brought(people: Crowd, asked: Work, bits: Sequence[int]) -> int:
    return sum(any(people.skills[skill] >> bit & 1 for bit in bits) for skill in asked.skills)


# What is preferred, and what is told


def test_the_own_team_comes_first():
    asked = work(1, 0b11, favours=[Favour(FavourKind.TEAM, 0b10)])
    assert chosen(choose(crowd(4, 4), [asked], rules=RULES)) == {1: {2}}


def test_knowing_those_served_is_worth_more_than_an_even_load():
    asked = work(1, 0b11, favours=[Favour(FavourKind.CONTINUITY, 0b10, 60)])
    booked = [Booking(0b10, DAYS[1])] * 3
    assert chosen(choose(crowd(4, 4), [asked], booked, rules=RULES)) == {1: {2}}


def test_the_supporter_comes_before_others_who_know_them():
    favours = [Favour(FavourKind.CONTINUITY, 0b01, 85), Favour(FavourKind.CONTINUITY, 0b10)]
    assert chosen(choose(crowd(4, 4), [work(1, 0b11, favours=favours)], rules=RULES)) == {1: {2}}


def test_a_role_goes_to_whom_it_suits():
    asked = replace(work(1, 0b11), open={"leader": 1}, suited={"leader": 0b10})
    (pick,) = choose(crowd(4, 4), [asked], rules=RULES).picks
    assert (pick.role, pick.person_id) == ("leader", 2)


def test_who_does_less_that_month_is_asked_first_however_much_they_offer():
    booked = [Booking(0b01, DAYS[1]), Booking(0b01, DAYS[2]), Booking(0b10, DAYS[1])]
    assert chosen(choose(crowd(8, 3), [work(1, 0b11)], booked, rules=RULES)) == {1: {2}}


def test_a_team_goes_first_until_its_members_do_far_more_than_others():
    favours = [Favour(FavourKind.TEAM, 0b01)]
    asked = [work(1, 0b11, favours=favours)]
    some, many = ([Booking(0b01, DAYS[1])] * times for times in (4, 6))
    assert chosen(choose(crowd(20, 20), asked, some, rules=RULES)) == {1: {1}}
    assert chosen(choose(crowd(20, 20), asked, many, rules=RULES)) == {1: {2}}


def test_of_two_alike_who_did_less_of_late_is_asked():
    assert chosen(choose(crowd(4, 4), [work(1, 0b11)], rules=RULES)) == {1: {1}}


def test_who_has_nothing_else_that_day_is_asked_before_who_has():
    booked = [Booking(0b01, DAY), Booking(0b10, DAYS[1])]
    assert chosen(choose(crowd(4, 4), [work(1, 0b11)], booked, rules=RULES)) == {1: {2}}


def test_a_weight_of_nothing_leaves_the_load_to_decide():
    asked = work(1, 0b11, favours=[Favour(FavourKind.TEAM, 0b10)])
    rules = replace(RULES, weight_team=0)
    assert chosen(choose(crowd(4, 4), [asked], [Booking(0b10, DAYS[1])], rules=rules)) == {1: {1}}


def test_whole_days_have_no_time_to_overlap_and_hours_that_touch_do_not_either():
    works = [work(1, 0b1), work(2, 0b1), work(3, 0b1, hour=8), work(4, 0b1, hour=10)]
    assert len(choose(crowd(None), works, rules=RULES).picks) == 4
    assert len(choose(crowd(None), [*works, work(5, 0b1, hour=9)], rules=RULES).picks) == 4


def test_a_chain_frees_somebody_for_a_place_that_stayed_open():
    works = [work(1, 0b011), work(2, 0b110), work(3, 0b011)]
    people = crowd(1, 1, 1)
    # The first and the second are spent when the third comes; only the second's place can go to another.
    assert len(choose_greedily(people, works, rules=RULES).picks) == 2
    assert len(choose(people, works, rules=RULES).picks) == 3


def test_a_chain_frees_somebody_from_an_hour_that_overlaps():
    works = [work(1, 0b011, hour=8), work(2, 0b110, hour=8), work(3, 0b011, hour=9)]
    people = crowd(None, None, None)
    assert len(choose_greedily(people, works, rules=RULES).picks) == 2
    choice = choose(people, works, rules=RULES)
    assert len(choice.picks) == 3
    assert broken(people, works, [], choice) == []


def test_two_adults_go_with_minors_or_nobody():
    alone = work(1, 0b1, 2, least=2)
    choice = choose(crowd(4), [alone], rules=RULES)
    assert choice.picks == []
    assert [(gap.places, gap.cause, gap.count) for gap in choice.gaps] == [(2, Cause.ADULTS, 2)]
    assert len(choose(crowd(4, 4), [replace(alone, fit=0b11)], rules=RULES).picks) == 2


def test_who_cannot_go_alone_with_minors_is_free_for_other_work():
    works = [work(1, 0b1, 2, least=2), work(2, 0b1, 1, day=DAYS[1])]
    assert chosen(choose(crowd(1), works, rules=RULES)) == {2: {1}}


def test_a_limit_counts_in_its_own_month():
    works = [work(number, 0b1, day=day) for number, day in enumerate(DAYS)]
    assert chosen(choose(crowd(1), works, rules=RULES)).keys() in ({0, 3}, {1, 3}, {2, 3})


@pytest.mark.parametrize(
    ("works", "cause", "count"),
    [
        ([work(1, 0b0)], None, 0),
        ([work(1, 0b11, 3)], Cause.ON_IT, 2),
        ([work(1, 0b11, day=DAYS[1]), work(2, 0b11, day=DAYS[2]), work(3, 0b11)], Cause.LIMIT, 2),
    ],
)
def test_what_stays_open_says_why(works, cause, count):
    (gap,) = choose(crowd(1, 1), works, rules=RULES).gaps
    assert (gap.cause, gap.count) == (cause, count)


def test_who_is_elsewhere_at_that_time_is_the_cause():
    booked = [Booking(0b1, DAY, work(0, 0, hour=8).starts_at, work(0, 0, hour=8).ends_at)]
    (gap,) = choose(crowd(None), [work(1, 0b1, hour=9)], booked, rules=RULES).gaps
    assert (gap.cause, gap.count) == (Cause.OVERLAP, 1)


def test_skills_are_brought_together_by_exchanging_people_between_activities():
    # Who can do both and who can write go together first; then nobody who can write is left for the second.
    people = crowd(1, 1, 1, 1, 农技=0b1101, 书法=0b0011)
    works = [work(number, 0b1111, 2, skills=("农技", "书法")) for number in (1, 2)]

    def brought(choice: Choice) -> list[int]:
        return [_brought(people, each, [person - 1 for person in chosen(choice)[each.id]]) for each in works]

    assert brought(choose_greedily(people, works, rules=RULES)) == [2, 1]
    assert brought(choose(people, works, rules=RULES)) == [2, 2]
