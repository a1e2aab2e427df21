"""All catalogues together: three languages that say the same things, and every sentence the program asks for."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest
from babel.messages.pofile import read_po

from wording.sentences import CATALOGUES, PLACEHOLDER, SOURCE_LANGUAGE, catalogue, is_known, languages

ROOT = CATALOGUES.parent.parent
ROOMS = ("calendars", "wording", "outreach", "flows", "api", "cli")
DOMAINS = sorted({path.stem for path in CATALOGUES.glob("*/*.po")})
# In templates say("domain.key", name=…); a key put together from a code ends with a dot or an underscore before `~`.
SAID_IN_TEMPLATES = re.compile(r"""\bsay\(\s*(["'])(?P<key>[^"']*)\1(?P<rest>\s*[~%]|[^)]*)""")


@dataclass(frozen=True)
class Saying:
    """One call of `say` in the source. `values` are the names given, None when they cannot be told (**values)."""

    where: str
    key: str
    is_prefix: bool
    values: frozenset[str] | None


def test_there_are_catalogues_to_look_at():
    assert "feed" in DOMAINS


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_language_has_the_same_keys(domain):
    source = set(catalogue(SOURCE_LANGUAGE, domain))
    assert source
    for language in languages():
        assert set(catalogue(language, domain)) == source, language


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_language_has_the_same_placeholders_or_some_of_those_declared(domain):
    """A sentence whose languages need different values declares all of them in the source: `#. given: day month`."""
    source, declared = _placeholders(SOURCE_LANGUAGE, domain), _declared(domain)
    for language in languages():
        odd = {
            key: sorted(asked ^ source.get(key, frozenset()))
            for key, asked in _placeholders(language, domain).items()
            if not (asked <= declared[key] if key in declared else asked == source.get(key))
        }
        assert odd == {}, language


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("language", languages())
def test_every_entry_is_written_once_translated_and_belongs_to_its_domain(language, domain):
    text = (CATALOGUES / language / f"{domain}.po").read_text("utf-8")
    with (CATALOGUES / language / f"{domain}.po").open("rb") as lines:
        messages = [each for each in read_po(lines, locale=language, abort_invalid=True) if each.id]
    ids = re.findall(r'^msgid "(.+)"$', text, re.MULTILINE)
    assert [key for key, times in Counter(ids).items() if times > 1] == []
    assert [each.id for each in messages if not str(each.string).strip()] == []
    assert [each.id for each in messages if each.fuzzy] == []
    assert [each.id for each in messages if not str(each.id).startswith(f"{domain}.")] == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_sentence_has_no_brace_but_its_placeholders(domain):
    for language in languages():
        stray = {
            key: sentence
            for key, sentence in catalogue(language, domain).items()
            if set("{}") & set(re.sub(r"\{\{[^{}]*\}\}", "", PLACEHOLDER.sub("", sentence)))
        }
        assert stray == {}, language


def test_every_sentence_that_the_program_says_exists():
    unknown = [
        f"{each.where}: {each.key}" for each in _sayings() if not each.is_prefix and not is_known(each.key)
    ]
    assert unknown == []


def test_every_key_put_together_from_a_code_has_sentences_to_choose_from():
    empty = [f"{each.where}: {each.key}…" for each in _sayings() if each.is_prefix and not _begins(each.key)]
    assert empty == []


def test_every_sentence_is_given_its_values():
    lacking = []
    for each in _sayings():
        if each.is_prefix or each.values is None or not is_known(each.key):
            continue
        domain = each.key.partition(".")[0]
        missing = (
            _declared(domain).get(each.key) or _placeholders(SOURCE_LANGUAGE, domain)[each.key]
        ) - each.values
        if missing:
            lacking.append(f"{each.where}: {each.key} lacks {sorted(missing)}")
    assert lacking == []


def test_the_search_for_sayings_finds_all_ways_of_writing_one():
    source = 'say("a.b", language=x, n=1)\nsentences.say(f"c.{code}")\nself.say("d.e", **v)\nsay(key)\n'
    found = [(each.key, each.is_prefix, each.values) for each in _sayings_of(source, "x.py")]
    assert found == [
        ("a.b", False, frozenset({"language", "n"})),
        ("c.", True, frozenset()),
        ("d.e", False, None),
    ]
    template = """{{ say('a.b', n=1) }} {{ say("c." ~ code) }} {{ say( "d.e") }}"""
    assert [(each.key, each.is_prefix) for each in _sayings_of_template(template, "x.html")] == [
        ("a.b", False),
        ("c.", True),
        ("d.e", False),
    ]


@cache
def _declared(domain: str) -> dict[str, frozenset[str]]:
    """The values that a sentence of the source says it is given, where it says so."""
    with (CATALOGUES / SOURCE_LANGUAGE / f"{domain}.po").open("rb") as lines:
        messages = read_po(lines, locale=SOURCE_LANGUAGE)
    return {
        str(message.id): frozenset(comment.removeprefix("given:").split())
        for message in messages
        for comment in message.auto_comments
        if comment.startswith("given:")
    }


@cache
def _placeholders(language: str, domain: str) -> dict[str, frozenset[str]]:
    return {key: frozenset(PLACEHOLDER.findall(text)) for key, text in catalogue(language, domain).items()}


def _begins(prefix: str) -> bool:
    domain = prefix.partition(".")[0]
    return any(key.startswith(prefix) for key in catalogue(SOURCE_LANGUAGE, domain))


def _sayings() -> Iterator[Saying]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield from _sayings_of(path.read_text("utf-8"), str(path.relative_to(ROOT)))
    for suffix in ("html", "txt", "xml", "svg"):
        for path in sorted((ROOT / "api" / "templates").rglob(f"*.{suffix}")):
            yield from _sayings_of_template(path.read_text("utf-8"), str(path.relative_to(ROOT)))


def _sayings_of(source: str, name: str) -> Iterator[Saying]:
    for node in ast.walk(ast.parse(source, name)):
        if not isinstance(node, ast.Call) or not node.args or not _is_say(node.func):
            continue
        where, key = f"{name}:{node.lineno}", node.args[0]
        given = {word.arg for word in node.keywords}
        values = None if None in given else frozenset(word for word in given if word)
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield Saying(where, key.value, is_prefix=False, values=values)
        elif isinstance(key, ast.JoinedStr) and isinstance(key.values[0], ast.Constant):
            yield Saying(where, str(key.values[0].value), is_prefix=True, values=values)


def _is_say(function: ast.expr) -> bool:
    return (isinstance(function, ast.Name) and function.id == "say") or (
        isinstance(function, ast.Attribute) and function.attr == "say"
    )


def _sayings_of_template(text: str, name: str) -> Iterator[Saying]:
    for found in SAID_IN_TEMPLATES.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        is_prefix = found["rest"].lstrip().startswith(("~", "%"))
        yield Saying(f"{name}:{line}", found["key"], is_prefix=is_prefix, values=None)
