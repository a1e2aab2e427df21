"""The year plan, moving something on it, and copying it into the next year."""

from fastapi import APIRouter

from api.pages.year import copying, plan

router = APIRouter()
router.include_router(plan.router)
router.include_router(copying.router)
