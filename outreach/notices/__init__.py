"""Notices 通知: what people are owed to be told, written in the transaction that causes it, and what became of it.

`owing` writes the outbox and `occasions` says what follows for whom when people are asked and activities change;
`recipients` knows who may be told and how; `composing` puts the words together when they are needed, from the rows as
they then stand; `delivering` sends step by step; `reading` lists, `answering` is about calls and second tries.
"""

from outreach.notices.occasions import (
    activities_cancelled,
    activities_moved,
    activities_restored,
    outcomes_told,
    people_asked,
    people_confirmed,
    people_declined,
    people_withdrawn,
)
from outreach.notices.owing import Owed, owe, silence
from outreach.notices.recipients import coordinators_of

__all__ = [
    "Owed",
    "activities_cancelled",
    "activities_moved",
    "activities_restored",
    "coordinators_of",
    "outcomes_told",
    "owe",
    "people_asked",
    "people_confirmed",
    "people_declined",
    "people_withdrawn",
    "silence",
]
