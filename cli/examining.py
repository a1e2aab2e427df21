"""What `yinling doctor` looks at. Every check ends in words: what is so, and where it is not well, the cure."""

import shutil
import smtplib
import ssl
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from cli.workplace import Workplace
from clock import real_now
from flows.jobs import DELIVER_NOTICES, jobs
from models import ClockworkRunner, Notice
from models.database import reading
from models.enums import NoticeState
from models.migrating import is_empty, newest_revision, present_revision
from outreach import runs
from outreach.clockwork import ClockworkState
from outreach.notices.reading import is_to_call
from outreach.permissions import CONSOLE
from outreach.recount import Difference, recount
from outreach.runs import JobState, JobView, Overview
from wording.names import joined

LEAST_FREE_MB = 500
CLOCKS_APART_SECONDS = 60
ANSWERS_WITHIN_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    message: str


def examine(place: Workplace) -> list[Check]:
    """Every check, in an order in which each may rely on those before it."""
    checks = [_settings(place), database := _database(place)]
    checks.append(migrations := _migrations(place) if database.ok else _not_checked(place, "migrations"))
    usable = database.ok and migrations.ok
    for name, look in _LOOKS.items():
        needs_tables = name in ("tallies", "clock", "prefect", "notices")
        checks.append(look(place) if usable or not needs_tables else _not_checked(place, name))
    return checks


def _not_checked(place: Workplace, name: str) -> Check:
    return Check(name, ok=False, message=place.console.say("cli.doctor_not_checked"))


def _settings(place: Workplace) -> Check:
    """An address that phones cannot reach, or one without https, is told but is no fault: trying out is like that."""
    url = place.settings.public_url
    parts = urlsplit(url)
    key = "cli.doctor_settings_ok"
    if _is_loopback(parts.hostname or ""):
        key = "cli.doctor_loopback"
    elif parts.scheme != "https":
        key = "cli.doctor_not_https"
    told = [place.console.say(key, url=url)]
    if place.settings.now is not None:
        told.append(place.console.say("cli.doctor_rehearsal", now=place.settings.now.isoformat()))
    return Check("settings", ok=True, message=" ".join(told))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _database(place: Workplace) -> Check:
    def told(key: str, *, ok: bool, **values: object) -> Check:
        return Check("database", ok=ok, message=place.console.say(key, **values))

    if place.has_no_database:
        return told("cli.not_set_up", ok=False)
    try:
        if is_empty(place.engine):
            return told("cli.not_set_up", ok=False)
        with place.engine.connect() as connection:
            if place.settings.is_embedded:
                found = connection.scalars(text("PRAGMA quick_check(1)")).all()
                if list(found) != ["ok"]:
                    return told("cli.doctor_database_damaged", ok=False, why=str(found[0])[:200])
                dangling = len(connection.execute(text("PRAGMA foreign_key_check")).all())
                if dangling:
                    return told("cli.doctor_foreign_keys", ok=False, count=dangling)
    except SQLAlchemyError as error:
        # The whole message may name the address with its password.
        why = type(getattr(error, "orig", None) or error).__name__
        damaged = place.settings.is_embedded and "malformed" in str(error)
        key = "cli.doctor_database_damaged" if damaged else "cli.doctor_database_unreachable"
        return told(key, ok=False, why=why)
    return told(
        "cli.doctor_database_ok", ok=True, kind="SQLite" if place.settings.is_embedded else "PostgreSQL"
    )


def _migrations(place: Workplace) -> Check:
    present, newest = present_revision(place.engine), newest_revision()
    if present == newest:
        return Check(
            "migrations", ok=True, message=place.console.say("cli.doctor_migrations_ok", revision=newest)
        )
    message = place.console.say("cli.doctor_migrations_older", revision=present or "-", newest=newest)
    return Check("migrations", ok=False, message=message)


