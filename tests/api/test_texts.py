"""Texts for users stand in the catalogues alone: none in templates, in scripts, in the code of pages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

TEMPLATES = ROOT / "api" / "templates"
STATIC = ROOT / "api" / "static"
ROOMS = ("forms", "pages", "presenters")
CHINESE = re.compile("[\u3400-\u9fff]")
WORDS = re.compile("[A-Za-z\u3400-\u9fff]")
SAID = "\u0001"
"""Stands for whatever the template fills in."""
THE_SAME_EVERYWHERE = {
    "银龄",  # the seal
    "Ctrl K",
    "Excel",
    "Word",
    "CSV",
    "JSON",
    "XLSX",
    ".venv/bin/yinling init",
    ".venv/bin/yinling account reset",
    ".venv/bin/yinling --data DATA restore",
}
SPOKEN = ("title", "alt", "placeholder", "aria-label")


def _texts_of_template(text: str) -> Iterator[str]:
    text = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", SAID, text, flags=re.DOTALL)
    for name, value in re.findall(r'\s([a-z-]+)="([^"]*)"', text):
        if name in SPOKEN:
            yield value
    # A macro that makes attributes has no tag around them.
    yield from re.sub(r"<[^>]*>|[a-z-]+=\"[^\"]*\"", "\n", text).splitlines()


def _texts_of_code(source: str) -> Iterator[str]:
    """The strings of a module that hold Chinese, without its docstrings."""
    tree = ast.parse(source)
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in told:
            continue
        if isinstance(node.value, str) and CHINESE.search(node.value):
            yield node.value


def _is_a_text(words: str) -> bool:
    said = words.replace(SAID, "").strip()
    return bool(WORDS.search(said)) and said not in THE_SAME_EVERYWHERE


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_no_template_has_words_of_its_own(path: Path) -> None:
    assert [words for words in _texts_of_template(path.read_text("utf-8")) if _is_a_text(words)] == []


@pytest.mark.parametrize("path", sorted(STATIC.glob("*.js")), ids=lambda path: path.name)
def test_no_script_has_words_of_its_own(path: Path) -> None:
    code = re.sub(r"(?m)^\s*//.*$", "", path.read_text("utf-8"))
    assert CHINESE.findall(code) == []
    assert re.findall(r"(?:textContent|innerText|title|placeholder)\s*=\s*[\"'`]\s*[A-Za-z]{2}", code) == []


OF_THE_ALMANAC = {"月", "腊", "臘"}
"""What the almanac writes is no sentence."""


def test_no_page_form_or_presenter_has_chinese_of_its_own() -> None:
    found = {
        str(path): texts
        for room in ROOMS
        for path in sorted((ROOT / "api" / room).rglob("*.py"))
        if (texts := [text for text in _texts_of_code(path.read_text("utf-8")) if not _is_no_sentence(text)])
    }
    assert found == {}


def _is_no_sentence(text: str) -> bool:
    """Signs of the almanac; a schedule's text (`FESTIVAL:春节;shift=-3WD`); a pattern that days are read with."""
    return text in OF_THE_ALMANAC or re.match(r"[A-Z]+:|\(\\d", text) is not None


@pytest.mark.parametrize(
    "template",
    [
        "<p>你好</p>",
        "<p>Hello {{ name }}</p>",
        '<img alt="a cat">',
        '<button title="{{ x }} now">{{ y }}</button>',
    ],
)
def test_a_template_with_words_of_its_own_would_be_found(template: str) -> None:
    assert [words for words in _texts_of_template(template) if _is_a_text(words)]
