"""What of an entry the reader of a feed may see. Anything written into a calendar has left the house for
good.

A feed is read without sign-in by whoever holds its link, and is copied to the servers of phone makers. So
three things hold at every level: free text is freed of telephone and identity numbers, amounts, addresses of
mail and web; that somebody is ill or has died is never told; and `Shown`, the only thing a feed can be made
of, is made here alone.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from calendars.entries import Entry, EntryStatus, PersonName, Span
from models.enums import Privacy


class Say(Protocol):
    """Words for a key of the catalogue, in the language of the feed."""

    def __call__(self, key: str, /, **values: object) -> str: ...


class Audience(StrEnum):
    """Whose feed it is: one volunteer's own, an office's (team, unit, campaign), or everybody's."""

    OWN = "own"
    OFFICE = "office"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry reduced to what its reader may see. `visited` are courtesy forms, `people` names in the form
    allowed.
    """

    uid: str
    sequence: int
    changed_at: datetime
    status: EntryStatus
    span: Span
    title: str
    place: str = ""
    people: tuple[str, ...] = ()
    visited: tuple[str, ...] = ()
    url: str = ""
    category: str = ""
    note: str = ""


# A visit of these kinds tells by its very title that somebody is ill or has died.
_TELLING_KINDS = frozenset({"hospital", "condolence"})
# Work of these kinds may be named, but not together with those it is done for.
_UNNAMED_KINDS = _TELLING_KINDS | {"health"}
_HEALTH_WORDS = re.compile(
    "住院|病|癌|瘤|手术|手術|术后|術後|化疗|化療|放疗|放療|透析|康复|康復|失能|失智|痴呆|残疾|殘疾|卧床|臥床|临终|臨終"
    "|医院|醫院|卫生院|衛生院|急诊|急診|门诊|門診|去世|逝世|过世|過世|遗体|遺體|丧|喪|吊唁|弔唁|殡|殯|葬"
    r"|\b(?:hospital|ward|clinic|ill|illness|sick|cancer|surgery|dialysis|funeral|bereave\w*|deceased)\b",
    re.IGNORECASE,
)

_SEPARATOR = r"[\s\-‐-―.·/()（）+]"
_LABEL = (
    "(?:(?:联系|聯繫|咨询|諮詢|报名|報名)?(?:电话|電話|手机号?码?|手機號?碼?|座机|座機|热线|熱線|邮箱|郵箱"
    r"|身份证号?码?|身分證號?碼?|银行卡号?|卡号|账号|帳號|tel|phone|mobile|e-?mail)\s*[:：]?\s*)?"
)
# Seven digits or more are a telephone, identity or account number, however they are set apart or written …
_NUMBER = re.compile(
    rf"{_LABEL}(?:[+＋]|[(（](?=\d{{2,4}}[)）]))?"
    rf"(?:\d(?:{_SEPARATOR}*\d){{6,}}(?:{_SEPARATOR}*[xXＸｘ])?|[〇○零一二三四五六七八九幺兩两]{{7,}})",
    re.IGNORECASE,
)
# … unless they are days or years.
_DAY = r"(?:19|20)\d\d(?:[-./](?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|[12]\d|3[01]))?"
_DAYS_OR_YEARS = re.compile(rf"{_DAY}(?:\s*[-–—/]\s*{_DAY})?")
_MANY = "(?:多|余|餘)?"
_YUAN = "(?:元(?![旦宵首年复復])|块钱|塊錢|圆整|圓整)"  # 元 begins 元旦, 元宵 too
_CHINESE_FIGURE = "[一二两兩三四五六七八九十百千万萬亿億〇零壹贰貳叁參肆伍陆陸柒捌玖拾佰仟]"
_AMOUNT = re.compile(
    rf"(?:人民币|人民幣|rmb|cny|[¥￥$])\s*\d[\d,，.]*\s*[万萬千百亿億]?{_MANY}{_YUAN}?"
    rf"|\d[\d,，.]*\s*{_MANY}[十百千万萬亿億]*{_MANY}(?:{_YUAN}|人民币|人民幣|\s*(?:yuan|rmb|cny)\b)"
    rf"|{_CHINESE_FIGURE}{{2,}}{_MANY}{_YUAN}整?",
    re.IGNORECASE,
)
_MAIL_ADDRESS = re.compile(rf"{_LABEL}[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)*", re.IGNORECASE)
_WEB_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.\-]*://|www\.)[^\s，。；、）】》]+", re.IGNORECASE)
_EMPTY_BRACKETS = re.compile(r"\(\s*\)|（\s*）|【\s*】|\[\s*\]|《\s*》|“\s*”")
_DANGLING = re.compile(r"^[\s,，、;；:：·]+|[\s,，、;；:：·]+$")


def disclose(entry: Entry, level: Privacy, audience: Audience, *, say: Say) -> Shown:
    """The entry as this audience may see it at this level of privacy.

    `busy`: times alone. `initials`: title, place and shortened names; nobody visited. `full`: the team by
    name and, in a volunteer's own feed alone, those to be visited by courtesy form. Public feeds name nobody;
    `full` there is a ValueError. Stamps and times are never changed here: they are the same for every reader.
    """
    if audience is Audience.PUBLIC and level is Privacy.FULL:
        raise ValueError("a public feed never shows full names")
    if level is Privacy.BUSY:
        return _times_alone(entry, say)
    may_name_visited = level is Privacy.FULL and audience is Audience.OWN and entry.kind not in _UNNAMED_KINDS
    tells_health = entry.kind in _TELLING_KINDS

    def shown(text: str) -> str:
        return scrubbed(_with_names_reduced(text, entry, level, audience, may_name_visited, say))

    title, place, note = shown(entry.title), shown(entry.place), shown(entry.note)
    if tells_health or (entry.visited and entry.kind != "health" and _HEALTH_WORDS.search(title)):
        title = say("feed.visit")
    if (tells_health or entry.visited) and _HEALTH_WORDS.search(place):
        place = ""
    if (tells_health or entry.visited) and _HEALTH_WORDS.search(note):
        note = ""
    return Shown(
        uid=entry.uid,
        sequence=entry.sequence,
        changed_at=entry.changed_at,
        status=entry.status,
        span=entry.span,
        title=title or say("feed.activity"),
        place=place,
        people=_names(entry.people, level, audience),
        visited=tuple(person.courtesy for person in entry.visited) if may_name_visited else (),
        url=entry.url,
        category="" if tells_health else shown(entry.category),
        note=note,
    )


@lru_cache(maxsize=4096)  # a campaign's title and place stand in each of its entries
def scrubbed(text: str) -> str:
    """Free text without telephone, identity and account numbers, amounts of money, and addresses of mail and
    web.

    Days, years and small numbers (第3支部, 2单元301) stay. Rather a number too many goes than one too few.
    """
    kept = _WEB_ADDRESS.sub("", text)
    kept = _MAIL_ADDRESS.sub("", kept)
    kept = _NUMBER.sub(_unless_day, kept)
    kept = _AMOUNT.sub("", kept)
    if kept == text:
        return text
    return _DANGLING.sub("", " ".join(_EMPTY_BRACKETS.sub("", kept).split()))


def _unless_day(found: re.Match[str]) -> str:
    return found[0] if _DAYS_OR_YEARS.fullmatch(found[0]) else ""


def _times_alone(entry: Entry, say: Say) -> Shown:
    return Shown(
        uid=entry.uid,
        sequence=entry.sequence,
        changed_at=entry.changed_at,
        status=entry.status,
        span=entry.span,
        title=say("feed.busy"),
    )


def _names(people: tuple[PersonName, ...], level: Privacy, audience: Audience) -> tuple[str, ...]:
    if audience is Audience.PUBLIC:
        return ()
    return tuple(person.full if level is Privacy.FULL else person.short for person in people)


def _with_names_reduced(
    text: str, entry: Entry, level: Privacy, audience: Audience, may_name_visited: bool, say: Say
) -> str:
    """The text with the names of those concerned in the form that the lists use: people write them into
    titles too.
    """
    if not text:
        return text
    forms: dict[str, str] = {}
    for person in entry.people:
        if audience is Audience.PUBLIC:
            forms[person.full] = say("feed.someone")
        elif level is Privacy.INITIALS:
            forms[person.full] = person.short
    for person in entry.visited:
        # Whole rosters are visited at festivals: most of their names stand in no title.
        if person.full not in text and person.courtesy not in text:
            continue
        forms[person.full] = person.courtesy if may_name_visited else say("feed.someone")
        if not may_name_visited:
            forms.setdefault(person.courtesy, say("feed.someone"))
    for name in sorted(forms, key=len, reverse=True):
        if len(name) > 1 and name in text:
            text = text.replace(name, forms[name])
    return text
