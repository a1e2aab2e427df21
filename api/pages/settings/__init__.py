"""How the office works: a page for each part of the settings, all of it in the database."""

from fastapi import APIRouter

from api.pages.settings import accounts, assignment, backups, channels, deadlines, holidays, index, kinds

router = APIRouter()
for part in (index, deadlines, assignment, channels, kinds, holidays, backups, accounts):
    router.include_router(part.router)
