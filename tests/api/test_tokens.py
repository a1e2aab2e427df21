"""The colours: enough contrast in both themes, one place for them all, and nothing that old browsers do not know."""

import re
from itertools import product

import pytest

from api.pages.rendering import ROOM, STATIC

TOKENS = (STATIC / "tokens.css").read_text("utf-8")
PAGES = (STATIC / "pages.css").read_text("utf-8")
TEXT = 4.5
EDGE = 3.0

GROUNDS = ("paper", "surface", "sunken", "hover", "group")
PAIRS = [
    *product(("ink", "ink-2", "ink-3", "pine", "seal", "amber"), GROUNDS, [TEXT]),
    ("on-pine", "pine", TEXT),
    ("on-pine", "pine-hover", TEXT),
    ("pine-ink", "pine-tint", TEXT),
    ("on-seal", "seal-fill", TEXT),
    ("seal-ink", "seal-tint", TEXT),
    ("amber-ink", "amber-tint", TEXT),
    *[(f"c{tint}", f"t{tint}", TEXT) for tint in range(1, 8)],
    *product(("edge",), ("paper", "surface"), [EDGE]),
    *product(("focus",), GROUNDS, [EDGE]),
]


def _colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9A-Fa-f]{6});", block))


def _block(opening: str) -> str:
    start = TOKENS.index(opening)
    return TOKENS[start : TOKENS.index("}", start)]


LIGHT = _colours(_block(":root {"))
DARK = _colours(_block(':root[data-theme="dark"] {'))
SYSTEM = _colours(_block(':root:not([data-theme="light"]) {'))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_what_is_written_can_be_read(theme, ink, ground, least):
    colours = LIGHT if theme == "light" else DARK
    assert _contrast(colours[ink], colours[ground]) >= least


def test_the_measure_of_contrast_is_that_of_the_guidelines():
    assert _contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert _contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_both_ways_to_the_dark_theme_lead_to_the_same_colours():
    assert SYSTEM == DARK
    assert set(DARK) == set(LIGHT)


def test_colours_stand_in_one_file_alone():
    written = re.compile(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)|\b(?:hsl|oklch|color-mix)\(")
    assert written.findall(PAGES) == []
    for template in (ROOM / "templates").rglob("*.html"):
        assert re.findall(r"(?<!&)#[0-9a-fA-F]{6}\b", template.read_text("utf-8")) == []


def test_every_token_that_is_used_exists():
    known = set(re.findall(r"--([a-z0-9-]+):", TOKENS))
    assert set(re.findall(r"var\(--([a-z0-9-]+)\)", PAGES + TOKENS)) <= known


@pytest.mark.parametrize(
    "newer",
    [":has(", "@container", "@layer", "dvh", "svh", "oklch(", "color-mix(", "&:", "& ", "inset:", "@scope"],
)
def test_browsers_of_offices_know_all_of_it(newer):
    """They run on Chromium 86 or later."""
    assert newer not in PAGES
    assert newer not in TOKENS


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
