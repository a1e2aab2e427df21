"""Who belongs with whom: visits that are due, pairings, teams and units."""

from fastapi import APIRouter

from api.pages.ties import due, pairings, teams, units

router = APIRouter()
router.include_router(due.router)
router.include_router(pairings.router)
router.include_router(teams.router)
router.include_router(units.router)
