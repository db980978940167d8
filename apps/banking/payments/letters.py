"""Which letters a payment may carry. Banks agree on few; what they do not know stops a payment on its way.

The Latin set is that of SWIFT and of the SEPA guidelines (EPC217-08). Where banks read their own script, as in China,
letters of any script stay as they are.
"""

import re
import unicodedata

NOT_LATIN = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")
IDENTIFIER = re.compile(r"(?!/)(?!.*//)[A-Za-z0-9/\-?:().,'+]{1,35}(?<!/)")
UNFOLDED = str.maketrans({
    "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
    "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH", "ı": "i", "&": "+", "’": "'", "–": "-", "—": "-", "_": "-", "@": "(at)",
})  # fmt: skip


def is_identifier(text: str) -> bool:
    """Whether `text` may name a message, a batch or a payment: 1 to 35 letters of the set, no slash at an end or
    doubled."""
    return IDENTIFIER.fullmatch(text) is not None


def in_latin(text: str, longest: int) -> str:
    """`text` in the Latin set, at most `longest` letters: accents fall off, any other letter becomes a dot.

    "" when no letter or figure of it is left, as of a name in Chinese.
    """
    plain = unicodedata.normalize("NFKD", text.translate(UNFOLDED))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    written = _trimmed(NOT_LATIN.sub(".", plain), longest)
    return written if any(letter.isalnum() for letter in written) else ""


def in_any_script(text: str, longest: int) -> str:
    """`text` with what cannot be printed left out, at most `longest` letters."""
    printable = (letter if letter.isprintable() else " " for letter in unicodedata.normalize("NFC", text))
    return _trimmed("".join(printable), longest)


def _trimmed(text: str, longest: int) -> str:
    return " ".join(text.split())[:longest].strip()
