"""Numbers in words: how sure a figure is, thousands, and amounts as they stand on receipts."""

from decimal import ROUND_HALF_UP, Decimal

from models.enums import Qualifier
from wording.sentences import SOURCE_LANGUAGE, say

MINUS = "\N{MINUS SIGN}"
NOTHING_RECORDED = "\N{EN DASH}"
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_MYRIADS = ("", "万", "亿", "万亿")
_CENT = Decimal("0.01")
_LIMIT = Decimal(10) ** 16


def figure(value: Decimal | int | None, *, decimals: int | None = None) -> str:
    """A number as tables show it: 1,234.5, a true minus, an en dash when nothing was recorded (a reported
    zero is 0).

    `decimals` fixes the decimals (halves round up, away from zero); without it trailing zeros go.
    """
    if value is None:
        return NOTHING_RECORDED
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError("a figure is a finite number")
    if decimals is None:
        text = f"{number:,f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        text = f"{number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,f}"
    if text.startswith("-"):
        text = text[1:] if not number or not text.strip("-0.,") else MINUS + text[1:]
    return text


def change(value: Decimal | int, *, decimals: int | None = None) -> str:
    """A difference with its sign: +3, −2, 0."""
    text = figure(value, decimals=decimals)
    return text if text.startswith(MINUS) or not text.strip("0.,") else f"+{text}"


def qualified(
    value: Decimal | int,
    unit: str = "",
    *,
    qualifier: Qualifier = Qualifier.EXACT,
    decimals: int | None = None,
    language: str = SOURCE_LANGUAGE,
) -> str:
    """A figure with how sure it is: 60人, 60余人, 近60人, 约60人; in English "at least 60 visits".

    多 and 余 both mean at least; 余 is written. `unit` is a word of the metric, in the language wanted.
    """
    number = figure(value, decimals=decimals)
    match qualifier:
        case Qualifier.EXACT:
            return say("numbers.exact", language=language, number=number, unit=unit).strip()
        case Qualifier.AT_LEAST:
            return say("numbers.at_least", language=language, number=number, unit=unit).strip()
        case Qualifier.NEARLY:
            return say("numbers.nearly", language=language, number=number, unit=unit).strip()
        case Qualifier.ABOUT:
            return say("numbers.about", language=language, number=number, unit=unit).strip()


def yuan(amount: Decimal | int, *, language: str = SOURCE_LANGUAGE) -> str:
    """Money as the ledger shows it, always with two decimals: 1,200.00 元."""
    return say("numbers.yuan", language=language, number=figure(amount, decimals=2))


def amount_in_words(amount: Decimal | int) -> str:
    """大写金额 of an amount in yuan: 1680.32 → 壹仟陆佰捌拾元叁角贰分, 100 → 壹佰元整, 1005 → 壹仟零伍元整.

    After the rules for filling in bills (支付结算办法, annex 1): zeros in a row are one 零, 整 closes an
    amount that ends with 元 or 角. Counter-entries begin with 负. Fen are rounded half up; 10^16 yuan and
    more are refused with ValueError.
    """
    exact = Decimal(amount)
    if not exact.is_finite() or abs(exact) >= _LIMIT:
        raise ValueError("an amount is below ten to the sixteenth")
    cents = int(abs(exact).quantize(_CENT, ROUND_HALF_UP) * 100)
    sign = "负" if exact < 0 and cents else ""
    whole, fraction = divmod(cents, 100)
    jiao, fen = divmod(fraction, 10)
    words = f"{_integer_in_words(whole)}元" if whole or not fraction else ""
    if jiao:
        words += f"{_DIGITS[jiao]}角"
    elif fen and whole:
        words += "零"
    words += f"{_DIGITS[fen]}分" if fen else "整"
    return sign + words


def _integer_in_words(number: int) -> str:
    if number == 0:
        return _DIGITS[0]
    words = ""
    pending_zero = False
    for place in range(len(_MYRIADS) - 1, -1, -1):
        group = number // 10_000**place % 10_000
        if group == 0:
            pending_zero = bool(words)
            continue
        if words and (pending_zero or group < 1_000):
            words += _DIGITS[0]
        words += _group_in_words(group) + _myriad(place, number)
        pending_zero = False
    return words


def _myriad(place: int, number: int) -> str:
    # 万亿 shares its 亿 with the group below when that is not empty: 壹万贰仟亿, and is 壹万亿 when it is.
    return "万" if place == 3 and number // 10**8 % 10_000 else _MYRIADS[place]


def _group_in_words(group: int) -> str:
    words = ""
    zero = False
    for place in range(3, -1, -1):
        digit = group // 10**place % 10
        if digit:
            words += (_DIGITS[0] if zero and words else "") + _DIGITS[digit] + _PLACES[place]
        zero = not digit
    return words
