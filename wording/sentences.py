"""Sentences for users, by key, in the languages of the catalogues.

A key is "domain.name": the sentence stands in catalogues/LANGUAGE/DOMAIN.po, where msgid is the whole key and
msgstr the sentence. `{name}` in it is replaced by the value of that name; every other brace is an ordinary
character. Simplified Chinese is the source: a key exists when it exists there.
"""

import logging
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

from babel.messages.pofile import read_po

SOURCE_LANGUAGE = "zh_Hans"
LANGUAGES = (SOURCE_LANGUAGE, "zh_Hant", "en")
CATALOGUES = Path(__file__).parent / "catalogues"

# Only plain names: no attribute, index, conversion or format can be asked of a value.
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_KEY = re.compile(r"([a-z][a-z0-9_]*)\.[\w.\-]+")
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})

log = logging.getLogger(__name__)


class _Unfilled(Exception):
    """A sentence asks for a value that was not given."""


def say(key: str, *, language: str = SOURCE_LANGUAGE, **values: object) -> str:
    """The sentence of `key` in `language`, with its {placeholders} filled by `values`.

    A sentence that the language lacks, or that asks for a value not given (or None), is said in Simplified
    Chinese; a value that is missing there too is left out. Both are logged as errors, for users must never
    meet a crash over a word. Raises KeyError for a key that the source language does not know.
    """
    source = _source_sentence(key)
    own = source if language == SOURCE_LANGUAGE else _sentence(key, language)
    if own is not None:
        try:
            return _fill(own, values)
        except _Unfilled as unfilled:
            log.error("sentence %s in %s lacks its value %s", key, language, unfilled)
    else:
        log.error("sentence %s is missing in %s", key, language)
    return PLACEHOLDER.sub(lambda found: _text(values.get(found[1])), source)


def languages() -> tuple[str, ...]:
    """The languages the program speaks, the source first."""
    return LANGUAGES


def keys(domain: str) -> frozenset[str]:
    """All keys of a domain in the source language; none for an unknown domain."""
    return frozenset(catalogue(SOURCE_LANGUAGE, domain))


def is_known(key: str) -> bool:
    """Whether `say` has a sentence for this key."""
    domain = _domain(key)
    return domain is not None and key in catalogue(SOURCE_LANGUAGE, domain)


def negotiate(*preferences: str | None, default: str = SOURCE_LANGUAGE) -> str:
    """The language to speak: the first preference that names one we have.

    A preference is a language code (`zh_Hant`, `en-GB`) or a whole Accept-Language header with its q-values
    (RFC 9110, section 12.5.4); None, an empty or an unreadable one is passed over. Chinese of Taiwan, Hong
    Kong and Macao is Traditional.
    """
    for preference in preferences:
        for tag in _by_quality(preference or ""):
            if language := _language_of(tag):
                return language
    return default


@cache
def catalogue(language: str, domain: str) -> Mapping[str, str]:
    """key → sentence of one file, read once; an absent file is an empty catalogue."""
    path = CATALOGUES / language / f"{domain}.po"
    if language not in LANGUAGES or not path.is_file():
        return MappingProxyType({})
    with path.open("rb") as lines:
        messages = read_po(lines, locale=language, charset="utf-8", abort_invalid=True)
    return MappingProxyType({str(m.id): str(m.string) for m in messages if m.id and m.string})


def _source_sentence(key: str) -> str:
    found = _sentence(key, SOURCE_LANGUAGE)
    if found is None:
        raise KeyError(key)
    return found


@lru_cache(maxsize=16_384)
def _sentence(key: str, language: str) -> str | None:
    # Remembered, for a page says a thousand and more; not without end, for a key may be put together from a code.
    domain = _domain(key)
    return None if domain is None else catalogue(language, domain).get(key)


def _domain(key: str) -> str | None:
    # A key may be put together from a code, so it must not be able to name any file it likes.
    match = _KEY.fullmatch(key)
    return match[1] if match else None


def _fill(sentence: str, values: Mapping[str, object]) -> str:
    if "{" not in sentence:
        return sentence

    def value(found: re.Match[str]) -> str:
        given = values.get(found[1])
        if given is None:
            raise _Unfilled(found[1])
        return _text(given)

    return PLACEHOLDER.sub(value, sentence)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _by_quality(header: str) -> list[str]:
    """The tags of an Accept-Language header, the most wanted first, refused ones (q=0) left out."""
    wanted: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, parameter = part.strip().partition(";")
        quality = _quality(parameter.strip())
        if tag and quality > 0:
            wanted.append((quality, tag.strip()))
    return [tag for _, tag in sorted(wanted, key=lambda each: -each[0])]


def _quality(parameter: str) -> float:
    if not parameter:
        return 1.0
    number = re.fullmatch(r"q\s*=\s*([01](?:\.\d{0,3})?)", parameter, re.ASCII | re.IGNORECASE)
    return min(float(number[1]), 1.0) if number else 0.0


def _language_of(tag: str) -> str | None:
    first, *rest = tag.replace("_", "-").lower().split("-")
    if first == "en":
        return "en"
    if first != "zh":
        return None
    if "hans" in rest:
        return SOURCE_LANGUAGE
    return "zh_Hant" if _TRADITIONAL.intersection(rest) else SOURCE_LANGUAGE
