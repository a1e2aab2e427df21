"""Column types that make both databases hold the same values in the same form."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Date, DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator

FIRST_DAY = date.min
LAST_DAY = date.max


class UTCDateTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC. SQLite would drop the offset, so it is converted on the way in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class TextEnum(TypeDecorator[StrEnum]):
    """A StrEnum by its values. All columns have the same length, so that a longer word needs no migration."""

    impl = String(32)
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words
        self._by_value = {word.value: word for word in words}

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self._by_value[value]

    def coerce_compared_value(self, op: Any, value: Any) -> Any:  # Any: SQLAlchemy's own signature
        return self


class OpenStart(TypeDecorator[date]):
    """The first day of something in force; None: it has always been. Never NULL, so ranges compare plainly."""

    impl = Date
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> date:
        return FIRST_DAY if value is None else value

    def process_result_value(self, value: date | None, dialect: Dialect) -> date | None:
        return None if value == FIRST_DAY else value


class OpenEnd(TypeDecorator[date]):
    """The last day of something in force, inclusive; None means that no end is known. Never NULL."""

    impl = Date
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> date:
        return LAST_DAY if value is None else value

    def process_result_value(self, value: date | None, dialect: Dialect) -> date | None:
        return None if value == LAST_DAY else value


class Hundredths(TypeDecorator[Decimal]):
    """A value or an amount with at most two decimals, kept as a whole number of hundredths, so sums are exact."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        hundredths = Decimal(value) * 100
        if hundredths != hundredths.to_integral_value():
            raise ValueError(f"{value} has more than two decimals")
        return int(hundredths)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-2)
