"""The story of a case or a suggestion, step by step."""

from datetime import date

from api.schemas.values import View
from models.enums import MatterStepKind


class StepOut(View):
    step: MatterStepKind
    on: date
    by: str
    note: str | None
