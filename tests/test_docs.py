"""What the documents point at is there, and their pictures stay small."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "sample" / "README.md"])
PICTURES = sorted((ROOT / "docs" / "pictures").glob("*.png"))
LARGEST = 150 * 1024
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")


def _name(document: Path) -> str:
    return str(document.relative_to(ROOT))


def _headings(document: Path) -> set[str]:
    """The anchors of its headings, as the usual sites make them."""
    titles = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _links(document: Path) -> list[tuple[str, str]]:
    found = LINK.findall(document.read_text("utf-8"))
    return [(path, anchor) for path, anchor in found if "://" not in path]


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for path, anchor in _links(document):
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), path
        if anchor:
            assert anchor in _headings(target), f"{path}#{anchor}"


@pytest.mark.parametrize("picture", PICTURES, ids=_name)
def test_a_picture_is_small_and_somebody_shows_it(picture: Path) -> None:
    assert picture.stat().st_size <= LARGEST
    for readme in ("README.md", "README.zh-Hans.md"):
        assert (f"docs/pictures/{picture.name}", "") in _links(ROOT / readme), readme


def test_there_are_pictures() -> None:
    assert PICTURES
