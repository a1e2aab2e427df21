"""The errors of the work. Each carries a code and values; `wording` says the sentence, the edges choose the form."""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as column


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with what was given: the field, and the sentence's key in the catalogues with its values."""

    field: str
    key: str
    values: dict[str, object] = column(default_factory=dict)


class OutreachError(Exception):
    """Something that cannot be done as asked. `key` names the sentence in the catalogues (`errors.…`)."""

    key = "errors.failed"

    def __init__(self, key: str | None = None, **values: object) -> None:
        self.key = key or type(self).key
        self.values = values
        super().__init__(self.key, values)


class NotFound(OutreachError):
    """There is no such thing, or none that may be seen."""

    key = "errors.not_found"


class Forbidden(OutreachError):
    """It may be seen but not done."""

    key = "errors.forbidden"


class NotSignedIn(OutreachError):
    """Nobody is known by this token, session or password."""

    key = "errors.not_signed_in"


class Conflict(OutreachError):
    """It contradicts what is there."""

    key = "errors.conflict"


class Stale(Conflict):
    """Somebody else changed it first."""

    key = "errors.stale"


class Invalid(OutreachError):
    """The input is wrong; every fault is named."""

    key = "errors.invalid"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(count=len(faults))
        self.faults = tuple(faults)


def invalid(field: str, key: str, **values: object) -> Invalid:
    """One fault in one field."""
    return Invalid([Fault(field, key, values)])
