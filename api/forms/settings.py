"""Forms of the settings: rules of the house, and kinds with their marks."""

from collections.abc import Iterable

from api.forms.typed import Reading, Typed


def told_rules(typed: Typed, names: Iterable[str]) -> dict[str, object]:
    """What a form says of rules, as `change_house_rules` takes it: an empty field gives a rule its usual value back.

    Rules that the form does not have are left as they are.
    """
    return {name: _value(typed[name].strip()) for name in names if name in typed}


def _value(text: str) -> object:
    if not text:
        return None
    return int(text) if text.isdecimal() and len(text) < 10 else text


def version(typed: Typed) -> int | None:
    """The version that the form was opened with; raises Invalid for one that is none."""
    reading = Reading(typed)
    found = reading.version()
    reading.expect_none()
    return found
