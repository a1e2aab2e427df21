"""Every page of the sample county at a screen: nothing for axe in light, in dark and on a phone, nothing sideways."""

from collections.abc import Mapping

import pytest

from settings import Settings
from tests.browser.appearance import faults
from tests.browser.conftest import Site
from tests.browser.test_pages import Look
from tests.site import addresses, work_on

pytestmark = pytest.mark.browser

ALONE = {"/login", "/welcome/{secret}"}


@pytest.fixture(scope="module")
def pages(site: Site) -> Mapping[str, str]:
    work_on(site.engine, Settings())
    return addresses(site.engine)


# A list of routes is known only with the county, so the walk is cut into parts that say where they were.
@pytest.mark.parametrize("part", range(6))
def test_every_page_is_clean_and_fits(look: Look, pages: Mapping[str, str], part: int) -> None:
    found: dict[str, object] = {}
    page, alone = look("/settings/roles"), look("/login", signed_in=False)
    for route, address in sorted(pages.items())[part::6]:
        shown = alone if route in ALONE else page
        shown.goto(address)
        if wrong := faults(shown):
            found[address] = wrong
    assert found == {}
