"""Whether the process serves, and whether what it needs is there. Neither asks who is asking."""

import logging
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from api.dependencies import Now, TheOffice
from clock import real_now
from models.database import reading
from outreach import runs

log = logging.getLogger(__name__)
router = APIRouter(tags=["health"])


class Health(BaseModel):
    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """`behind`: a job's slot is overdue; `stopped`: nothing has been done by itself for long, or ever."""

    database: Literal["ok", "unreachable"]
    clockwork: Literal["ok", "behind", "stopped"]


@router.get("/healthz", summary="The process serves")
def healthz() -> Health:
    return Health()


@router.get(
    "/readyz",
    summary="The database answers; how the clockwork is",
    responses={503: {"model": Readiness, "description": "The database does not answer"}},
    response_model=Readiness,
)
def readyz(office: TheOffice, now: Now) -> Readiness | JSONResponse:
    try:
        with reading(office.engine) as session:
            session.execute(select(1))
            state = runs.clockwork_in_time(session, office.jobs, now=now, machine_now=real_now())
            return Readiness(database="ok", clockwork=state.value)
    except SQLAlchemyError as error:
        log.warning("not ready: %s", type(error).__name__)
        return JSONResponse(
            Readiness(database="unreachable", clockwork="stopped").model_dump(), status_code=503
        )
