"""Names of people: how one addresses them, how one shortens them, how one sorts them.

Names are data: they are never translated or turned into the other script, only the words around them.
"""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from pypinyin import Style, lazy_pinyin

from wording.sentences import SOURCE_LANGUAGE, say

ELDER_FROM_AGE = 60
GROWN_UP_FROM_AGE = 18

# Family names of two characters, in both scripts where they differ.
_COMPOUND = """
欧阳 歐陽 太史 端木 上官 司马 司馬 东方 東方 独孤 獨孤 南宫 南宮 万俟 萬俟 闻人 聞人 夏侯 诸葛 諸葛 尉迟 尉遲
公羊 赫连 赫連 澹台 澹臺 皇甫 宗政 濮阳 濮陽 公冶 太叔 申屠 公孙 公孫 慕容 仲孙 仲孫 钟离 鍾離 鐘離 长孙 長孫
宇文 司徒 鲜于 鮮于 司空 闾丘 閭丘 子车 子車 亓官 司寇 巫马 巫馬 公西 颛孙 顓孫 壤驷 壤駟 公良 漆雕 乐正 樂正
宰父 谷梁 穀梁 拓跋 夹谷 夾谷 轩辕 軒轅 令狐 段干 百里 呼延 东郭 東郭 南门 南門 羊舌 微生 梁丘 左丘 东门 東門
西门 西門 南荣 南榮 第五 公仪 公儀 公乘 仲长 仲長 淳于 单于 單于 叔孙 叔孫 季孙 季孫 耶律 完颜 完顏 纳兰 納蘭
叶赫 葉赫 那拉 贺兰 賀蘭 东里 東里 哥舒 屈突 长鱼 長魚
"""
COMPOUND_SURNAMES = frozenset(_COMPOUND.split())

# Readings as a family name, of characters that have others too.
SURNAME_READINGS = {
    "单": "shan", "單": "shan", "仇": "qiu", "解": "xie", "盖": "ge", "蓋": "ge", "区": "ou", "區": "ou",
    "查": "zha", "曾": "zeng", "任": "ren", "華": "hua", "朴": "piao", "翟": "zhai", "员": "yun",
    "員": "yun", "乐": "yue", "樂": "yue", "缪": "miao", "繆": "miao", "宁": "ning", "召": "shao",
    "黑": "he", "那": "na", "覃": "qin", "隗": "wei", "逄": "pang", "冼": "xian", "洗": "xian", "於": "yu",
    "繁": "po", "种": "chong", "折": "she", "牟": "mu", "柏": "bai", "費": "fei", "石": "shi", "祭": "zhai",
    "秘": "bi", "祕": "bi", "薄": "bo", "长": "zhang", "尹": "yin", "尉": "wei", "郗": "xi", "郇": "xun",
    "晟": "cheng", "卜": "bu", "么": "yao", "幺": "yao", "哈": "ha", "過": "guo", "万": "wan", "俞": "yu",
    "莘": "shen", "瞿": "qu", "能": "nai", "车": "che", "車": "che", "贲": "ben", "賁": "ben", "乜": "nie",
    "六": "lu", "阚": "kan", "闞": "kan", "詹": "zhan", "臧": "zang", "藏": "zang", "揭": "jie",
    "沈": "shen", "殷": "yin", "都": "du", "句": "gou", "郝": "hao", "宓": "mi", "重": "chong",
    "令": "ling", "盛": "sheng", "干": "gan", "尉遲": "yu chi", "萬俟": "mo qi", "單于": "chan yu",
    "澹臺": "tan tai", "乐正": "yue zheng", "樂正": "yue zheng", "公乘": "gong sheng",
}  # fmt: skip

_DOTS = "·•‧・．"
_SOMEBODY = "某某"
_ERASED = "已删除 #"


def family_name(name: str) -> str:
    """欧阳 of 欧阳光荣, 何 of 何玉兰; the last word of a name in Latin letters; "" for none.

    Names with a dot (阿依古丽·买买提, 曲比·史布) have no family name in the Chinese sense: what stands before
    the dot is what one is called by, and is given whole.
    """
    name = _tidy(name)
    if not name or is_erased(name):
        return name
    if dotted := _parts(name):
        return dotted[0]
    if not _is_chinese(name):
        return name.split()[-1]
    return name[:2] if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else name[0]


