"""What the office has set otherwise than it usually is: house rules, calendars of years, kinds and their marks."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Setting
from models.database import asked_once

_SETTINGS: Final = select(Setting.name, Setting.value)


def kept_settings(session: Session) -> Mapping[str, Any]:  # Any: JSON
    """Every setting by its name; there are a few dozen, and most pages want several. Nobody may change them here."""
    return asked_once(session, "settings", lambda: dict(session.execute(_SETTINGS).all()))
