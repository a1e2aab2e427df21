"""Many small questions asked as one statement: a tally has dozens, and each trip to the database takes its time."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Executable,
    Integer,
    Select,
    literal,
    union_all,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.visitors import cloned_traverse

Statement = Select[*tuple[Any, ...]]
Question = tuple[Statement, Mapping[str, object]]
"""A statement, made once, and the values of its named parameters. It has no order of its own."""

VALUES_AT_ONCE = 20_000
"""How many values one statement is given: either database takes half as many again."""
QUESTIONS_AT_ONCE = 200
"""How many questions: SQLite puts no more than 500 together."""

Key = TypeVar("Key")


def ask(session: Session, questions: Mapping[Key, Iterable[Question]]) -> dict[Key, list[Sequence[Any]]]:
    """The rows of every question by its key, in any order; all questions have the same columns."""
    answers: dict[Key, list[Sequence[Any]]] = {key: [] for key in questions}
    for key, *row in answered(session, questions, together):
        answers[key].append(row)
    return answers


def answered(
    session: Session,
    questions: Mapping[Key, Iterable[Question]],
    joined: Callable[[tuple[Statement, ...]], Executable],
) -> Iterator[tuple[Any, ...]]:
    """The rows of a statement that is made of several, its first column the key instead of the place."""
    for some in _at_once((key, question) for key, asked in questions.items() for question in asked):
        values = {
            _name(place, name): value
            for place, (_, (_, values)) in enumerate(some)
            for name, value in values.items()
        }
        for place, *row in session.execute(joined(tuple(statement for _, (statement, _) in some)), values):
            yield some[place][0], *row


@lru_cache(maxsize=256)
def together(statements: tuple[Statement, ...]) -> CompoundSelect[*tuple[Any, ...]]:
    """The statements as one, each row with its statement's place before it. Parameters are named by the place, too."""
    return union_all(*(_at_place(place, statement) for place, statement in enumerate(statements)))


def _at_place(place: int, statement: Statement) -> Statement:
    def rename(parameter: BindParameter[Any]) -> None:
        if not parameter.unique:
            parameter.key = _name(place, parameter.key)

    renamed = cloned_traverse(statement, {"detect_subquery_cols": True}, {"bindparam": rename})
    return renamed.with_only_columns(literal(place, Integer).label("place"), *renamed.selected_columns)


def _name(place: int, name: str) -> str:
    return f"q{place}_{name}"


def _at_once(questions: Iterable[tuple[Key, Question]]) -> Iterator[list[tuple[Key, Question]]]:
    """As many questions at a time as one statement takes."""
    some: list[tuple[Key, Question]] = []
    taken = 0
    for key, question in questions:
        size = sum(len(value) if isinstance(value, list | tuple) else 1 for value in question[1].values())
        if some and (taken + size > VALUES_AT_ONCE or len(some) == QUESTIONS_AT_ONCE):
            yield some
            some, taken = [], 0
        some.append((key, question))
        taken += size
    if some:
        yield some
