"""The pages of one activity: its places, who came, what came of it, what was given and heard, photos, its story."""

from fastapi import APIRouter

from api.pages.activity import attendance, history, ledger, outcome, photos, places, suggestions

router = APIRouter()
for each in (places, attendance, outcome, ledger, suggestions, photos, history):
    router.include_router(each.router)
