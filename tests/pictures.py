"""The pictures in `docs/pictures`, taken of the sample county on one day of its year: `make pictures`.

The day, the records and the size of the window are fixed: a picture changes when its page does, and not otherwise.
"""

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import uvicorn
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from sqlalchemy import Engine, select

from api.app import create_app
from api.security import SESSION_COOKIE
from clock import command_clock
from flows.jobs import jobs
from models import Activity, Campaign
from models.database import make_engine, reading, transaction
from models.migrating import upgrade
from outreach.assignment import propose_people
from outreach.permissions import CLOCKWORK
from settings import Settings
from tests.browser.conftest import DESKTOP, FLAGS, PHONE, Site
from tests.conftest import ROOT
from tests.site import MORNING, TODAY, settle, work_on

PICTURES = ROOT / "docs" / "pictures"
COLOURS = 256
"""Pages have few colours: a palette keeps their letters sharp at a third of the octets."""
UNSEEN, UNSEEN_OVERALL = 48, 0.1
"""How far a single point of a picture may be from before, and how far all of them on average; of 255."""
GAP, BESIDE = 24, "#dcd7cc"
"""Between telephones side by side: pixels, and their colour."""
LESSONS = "FD"
"""The campaign whose next activity is shown with its places: lessons for children on Saturdays."""
ASKED_THROUGH = TODAY + timedelta(days=5)


def take_all(into: Path = PICTURES) -> None:
    """Serve the county, look at its pages, and write what is seen."""
    into.mkdir(parents=True, exist_ok=True)
    with _served() as site, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=_chromium(), args=[*FLAGS, *_SAME_EVERYWHERE])
        places = f"/a/{_next_lesson(site.engine)}/people"
        _ask_the_first(chromium, site, places)
        pages = {
            "today": "/",
            "year": "/plan/2026",
            "month": "/calendar/2026-11",
            "places": places,
            "campaign": "/campaigns/new?template=double_ninth#when",
            "suggestions": "/suggestions",
            "tally": "/tally/2026-10",
        }
        for name, address in pages.items():
            _keep(_seen(chromium, site, address), into / f"{name}.png")
        _keep(_seen(chromium, site, "/", dark=True), into / "today-dark.png")
        carried = ("/", "/calendar/2026-11", places)
        _keep(
            _side_by_side([_seen(chromium, site, each, size=PHONE) for each in carried]), into / "phone.png"
        )
        chromium.close()


_SAME_EVERYWHERE = (
    "--font-render-hinting=none",
    "--disable-lcd-text",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
)
"""Letters are drawn alike on every machine that has the same fonts."""


@contextmanager
def _served() -> Iterator[Site]:
    """The county at work, in a folder of its own, for as long as somebody looks at it."""
    with tempfile.TemporaryDirectory(prefix="yinling-pictures-") as folder:
        settings = Settings(data=Path(folder), listen="127.0.0.1:0")
        engine = make_engine(settings.database_url)
        upgrade(engine)
        settle(engine, settings)
        work_on(engine, settings)
        _ask_people(engine, settings)
        app = create_app(settings, engine, command_clock(MORNING), jobs=jobs(settings.zone))
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            if not thread.is_alive():
                raise SystemExit("The server did not start.")
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Site(f"http://127.0.0.1:{port}", engine, "")
        server.should_exit = True
        thread.join(20)
        engine.dispose()


def _ask_people(engine: Engine, settings: Settings) -> None:
    """What the clockwork did this morning, for the days right ahead: later ones still wait for people."""
    with transaction(engine) as session:
        propose_people(
            session,
            today=TODAY,
            through=ASKED_THROUGH,
            zone=settings.zone,
            by=CLOCKWORK,
            now=MORNING,
        )


@contextmanager
def _looking_at(
    chromium: Browser, site: Site, address: str, *, size: ViewportSize = DESKTOP, dark: bool = False
) -> Iterator[Page]:
    """A page as a coordinator sees it, come to rest."""
    context = chromium.new_context(
        base_url=site.url,
        viewport=size,
        color_scheme="dark" if dark else "light",
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )
    context.add_cookies([{"name": SESSION_COOKIE, "value": site.session(), "url": site.url}])
    page = context.new_page()
    answer = page.goto(address, wait_until="networkidle")
    if answer is None or not answer.ok:
        raise SystemExit(f"{address} cannot be shown: {answer and answer.status}")
    yield page
    context.close()


def _seen(
    chromium: Browser, site: Site, address: str, *, size: ViewportSize = DESKTOP, dark: bool = False
) -> Image.Image:
    """A picture of it, a pixel for a pixel."""
    with _looking_at(chromium, site, address, size=size, dark=dark) as page:
        taken = page.screenshot(animations="disabled", caret="hide")
    return Image.open(BytesIO(taken)).convert("RGB")


def _ask_the_first(chromium: Browser, site: Site, address: str) -> None:
    """What a coordinator does there: ask whoever stands first in the list."""
    with _looking_at(chromium, site, address) as page:
        page.locator("ol.ranked button").first.click()
        page.wait_for_load_state("networkidle")


def _next_lesson(engine: Engine) -> int:
    """The first activity of a campaign after the days for which people were asked already."""
    with reading(engine) as session:
        return session.scalars(
            select(Activity.id)
            .join(Campaign, Campaign.id == Activity.campaign_id)
            .where(Campaign.code == LESSONS, Activity.day > ASKED_THROUGH)
            .order_by(Activity.day)
            .limit(1)
        ).one()


def _side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    width = sum(each.width for each in pictures) + GAP * (len(pictures) + 1)
    sheet = Image.new("RGB", (width, max(each.height for each in pictures) + 2 * GAP), BESIDE)
    left = GAP
    for each in pictures:
        sheet.paste(each, (left, GAP))
        left += each.width + GAP
    return sheet


def _keep(picture: Image.Image, at: Path) -> None:
    """Write it with a palette and nothing of the machine; what looks as before stays as it is."""
    few = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    if not (at.exists() and _look_alike(few.convert("RGB"), Image.open(at).convert("RGB"))):
        few.save(at, optimize=True)


def _look_alike(one: Image.Image, other: Image.Image) -> bool:
    """Whether nobody sees a difference: edges of letters are not drawn quite alike each time."""
    if one.size != other.size:
        return False
    apart = ImageStat.Stat(ImageChops.difference(one, other))
    return max(high for _, high in apart.extrema) <= UNSEEN and max(apart.mean) <= UNSEEN_OVERALL


def _chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if found := shutil.which(name):
            return found
    raise SystemExit("No Chromium on this machine: `sh .ci/prepare` installs one where it may.")


if __name__ == "__main__":
    take_all()
