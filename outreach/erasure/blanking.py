"""Taking somebody's name out of words that others wrote. Pure: no database."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

SHORTEST_WITHIN_WORDS: Final = 2
"""A name of one character is part of too many words: it is replaced only where it stands alone."""


@dataclass(frozen=True, slots=True)
class Blanking:
    """Replaces a name by something else wherever it stands as that name."""

    instead: str
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, name: str, instead: str, *, longer: Collection[str] = ()) -> "Blanking":
        """For a name; `longer` are names of others that contain it, which stay as they are.

        A Chinese name is also known with spaces between its characters, one in Latin letters only as whole words.
        """
        if len(name) < SHORTEST_WITHIN_WORDS:
            return cls(instead, re.compile(rf"\A\s*(?P<name>{re.escape(name)})\s*\Z"))
        spaced = r"\s*".join(map(re.escape, "".join(name.split()) if not name.isascii() else name))
        whole = rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])" if name.isascii() else spaced
        others = "|".join(map(re.escape, sorted(longer, key=len, reverse=True)))
        return cls(instead, re.compile(f"{others}|(?P<name>{whole})" if others else f"(?P<name>{whole})"))

    def in_text(self, text: str) -> str:
        """The text without the name."""
        return self.pattern.sub(lambda found: self.instead if found["name"] else found[0], text)

    def in_value(self, value: Any) -> Any:  # Any: whatever a column or a JSON document holds
        """The same for every text in a document; whatever is no text stays."""
        match value:
            case str():
                return self.in_text(value)
            case dict():
                return {key: self.in_value(each) for key, each in value.items()}
            case list():
                return [self.in_value(each) for each in value]
            case _:
                return value
