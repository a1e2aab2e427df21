"""Merging 合并: two records that were one person become one, and can be two again while nothing stands against it.

`finding` looks for such pairs, `references` says what becomes of everything that refers to a person, `ties` joins dated
facts, `journal` remembers what was changed, and `merging` does it and takes it back.
"""

from outreach.merging.finding import (
    Alike,
    Pair,
    Side,
    activities_named,
    duplicates,
    keep_apart,
    look_alike_again,
    sides,
    twins,
)
from outreach.merging.merging import (
    CHOICES,
    FIELDS,
    UNIT,
    Choice,
    Found,
    Obstacle,
    merge_people,
    obstacles,
    state_of,
    take_back,
)

__all__ = [
    "CHOICES",
    "FIELDS",
    "UNIT",
    "Alike",
    "Choice",
    "Found",
    "Obstacle",
    "Pair",
    "Side",
    "activities_named",
    "duplicates",
    "keep_apart",
    "look_alike_again",
    "merge_people",
    "obstacles",
    "sides",
    "state_of",
    "take_back",
    "twins",
]