def short_name(name: str) -> str:
    """何某某, 欧阳某某; J. S. for a name in Latin letters.

    阿某某 for 阿依古丽·买买提: its whole first part would tell as much as the name.
    """
    name = _tidy(name)
    if not name or is_erased(name):
        return name
    if _parts(name) and _is_chinese(name):
        return name[0] + _SOMEBODY
    if not _is_chinese(name):
        return " ".join(f"{word[0].upper()}." for word in _words(name))
    return family_name(name) + _SOMEBODY


def courtesy_form(name: str, *, age: int | None) -> str:
    """What one calls somebody of that age (周岁) when speaking of a visit: 何老, 何同志, 何同学.

    An unknown age is taken for an elder's: most of those visited are, and nobody is hurt by it. Names with a
    dot keep their first part (阿依古丽老人), names in Latin letters stay as they are.
    """
    if age is None or age >= ELDER_FROM_AGE:
        return elder_form(name)
    title = "同志" if age >= GROWN_UP_FROM_AGE else "同学"
    return _with_title(name, title, dotted=title)


def elder_form(name: str) -> str:
    """何老, 欧阳老; 阿依古丽老人."""
    return _with_title(name, "老", dotted="老人")


def sort_key(name: str) -> str:
    """The name in plain pinyin by syllables: "shan guo qing" of 单国庆, the 单 read as a family name.

    Compared as text. Namesakes in sound but not in writing stay apart: the name itself follows.
    """
    return f"{' '.join(_syllables(name))}\x1f{_tidy(name)}" if _tidy(name) else ""


def erased_name(number: int) -> str:
    """已删除 #17: what stands in the place of the name of somebody erased. It is data, the same in every language."""
    return f"{_ERASED}{number}"


def is_erased(name: str) -> bool:
    """Whether this is what `erased_name` gives: no name to shorten or to add a title to."""
    return name.startswith(_ERASED)


def joined(names: Sequence[str], *, language: str = SOURCE_LANGUAGE) -> str:
    """何老、欧阳老; in English with commas."""
    return say("names.separator", language=language).join(names)


def joined_up_to(
    names: Sequence[str],
    *,
    shown: int,
    unit: Literal["households", "people"],
    language: str = SOURCE_LANGUAGE,
) -> str:
    """何老、欧阳老等 6 户: the first `shown` names and how many there are in all.

    All of them when there are no more. `unit` is what is counted.
    """
    if len(names) <= shown:
        return joined(names, language=language)
    first = joined(names[:shown], language=language)
    if unit == "households":
        return say("names.and_households", language=language, names=first, count=len(names))
    return say("names.and_people", language=language, names=first, count=len(names))


def _with_title(name: str, title: str, *, dotted: str) -> str:
    name = _tidy(name)
    if not name or not _is_chinese(name) or is_erased(name):
        return name
    return family_name(name) + (dotted if _parts(name) else title)


def _syllables(name: str) -> list[str]:
    name = _tidy(name)
    if not name:
        return []
    if not _is_chinese(name):
        return _words(_without_accents(name).casefold())
    if _parts(name):
        return [*_pinyin(name)]
    # Read apart: together with a given name the dictionary of phrases may take another reading.
    first = family_name(name)
    reading = SURNAME_READINGS.get(first)
    return [*(reading.split() if reading else _pinyin(first)), *_pinyin(name[len(first) :])]


# A county's sheet brings the same family and given names over and over.
@lru_cache(16_384)
def _pinyin(text: str) -> tuple[str, ...]:
    spelt = lazy_pinyin(text, style=Style.NORMAL, v_to_u=False)
    return tuple(word for syllable in spelt for word in _words(syllable.casefold()))


def _words(text: str) -> list[str]:
    """The runs of letters and digits."""
    return "".join(c if c.isalnum() else " " for c in text).split()


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _parts(name: str) -> list[str]:
    """The parts of a name with a dot; none for a name without."""
    for dot in _DOTS:
        name = name.replace(dot, "·")
    parts = [part for part in name.split("·") if part]
    return parts if len(parts) > 1 else []


def _tidy(name: str) -> str:
    """Names as typed: 何 玉 兰 and 何　玉兰 are 何玉兰, and a dot at either end is none."""
    text = unicodedata.normalize("NFC", name).strip().strip(_DOTS)
    return "".join(text.split()) if _is_chinese(text) and not is_erased(text) else " ".join(text.split())


def _is_chinese(name: str) -> bool:
    """Whether the name is written in Chinese characters, beginning with one."""
    first = name[:1]
    return (bool(first) and unicodedata.name(first, "").startswith("CJK ")) or first == "〇"
