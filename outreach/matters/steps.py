"""What cases and suggestions have in common: codes, versions, and the steps that are their story."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Matter, MatterStep
from models.base import MatterId
from models.database import hold, in_batches
from models.enums import MatterFace, MatterStepKind
from outreach.errors import NotFound, Stale
from outreach.permissions import Actor


def matter_of_code(session: Session, face: MatterFace, code: str) -> Matter:
    """The case or suggestion of a code; raises NotFound."""
    matter = session.scalar(select(Matter).where(Matter.face == face, Matter.code == code))
    if matter is None:
        raise NotFound("matters.no_such_matter", code=code)
    return matter


def steps_of(session: Session, matter_id: MatterId) -> Sequence[MatterStep]:
    """The story of a matter, step by step."""
    return session.scalars(
        select(MatterStep).where(MatterStep.matter_id == matter_id).order_by(MatterStep.on_day, MatterStep.id)
    ).all()


def locked(session: Session, face: MatterFace, code: str, expected_version: int | None = None) -> Matter:
    matter = session.scalar(
        select(Matter)
        .where(Matter.face == face, Matter.code == code)
        .with_for_update(key_share=True)  # a visit that names it may be planned meanwhile
        .execution_options(populate_existing=True)
    )
    if matter is None:
        raise NotFound("matters.no_such_matter", code=code)
    if expected_version is not None and matter.version != expected_version:
        raise Stale
    return matter


def add_step(
    session: Session, matter: Matter, step: MatterStepKind, day: date, by: Actor, note: str | None
) -> None:
    matter.version += 1
    session.add(MatterStep(matter_id=matter.id, step=step, on_day=day, by=by.name, note=note))


def fresh_codes(session: Session, face: MatterFace, count: int) -> list[str]:
    """Codes that nobody has: the face's letter and numbers after the highest id."""
    if count == 0:
        return []
    hold(session, "matters")
    letter = "C" if face is MatterFace.CASE else "S"
    number = (session.scalar(select(func.max(Matter.id))) or 0) + 1
    fresh: list[str] = []
    while len(fresh) < count:
        offered = [f"{letter}-{number + step}" for step in range(count - len(fresh))]
        number += len(offered)
        taken: set[str] = set()
        for some in in_batches(offered):
            taken.update(
                session.scalars(select(Matter.code).where(Matter.face == face, Matter.code.in_(some)))
            )
        fresh += [code for code in offered if code not in taken]
    return fresh
