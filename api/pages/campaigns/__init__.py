"""Campaigns 专项: what was promised and how far it is, and when exactly each will happen."""

from fastapi import APIRouter

from api.pages.campaigns import form, one, preview, register, steps

router = APIRouter()
# `new` and `preview` go before the codes.
for room in (register, preview, form, steps, one):
    router.include_router(room.router)
