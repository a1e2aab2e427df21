"""What must be closed, on pages: suggestions with the stages of their way, and cases with what they ask for."""

from fastapi import APIRouter

from api.pages.matters import cases, suggestions

router = APIRouter()
router.include_router(suggestions.router)
router.include_router(cases.router)