def _tallies(place: Workplace) -> Check:
    with reading(place.engine) as session:
        found = recount(session)
    if found.ok:
        return Check("tallies", ok=True, message=place.console.say("cli.doctor_tallies_ok"))
    count, example = len(found.differences), _named(found.differences[0])
    message = place.console.say("cli.doctor_tallies_differ", count=count, example=example)
    return Check("tallies", ok=False, message=message)


def _named(difference: Difference) -> str:
    where = f"{difference.what.value} {difference.metric} {difference.unit} {difference.day}"
    record = "" if difference.record_id is None else f" #{difference.record_id}"
    return f"{where}{record}: {difference.stored} ≠ {difference.counted}"


def _disk(place: Workplace) -> Check:
    data = place.settings.data
    try:
        data.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix=".doctor-", dir=data) as probe:
            probe.write(b"1")
    except OSError as error:
        message = place.console.say("cli.doctor_disk_unwritable", data=data, why=error.strerror or str(error))
        return Check("disk", ok=False, message=message)
    free = shutil.disk_usage(data).free // (1024 * 1024)
    if free < LEAST_FREE_MB:
        message = place.console.say("cli.doctor_disk_low", free=free, least=LEAST_FREE_MB)
        return Check("disk", ok=False, message=message)
    return Check("disk", ok=True, message=place.console.say("cli.doctor_disk_ok", free=free))


def _clock(place: Workplace) -> Check:
    """The machine's clock, not that of a rehearsal: against the database's or the disk's, and against the past."""
    for name, other in _other_clocks(place):
        apart = round(abs((real_now() - other).total_seconds()))
        if apart > CLOCKS_APART_SECONDS:
            message = place.console.say(
                "cli.doctor_clock_apart", other=place.console.say(name), seconds=apart
            )
            return Check("clock", ok=False, message=message)
    with reading(place.engine) as session:
        last = session.scalar(select(func.max(ClockworkRunner.seen_at)))
    now = real_now()
    if last is not None and (last - now).total_seconds() > CLOCKS_APART_SECONDS:
        message = place.console.say("cli.doctor_clock_set_back", last=last.isoformat(), now=now.isoformat())
        return Check("clock", ok=False, message=message)
    local = place.clock.now().astimezone(place.zone).isoformat(timespec="seconds")
    return Check("clock", ok=True, message=place.console.say("cli.doctor_clock_ok", now=local))


def _other_clocks(place: Workplace) -> Iterator[tuple[str, datetime]]:
    if not place.settings.is_embedded:
        with place.engine.connect() as connection:
            yield "cli.doctor_of_database", connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    with tempfile.NamedTemporaryFile(prefix=".doctor-", dir=place.settings.data) as probe:
        yield "cli.doctor_of_disk", datetime.fromtimestamp(Path(probe.name).stat().st_mtime, UTC)


def _prefect(place: Workplace) -> Check:
    """Not running is no fault, and neither is a run that was cut off and covered since; a job that fails is."""
    found = _jobs(place)
    told = [_whether_it_runs(place, found.clockwork)]
    failing = [view for view in found.jobs if view.state is JobState.FAILED]
    if failing:
        told.append(_last_failure(place, failing))
    late = [view.job for view in found.jobs if view.late_since is not None]
    if late:
        named = joined([runs.say_job(job, language=place.console.language) for job in late])
        told.append(place.console.say("cli.doctor_jobs_late", jobs=named))
    is_stopped = found.clockwork is ClockworkState.STOPPED
    return Check("prefect", ok=is_stopped or not failing, message=" ".join(told))


def _last_failure(place: Workplace, failing: Sequence[JobView]) -> str:
    """Of the jobs that fail the one that did so last, with its cause and what follows."""
    language = place.console.language
    last, view = max(
        ((view.last, view) for view in failing if view.last is not None), key=lambda each: each[0].started_at
    )
    effect = "" if view.effect is None else runs.say_effect(view.effect, language=language)
    name = runs.say_job(view.job, language=language)
    return place.console.say("cli.doctor_job_failed", job=name, why=last.why or "", effect=effect)


