"""The form about a person: how it is filled from what is known, and how it is read."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final, cast
from zlib import crc32

from api.forms.typed import Reading, Typed
from api.presenters.people.availability import fields_of, text_of
from models.enums import Channel, Gender, PersonRole
from outreach import fields
from outreach.errors import Fault
from outreach.fields import BadValue
from outreach.people import PersonColumns, PersonView

CHANNELS_ASKED: Final = 3
ONE_LINE: Final = ("mobile", "email", "max_per_month")
DAYS: Final = ("birth_date", "since", "until")
WORDS: Final = ("address", "notes")


@dataclass(frozen=True, slots=True)
class PersonForm:
    """What the form says, with every fault found."""

    columns: PersonColumns
    faults: list[Fault]


def typed_of(person: PersonView) -> dict[str, str]:
    """The form filled with what is known of somebody."""
    month, _, day = (person.lunar_birthday or "").partition("-")
    typed = {
        "name": person.name,
        "unit_code": person.unit_code or "",
        "gender": person.gender.value if person.gender else "",
        "lunar_month": month,
        "lunar_day": day,
        "skills": "；".join(person.skills),
    }
    typed |= {f"role_{role.value}": "yes" for role in person.roles}
    typed |= {f"channel_{number}": channel.value for number, channel in enumerate(person.contact_by, start=1)}
    for name in (*ONE_LINE, *DAYS, *WORDS):
        value = getattr(person, name)
        typed[name] = "" if value is None else str(value)
    return typed | available_fields(person.available)


def available_fields(available: str | None) -> dict[str, str]:
    """The week's table, or the text itself where the table has no room for it."""
    table = fields_of(available)
    return {"available": available or "", "available_as": "text"} if table is None else dict(table)


def version_of(person: PersonView) -> int:
    """A number that is another one when what the form shows is: people carry no count of their changes."""
    return crc32(repr(sorted(typed_of(person).items())).encode()) % 10**9


def read_person(typed: Typed, *, is_new: bool, today: date) -> PersonForm:
    """Every field in its own type. Fields that the form leaves out are those that nothing is known of.

    Nobody is born after today, and a telephone has at least one digit.
    """
    reading = Reading(typed)
    columns: dict[str, object] = {
        "name": reading.needed("name", fields.name),
        "unit_code": reading.needed("unit_code", fields.code),
        "roles": _roles(reading),
        "gender": reading.word("gender", Gender),
        "birth_date": reading.said("birth_date", partial(_birth_date, today=today)),
        "lunar_birthday": _lunar_birthday(reading),
        "mobile": reading.said("mobile", _telephone),
        "email": reading.said("email", fields.email),
        "contact_by": _channels(reading),
        "address": reading.text("address"),
        "skills": reading.said("skills", _skills) or (),
        "available": _available(reading),
        "max_per_month": reading.whole("max_per_month", least=0, most=fields.MOST_PER_MONTH),
        "since": reading.day("since"),
        "until": reading.day("until"),
        "notes": reading.text("notes"),
    }
    if is_new:
        columns["code"] = reading.said("code", fields.code)
    return PersonForm(cast(PersonColumns, columns), reading.faults)


def changed(columns: PersonColumns, before: PersonView) -> PersonColumns:
    """The columns that say something else than what is known: no others are noted as changed."""
    return cast(
        PersonColumns,
        {name: value for name, value in columns.items() if _plain(value) != _plain(getattr(before, name))},
    )


def _plain(value: object) -> object:
    return tuple(value) if isinstance(value, list | tuple) else value


def _roles(reading: Reading) -> tuple[PersonRole, ...]:
    roles = tuple(role for role in PersonRole if reading.is_ticked(f"role_{role.value}"))
    if not roles:
        reading.faults.append(Fault("role_volunteer", "people.no_role"))
    return roles


def _birth_date(given: str, *, today: date) -> date:
    born = fields.day(given)
    if born > today:
        raise BadValue("people.born_after_today")
    return born


def _telephone(given: str) -> str:
    """As offices write it (“0791-8888 转 3”, two numbers): only what cannot be called at all is refused."""
    number = fields.short_text(given)
    if not any(sign.isdigit() for sign in number):
        raise BadValue("people.not_a_telephone", text=fields.shown(number))
    return number


def _lunar_birthday(reading: Reading) -> str | None:
    month, day = (reading.typed.get(name, "").strip() for name in ("lunar_month", "lunar_day"))
    if not month and not day:
        return None
    return fields.collect(reading.faults, "lunar_month", partial(fields.lunar_birthday, f"{month}-{day}"))


def _channels(reading: Reading) -> tuple[Channel, ...]:
    said = [
        word
        for number in range(1, CHANNELS_ASKED + 1)
        if (word := reading.typed.get(f"channel_{number}", "").strip())
    ]
    return fields.collect(reading.faults, "channel_1", partial(fields.contact_by, said)) or ()


def _skills(given: str) -> tuple[str, ...]:
    return fields.skills(fields.parts(given.replace("、", ";")))


def _available(reading: Reading) -> str | None:
    if reading.typed.get("available_as") == "text":
        return reading.said("available", fields.available_text)
    text = text_of(reading.typed)
    try:
        return fields.available_text(text) if text else None
    except BadValue as bad:
        reading.faults.append(bad.in_field("Mon_0_from"))
        return None
