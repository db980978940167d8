"""Amounts in Chinese capital numerals, as cheques and contracts write them so that no stroke can be added."""

from decimal import Decimal

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿")


def chinese_capitals(amount: Decimal) -> str:
    """`amount` in yuan (not negative, below 10^16, at most two decimals) in capitals: 10,500.50 is 壹万零伍佰元伍角.

    Follows the People's Bank of China's rules for payment instruments: 整 ends an amount without fen.
    Raises ValueError for an amount that cannot be written so.
    """
    hundredths = amount * 100
    if hundredths != int(hundredths) or not 0 <= hundredths < 10**18:
        raise ValueError(f"{amount} is not an amount in yuan, jiao and fen.")
    yuan, rest = divmod(int(hundredths), 100)
    jiao, fen = divmod(rest, 10)
    text = f"{_whole(yuan)}元" if yuan or not rest else ""
    if jiao:
        text += f"{DIGITS[jiao]}角"
    elif fen and yuan:
        text += DIGITS[0]
    return text + (f"{DIGITS[fen]}分" if fen else "整")


def _whole(number: int) -> str:
    """A whole number: groups of four places, 零 wherever places between two digits are empty."""
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    text = ""
    for place in reversed(range(len(groups))):
        group = groups[place]
        if text and not text.endswith(DIGITS[0]) and group < 1000:
            text += DIGITS[0]
        if group:
            text += _group(group) + GROUPS[place]
    return text.rstrip(DIGITS[0]) or DIGITS[0]


def _group(number: int) -> str:
    text = ""
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            text += DIGITS[digit] + PLACES[place]
        elif text and not text.endswith(DIGITS[0]):
            text += DIGITS[0]
    return text.rstrip(DIGITS[0])
