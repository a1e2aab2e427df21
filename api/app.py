"""The whole web process on one page: what every request passes through, and where it goes."""

from collections.abc import Sequence

from fastapi import APIRouter, Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from sqlalchemy import Engine

from api import pages
from api.dependencies import Office, Turns, json_alone
from api.errors import Unexpected, install_handlers
from api.problems import ProblemDocument, refusals
from api.routers import (
    activities,
    campaigns,
    cases,
    feeds,
    health,
    ledger,
    memberships,
    notices,
    outcomes,
    pairings,
    people,
    posts,
    runs,
    settings,
    suggestions,
    tallies,
    teams,
    units,
)
from api.security import BodyLimit, HeadAsGet, SecurityHeaders, SignInThrottle
from clock import Clock
from outreach.clockwork import Job
from settings import Settings

V1 = "/api/v1"
TAGS = [
    {"name": "units", "description": "单位: the tree that rights and tallies follow"},
    {"name": "people", "description": "人员: anyone, with what they are, can do and belong to"},
    {"name": "teams", "description": "志愿服务队: volunteers with a leader"},
    {"name": "posts", "description": "职务: who holds which post in a unit or a team, for which term"},
    {"name": "pairings", "description": "结对: a lasting bond of a supporter and a beneficiary"},
    {"name": "campaigns", "description": "活动计划: what recurs or is planned, and its schedule"},
    {"name": "activities", "description": "活动: one dated piece of a campaign, its people and its outcome"},
    {"name": "cases", "description": "个案: something happened that calls for work"},
    {"name": "suggestions", "description": "建议: collected, sent, answered, fed back"},
    {"name": "ledger", "description": "慰问台账: money and goods handed over; append-only"},
    {"name": "tallies", "description": "月报: a period's figures, each with its sources"},
    {"name": "feeds", "description": "日历订阅: secret links for calendar programs"},
    {"name": "notices", "description": "通知: what people were told, and whom to call"},
    {"name": "runs", "description": "运行: what happens by itself, and whether it does"},
    {"name": "settings", "description": "设置: how the office works"},
    {"name": "health", "description": "For those who watch the process"},
]


def create_app(settings: Settings, engine: Engine, clock: Clock, *, jobs: Sequence[Job] = ()) -> FastAPI:
    """The application over a migrated database. `api.asgi` puts the feeds' own route ahead of it."""
    app = FastAPI(
        title="Yinling 银龄",
        version="1",
        description="Plans, staffs, records and counts volunteer work. Errors are problem documents (RFC 9457).",
        openapi_url=f"{V1}/openapi.json",
        openapi_tags=TAGS,
        # The interactive pages load scripts from elsewhere, which our own policy forbids.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    furnish(app, settings, engine, clock, jobs=jobs)

    # The last one added is the first to be passed.
    app.add_middleware(BodyLimit)
    app.add_middleware(HeadAsGet)
    app.add_middleware(Unexpected)
    app.add_middleware(SecurityHeaders)
    install_handlers(app)

    app.include_router(health.router)
    app.include_router(v1_router())
    pages.install(app)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return app


def furnish(
    app: FastAPI, settings: Settings, engine: Engine, clock: Clock, *, jobs: Sequence[Job] = ()
) -> None:
    """Give the application the office that it serves from now on."""
    app.state.office = Office(settings, engine, clock, Turns.for_database(engine), jobs)
    app.state.sign_in_throttle = SignInThrottle()


def v1_router() -> APIRouter:
    """Everything for programs; each route asks for its own actor."""
    v1 = APIRouter(
        prefix=V1, dependencies=[Depends(json_alone)], responses=refusals(400, 401, 403, 404, 405, 422, 503)
    )
    for router in (
        units.router,
        people.router,
        teams.router,
        memberships.router,
        posts.router,
        pairings.router,
        campaigns.router,
        activities.router,
        outcomes.router,
        cases.router,
        suggestions.router,
        ledger.router,
        tallies.router,
        feeds.router,
        notices.router,
        runs.router,
        settings.router,
    ):
        v1.include_router(router)
    return v1


def _openapi(app: FastAPI) -> dict[str, object]:
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            tags=app.openapi_tags,
            routes=app.routes,
        )
        components = schema.setdefault("components", {}).setdefault("schemas", {})
        document = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
        components.update(document.pop("$defs"))
        components["ProblemDocument"] = document
        # Bad input is told in problem documents alone.
        for name in ("HTTPValidationError", "ValidationError"):
            components.pop(name, None)
        app.openapi_schema = schema
    return app.openapi_schema