def _jobs(place: Workplace) -> Overview:
    with reading(place.engine) as session:
        return runs.overview(session, jobs(place.zone), by=CONSOLE, now=place.now, machine_now=real_now())


def _whether_it_runs(place: Workplace, state: ClockworkState) -> str:
    if state is ClockworkState.BEHIND:
        return place.console.say("cli.doctor_prefect_behind", log=place.settings.data / "logs" / "flows.log")
    if state is ClockworkState.OK:
        with reading(place.engine) as session:
            seen = session.scalar(select(func.max(ClockworkRunner.seen_at)))
        seconds = max(0, round((real_now() - seen).total_seconds())) if seen else 0
        return place.console.say("cli.doctor_prefect_ok", seconds=seconds)
    url = place.settings.prefect_api_url
    why = None if url is None else _unanswered(url)
    if why is not None:
        return place.console.say("cli.doctor_prefect_unreachable", url=_without_secrets(str(url)), why=why)
    return place.console.say("cli.doctor_prefect_off")


def _notices(place: Workplace) -> Check:
    """What waits and what has to be told by telephone is told; a fault is only that nothing can be sent."""
    hour_ago = place.now - timedelta(hours=1)
    with reading(place.engine) as session:
        due = select(func.count()).select_from(Notice).where(Notice.state == NoticeState.DUE)
        waiting = session.scalar(due.where(Notice.next_try_at <= hour_ago)) or 0
        by_state = select(Notice.state, func.count()).where(is_to_call(place.now))
        to_call = dict(session.execute(by_state.group_by(Notice.state)).all())
    told = []
    if waiting:
        told.append(place.console.say("cli.doctor_notices_waiting", count=waiting))
    if to_call:
        told.append(
            place.console.say(
                "cli.doctor_notices_to_call",
                count=sum(to_call.values()),
                failed=to_call.get(NoticeState.FAILED, 0),
                uncertain=to_call.get(NoticeState.UNCERTAIN, 0),
            )
        )
    found = _jobs(place)
    failing = [
        view.last.why or ""
        for view in found.jobs
        if view.job == DELIVER_NOTICES and view.state is JobState.FAILED and view.last is not None
    ]
    told += [place.console.say("cli.doctor_notices_failing", why=why) for why in failing]
    is_fault = bool(failing) and found.clockwork is not ClockworkState.STOPPED
    message = " ".join(told) or place.console.say("cli.doctor_notices_ok")
    return Check("notices", ok=not is_fault, message=message)


def _unanswered(url: str) -> str | None:
    try:
        with urlopen(f"{url.rstrip('/')}/health", timeout=ANSWERS_WITHIN_SECONDS):  # noqa: S310 - a setting
            return None
    except (URLError, OSError, ValueError) as error:
        return str(getattr(error, "reason", error))


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _mail(place: Workplace) -> Check:
    if place.settings.smtp_url is None:
        return Check("mail", ok=True, message=place.console.say("cli.doctor_mail_off"))
    parts = urlsplit(place.settings.smtp_url)
    host = parts.hostname or ""
    try:
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, parts.port or 465, timeout=ANSWERS_WITHIN_SECONDS, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(host, parts.port or 587, timeout=ANSWERS_WITHIN_SECONDS)
        with server:
            server.noop()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        message = place.console.say("cli.doctor_mail_unreachable", host=host, why=str(error))
        return Check("mail", ok=False, message=message)
    return Check("mail", ok=True, message=place.console.say("cli.doctor_mail_ok", host=host))


_LOOKS: dict[str, Callable[[Workplace], Check]] = {
    "tallies": _tallies,
    "disk": _disk,
    "clock": _clock,
    "prefect": _prefect,
    "notices": _notices,
    "mail": _mail,
}
