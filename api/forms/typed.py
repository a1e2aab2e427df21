"""What somebody typed into a form, as text, and how it is read: each field in its own type, each fault by its field."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Request

from outreach import fields
from outreach.errors import Fault, Invalid

MOST_FIELDS: Final = 5_000
KEY: Final = "form_key"
"""The field by which a form that is sent twice is known; it is none of what somebody typed."""

_WHOLE: Final = re.compile(r"[-+]?\d{1,4000}", re.ASCII)
"""Python reads no number of more than 4300 digits."""

Typed = Mapping[str, str]
Item = TypeVar("Item")
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class TypedFields:
    """A form as it was sent: the last value of each field, and all of those that may be ticked several times."""

    last: Typed
    pairs: Sequence[tuple[str, str]]

    def all(self, name: str) -> list[str]:
        """Every value of a field, in the order of the form."""
        return [value for each, value in self.pairs if each == name]


async def typed_fields(request: Request) -> TypedFields:
    """What the form says; files are none of its business."""
    form = await request.form(max_fields=MOST_FIELDS, max_files=0)
    pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and name != KEY]
    return TypedFields(dict(pairs), pairs)


TheTypedFields = Annotated[TypedFields, Depends(typed_fields)]


def whole_number(text: str, *, least: int, most: int) -> int:
    """A whole number within bounds, both inclusive; for one beyond them, however far, the bounds are told."""
    if _WHOLE.fullmatch(text):
        return fields.within(int(text), least=least, most=most)
    return fields.whole_number(text, least=least, most=most)


@dataclass(slots=True)
class Reading:
    """Reads a form field by field. What cannot be read is None and a fault, so that all faults are told at once."""

    typed: Typed
    faults: list[Fault] = field(default_factory=list)

    def said(self, name: str, reader: Callable[[str], Item]) -> Item | None:
        """What a field says; None for an empty one."""
        text = self.typed.get(name, "").strip()
        return fields.collect(self.faults, name, partial(reader, text)) if text else None

    def needed(self, name: str, reader: Callable[[str], Item]) -> Item | None:
        """As `said`, but an empty field is a fault; None then stands for the fault alone."""
        if not self.typed.get(name, "").strip():
            self.faults.append(Fault(name, "errors.missing"))
            return None
        return self.said(name, reader)

    def text(self, name: str) -> str | None:
        return self.said(name, fields.text)

    def day(self, name: str) -> date | None:
        return self.said(name, fields.day)

    def clock_time(self, name: str) -> time | None:
        return self.said(name, fields.clock_time)

    def amount(self, name: str) -> Decimal | None:
        return self.said(name, fields.amount)

    def whole(self, name: str, *, least: int, most: int) -> int | None:
        return self.said(name, partial(whole_number, least=least, most=most))

    def word(self, name: str, words: type[Word]) -> Word | None:
        return self.said(name, partial(fields.one_of, words))

    def is_ticked(self, name: str) -> bool:
        return bool(self.typed.get(name))

    def version(self) -> int | None:
        """The version of the record that the form was opened with; None for a form that carries none."""
        return self.whole("version", least=0, most=2**31 - 1)

    def expect_none(self) -> None:
        """Raise Invalid with every fault found so far."""
        if self.faults:
            raise Invalid(self.faults)
