"""People: the register, one dossier each, forms, what is done to many, and records that were one person."""

from fastapi import APIRouter

from api.pages.people import bulk, dossier, editing, merging, register

router = APIRouter()
# What has a name of its own comes before what goes by a code.
for part in (register, bulk, editing, merging, dossier):
    router.include_router(part.router)
