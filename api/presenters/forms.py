"""A form as a page shows it: what was typed, what is wrong with it, and what somebody else saved meanwhile."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from api.errors import told
from outreach.errors import Fault, Invalid, OutreachError
from outreach.unit_choices import UnitChoice
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class Option:
    """A choice of a list."""

    value: str
    words: str


def unit_options(choices: Iterable[UnitChoice]) -> list[Option]:
    """The tree of units as a list, those below another set in."""
    return [Option(each.code, "　" * each.depth + each.name) for each in choices]


@dataclass(frozen=True, slots=True)
class Differs:
    """A field in which the version saved meanwhile differs from what was typed."""

    label: str
    theirs: str
    mine: str


@dataclass(frozen=True, slots=True)
class FormShown:
    """What `forms.html` draws. `faults` has the sentence of each field that is wrong, in the order found."""

    typed: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""
    """Why it cannot be done at all, when that is no field's fault."""
    theirs: Sequence[Differs] | None = None
    """None while nobody else saved; else where the two differ."""


def refused(typed: Mapping[str, str], error: OutreachError, *, language: str) -> FormShown:
    """The form again, with what was typed and the sentences of what is wrong."""
    if isinstance(error, Invalid):
        return FormShown(typed, fault_words(error.faults, language=language))
    return FormShown(typed, refusal=say(error.key, language=language, **error.values))


def stale(
    typed: Mapping[str, str], theirs: Mapping[str, str], labels: Mapping[str, str], *, version: int
) -> FormShown:
    """The form again after somebody else saved: with the version of now, so that saving once more keeps one's own."""
    differing = [
        Differs(label, theirs.get(name, ""), typed.get(name, ""))
        for name, label in labels.items()
        if theirs.get(name, "") != typed.get(name, "")
    ]
    return FormShown({**typed, "version": str(version)}, theirs=differing)


def fault_words(faults: Iterable[Fault], *, language: str) -> Mapping[str, str]:
    """The sentence of each field; of several faults of one field the first."""
    words: dict[str, str] = {}
    for problem in told(tuple(faults), language):
        words.setdefault(problem.field, problem.message)
    return words
