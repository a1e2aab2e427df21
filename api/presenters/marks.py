"""The marks that the office chose, for the one request in which they are shown.

A mark stands on nearly every page, deep inside of what is drawn. So a request says where they are to be had, and the
first mark that is wanted reads them, in that request's own transaction; a page without marks asks for nothing.
"""

from collections.abc import Callable
from contextvars import ContextVar
from functools import cache

from outreach.kind_marks import NO_MARKS, KindMarks


def _nowhere() -> KindMarks:
    return NO_MARKS


_here: ContextVar[Callable[[], KindMarks]] = ContextVar("marks of this request", default=_nowhere)


def marks_come_from(read: Callable[[], KindMarks]) -> None:
    """For the rest of this request; it is read once at most."""
    _here.set(cache(read))


def office_marks() -> KindMarks:
    """The marks of the office whose request this is; outside of any, the program's own."""
    return _here.get()()
