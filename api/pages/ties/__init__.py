"""Who belongs with whom: visits that are due, pairings, teams and units."""

from fastapi import APIRouter

from api.pages.ties import due

router = APIRouter()
router.include_router(due.router)
