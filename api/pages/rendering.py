"""From a template and what it shows to an answer: the words of the asked language, icons, the theme, the frame."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lucide.jinja import lucide
from markupsafe import Markup
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.forms.kept import KeptForm
from api.pages.answers import HEADERS
from api.pages.menu import Badge, Current, MenuLine, menu_of
from api.pages.sent_once import with_keys
from api.pages.status import STATUS_COOKIE, Status, Undo, status_of
from api.pages.unit_switch import UnitSwitch
from api.problems import language_of
from outreach.permissions import Actor
from outreach.unit_choices import UnitChoice
from wording.sentences import is_known, say

ROOM: Final = Path(__file__).parent.parent
STATIC: Final = ROOM / "static"
THEME_COOKIE: Final = "yinling_theme"
THEMES: Final = ("light", "dark")
LANGUAGE_TAGS: Final = {"zh_Hans": "zh-Hans", "zh_Hant": "zh-Hant", "en": "en"}


class StaticFilesForLong(StaticFiles):
    """Files whose address carries what is in them: a browser may keep them for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """As Starlette does, with leave to keep what was asked for by its address's own version."""
        response = await super().get_response(path, scope)
        is_versioned = scope["query_string"].startswith(b"v=") and response.status_code == 200
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if is_versioned else "no-cache"
        )
        return response


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a page of somebody signed in: who it is, for which office, the menu, and the unit looked at."""

    name: str
    office: str
    role: str
    current: Current
    menu: Mapping[str, Sequence[MenuLine]]
    choices: tuple[UnitChoice, ...]
    unit: UnitChoice


def frame(
    actor: Actor, switch: UnitSwitch, current: Current, waiting: Mapping[str, Badge] = MappingProxyType({})
) -> Frame:
    """The frame of a page; the office is called by the first unit that the actor sees."""
    role = actor.rights[0].role.value if actor.rights else ""
    return Frame(
        actor.name,
        switch.choices[0].name if switch.choices else "",
        role,
        current,
        menu=menu_of(actor, waiting),
        choices=switch.choices,
        unit=switch.chosen,
    )


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    frame: Frame | None = None,
    **shown: Any,  # Any: each template names what it shows
) -> HTMLResponse:
    """The page of a template, in the language of the request."""
    language = language_of(request)
    theme = request.cookies.get(THEME_COOKIE, "")
    just_done = None if frame is None else status_of(request)
    html = (
        _environment()
        .get_template(template)
        .render(
            say=partial(say, language=language),
            language=language,
            lang=LANGUAGE_TAGS[language],
            theme=theme if theme in THEMES else "",
            here=_here(request),
            frame=frame,
            done=None if just_done is None else _said(just_done, language),
            **shown,
        )
    )
    response = HTMLResponse(html if frame is None else with_keys(html), status_code=status, headers=HEADERS)
    if just_done is not None:
        response.delete_cookie(STATUS_COOKIE)
    return response


def sign_in_page(
    request: Request,
    *,
    status: int = 200,
    name: str = "",
    wanted: str = "/",
    message: str = "",
    has_accounts: bool = True,
    kept: KeptForm | None = None,
) -> HTMLResponse:
    """The form of name and password; `kept` is a form that goes along, `wanted` the page to go to."""
    return render(
        request,
        "login.html",
        status=status,
        name=name,
        next=local_path(wanted),
        message=message,
        has_accounts=has_accounts,
        carried=() if kept is None else kept.carried(),
    )


@dataclass(frozen=True, slots=True)
class StatusLine:
    """What was just done in words, and the form that undoes it."""

    words: str
    undo: Undo | None


def _said(status: Status, language: str) -> StatusLine | None:
    """None for a sentence that is none of ours: the browser keeps it, and what it sends back may be anything."""
    if not is_known(status.key):
        return None
    return StatusLine(say(status.key, language=language, **status.values), status.undo)


def local_path(path: str) -> str:
    """The address to go to after something, when it is one of ours; the first page otherwise."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_ours and "\\" not in path else "/"


def without(name: str, address: str) -> str:
    """An address of ours with one of its questions left out."""
    path, _, query = address.partition("?")
    kept = urlencode([(key, value) for key, value in parse_qsl(query) if key != name])
    return f"{path}?{kept}" if kept else path


def _here(request: Request) -> str:
    """The address to come back to; a form's answer has none of its own."""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{quote(request.url.path)}{query}" if request.method == "GET" else "/"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(ROOM / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        icon=icon,
        static=static_url,
        stylesheet=stylesheet,
        script=script,
        unit_switch_options=unit_switch_options,
    )
    return environment


@lru_cache(maxsize=64)
def unit_switch_options(choices: tuple[UnitChoice, ...], chosen: UnitChoice) -> Markup:
    """The options of the unit switch: a county has hundreds on every page, so they are kept written out."""
    html = _environment().get_template("unit_switch_options.html").render(choices=choices, chosen=chosen)
    return Markup(html)  # noqa: S704 - a template of ours, which escapes


@cache
def icon(name: str) -> Markup:
    """A drawing beside words, which say the same: programs that read aloud pass over it."""
    drawn = str(lucide(name, size=None, aria_hidden="true", stroke_width="1.75"))
    return Markup(drawn.replace("<svg", '<svg class="icon" focusable="false"', 1))  # noqa: S704 - our own library's


@cache
def static_url(name: str) -> str:
    """The address of a static file, with a mark that changes when the file does."""
    mark = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={mark}"


@cache
def stylesheet(name: str) -> Markup:
    """The link to a style sheet of ours."""
    return Markup('<link rel="stylesheet" href="{}">').format(static_url(name))


@cache
def script(name: str) -> Markup:
    """A script of ours, which begins when the page stands."""
    return Markup('<script type="module" src="{}"></script>').format(static_url(name))
