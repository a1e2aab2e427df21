"""Numbers as people write them, with how sure they are."""

from decimal import ROUND_HALF_UP, Decimal

from models.enums import Qualifier
from wording.sentences import SOURCE_LANGUAGE, say

MINUS = "\N{MINUS SIGN}"
NOTHING_RECORDED = "\N{EN DASH}"


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
