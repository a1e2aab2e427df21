"""A made-up county of any size, as the files a coordinator would import."""

import csv
import random
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

FIRST_DAY = date(2026, 1, 1)
LAST_DAY = date(2027, 12, 31)
FAMILY_NAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗"
GIVEN_NAMES = "国华秀英建军桂兰玉梅德厚长河素琴志远淑芬光荣"


def write_county(
    folder: Path, *, people: int, units: int = 50, campaigns: int = 0, outcomes: int = 0
) -> None:
    """Write the files: a fifth of the people volunteers, the rest retired; daily campaigns; records of a year."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(7)
    codes = [f"U{number:04}" for number in range(units)]
    _write(
        folder / "units.csv",
        ("code", "name", "parent_code"),
        ((code, f"单位{code}", codes[0] if code != codes[0] else "") for code in codes),
    )
    _write(
        folder / "people.csv",
        ("code", "name", "unit_code", "roles", "birth_date", "mobile", "skills", "since"),
        (_person(number, codes, chance) for number in range(people)),
    )
    if campaigns:
        _write(
            folder / "campaigns.csv",
            (
                "code",
                "name",
                "kind",
                "unit_code",
                "schedule",
                "starts_on",
                "ends_on",
                "start_time",
                "metrics",
            ),
            (_campaign(number, codes) for number in range(campaigns)),
        )
    if outcomes:
        _write(
            folder / "outcomes.csv",
            ("campaign_code", "held_on", "unit_code", "status", "attendees", "minutes", "measures"),
            (_outcome(number, campaigns, people, codes, chance) for number in range(outcomes)),
        )


def _person(number: int, units: Sequence[str], chance: random.Random) -> tuple[str, ...]:
    name = chance.choice(FAMILY_NAMES) + "".join(chance.sample(GIVEN_NAMES, 2))
    volunteer = number % 5 == 0
    born = date(1930, 1, 1) + timedelta(days=chance.randrange(15_000))
    return (
        f"P{number:06}",
        name,
        units[number % len(units)],
        "volunteer" if volunteer else "retiree",
        born.isoformat(),
        f"1990{number:07}",
        "农技;书法" if volunteer else "",
        "2020-01-01",
    )


def _campaign(number: int, units: Sequence[str]) -> tuple[str, ...]:
    return (
        f"C{number:04}",
        f"学习{number}",
        "study",
        units[number % len(units)],
        "RRULE:FREQ=DAILY",
        FIRST_DAY.isoformat(),
        LAST_DAY.isoformat(),
        "09:00",
        "study.sessions;study.person_times;study.participants",
    )


def _outcome(
    number: int, campaigns: int, people: int, units: Sequence[str], chance: random.Random
) -> tuple[str, ...]:
    there = chance.sample(range(people), 10)
    measures = [f"{metric}={chance.randrange(1, 90)}" for metric in ("materials.issued", "outreach.audience")]
    return (
        f"C{number % campaigns:04}",
        (FIRST_DAY + timedelta(days=number // campaigns % 365)).isoformat(),
        units[number % len(units)],
        "held",
        ";".join(f"P{person:06}" for person in there),
        "60",
        ";".join(measures),
    )


def _write(file: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)
