"""Importing by upload: every fault at its cell, a dry run first, and the way back afterwards."""

from datetime import date
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, File, Form, Query, UploadFile
from starlette.responses import Response

from api.pages.desk import Desk, TheDesk
from api.pages.status import Undo
from api.presenters.forms import FormShown, refused
from api.presenters.imports import import_lines, rows_shown, table_counts
from api.presenters.words import address
from api.versions import id_of
from models import Upload
from models.base import ImportId
from outreach import fields
from outreach.errors import Conflict, Fault, Invalid
from outreach.fields import BadValue
from outreach.imports import ImportFaults, ImportReport, describe, import_path, undo_import
from outreach.imports.showing import faulty_rows, imports_made
from outreach.imports.uploads import SentFile, keep_upload, laid_out, upload_of
from outreach.permissions import Deed, expect_everywhere
from wording.sentences import say

SHOWN: Final = 20
FAULTS_SHOWN: Final = 200

router = APIRouter()

Text = Annotated[str, Form(max_length=20)]


@router.get("/imports")
def imports(desk: TheDesk, before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None) -> Response:
    """The form, and the imports that were made."""
    return _page(desk, FormShown({"as_of": desk.today.isoformat()}), before=before)


@router.post("/imports")
def check(desk: TheDesk, files: Annotated[list[UploadFile], File()] = [], as_of: Text = "") -> Response:  # noqa: B006 - a form without files
    """Look at everything that was sent, and say what would be done. Nothing of it is done."""
    expect_everywhere(desk.actor, Deed.ADMINISTER)
    sent = [SentFile(file.filename or "", file.file.read()) for file in files]
    try:
        counts_from = _day(desk, as_of)
        with desk.attempt():
            token = keep_upload(desk.session, sent, by=desk.actor, now=desk.now)
            upload = upload_of(desk.session, token, by=desk.actor, now=desk.now)
            with laid_out(upload) as path:
                return _checked(desk, upload, token, path, counts_from)
    except Invalid as invalid:
        return _page(desk, refused({"as_of": as_of}, invalid, language=desk.language), status=422)


@router.post("/imports/uploads/{token}")
def take_in(desk: TheDesk, token: str, as_of: Text = "") -> Response:
    """Do what was shown. What changed in the meantime is checked again."""
    expect_everywhere(desk.actor, Deed.ADMINISTER)
    upload = upload_of(desk.session, token, by=desk.actor, now=desk.now)
    counts_from = _day(desk, as_of)
    with laid_out(upload) as path:
        try:
            with desk.attempt():
                report = _import(desk, path, counts_from)
        except ImportFaults as found:
            return _faulty(desk, upload, path, found)
    desk.session.delete(upload)
    undo = Undo(f"/imports/{report.id}/undo")
    return desk.done("/imports", "imports_page.done", undo=undo, id=str(report.id))


@router.post("/imports/{import_id}/undo")
def take_back(desk: TheDesk, import_id: str) -> Response:
    """Take back all that an import did, as long as nothing was built on it."""
    expect_everywhere(desk.actor, Deed.ADMINISTER)
    number = ImportId(id_of(import_id))
    try:
        with desk.attempt():
            undo_import(desk.session, number, by=desk.actor, now=desk.now, zone=desk.zone)
    except Conflict as conflict:
        why = say(conflict.key, language=desk.language, **conflict.values)
        return desk.done("/imports", "imports_page.not_undone", why=why)
    return desk.done("/imports", "imports_page.undone", id=str(number))


def _checked(desk: Desk, upload: Upload, token: str, path: Path, as_of: date) -> Response:
    """What the import would do, found out by doing it and taking it back at once."""
    trial = desk.session.begin_nested()
    try:
        report = _import(desk, path, as_of)
    except ImportFaults as found:
        trial.rollback()
        desk.session.delete(upload)
        return _faulty(desk, upload, path, found)
    trial.rollback()
    return desk.render(
        "imports/checked.html",
        current="imports",
        name=upload.name,
        token=token,
        as_of=as_of.isoformat(),
        counts=table_counts(report, language=desk.language),
        warnings=[describe(each, language=desk.language) for each in report.warnings],
    )


def _faulty(desk: Desk, upload: Upload, path: Path, found: ImportFaults) -> Response:
    return desk.render(
        "imports/faulty.html",
        current="imports",
        status=422,
        name=upload.name,
        count=len(found.faults),
        rows=rows_shown(faulty_rows(path, found.faults[:FAULTS_SHOWN]), language=desk.language),
        more=max(0, len(found.faults) - FAULTS_SHOWN),
    )


def _import(desk: Desk, path: Path, as_of: date) -> ImportReport:
    return import_path(
        desk.session, path, by=desk.actor, now=desk.now, today=desk.today, zone=desk.zone, as_of=as_of
    )


def _day(desk: Desk, text: str) -> date:
    try:
        return fields.day(text.strip()) if text.strip() else desk.today
    except BadValue as bad:
        raise Invalid([Fault("as_of", bad.key, dict(bad.values))]) from None


def _page(desk: Desk, form: FormShown, *, status: int = 200, before: int | None = None) -> Response:
    expect_everywhere(desk.actor, Deed.ADMINISTER)
    found = imports_made(desk.session, before=before, limit=SHOWN + 1)
    return desk.render(
        "imports/imports.html",
        current="imports",
        status=status,
        form=form,
        lines=import_lines(found[:SHOWN], today=desk.today, zone=desk.zone, language=desk.language),
        more=address("/imports", before=str(found[SHOWN - 1].id)) if len(found) > SHOWN else "",
    )
