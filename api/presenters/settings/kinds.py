"""Every kind of campaign with its mark, as the form shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.presenters.cards import kind_mark
from api.presenters.forms import Option
from outreach.campaign_kinds import KINDS
from outreach.kind_marks import NO_MARKS, TINTS, KindMarks
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class KindRow:
    """A kind as it looks now; `usual` is the mark that it has when nothing is chosen."""

    code: str
    name: str
    mark: str
    tint: int
    usual: str
    is_own: bool


def kind_rows(marks: KindMarks, language: str) -> Sequence[KindRow]:
    """The program's own kinds, then those of the office."""
    return [_row(code, marks, language) for code in (*KINDS, *marks.names)]


def _row(code: str, marks: KindMarks, language: str) -> KindRow:
    name = marks.names.get(code, "")
    mark, tint, said = kind_mark(code, name or code, language, marks)
    usual, _, _ = kind_mark(code, name or code, language, NO_MARKS)
    return KindRow(code, said, mark, tint, usual, code in marks.names)


def typed_kinds(marks: KindMarks) -> Mapping[str, str]:
    """The fields of the form as it stands."""
    typed = {"version": str(marks.version)}
    for code in (*KINDS, *marks.names):
        chosen = marks.marks.get(code)
        typed[f"mark.{code}"] = "" if chosen is None else chosen.mark
        typed[f"tint.{code}"] = "0" if chosen is None else str(chosen.tint)
    return typed | {f"name.{code}": name for code, name in marks.names.items()}


def kind_labels(rows: Sequence[KindRow], language: str) -> Mapping[str, str]:
    """What each field is called, for the comparison of two versions."""
    said: dict[str, str] = {}
    for row in rows:
        for part in ("mark", "tint", *(("name",) if row.is_own else ())):
            said[f"{part}.{row.code}"] = say(
                f"settings_page.kind_{part}_of", language=language, kind=row.name
            )
    return said


def tint_options(language: str) -> Sequence[Option]:
    """The seven tints, and the usual one."""
    usual = Option("0", say("settings_page.tint_usual", language=language))
    return [
        usual,
        *(Option(str(tint), say(f"settings_page.tint_{tint}", language=language)) for tint in TINTS),
    ]
